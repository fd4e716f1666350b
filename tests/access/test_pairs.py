"""Two worlds that differ only in what somebody may not see answer him byte for byte alike."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.errors import KedangError
from kedang.kernel.org.models import Person
from tests.access.walking import signed_in, text_of
from tests.access.world import FRIDAY, World, made
from tests.conftest import ON_POSTGRES

PAIRS = 25
"""Pairs a test; with the viewers and seeds below 500 in all."""
SEEDS = range(4)
OUTSIDE = ("stranger", "former", "administrator")
"""May not know of the file: it may exist or not, under any name, with anything in it."""
LISTED = ("colleague", "finance")
"""May know of the file: its name, number, owner and department stay; everything else in it differs."""

CHANGING = [
    (re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]*'), r"\1"),
    (re.compile(r'(X-CSRFToken": ")[^"]*'), r"\1"),
    (re.compile(r'(name="(?:key|_key|sent_key)" value=")[^"]*'), r"\1"),
]
"""What differs from one answer to the next whatever the world: tokens against forgery, keys of forms."""

PAGES: list[tuple[str, list[Any], dict[str, str]]] = [
    ("inbox", [], {}), ("badges", [], {}), ("customers", [], {"scope": "all"}), ("customers", [], {"scope": "unit"}),
    ("customers", [], {"scope": "all", "sort": "-updated"}), ("customers", [], {"scope": "all", "sort": "owner"}),
    ("customer_counts", [], {}), ("customers", [], {"scope": "all", "q": "云"}), ("search", [], {"q": "云海"}),
    ("search", [], {"q": "13800138000"}), ("pick", ["customer"], {"q": ""}), ("pick", ["customer"], {"q": "云"}),
    ("pick", ["person"], {"q": ""}), ("approvals", [], {}), ("approvals", [], {"tab": "done"}), ("expenses", [], {}),
    ("proposals", [], {}), ("rules", [], {}), ("rules_pack", ["customer-registry"], {}), ("rules_pack", ["baseline"], {}),
    ("rules_cases", ["customer-registry", "1.4.1", "opened"], {}), ("customer_export", [], {"scope": "all"}),
    ("grants", [], {}), ("registers", [], {}), ("imports", [], {}), ("jobs", [], {}), ("conflicts", [], {}), ("desk", [], {}),
    ("desk_check", [], {"visitor": "云海"}), ("customer_filter", [], {}), ("list_export", ["inbox"], {}),
    ("rules_signatures", ["customer-registry"], {}), ("customers", [], {"scope": "all", "view": "board"}),
    ("customer", [999_999], {}), ("form_record", [999_999], {}), ("approval", [999_999], {}), ("customer_new", [], {}),
]  # fmt: skip
GOVERNED = ("rules", "rules_pack", "rules_cases")
"""An administrator sees how everybody keeps a regulation, in numbers: that is not hidden from him."""
OF_THE_FILE = ("customer", "customer_acts", "customer_export_file", "customer_rail")

Deed = Callable[[random.Random, World, int], None]


def test_the_pairs_are_five_hundred() -> None:
    assert PAIRS * len(SEEDS) * (len(OUTSIDE) + len(LISTED)) == 500


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("viewer", [*OUTSIDE, *LISTED])
def test_hidden_differences_change_no_answer(viewer: str, seed: int) -> None:
    if ON_POSTGRES and seed:
        pytest.skip("all five hundred pairs run on SQLite; PostgreSQL takes every fourth")
    rng = random.Random(f"{viewer} {seed}")
    with clock.frozen(FRIDAY) as held:
        world = made(held)
        client = signed_in(world.person(viewer))
        for number in range(PAIRS):
            asked = _asked(rng, viewer, world)
            first, second = (_answers(client, asked, rng, viewer, world) for _ in range(2))
            for url, one, other in zip(asked, first, second, strict=True):
                assert one == other, f"pair {number}: {url} differs for {viewer}\n{_difference(one, other)}"


def _asked(rng: random.Random, viewer: str, world: World) -> list[tuple[str, dict[str, str]]]:
    offered = [page for page in PAGES if viewer != "administrator" or page[0] not in GOVERNED]
    pages = [(reverse(name, args=args), query) for name, args, query in rng.sample(offered, 5)]
    if viewer in OUTSIDE:
        return pages
    return [*pages, *((reverse(name, args=[world.file]), {}) for name in rng.sample(OF_THE_FILE, 2))]


def _answers(
    client: Client, asked: list[tuple[str, dict[str, str]]], rng: random.Random, viewer: str, world: World
) -> list[str]:
    """What the viewer is answered in one world, which is gone afterwards."""
    with transaction.atomic():
        _vary(rng, viewer, world)
        found = [_answer(client, url, query) for url, query in asked]
        transaction.set_rollback(True)
    return found


def _answer(client: Client, url: str, query: dict[str, str]) -> str:
    with transaction.atomic():
        reply = client.get(url, query)
        body = f"{reply.status_code}\n{text_of(reply)}"
        transaction.set_rollback(True)
    for pattern, instead in CHANGING:
        body = pattern.sub(instead, body)
    return body


def _vary(rng: random.Random, viewer: str, world: World) -> None:
    """Some hidden deeds: on a new hidden file for who may know of none, on the known file for who only lists it."""
    file = world.file
    if viewer in OUTSIDE and rng.random() < 0.8:
        file = _registered(rng, world)
    for deed in rng.choices(DEEDS if viewer in OUTSIDE else INSIDE, k=rng.randrange(5)):
        try:
            with transaction.atomic():
                deed(rng, world, file)
        except KedangError:
            pass  # refused in this world: that is a difference too


def _registered(rng: random.Random, world: World) -> int:
    name = "".join(rng.choices("磐砺锐骏鹏翔昊宸", k=4)) + rng.choice(["机械厂", "贸易公司"])
    return int(_by(world, "wang", "customer.register", name=name, phone=_phone(rng), terms={"category": "potential"}))


def _by(world: World, login: str, action: str, **args: Any) -> Any:
    return perform(action, by=Person.objects.get(username=login), **args).value


def _phone(rng: random.Random) -> str:
    return f"139{rng.randrange(10**8):08d}"


def _contact(rng: random.Random, world: World, file: int) -> None:
    _by(world, "wang", "contact.record", customer=file, kind="电话", content=f"谈了{rng.random()}")


def _plan(rng: random.Random, world: World, file: int) -> None:
    _by(world, "wang", "visit.plan", customer=file, planned_on=f"2026-03-{rng.randrange(3, 28):02d}", purpose="回访")


def _phoned(rng: random.Random, world: World, file: int) -> None:
    _by(world, "wang", "customer.update", customer=file, phone=_phone(rng))


def _person(rng: random.Random, world: World, file: int) -> None:
    _by(world, "wang", "customer.add_contact", customer=file, name=f"联系人{rng.randrange(99)}", phone=_phone(rng))


def _report(rng: random.Random, world: World, file: int) -> None:
    data = {"contacted_on": "2026-03-01", "content": f"报告{rng.random()}"}
    _by(world, "wang", "form.file", form="customer-registry.contact_report", customer=file, data=data)


def _changed(rng: random.Random, world: World, file: int) -> None:
    _by(
        world,
        "wang",
        "customer.report_change",
        customer=file,
        matter=f"变动{rng.random()}",
        occurred_on="2026-03-01",
        side="客户方",
    )


def _claim(rng: random.Random, world: World, file: int) -> None:
    _by(world, "wang", "expense.submit", customer=file, kind="招待", amount=str(rng.randrange(1, 900)), note="餐费")


def _transfer(rng: random.Random, world: World, file: int) -> None:
    chen = Person.objects.get(username=rng.choice(["chen", "li"]))
    _by(world, "zheng", "customer.transfer", customer=file, to=chen.pk, reason="调整")


def _ask(rng: random.Random, world: World, file: int) -> None:
    _by(world, "liu", "file.open", customer=file, purpose="投标")


INSIDE: list[Deed] = [_contact, _plan, _phoned, _person, _report, _changed]
DEEDS: list[Deed] = [*INSIDE, _claim, _transfer, _ask]


def _difference(one: str, other: str) -> Iterator[str] | str:
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    return "\n".join(f"- {a.strip()}\n+ {b.strip()}" for a, b in pairs if a != b)[:800]
