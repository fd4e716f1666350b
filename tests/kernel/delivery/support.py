"""What the tests of messages do again and again."""

from typing import Any

from kedang.kernel import vault
from kedang.kernel.actions import effects
from kedang.kernel.delivery.models import Delivery, Preference, Robot
from kedang.kernel.models import Notice
from kedang.kernel.org.models import Person
from tests.support.company import Company
from tests.support.outside import Target


def robot(company: Company, outside: Target, kind: str = "wecom", unit: str = "业务一部", secret: str = "") -> Robot:
    args = {"name": "一部群", "kind": kind, "unit": company.units[unit].pk, "address": vault.seal(f"{outside.url}/robot?key=K"), "secret": vault.seal(secret)}  # fmt: skip
    return Robot.objects.get(pk=company.do("robot.add", "何内勤", **args))


def prefer(person: Person, **more: Any) -> None:
    Preference.objects.update_or_create(person=person, defaults=more)


def tell(company: Company, name: str = "小王", text: str = "请看一下", **more: Any) -> Notice:
    effects.tell([company[name].pk], text, **more)
    return Notice.objects.latest("id")


def states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def only_robot(company: Company) -> None:
    for person in company.people.values():
        prefer(person, mail=False, digest=False)
