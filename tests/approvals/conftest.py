"""The fixed cast of the approval tests: a company, two departments, and everyone a route needs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from kedang.kernel.approvals import route, service
from kedang.kernel.approvals.models import Request
from kedang.kernel.approvals.values import Seat, StepSpec
from kedang.kernel.org.models import Appointment, Person, Post, Unit

NORM = {"pack": "customer-registry", "norm": "other-file", "clause": "1.5.1", "text": "查阅客户档案须经审批。"}


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """小王 and 小李 sell; 周经理 heads them; 财务甲/乙 hold one role; 市场, 法务; 郑总 leads the company."""
    return make_cast()


def make_cast() -> SimpleNamespace:
    company = Unit.objects.create(name="示例公司", path="001.")
    sales = Unit.objects.create(name="业务一部", path="001.001.", parent=company)
    posts = {
        key: Post.objects.create(key=key, name=name, is_head=key in ("head", "gm"))
        for key, name in [("gm", "总经理"), ("head", "部门经理"), ("sales", "业务员"), ("staff", "职员")]
    }
    people = SimpleNamespace(company=company, sales=sales)
    for name, post, unit in [
        ("郑总", "gm", company),
        ("周经理", "head", sales),
        ("小王", "sales", sales),
        ("小李", "sales", sales),
        ("财务甲", "staff", company),
        ("财务乙", "staff", company),
        ("市场", "staff", company),
        ("法务", "staff", company),
    ]:
        person = Person.objects.create(username=name, name=name)
        Appointment.objects.create(person=person, post=posts[post], unit=unit, start=date(2020, 1, 1))
        setattr(people, name, person)
    return people


def role(name: str, *people: Person, **more: Any) -> StepSpec:
    """A plain role step held by these people."""
    more = {"pack": NORM["pack"], "clause": NORM["clause"], **more}
    return StepSpec.of_role(name, name, tuple(person.pk for person in people), **more)


def together(mode: str, *people: Person, **more: Any) -> StepSpec:
    """会签, 依次 or 票签 of one seat each."""
    seats = tuple(Seat((person.pk,), role_name=person.name) for person in people)
    more = {"pack": NORM["pack"], "clause": NORM["clause"], **more}
    return StepSpec(mode, seats, role_name="、".join(person.name for person in people), **more)


def ask(requester: Person, *steps: StepSpec, **more: Any) -> Request:
    """小王 asks to open a file; the route goes through `prepare` as it does in the product."""
    prepared = route.prepare(steps, requester, on_behalf_of=more.get("on_behalf_of"))
    defaults: dict[str, Any] = {
        "action": "file.open",
        "args": {"customer": 7, "amount": "300.00"},
        "title": "查阅 乙公司 的档案",
        "norms": [NORM],
        "command": uuid.uuid4(),
        "file": 7,
        "reason": "核对账款",
        "digest": "d1",
    }
    return service.open_request(requester=requester, steps=prepared, **{**defaults, **more})


Do = Callable[..., service.Outcome]


@pytest.fixture
def do() -> Do:
    """do(request, person, kind, opinion, **more): one move, each its own command."""

    def run(request: Request, by: Person, kind: str, opinion: str = "", **more: Any) -> service.Outcome:
        return service.move(request.pk, by=by, kind=kind, opinion=opinion, command=uuid.uuid4(), **more)

    return run
