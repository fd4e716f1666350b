"""perform_many(): one action over many rows. The same code as `perform`, in chunks that load what they need set-wise.

A chunk is one transaction; each row stands in its own savepoint, so one row's bad input leaves the others alone. Rows of
one file (or of one declared lock) are parted into waves: a later row sees what an earlier one has done. Norms react once
a wave, to the events of all its rows. A chunk in which a rule raises is gone through again row by row, so that only the
row at fault is set aside, with a number.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction

from kedang.kernel import clock, files
from kedang.kernel.actions import access, keys, locks, reacting, speaking
from kedang.kernel.actions.deed import Deed, Task
from kedang.kernel.actions.orders import Input, Order, Shared, call_of, decision_of, lock_names, prepare, read
from kedang.kernel.actions.performing import Result, act, afterwards, kept, plain
from kedang.kernel.actions.performing import done as finished
from kedang.kernel.errors import AsksReason, Conflict, Invalid, KedangError, NeedsApproval, NotFound, Refused
from kedang.kernel.models import CommandKey
from kedang.kernel.norms import engine
from kedang.kernel.norms.engine import Decision
from kedang.kernel.norms.explain import text_of
from kedang.kernel.norms.store import Regulations, fact_store, regulations
from kedang.kernel.norms.vocabulary import Action, vocabulary
from kedang.kernel.once import forget, once
from kedang.kernel.org.models import Person
from kedang.kernel.rows import insert

log = logging.getLogger("kedang.many")
CHUNK = 200
KEPT = {"done": "ok", "refused": "refused", "needs": "needs"}
"""How the outcomes that a key keeps are called in a row's result."""


@dataclass(frozen=True)
class RowResult:
    """What became of one row: ok, refused, invalid, needs (approval), asks (a reason), not_found, conflict or failed."""

    row: str
    state: str
    message: str = ""
    value: Any = None
    errors: Mapping[str, str] = field(default_factory=dict)
    request: int | None = None
    clauses: tuple[str, ...] = ()


@dataclass
class ManyResult:
    """How many rows ended in each state, and their outcomes in order (unless they were handed over chunk by chunk)."""

    rows: list[RowResult] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def of(self, state: str) -> list[RowResult]:
        """The rows that ended in a state."""
        return [each for each in self.rows if each.state == state]


Progress = Callable[[int, ManyResult], None]
Results = Callable[[Sequence[RowResult]], None]


@dataclass
class Batch:
    """One job's standing orders: what every row has in common."""

    spec: Action
    by: Person
    job: str
    origin: str = ""
    on_behalf_of: Person | None = None
    reason: str = ""
    confirmed: bool = False

    def key(self, row: str) -> str:
        """The command key of a row; a job that is run again does not do a row twice."""
        return f"{self.job}:{row}"


@dataclass
class Row:
    """One row on its way through a chunk."""

    name: str
    raw: dict[str, Any]
    digest: str
    given: Input | None = None
    unread: KedangError | None = None
    locks: tuple[str, ...] = ()
    order: Order | None = None
    result: RowResult | None = None
    answer: Result | KedangError | None = None


def perform_many(
    name: str,
    rows: Iterable[Mapping[str, Any]] | Mapping[str, Mapping[str, Any]],
    *,
    by: Person,
    job: str,
    origin: str = "",
    on_behalf_of: Person | None = None,
    reason: str = "",
    confirmed: bool = False,
    chunk: int = CHUNK,
    progress: Progress | None = None,
    results: Results | None = None,
) -> ManyResult:
    """Do one action for every row; rows by name, or in order (named 1, 2, 3 …). Never raises for a row's own fault.

    `job` names the run: rows that an earlier run of the job has done answer what they answered then. `progress` is told
    after each committed chunk how many rows are through. `results` is handed each committed chunk's outcomes, which are
    then not kept: with it, and rows that come one by one, memory does not grow with the rows.
    """
    batch = Batch(vocabulary.actions[name], by, job, origin, on_behalf_of, reason, confirmed)
    found = ManyResult()
    through = 0
    for part in _chunks(_named(rows), chunk):
        answers = _do(batch, part)
        through += len(answers)
        found.counts.update(each.state for each in answers)
        if results is not None:
            results(answers)
        else:
            found.rows += answers
        if progress is not None:
            progress(through, found)
    return found


def _named(rows: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(rows, Mapping):
        yield from ((str(name), row) for name, row in rows.items())
    else:
        yield from ((str(number), row) for number, row in enumerate(rows, start=1))


def _chunks(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while part := list(islice(rows, size)):
        yield part


def _do(batch: Batch, part: Sequence[tuple[str, Mapping[str, Any]]]) -> list[RowResult]:
    """One chunk; when something raises in it, its rows one at a time."""
    try:
        return _transaction(batch, part)
    except Exception:
        if len(part) > 1:
            return [result for each in part for result in _do(batch, [each])]
        number = secrets.token_hex(4)
        log.exception("job %s row %s failed as %s", batch.job, part[0][0], number)
        return [RowResult(part[0][0], "failed", f"系统出错，这一行没有办理（故障编号 {number}）。")]


def _transaction(batch: Batch, part: Sequence[tuple[str, Mapping[str, Any]]]) -> list[RowResult]:
    rows = [Row(name, dict(raw), keys.digest_of(batch.spec.name, dict(raw))) for name, raw in part]
    deeds: list[Deed] = []
    with once(), transaction.atomic():
        regs = regulations()
        for row in rows:
            _read(batch, row, regs)
        locks.take([f"job:{batch.job}", *(name for row in rows for name in row.locks)])
        _recall(batch, rows)
        waiting = [row for row in rows if row.result is None]
        while waiting:
            wave, waiting = _wave(waiting)
            deeds += _run_wave(batch, wave, regs)
        _keep(batch, rows)
    for deed in deeds:
        afterwards(deed)
    return [row.result for row in rows if row.result is not None]


def _read(batch: Batch, row: Row, regs: Regulations) -> None:
    """Clean a row once, for its locks and its command; one that cannot be read needs no lock and says so later."""
    if batch.reason and any(each.id == "reason" for each in batch.spec.args):
        row.raw.setdefault("reason", batch.reason)
    try:
        row.given = read(batch.spec, row.raw, regs)
        row.locks = tuple(lock_names(batch.spec, row.given[0]))
    except KedangError as error:
        row.unread = error


def _recall(batch: Batch, rows: Sequence[Row]) -> None:
    """Rows that an earlier run has answered, in one query."""
    found = {row.key: row for row in CommandKey.objects.filter(key__in=[batch.key(row.name) for row in rows])}
    for row in rows:
        known = found.get(batch.key(row.name))
        if known is None:
            continue
        if known.digest != row.digest or known.person_id != batch.by.pk:
            row.result = RowResult(row.name, "invalid", "这一行在上次办理之后改过，不能再按原来的编号办理。")
            continue
        told = known.result or {}
        row.result = RowResult(
            row.name,
            KEPT[known.outcome],
            told.get("message", ""),
            told.get("value"),
            request=told.get("request"),
            clauses=tuple(told.get("clauses", ())),
        )


def _keep(batch: Batch, rows: Sequence[Row]) -> None:
    """Keys of the rows that this run has answered for good; bad input leaves none and is looked at again."""
    made = []
    now, person = clock.now(), batch.by.pk
    for row in rows:
        if row.answer is None or row.result is None or isinstance(row.answer, AsksReason):
            continue
        outcome, told = kept(row.answer, tells=batch.spec.tells)
        if outcome in KEPT:
            result = {**(told or {}), "message": row.result.message}
            key = batch.key(row.name)
            made.append(
                {"key": key, "person_id": person, "digest": row.digest, "outcome": outcome, "result": result, "at": now}
            )
    insert(CommandKey, made, keys=False)


def _wave(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that share no lock with an earlier one, and the rest; what shares one waits, and all that share with it."""
    taken: set[str] = set()
    now: list[Row] = []
    later: list[Row] = []
    for row in rows:
        (now if taken.isdisjoint(row.locks) else later).append(row)
        taken.update(row.locks)
    return now, later


def _run_wave(batch: Batch, rows: Sequence[Row], regs: Regulations) -> list[Deed]:
    """Prepare all, load the facts their norms ask for in one go, do them, react to all."""
    shared = _shared(batch, rows, regs)
    for row in rows:
        _attempt(row, lambda row=row: _prepare(batch, row, shared))  # type: ignore[misc]
    ready = [row for row in rows if row.order is not None and row.result is None]
    engine.prefetch([call_of(row.order) for row in ready if row.order is not None])
    if batch.spec.run_many is not None:
        _act_together(batch.spec.run_many, ready)
    for row in ready:
        if row.result is None:
            _attempt(row, lambda row=row: _act(row))  # type: ignore[misc]
    done = [row.order.deed for row in rows if row.order is not None and row.answer is not None]
    deeds = [deed for deed in done if deed is not None]
    whole = Deed(by=batch.by, on_behalf_of=batch.on_behalf_of, origin=batch.origin)
    whole.events = [event for deed in deeds for event in deed.events]
    reacting.react(whole, shared.regs)
    files.told((event.kind, event.file) for event in whole.events)
    return deeds


def _act_together(run: Callable[[Sequence[Task]], list[Any]], rows: Sequence[Row]) -> None:
    """Rows that may be done and leave nothing else to note go through the action in one call. What it raises is a fault of
    the chunk, unless it stands alone."""
    able: list[tuple[Row, Order, Deed, Decision]] = []
    for row in rows:
        assert row.order is not None
        decision = decision_of(row.order)
        if row.order.deed is not None and plain(row.order, decision):
            able.append((row, row.order, row.order.deed, decision))
    if not able:
        return
    with transaction.atomic():
        answers = run([Task(deed, order.args) for _, order, deed, _ in able])
    for (row, order, _, decision), answer in zip(able, answers, strict=True):
        if isinstance(answer, KedangError):
            row.result = answered(row.name, answer)
            continue
        row.answer = finished(order, decision, answer)
        row.result = answered(row.name, row.answer)


def _shared(batch: Batch, rows: Sequence[Row], regs: Regulations) -> Shared:
    about = batch.spec.about
    named = [_number(row.raw.get(about)) for row in rows] if about else []
    return Shared(
        regs=regs,
        facts=fact_store(),
        who=access.standing((batch.on_behalf_of or batch.by).pk, regs),
        views=files.views(number for number in named if number is not None),
        now=clock.now(),
    )


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _prepare(batch: Batch, row: Row, shared: Shared) -> None:
    if row.unread is not None:
        raise row.unread
    row.order = prepare(
        batch.spec,
        row.raw,
        by=batch.by,
        on_behalf_of=batch.on_behalf_of,
        reason=batch.reason,
        behalf_reason=batch.reason if batch.on_behalf_of else "",
        confirmed=batch.confirmed,
        shared=shared,
        given=row.given,
    )
    speaking.check(row.order)
    row.order.deed = Deed(by=batch.by, on_behalf_of=batch.on_behalf_of, now=shared.now, origin=batch.origin)
    row.order.origin, row.order.deferred = batch.origin, True


def _act(row: Row) -> None:
    assert row.order is not None
    with transaction.atomic():
        row.answer = act(row.order)
    row.result = answered(row.name, row.answer)


def _attempt(row: Row, work: Callable[[], None]) -> None:
    """What the row itself is answered with is its result; anything else is a fault of the chunk."""
    try:
        work()
    except KedangError as error:
        forget()  # what was asked within the savepoint may be gone with it
        row.answer, row.result = None, answered(row.name, error)


def answered(name: str, answer: Result | KedangError) -> RowResult:
    """An answer of `perform` as a row's result."""
    if isinstance(answer, Result):
        return RowResult(name, "ok", value=answer.value)
    if isinstance(answer, (Refused, AsksReason)):
        decision = answer.decision
        said = "；".join(
            f"第{each.clause}条：{text_of(each)}" if each.clause else text_of(each) for each in decision.findings
        )
        state = "refused" if isinstance(answer, Refused) else "asks"
        return RowResult(name, state, said, clauses=tuple(decision.clauses))
    if isinstance(answer, NeedsApproval):
        clauses = tuple(each["clause"] for each in answer.request.norms)
        said = f"已提交审批（第{'、'.join(clauses)}条）"
        return RowResult(name, "needs", said, request=answer.request.pk, clauses=clauses)
    if isinstance(answer, Invalid):
        return RowResult(name, "invalid", str(answer), errors=answer.errors)
    states: dict[type[KedangError], str] = {NotFound: "not_found", Conflict: "conflict"}
    return RowResult(name, next((s for kind, s in states.items() if isinstance(answer, kind)), "invalid"), str(answer))
