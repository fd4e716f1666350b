"""One file with everything in it that a route may show, and everybody who may come to it from another side."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kedang.api import auth
from kedang.demo import company as demo
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.blobs import samples, service
from kedang.kernel.errors import NeedsApproval
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty, Grant
from kedang.kernel.org import changes as org
from kedang.kernel.org.models import Appointment, Person, Post

FRIDAY, MONDAY = datetime(2026, 2, 27, 10), datetime(2026, 3, 2, 10)
PASSWORD = "a-test-password-1"
NAME = "金泽瑞禾器材公司"
"""Who may not know of the file never meets this."""
SECRETS = ("13900007788", "宝石路七十九号", "司徒慧敏", "柜台谈到换机器", "差旅到宝石路口")
"""Who may not open the file never meets these: phone, address, contact, a follow-up, an expense's note."""

VIEWERS = {
    "owner": "wang", "colleague": "chen", "listed": "li", "stranger": "zhao", "granted": "liu",
    "expired": "qian", "former": "tang", "head": "zhou", "director": "zheng", "finance": "wu", "administrator": "admin",
}  # fmt: skip
"""What one is to the file → login. `listed` asked to read it; `stranger` works under another regulation."""
KNOWS = {"owner", "colleague", "listed", "granted", "head", "director", "finance"}
OPENS = {"owner", "granted", "head", "director"}


@dataclass
class World:
    """The company, the file, and the numbers that routes take."""

    company: demo.Company
    file: int
    numbers: dict[str, Any] = field(default_factory=dict)

    def person(self, viewer: str) -> Person:
        """Who stands to the file as this viewer does."""
        return Person.objects.get(username=VIEWERS[viewer])


def made(held: clock.Frozen, name: str = NAME, secrets: tuple[str, ...] = SECRETS) -> World:
    """The world at ten o'clock on Monday 2 March 2026, built from the Friday before by real deeds."""
    phone, address, contact, talk, note = secrets
    auth.reset()  # tokens of an earlier world bear the same numbers
    company = demo.found(PASSWORD, date(2026, 1, 5))
    demo.put_regulations_in_force(company, date(2026, 1, 5))
    tang = _hired(company)
    file = _do(
        tang, "customer.register", name=name, phone=phone, address=address, contact_name=contact, terms={"category": "potential"}
    )  # fmt: skip
    _do(company["zheng"], "customer.transfer", customer=file, to=company["wang"].pk, reason="换人跟进")
    _moved(company, tang)
    _do(company["wang"], "contact.record", customer=file, kind="电话", content=talk)
    world = World(company, file)
    for login, last_day in (("qian", date(2026, 2, 28)), ("liu", date(2026, 3, 5))):
        _do(company["zheng"], "access.grant", customer=file, person=company[login].pk, until=last_day, reason="投标")
    _filled(world, note)
    held.move_to(MONDAY)
    return world


def _do(by: Person, action: str, **args: Any) -> Any:
    return perform(action, by=by, **args).value


def _hired(company: demo.Company) -> Person:
    person = org.create_person(username="tang", name="唐远")
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])
    salesperson = Post.objects.get(key="salesperson")
    org.appoint(person, salesperson, company.units["业务一部"], start=date(2025, 1, 1))
    return person


def _moved(company: demo.Company, person: Person) -> None:
    """The former owner now works where the file is not known."""
    for one in Appointment.objects.filter(person=person):
        org.end_appointment(one)
    org.appoint(person, Post.objects.get(key="salesperson"), company.units["医药销售部"], start=clock.today())


def _filled(world: World, note: str) -> None:
    wang = world.company["wang"]
    report = {"contacted_on": "2026-02-27", "content": note}
    world.numbers["form"] = _do(
        wang, "form.file", form="customer-registry.contact_report", customer=world.file, data=report
    )
    world.numbers["plan"] = _do(
        world.company["han"], "form.file", form="customer-registry.maintenance_plan",
        data={"category": "key", "frequency": "month", "ways": "每月登门一次"},
    )  # fmt: skip
    shown = service.received([samples.content("营业执照.png")], "营业执照.png", wang)
    made = _do(wang, "record.attach", customer=world.file, files=[shown.pk], title=note, issued_on="2026-02-27")
    world.numbers |= {"item": made["item"], "item_blob": shown.pk}
    held = Grant.objects.filter(file=world.file, person=world.person("granted"))
    world.numbers["grant"] = held.values_list("pk", flat=True).get()
    world.numbers["duty"] = Duty.objects.filter(file=world.file).order_by("pk").values_list("pk", flat=True).first()
    told = Event.objects.filter(file=world.file, kind="contact.recorded")
    world.numbers["entry"] = told.values_list("pk", flat=True).first()
    world.numbers |= {"file": world.file, "someone": world.person("colleague").pk, "request": _asked(world)}


def _asked(world: World) -> int:
    try:
        perform("file.open", by=world.person("listed"), customer=world.file, purpose="投标资料")
    except NeedsApproval as asked:
        return asked.request.pk
    raise AssertionError("the regulation asks nobody before another department reads the file")
