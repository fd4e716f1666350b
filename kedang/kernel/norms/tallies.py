"""Counts by clause that are kept, so that a page reads a few hundred rows whatever the company's size.

What is counted once stands in `Tally`: by month what was opened and closed and what the ledger holds, by day what falls
due. What has happened since stands apart and is added by whoever reads: changes of duties in `DutyChange` (triggers write
them), events after `TallyHead.upto` in the ledger itself. So a figure is right the moment a deed is done, and no deed waits
for a counter. `fold` takes up what stands apart, in the background; `rebuild` counts everything anew.

A fold takes the very rows of `DutyChange` that it has seen, and events only as far as the ledger is sealed, below which
none can still appear: nothing is skipped or taken twice, however writers overlap.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from kedang.kernel import clock, direct, locks, nightly
from kedang.kernel.ledger.models import Seal
from kedang.kernel.ledger.sealing import settled_id
from kedang.kernel.norms import tally_triggers
from kedang.kernel.norms.tally_models import DutyChange, Tally, TallyHead

log = logging.getLogger("kedang.tallies")
LOCK = "tallies"
CHANGES, EVENTS = 10_000, 100_000
"""How many of either are taken up in one transaction."""
OFF = "('void', 'waived')"
CLOSED = ("done", "late", "late_excused")
UPSERT = (
    "INSERT INTO norms_tally (pack, norm, clause, what, slot, n) {select} "
    "ON CONFLICT (pack, what, slot, clause, norm) DO UPDATE SET n = norms_tally.n + excluded.n"
)
BREACHED_DUTY = "kind = 'norm.breached' AND subject LIKE 'duty:%%'"
"""Those are counted as duties."""
CHANGED = tally_triggers.CHANGE


# ---- what a duty and an event count as ---------------------------------------------------------------------------------


def _slot(column: str, length: int) -> str:
    """The month (7), day (10) or hour (13) in Shanghai of an instant, as text."""
    if connection.vendor == "sqlite":
        return f"substr(datetime(substr({column}, 1, 19), '+8 hours'), 1, {length})"
    return f"to_char({column} AT TIME ZONE 'Asia/Shanghai', '{'YYYY-MM-DD HH24'[: length + 2 * (length > 10)]}')"


def _facets(source: str, n: str, where: str = "true") -> str:
    """What each row of duties, or of their changes, counts as."""
    due = f"{where} AND due_at IS NOT NULL AND paused_at IS NULL AND state NOT IN {OFF}"
    facets = (
        ("'opened'", _slot("opened_at", 7), f"{where} AND state NOT IN {OFF}"),
        ("'done:' || state", _slot("done_at", 7), f"{where} AND done_at IS NOT NULL AND state IN {CLOSED}"),
        ("'due:' || state", _slot("due_at", 10), due),
        ("'hour:' || state", _slot("due_at", 13), due),
    )
    return " UNION ALL ".join(
        f"SELECT pack, norm, clause, {what} AS what, {slot} AS slot, {n} AS n FROM {source} WHERE {holds}"  # noqa: S608
        for what, slot, holds in facets
    )


def _events(first: int, last: int) -> str:
    return (
        f"SELECT pack, norm, clause, 'event:' || kind AS what, {_slot('recorded_at', 7)} AS slot, 1 AS n FROM ledger_event"  # noqa: S608
        f" WHERE id >= {first} AND id <= {last} AND clause <> '' AND NOT ({BREACHED_DUTY})"
    )


def _firsts(first: int, last: int) -> str:
    """The smallest id of each month's events: where to begin when only a month is asked for."""
    return (
        "INSERT INTO norms_tally (pack, norm, clause, what, slot, n) "  # noqa: S608  (numbers)
        f"SELECT '', '', '', 'first', {_slot('recorded_at', 7)}, MIN(id) FROM ledger_event"
        f" WHERE id >= {first} AND id <= {last} GROUP BY 5 ON CONFLICT (pack, what, slot, clause, norm) DO NOTHING"
    )


def _summed(rows: str) -> str:
    return (
        f"SELECT pack, norm, clause, what, slot, SUM(n) FROM ({rows}) AS f"  # noqa: S608  (names of ours, and numbers)
        " WHERE true GROUP BY pack, norm, clause, what, slot HAVING SUM(n) <> 0"
    )


# ---- keeping them ------------------------------------------------------------------------------------------------------


def fold() -> int:
    """Take up what stands apart; how many rows that were."""
    return _fold(_changes) + _fold(_ledger)


def _fold(step: Callable[[], tuple[int, bool]]) -> int:
    total = 0
    while True:
        with transaction.atomic():
            locks.take([LOCK])
            taken, more = step()
        total += taken
        if not more:
            return total


def _changes() -> tuple[int, bool]:
    ids = list(DutyChange.objects.order_by("id").values_list("id", flat=True)[:CHANGES])
    if not ids:
        return 0, False
    # Exactly these: another with a smaller id may be committed at any moment.
    these = f"id IN ({', '.join(map(str, ids))})"
    _run(UPSERT.format(select=_summed(_facets("norms_dutychange", "n", these))))
    _run(f"DELETE FROM norms_dutychange WHERE {these}")  # noqa: S608  (numbers)
    _run("DELETE FROM norms_tally WHERE n = 0")
    return len(ids), len(ids) == CHANGES


def _ledger() -> tuple[int, bool]:
    head, last = _upto(), Seal.objects.order_by("-last_id").values_list("last_id", flat=True).first() or 0
    if last <= head:
        return 0, False
    to = min(last, head + EVENTS)
    _count_events(head + 1, to)
    return to - head, to < last


def rebuild() -> None:
    """Count everything anew; writers of duties wait meanwhile."""
    upto = settled_id()
    with transaction.atomic():
        locks.take([LOCK])
        if connection.vendor == "postgresql":
            _run("LOCK TABLE norms_duty IN SHARE ROW EXCLUSIVE MODE")
        if not tally_triggers.standing(connection):
            tally_triggers.install(connection)
        for table in ("norms_dutychange", "norms_tally"):
            _run(f"DELETE FROM {table}")  # noqa: S608
        _run(UPSERT.format(select=_summed(_facets("norms_duty", "1"))))
        _count_events(0, upto or 0)


def differing() -> tuple[Any, ...] | None:
    """(pack, norm, clause, what, slot, how many too many) of one count of duties that is wrong; None when all are right."""
    kept = (
        "SELECT pack, norm, clause, what, slot, n FROM norms_tally WHERE what <> 'first' AND what NOT LIKE 'event:%%'"
    )
    changed, counted = _facets("norms_dutychange", "n"), _facets("norms_duty", "-1")
    found = direct.fetch(_summed(f"{kept} UNION ALL {changed} UNION ALL {counted}") + " LIMIT 1")
    return found[0] if found else None


def look_over() -> None:
    """Every night: what should ever be wrong is put on record and counted anew."""
    wrong = differing()
    if wrong is not None:
        log.error("tallies were wrong and are counted anew: %s", wrong)
        rebuild()


nightly.register("tallies", look_over)


def _upto() -> int:
    return TallyHead.objects.filter(pk=1).values_list("upto", flat=True).first() or 0


def _count_events(first: int, last: int) -> None:
    _run(UPSERT.format(select=_summed(_events(first, last))))
    _run(_firsts(first, last))
    kept = "ON CONFLICT (id) DO UPDATE SET upto = excluded.upto"
    _run(f"INSERT INTO norms_tallyhead (id, upto) VALUES (1, {last}) {kept}")  # noqa: S608  (a number)


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, ())


# ---- reading them ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """So many under a clause; `part` numbers the pieces of a span that was asked for in pieces."""

    pack: str
    norm: str
    clause: str
    what: str
    part: int
    n: int


Query = tuple[str, list[Any]]
OWN = "SELECT pack, norm, clause"


def of_month(packs: Collection[str], first: datetime, after: datetime, kinds: Collection[str] = ()) -> list[Count]:
    """What whole regulations saw opened and closed in a month, what of them stands open past its deadline now, and events
    of some kinds in that month; one statement for the duties and their events, one for how far the ledger is counted."""
    whats = ["opened", *(f"done:{state}" for state in CLOSED), *(f"event:{kind}" for kind in kinds)]
    within, month = f"pack IN ({_marks(packs)})", [*packs, _moment(first), _moment(after)]
    kept = [*packs, *whats, f"{clock.local(first):%Y-%m}"]
    queries: list[Query] = [
        (f"{OWN}, what, 0, n FROM norms_tally WHERE {within} AND what IN ({_marks(whats)}) AND slot = %s", kept),
        (f"{OWN}, 'opened', 0, n FROM {CHANGED} WHERE {within} AND opened_at >= %s AND opened_at < %s AND state NOT IN {OFF}", month),
        (f"{OWN}, 'done:' || state, 0, n FROM {CHANGED} WHERE {within} AND done_at >= %s AND done_at < %s AND state IN {CLOSED}", month),
        *_due(packs, ["open"], None, clock.now()),
    ]  # fmt: skip
    while packs:
        upto = _upto()
        happened = _since(upto, month, kinds, within) if kinds else []
        found = _counted([*queries, *happened, ("SELECT '', '', '', 'upto', 0, upto FROM norms_tallyhead", [])])
        seen = [each.n for each in found if each.what == "upto"] or [0]
        if seen == [upto]:  # else a fold went past between the two
            return [each for each in found if each.what != "upto"]
    return []


def due(packs: Collection[str], start: datetime, end: datetime, pieces: Sequence[datetime] = ()) -> list[Count]:
    """What of whole regulations fell due from a midnight to an instant, by state ('due:late'), waived and void and paused
    left out; in pieces, numbered, when the midnights between them are given. One statement."""
    return _counted(_due(packs, ["open", *CLOSED], start, end, pieces)) if packs and start < end else []


def overdue(packs: Collection[str]) -> list[Count]:
    """What of whole regulations stands open past its deadline now; one statement."""
    return _counted(_due(packs, ["open"], None, clock.now())) if packs else []


def first_event(month: datetime) -> int:
    """An id below which no event of a month, or of one after it, stands."""
    kept = Tally.objects.filter(pack="", what="first", slot__gte=f"{clock.local(month):%Y-%m}")
    found = kept.aggregate(first=Min("n"))["first"]
    return int(found) if found is not None else _upto() + 1


def _since(upto: int, month: list[Any], kinds: Collection[str], within: str) -> list[Query]:
    """Events that are not counted yet, found by their numbers: they are few, whatever else is asked of them."""
    table = "ledger_event NOT INDEXED" if connection.vendor == "sqlite" else "ledger_event"
    sql = (
        f"{OWN}, 'event:' || kind, 0, 1 FROM {table} WHERE id > %s AND {within} AND clause <> ''"
        f" AND recorded_at >= %s AND recorded_at < %s AND kind IN ({_marks(kinds)}) AND NOT ({BREACHED_DUTY})"
    )
    return [(sql, [upto, *month, *kinds])]


def _due(
    packs: Collection[str],
    states: Sequence[str],
    start: datetime | None,
    end: datetime,
    pieces: Sequence[datetime] = (),
) -> list[Query]:
    """Whole days and whole hours from what is kept, and the rest of the last hour from the duties themselves."""
    day, hour = f"{clock.local(end):%Y-%m-%d}", clock.local(end).replace(minute=0, second=0, microsecond=0)
    from_day, from_then = ([], []) if start is None else ([f"{clock.local(start):%Y-%m-%d}"], [_moment(start)])
    asked, within = list(states), f"pack IN ({_marks(packs)})"
    kept, raw = (
        _piece("slot", [f"{clock.local(each):%Y-%m-%d}" for each in pieces]),
        _piece("due_at", map(_moment, pieces)),
    )
    since_day, since = ("AND slot >= %s", "AND due_at >= %s") if from_day else ("", "")
    standing = f"{within} AND state IN ({_marks(asked)}) AND paused_at IS NULL"
    return [
        (f"{OWN}, what, {kept[0]}, n FROM norms_tally WHERE {within} AND what IN ({_marks(asked)}) AND slot < %s {since_day}",
         [*kept[1], *packs, *(f"due:{state}" for state in asked), day, *from_day]),
        (f"{OWN}, 'due' || substr(what, 5), {kept[0]}, n FROM norms_tally WHERE {within} AND what IN ({_marks(asked)}) AND slot >= %s AND slot < %s",
         [*kept[1], *packs, *(f"hour:{state}" for state in asked), day, f"{hour:%Y-%m-%d %H}"]),
        (f"{OWN}, 'due:' || state, {raw[0]}, n FROM {CHANGED} WHERE {standing} AND due_at < %s {since}",
         [*raw[1], *packs, *asked, _moment(hour), *from_then]),
        (f"{OWN}, 'due:' || state, {raw[0]}, 1 FROM norms_duty WHERE {standing} AND due_at >= %s AND due_at < %s",
         [*raw[1], *packs, *asked, _moment(hour), _moment(end)]),
    ]  # fmt: skip


def _piece(column: str, edges: Iterable[Any]) -> Query:
    """In which piece of a span a row lies."""
    edges = list(edges)
    if not edges:
        return "0", []
    whens = " ".join(f"WHEN {column} < %s THEN {number}" for number in range(len(edges)))
    return f"CASE {whens} ELSE {len(edges)} END", edges


def _counted(queries: Sequence[Query]) -> list[Count]:
    rows = " UNION ALL ".join(sql for sql, _ in queries)
    names = "pack, norm, clause, what, part, n"
    sql = (
        f"WITH f ({names}) AS ({rows}) SELECT pack, norm, clause, what, part, SUM(n) FROM f"  # noqa: S608
        " GROUP BY pack, norm, clause, what, part"
    )
    found = direct.fetch(sql, [value for _, values in queries for value in values])
    return [Count(pack, norm, clause, what, part, int(n)) for pack, norm, clause, what, part, n in found]


def _marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _moment(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)
