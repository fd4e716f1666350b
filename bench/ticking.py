"""What the passing of time costs: a tick with nothing due, and one with a thousand deadlines passed, each in processor time."""

from __future__ import annotations

import statistics
from datetime import timedelta
from itertools import islice, zip_longest

from bench.company import Company
from bench.measures import LIST_FLOOR, Figure
from bench.serving import Client, Server, here
from kedang.kernel import clock, nightly
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.tick import rows, tick

TICK_FLOOR = f"{LIST_FLOOR}, beside the ticks"
DUE = 1000
NONE_DUE, THOUSAND_DUE = "tick, none due", "tick, 1,000 due"


def ticks(company: Company, times: int) -> list[Figure]:
    """The night's work and the sealing of what was filled in are not measured: they stand behind when it begins."""
    for name in nightly.jobs():
        rows.beat(f"nightly:{name}"[:40])
    rows.beat("backup")
    tick()
    with Server("bench.floor.wsgi:application") as bare:
        client, idle, floors = Client(bare.port, processor=bare.processor), [], []
        for number in range(times + 3):
            floor, none = client.get("/?unit=3")[0], here().timed(tick)[0]
            if number >= 3:
                floors.append(floor)
                idle.append(none)
    floor = statistics.median(floors)
    many = min(DUE, company.sizes.duties // 2)
    _with_due(many // 5)
    among = f"among {company.sizes.duties:,} open duties"
    note = f"{many:,} deadlines passed {among}: marked, recorded, told"
    none, some = statistics.median(idle), _with_due(many)
    return [
        Figure(TICK_FLOOR, floor, 1.0, None, "the same page again, in these rounds"),
        Figure(NONE_DUE, none, none / floor, 5, among),
        Figure(THOUSAND_DUE, some, some / floor, None, note),
    ]


def _with_due(many: int) -> float:
    """Let so many deadlines pass, the norms by turns, and tick: what follows a breach differs from norm to norm."""
    past = clock.now() - timedelta(seconds=1)
    waiting = Duty.objects.filter(state=DutyState.OPEN, breach_check_at__gt=clock.now()).order_by("pk")
    norms = sorted(waiting.order_by().values_list("pack", "norm").distinct())
    each = [waiting.filter(pack=pack, norm=norm).values_list("pk", flat=True)[:many] for pack, norm in norms]
    ids = list(islice((pk for turn in zip_longest(*each) for pk in turn if pk is not None), many))
    Duty.objects.filter(pk__in=ids).update(due_at=past, breach_check_at=past)
    taken = here().timed(tick)[0]
    if Duty.objects.filter(pk__in=ids, breached_at=None).exists() or len(ids) < many:
        raise RuntimeError("the tick left deadlines that had passed unmarked")
    return taken
