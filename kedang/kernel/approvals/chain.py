"""The chain a page shows: what happened, who is asked now, who will be asked next, and why them.

`chain(request)` and `preview(steps, requester)` give the same view model, so the preview before 提交 and the page
after it cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kedang.kernel import clock
from kedang.kernel.approvals import counting, rows
from kedang.kernel.approvals.models import Ballot, BallotStatus, Request, Step, StepStatus
from kedang.kernel.approvals.route import foretold_once, prepare
from kedang.kernel.approvals.values import MODE_LABELS, TIMEOUTS, Seat, StepSpec, StepState
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Delegation, Person
from kedang.kernel.workdays.durations import Duration

ONCE = "已在前面的步骤同意，同一人只审一次"
WILL_ONCE = "前面的步骤同意后不再重复审批"
AGAIN = "退回后重新审批，以前的意见不计"


@dataclass(frozen=True)
class ChainPerson:
    """One person in a step. `state` is a ballot status, or 'foretold' while the step has not begun."""

    id: int
    name: str
    state: str
    state_label: str
    role_name: str = ""
    acting_for: str = ""
    deputies: tuple[str, ...] = ()
    opinion: str = ""
    form: Mapping[str, Any] | None = None
    asked_at: datetime | None = None
    seen_at: datetime | None = None
    decided_at: datetime | None = None
    past: bool = False  # of an earlier run, no longer counted
    asked_by: str = ""  # 征询: who wants the opinion …
    question: str = ""  # … and on what
    promised_at: datetime | None = None  # 附条件同意
    added: bool = False
    """By 加签 beside those whom the route asks."""
    added_by: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    """The step's form as a reader may see it: label and text; filled in by the page."""

    @property
    def promised(self) -> bool:
        """True while an agreement on condition does not count yet."""
        return self.promised_at is not None and self.state == "pending"


@dataclass(frozen=True)
class ChainStep:
    """One step as the page shows it; `number` counts from 1 within its round."""

    number: int
    round: int
    mode: str
    mode_label: str
    role: str
    role_name: str
    pack: str
    clause: str
    status: str
    status_label: str
    people: list[ChainPerson] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    form: str = ""
    past: bool = False  # of an earlier round
    due_at: datetime | None = None
    overdue_since: datetime | None = None
    timeout: str = ""  # what happens when the limit has passed, in words
    first: str = ""  # what must be done before it passes

    @property
    def active(self) -> bool:
        """True for the step that is being decided."""
        return self.status == "active"

    @property
    def foretold(self) -> bool:
        """True for a step still to come: its people are predicted, not asked."""
        return self.status == "waiting"


def chain(request: Request) -> list[ChainStep]:
    """Every step of every round in order; six queries whatever the length."""
    steps = list(Step.objects.filter(request=request).order_by("round", "index"))
    ballots = list(
        Ballot.objects.filter(step__in=steps)
        .select_related("person", "acting_for", "asked_by", "promised_by")
        .order_by("run", "order", "id")
    )
    return _view(request, steps, ballots)


def preview(
    steps: Sequence[StepSpec],
    requester: Person,
    about_names: Sequence[str] = (),
    *,
    on_behalf_of: Person | None = None,
    unit_id: int | None = None,
) -> list[ChainStep]:
    """The chain a request would take, with names, before it is submitted; EmptyPost when it cannot be."""
    specs = prepare(steps, requester, about_names, on_behalf_of=on_behalf_of, unit_id=unit_id)
    names, deputies = _names(specs), _deputies(specs)
    once = foretold_once(specs)
    return [
        _step(
            index,
            spec,
            names,
            "waiting",
            _foretold(spec, once[index], names, deputies),
            _once_notes(once[index], names),
        )
        for index, spec in enumerate(specs)
    ]


# --- parts ------------------------------------------------------------------


def _view(request: Request, steps: list[Step], ballots: list[Ballot]) -> list[ChainStep]:
    specs = [StepSpec.from_json(step.spec) for step in steps]
    names, deputies = _names(specs), _deputies(specs)
    present = [step for step in steps if step.round == request.round]
    state = rows.build(request, present, ballots)
    once = foretold_once([step.spec for step in state.steps], [_real(step) for step in state.steps])
    order = {step.id: index for index, step in enumerate(state.steps)}
    shown = []
    for step, spec in zip(steps, specs, strict=True):
        mine = [ballot for ballot in ballots if ballot.step_id == step.pk]
        index = order.get(step.pk)
        value = state.steps[index] if index is not None else None
        foretold = once[index] if index is not None and step.status == "waiting" else frozenset()
        lent = {ballot.acting_for_id for ballot in mine}
        people = [_voted(ballot, spec, step, lent, names, deputies) for ballot in mine if _worth_showing(ballot)]
        people += _still(value, spec, foretold, names, deputies, request)
        notes = _once_notes(foretold, names) + _notes(step, mine, value, names)
        shown.append(_step(step.index, spec, names, step.status, people, notes, row=step, request=request))
    return shown


def _step(
    index: int,
    spec: StepSpec,
    names: Mapping[int, str],
    status: str,
    people: list[ChainPerson],
    notes: Iterable[str],
    *,
    row: Step | None = None,
    request: Request | None = None,
) -> ChainStep:
    added = [f"由{names.get(spec.added_by, '')}加签"] if spec.added_by else []
    return ChainStep(
        number=index + 1,
        round=row.round if row else 1,
        mode=spec.mode,
        mode_label=_mode_label(spec),
        role=spec.role,
        role_name=spec.role_name,
        pack=spec.pack,
        clause=spec.clause,
        status=status,
        status_label="已减签" if spec.added_by and not spec.seats else str(StepStatus(status).label),
        people=people,
        notes=[*added, *spec.notes, *notes],
        opened_at=row.opened_at if row else None,
        closed_at=row.closed_at if row else None,
        form=spec.form,
        due_at=row.due_at if row and status == "active" else None,
        overdue_since=row.overdue_since if row and status == "active" else None,
        timeout=f"限{Duration.parse(spec.within).label()}，逾期{TIMEOUTS[spec.timeout]}" if spec.within else "",
        first=spec.first,
        past=bool(row and request and row.round != request.round),
    )


def _mode_label(spec: StepSpec) -> str:
    """How the votes of a step count; nothing where one person decides."""
    label = MODE_LABELS[spec.mode]
    if spec.mode == "ratio":
        label += f"（{spec.ratio or 100}% 同意通过）"
    base = [seat for seat in spec.seats if not _beside(seat, spec)]
    beside = len(base) < len(spec.seats)
    if spec.mode == "any" and beside:
        # Whoever was added must agree besides one of those whom the route asks.
        alone = len({person for seat in base for person in seat.people}) == 1
        return MODE_LABELS["all"] if alone else f"{label}，加签另计"
    return "" if spec.mode in ("any", "all") and len(spec.voters) == 1 else label


def _beside(seat: Seat, spec: StepSpec) -> bool:
    return seat.added_by is not None and spec.added_by is None


def _voted(
    ballot: Ballot,
    spec: StepSpec,
    step: Step,
    lent: set[int | None],
    names: Mapping[int, str],
    deputies: Mapping[int, tuple[str, ...]],
) -> ChainPerson:
    seat = _seat_beside(spec, ballot.acting_for_id or ballot.person_id)
    adder = seat.added_by if seat else spec.added_by
    return ChainPerson(
        id=ballot.person_id,
        name=ballot.person.name,
        state=ballot.status,
        state_label=_label(ballot, lent),
        role_name=_seat_name(spec.seats, ballot.acting_for_id or ballot.person_id),
        acting_for=ballot.acting_for.name if ballot.acting_for else "",
        deputies=deputies.get(ballot.person_id, ()) if ballot.status == "pending" else (),
        opinion=ballot.opinion,
        form=ballot.form,
        asked_at=ballot.opened_at,
        seen_at=ballot.seen_at,
        decided_at=ballot.closed_at,
        past=ballot.run != step.run,
        asked_by=ballot.asked_by.name if ballot.asked_by else "",
        question=ballot.question,
        promised_at=ballot.promised_at,
        added=seat is not None,
        added_by=names.get(adder, "") if adder else "",
    )


def _seat_beside(spec: StepSpec, person: int) -> Seat | None:
    """The seat of a person who was added beside those whom the route asks."""
    return next((seat for seat in spec.seats if _beside(seat, spec) and person in seat.people), None)


def _label(ballot: Ballot, lent: set[int | None]) -> str:
    if ballot.status == BallotStatus.TRANSFERRED and ballot.person_id in lent:
        return "已委托"  # another speaks, the voice stays his
    if ballot.status == BallotStatus.CANCELLED and ballot.opinion and not ballot.promised_by_id:
        return "已拿回"
    if ballot.status == BallotStatus.PENDING and ballot.promised_by_id:
        return "附条件同意"
    return str(BallotStatus(ballot.status).label)


def _still(
    value: StepState | None,
    spec: StepSpec,
    once: frozenset[int],
    names: Mapping[int, str],
    deputies: Mapping[int, tuple[str, ...]],
    request: Request,
) -> list[ChainPerson]:
    """Who will be asked: everybody of a step to come, and of an active 依次 those whose turn has not come."""
    if value is None or not request.is_open:
        return []
    if value.status == "waiting":
        done = value.agreed
        return [person for person in _foretold(spec, once, names, deputies) if person.id not in done]
    if value.status == "active" and spec.mode == "sequence":
        asked = {ballot.voice for ballot in value.current} | value.agreed
        return [person for person in _foretold(spec, once, names, deputies) if person.id not in asked]
    return []


def _foretold(
    spec: StepSpec, once: frozenset[int], names: Mapping[int, str], deputies: Mapping[int, tuple[str, ...]]
) -> list[ChainPerson]:
    return [
        ChainPerson(
            id=person,
            name=names.get(person, ""),
            state="foretold",
            state_label="无须再审" if person in once else "将审批",
            role_name=_seat_name(spec.seats, person),
            deputies=() if person in once else deputies.get(person, ()),
        )
        for person in spec.voters
    ]


def _notes(step: Step, ballots: list[Ballot], value: StepState | None, names: Mapping[int, str]) -> list[str]:
    notes = []
    if value is not None and value.carried and step.status != "waiting":
        notes.append(f"{'、'.join(names.get(person, '') for person in value.carried)}{ONCE}")
    if any(ballot.run != step.run and ballot.status != "cancelled" for ballot in ballots):
        notes.append(AGAIN)
    if value is not None and value.spec.agree_if and step.status in ("waiting", "active"):
        notes.append(f"须“{value.spec.first}”，这一步才通过")
    if value is not None and value.status == "active" and value.spec.mode == "ratio":
        notes.append(f"须 {counting.needed(value)} 票同意，已有 {len(value.agreed)} 票")
    return notes


def _once_notes(once: frozenset[int], names: Mapping[int, str]) -> list[str]:
    return [f"{'、'.join(names.get(person, '') for person in sorted(once))}{WILL_ONCE}"] if once else []


def _real(step: StepState) -> frozenset[int]:
    return step.agreed if step.status in ("passed", "skipped") else frozenset()


def _worth_showing(ballot: Ballot) -> bool:
    """A cancelled ballot says nothing, unless it was an agreement its owner took back, or a question asked."""
    return ballot.status != "cancelled" or bool(ballot.opinion or ballot.question)


def _seat_name(seats: Iterable[Seat], person: int) -> str:
    return "、".join(dict.fromkeys(seat.role_name for seat in seats if person in seat.people and seat.role_name))


def _names(specs: Sequence[StepSpec]) -> dict[int, str]:
    people = {person for spec in specs for person in spec.voters}
    adders = {spec.added_by for spec in specs} | {seat.added_by for spec in specs for seat in spec.seats}
    return org.names_of(people | {each for each in adders if each})


def _deputies(specs: Sequence[StepSpec]) -> dict[int, tuple[str, ...]]:
    """Names of those who may stand in today, by person; one query for the whole chain."""
    people = {person for spec in specs for person in spec.voters}
    today = clock.today()
    lent = Delegation.objects.filter(
        principal_id__in=people, start__lte=today, end__gte=today, revoked_at=None, delegate__is_active=True
    ).values_list("principal_id", "delegate__name")
    found: dict[int, tuple[str, ...]] = {}
    for principal, name in lent:
        found[principal] = (*found.get(principal, ()), name)
    return found
