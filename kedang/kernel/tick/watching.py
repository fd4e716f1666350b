"""The clock of the machine, held against where the clock of rules was last: what stood still or jumped is told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from kedang.kernel import clock, locks
from kedang.kernel.actions import effects
from kedang.kernel.models import Pulse
from kedang.kernel.norms.store import Regulations
from kedang.kernel.org.models import Person

SEEN = "tick:seen"
BACK = timedelta(minutes=2)
"""A clock that is set right by less than this needs no word."""
GAP = timedelta(hours=1)


def watch(regs: Regulations) -> None:
    """Tell administrators, once, that time stood still or that the machine's clock was moved. A held clock (scenarios, the
    demo company) is moved on purpose."""
    if not clock.held():
        look(clock.now())


def look(now: datetime) -> None:
    """Hold `now` against the last look; two workers tell only one of them."""
    with transaction.atomic():
        locks.take([SEEN])
        last = Pulse.objects.filter(name=SEEN).values_list("at", flat=True).first()
        if last is not None and (text := said(clock.local(last), now)):
            admins = Person.objects.filter(is_admin=True, is_active=True).order_by("pk")
            effects.tell(list(admins.values_list("pk", flat=True)), text, kind="clock")
        Pulse.objects.update_or_create(name=SEEN, defaults={"at": now})


def said(last: datetime, now: datetime) -> str:
    """What to tell of the time between two looks; '' when it went by as it should."""
    between = f"{last:%Y-%m-%d %H:%M} 到 {now:%Y-%m-%d %H:%M}"
    if last - now > BACK:
        return f"服务器时间倒退了{spoken(last - now)}（{between}）。已经办过的到期、提醒和逾期不会重来；请核对服务器的日期和时间。"
    if now - last > GAP:
        return (
            f"规则时钟停了{spoken(now - last)}（{between}），这段时间的到期、提醒和逾期现已补办。"
            "如果服务器一直开着，说明它的时间往前跳了，请核对服务器的日期和时间。"
        )
    return ""


def spoken(span: timedelta) -> str:
    """'58分钟', '3小时', '30天'; the largest unit that says enough."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes}分钟"
    return f"{minutes // 60}小时" if minutes < 48 * 60 else f"{minutes // 60 // 24}天"
