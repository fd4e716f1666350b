"""What the tests of the pack language share: a small regulation around the norms under test, and a clock that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from kedang.kernel import clock, tick
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice, Parked
from kedang.kernel.norms.models import Duty
from tests.support.company import HOUSE, Company, found, in_force

HEAD = (
    HOUSE.replace("parameters:", "")
    + """
owner: gm
parameters:
  three_days: {type: duration, values: {2026-01-01: 3 days}}
  twice: {type: number, values: {2026-01-01: 2}}
  rhythm: {type: period, values: {2026-01-01: half_year}}
clauses:
  "1": {text: 第一条。}
  "2": {text: 第二条。}
forms:
  sheet:
    name: 情况表
    about: customer
    fields: [{id: note, name: 情况, type: text}, {id: day, name: 日期, type: date}]
norms:
"""
)
OTHER = """
pack: other
version: 1
title: 另一份办法
issuer: 示例公司
effective: 2026-01-01
roles:
  gm: {name: 总经理, post: general_manager}
  finance: {name: 财务, post: finance}
clauses:
  "9": {text: 第九条。}
norms:
"""


def pack(norms: str, head: str = HEAD) -> str:
    """A regulation with these norms."""
    return head + norms


class Story:
    """A company under regulations, with time that can be run on."""

    def __init__(self, company: Company, at: clock.Frozen) -> None:
        self.company, self.at = company, at

    def do(self, name: str, by: str, /, **args: Any) -> Any:
        """Perform as somebody."""
        return self.company.do(name, by, **args)

    def register(self, name: str = "上海晨光文具厂", by: str = "小王") -> int:
        """A customer file, its number."""
        return int(self.do("customer.register", by, name=name))

    def file(self, customer: int, by: str = "小王", form: str = "sheet", **data: Any) -> Any:
        """File a form about a customer."""
        return self.do("form.file", by, form=form, customer=customer, data=data)

    def run_to(self, until: str) -> None:
        """Let the clock of rules tick through everything that falls due, up to and with a moment."""
        end = clock.local(datetime.fromisoformat(until))
        for _ in range(2000):
            moment = tick.next_wakeup(self.at.at, end)
            if moment is None:
                break
            self.at.move_to(moment)
            tick.tick()
        self.at.move_to(end)
        tick.tick()
        assert not Parked.objects.exists(), Parked.objects.first().error  # type: ignore[union-attr]

    def duty(self, norm: str, **where: Any) -> Duty:
        """The newest duty of a norm."""
        found = Duty.objects.filter(norm__endswith=f".{norm}", **where).order_by("-id").first()
        assert found is not None
        return found

    def due(self, norm: str) -> str:
        """When the newest duty of a norm is due."""
        at = self.duty(norm).due_at
        return f"{clock.local(at):%Y-%m-%d %H:%M}" if at else ""

    def told(self, who: str) -> list[str]:
        """What somebody was told."""
        return list(Notice.objects.filter(person=self.company[who]).order_by("id").values_list("text", flat=True))

    def events(self, kind: str) -> list[Event]:
        """Events of a kind."""
        return list(Event.objects.filter(kind=kind).order_by("id"))


@contextmanager
def story(*texts: str, at: str = "2026-03-02 10:00") -> Iterator[Story]:
    """A story that begins on Monday 2 March 2026 at ten."""
    with ExitStack() as stack:
        held = stack.enter_context(clock.frozen(at))
        made = found()
        stack.enter_context(in_force(*texts))
        yield Story(made, held)


Telling = Callable[..., Story]
