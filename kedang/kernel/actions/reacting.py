"""React: breadth-first over the events just recorded, until no norm has anything more to say. Nothing is dropped; what
raises rolls the whole deed back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Min

from kedang.kernel import clock, fields, files, ledger
from kedang.kernel.actions import (
    assigning,
    chips,
    clocks,
    closing,
    duties,
    effects,
    flows,
    forms,
    missing,
    schedules,
    sharing,
    strictness,
    tasks,
    timing,
)
from kedang.kernel.actions.deed import Deed
from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import EventView, FactStore, evaluate_many
from kedang.kernel.norms.models import Duty, DutyState, FormRecord
from kedang.kernel.norms.schema import AssignmentNorm, DutyNorm, Trigger
from kedang.kernel.norms.store import Regulations, Version, env_of, fact_store
from kedang.kernel.org import selectors as org
from kedang.kernel.rows import insert_all

MAX_GENERATIONS = 12
# Kinds of events that change what a schedule or a term-bound condition of a file depends on.
OPENS_FILE = "customer.registered"
REGROUPING = ("customer.classified", "flow.moved", "customer.registered", "form.filed")


class Runaway(RuntimeError):
    """Norms kept answering each other; the checker finds such cycles, this is the last guard."""


def react(deed: Deed, regs: Regulations, start: int = 0) -> None:
    """Let norms answer the deed's events from `start` on, generation by generation."""
    for _ in range(MAX_GENERATIONS):
        events = [event for event in deed.events[start:] if event.origin != "opening"]
        if not deed.events[start:]:
            return
        start = len(deed.events)
        if events:
            Generation(deed, regs, events).run()
    raise Runaway("制度的规则互相触发，已停止并撤销这次操作。")


class Generation:
    """One generation of events, with what norms need to know about them loaded set-wise."""

    def __init__(self, deed: Deed, regs: Regulations, events: Sequence[Event]) -> None:
        self.deed, self.regs, self.events = deed, regs, events
        self.facts: FactStore = fact_store()
        self.views = files.views(e.file for e in events if e.file)
        people = {person for e in events if (person := e.on_behalf_of_id or e.actor_id)}
        self.units = org.units_of_many(people) if people else {}
        self._first: dict[str, dict[int | None, int]] = {}
        self._forms: dict[int, FormRecord] | None = None
        self._acting: dict[int, list[Version]] = {}
        self._parted: dict[str, dict[int, tuple[Version, list[Event]]]] = {}
        self._days: dict[date, list[Version]] = {}
        by_kind: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_kind[event.kind].append(event)
        self.by_kind = by_kind
        # A file that these events open has no duties and no warnings from before: nothing need be looked for.
        self.fresh = {e.file for e in by_kind.get(OPENS_FILE, ()) if e.file}
        self.stirred = any(e.kind in ("norm.warned", "norm.breached") for e in deed.events)

    def run(self) -> None:
        """Stages, then closing, then opening, then consequences, then what depends on the file's state."""
        self._stages()
        self._follow_owners()
        self._ties()
        closing.close(self)
        closing.settled(self, tasks.close(self))
        timing.stand_still(self)
        self._open()
        self._consequences()
        self._assign()
        clocks.restart(self)
        closing.by_state(self)
        schedules.regroup(self)
        schedules.look_again(self)
        chips.look_again(self)

    # ---- what an event looks like to conditions -------------------------------------------------------------

    def acting(self, event: Event) -> list[Version]:
        """Versions in force when it happened, in whose scope it lies; asked once an event."""
        found = self._acting.get(event.id)
        if found is None:
            found = self._acting[event.id] = self._versions(event)
        return found

    def _versions(self, event: Event) -> list[Version]:
        view = self.views.get(event.file) if event.file else None
        person = event.on_behalf_of_id or event.actor_id
        units = self.units.get(person, set()) if person else set()
        form = event.data.get("form", "") if event.kind == "form.filed" else ""
        return [
            version
            for version in self._in_force(clock.local(event.occurred_at).date())
            if version.covers(view, units, form.partition(".")[0] == version.pack or event.pack == version.pack)
            and self._scope_holds(version, view)
        ]

    def _in_force(self, day: date) -> list[Version]:
        if day not in self._days:
            self._days[day] = self.regs.in_force(day)
        return self._days[day]

    def _scope_holds(self, version: Version, view: files.FileView | None) -> bool:
        scope = version.regulation.scope_expr
        if scope is None or view is None:
            return True
        return scope.evaluate(env_of(version, {"file": view.id, "customer": view.id}, self.facts)).truth is True

    def event_view(self, event: Event, version: Version) -> EventView:
        """The event with ids for rows; a filed form carries its fields."""
        data = typed_data(event)
        if event.kind == "form.filed" and (record := self.form_record(event)) is not None:
            data = {**forms.data_of(record, version), **data}
        return EventView(
            kind=event.kind,
            actor=event.on_behalf_of_id or event.actor_id,
            file=event.file,
            occurred_at=clock.local(event.occurred_at),
            recorded_at=clock.local(event.recorded_at),
            first=self._is_first(event),
            data=data,
            subject=event.subject,
            id=event.id,
        )

    def form_record(self, event: Event) -> FormRecord | None:
        """The filed form behind a form.filed event; loaded once for the generation."""
        if self._forms is None:
            ids = [e.data["record"] for e in self.by_kind.get("form.filed", ())]
            self._forms = FormRecord.objects.in_bulk(ids) if ids else {}
        return self._forms.get(event.data.get("record", 0))

    def _is_first(self, event: Event) -> bool:
        """Whether it is the first of its kind for its file; one query a kind."""
        if event.file is None:
            return False
        if event.kind not in self._first:
            here = self.by_kind[event.kind]
            first: dict[int | None, int] = {e.file: e.id for e in reversed(here) if e.file in self.fresh}
            if older := {e.file for e in here if e.file} - self.fresh:
                rows = ledger.counted().filter(kind=event.kind, file__in=older).order_by().values_list("file")
                first.update(rows.annotate(first=Min("id")))
            self._first[event.kind] = first
        return self._first[event.kind].get(event.file) == event.id

    def variables(self, event: Event, version: Version) -> dict[str, Any]:
        """`event`, `actor`, `file`/`customer`, and the fields of a filed form."""
        found: dict[str, Any] = {
            "event": self.event_view(event, version),
            "actor": event.on_behalf_of_id or event.actor_id,
        }
        if event.file is not None:
            found["file"] = found["customer"] = event.file
        if event.kind == "form.filed" and (record := self.form_record(event)) is not None:
            found = {**forms.data_of(record, version), **found}
            if record.person_id:
                found["person"] = record.person_id
            if record.unit_id:
                found["unit"] = record.unit_id
        return found

    def holding(
        self,
        version: Version,
        norm: CompiledNorm,
        events: Sequence[Event],
        paths: Iterable[str],
        trigger: Trigger | None,
    ) -> list[tuple[Event, dict[str, Any]]]:
        """The events that fit a trigger and all conditions at `paths`, evaluated set-wise."""
        kept = [e for e in events if trigger is None or closing.fits(trigger, e, version)]
        pairs = [(e, self.variables(e, version)) for e in kept]
        for path in paths:
            expr = norm.expr(path)
            if expr is None or not pairs:
                continue
            envs = [env_of(version, v, self.facts) for _, v in pairs]
            outcomes = evaluate_many(expr, envs)
            missing.note_openings(self, version, norm, pairs, outcomes)
            pairs = [pair for pair, outcome in zip(pairs, outcomes, strict=True) if outcome.truth is True]
        return pairs

    # ---- opening and closing duties --------------------------------------------------------------------------

    def _by_version(self, kind: str) -> dict[int, tuple[Version, list[Event]]]:
        """Events of a kind by the version that acts on them."""
        if kind not in self._parted:
            found: dict[int, tuple[Version, list[Event]]] = {}
            for event in self.by_kind[kind]:
                for version in self.acting(event):
                    found.setdefault(id(version), (version, []))[1].append(event)
            self._parted[kind] = found
        return self._parted[kind]

    def _open(self) -> None:
        found: list[tuple[Version, CompiledNorm, list[tuple[Event, dict[str, Any]]]]] = []
        for kind in list(self.by_kind):
            for version, events in self._by_version(kind).values():
                for norm in version.regulation.opens_on.get(kind, ()):
                    rule = norm.norm
                    assert isinstance(rule, DutyNorm)
                    pairs = self.holding(version, norm, events, ("opens.where", "when"), rule.opens)
                    found.append((version, norm, pairs))
        overridden = {(qid, event.id) for _, norm, pairs in found for event, _ in pairs for qid in norm.overridden}
        openings: list[strictness.Opening] = []
        for version, norm, pairs in found:
            kept = [pair for pair in pairs if (norm.qid, pair[0].pk) not in overridden]
            made = self.openings(version, norm, norm.norm, kept)  # type: ignore[arg-type]
            openings += [strictness.Opening(duty, version, norm) for duty in made]
        new = strictness.keep(self, openings)
        if new:
            insert_all(new)
            self.stirred = True

    def openings(
        self, version: Version, norm: CompiledNorm, rule: DutyNorm, pairs: list[tuple[Event, dict[str, Any]]]
    ) -> list[Duty]:
        """Duty rows for these events; `once_per` leaves out subjects that had one, `for_each` makes one each."""
        made: list[Duty] = []
        targets = [target for pair in pairs for target in self._targets(version, norm, *pair)]
        seen = self._seen(norm, rule, targets)
        for event, variables, view, subject in targets:
            if rule.opens.once_per:
                if subject in seen:
                    continue
                seen.add(subject)
            made += duties.build(
                version,
                norm,
                view=view,
                subject=subject,
                variables=variables,
                facts=self.facts,
                counted_from=clock.local(event.occurred_at),
                opened_by=event.id,
            )
        return made

    def _targets(
        self, version: Version, norm: CompiledNorm, event: Event, variables: dict[str, Any]
    ) -> list[tuple[Event, dict[str, Any], files.FileView | None, str]]:
        """What each opening is about: the event's file, or each element of `opens.for_each`."""
        each = norm.expr("opens.for_each")
        if each is None:
            view = self.views.get(event.file) if event.file else None
            subject = f"file:{view.id}" if view else event.subject or f"person:{variables.get('actor')}"
            once_per = norm.norm.opens.once_per if isinstance(norm.norm, DutyNorm) else None
            if event.subject and once_per not in ("customer", "file"):
                subject = event.subject
            return [(event, variables, view, subject)]
        values = each.value(env_of(version, variables, self.facts))
        if each.type.endswith("[customer]"):
            views = files.views(values)
            return [(event, {**variables, "file": v.id, "customer": v.id}, v, f"file:{v.id}") for v in views.values()]
        kind = each.type[4:-1]
        view = self.views.get(event.file) if event.file else None
        return [(event, {**variables, kind: value}, view, f"{kind}:{value}") for value in sorted(values)]

    def _seen(self, norm: CompiledNorm, rule: DutyNorm, targets: Sequence[tuple[Any, Any, Any, str]]) -> set[str]:
        if not rule.opens.once_per or not targets:
            return set()
        return sharing.seen(norm.qid, [target[3] for target in targets])

    def settled_files(self) -> set[int]:
        """The files of these events that may have duties or warnings by now."""
        wanted = {e.file for e in self.events if e.file}
        return wanted if self.stirred else wanted - self.fresh

    # ---- the rest --------------------------------------------------------------------------------------------

    def _stages(self) -> None:
        """Actions that stages name move the file on (forms do so where they are filed)."""
        for event in self.events:
            if event.file is None or event.kind == "flow.moved":
                continue
            for version in self.acting(event):
                for action in version.regulation.stage_actions:
                    if event.kind in effects.events_of(action):
                        flows.after_action(version, action, event.file, self.deed)

    def _follow_owners(self) -> None:
        """Duties that follow the owner go with the file to its new one."""
        moved = {e.file for e in self.events if e.kind in files.OWNER_EVENTS and e.file} - self.fresh
        for view in files.views(moved).values():
            if view.owner is not None:
                Duty.objects.filter(file=view.id, state=DutyState.OPEN, follows_owner=True).update(
                    bearer=view.owner, taken_by=None
                )

    def _ties(self) -> None:
        """Naming an owner is the answer to an assignment that could not choose by itself."""
        moved = {e.file: e for e in self.events if e.kind in files.OWNER_EVENTS and e.file}
        if not moved:
            return
        asked = {n.qid for v in self.regs.versions for n in v.regulation.norms if isinstance(n.norm, AssignmentNorm)}
        if not asked:
            return
        rows = list(Duty.objects.filter(state=DutyState.OPEN, norm__in=asked, file__in=moved))
        for duty in rows:
            event = moved[duty.file or 0]
            if duty.opened_by != event.id:
                duties.close(duty, clock.local(event.occurred_at), event.id)
        closed = [duty for duty in rows if duty.state != DutyState.OPEN]
        Duty.objects.bulk_update(closed, duties.CLOSING_FIELDS)
        closing.settled(self, closed)

    def _broken(self) -> None:
        """What follows on breaking a prohibition outside; the lateness of duties is told by the tick."""
        for event in self.by_kind.get("norm.breached", ()):
            if event.data.get("duty"):
                continue
            for version in self.acting(event):
                for norm in version.regulation.breach_of.get(event.data["norm"], ()):
                    for _, variables in self.holding(version, norm, [event], ("where", "when"), None):
                        who = {"person": variables["actor"], "bearer": variables["actor"]}
                        case = effects.Case(
                            version, norm, {**variables, **who}, self.facts, event=event, file=event.file
                        )
                        effects.run(case, self.deed, self.regs)
                        self.stirred = True

    def _consequences(self) -> None:
        self._broken()
        for kind in list(self.by_kind):
            for version, events in self._by_version(kind).values():
                for norm in version.regulation.reacts_on.get(kind, ()):
                    rule = norm.norm
                    if getattr(rule, "absent", None) is not None:
                        continue
                    if getattr(rule, "form", None):
                        wanted = f"{version.pack}.{rule.form.removeprefix(version.pack + '.')}"  # type: ignore[union-attr]
                        events_here = [e for e in events if e.data.get("form") == wanted]
                    else:
                        events_here = events
                    for event, variables in self.holding(version, norm, events_here, ("where", "when"), None):
                        case = effects.Case(version, norm, variables, self.facts, event=event, file=event.file)
                        effects.run(case, self.deed, self.regs)
                        self.stirred = True

    def _assign(self) -> None:
        for kind in list(self.by_kind):
            for version, events in self._by_version(kind).values():
                for norm in version.regulation.assigns_on.get(kind, ()):
                    for event, variables in self.holding(version, norm, events, ("when",), None):
                        case = effects.Case(version, norm, variables, self.facts, event=event, file=event.file)
                        assigning.assign(case, self.deed, self.regs)
                        self.stirred = True


def typed_data(event: Event) -> dict[str, Any]:
    """The event's data as typed values (dates, money), as its kind declares them, and its free texts."""
    kind = kinds.get(event.kind)
    typed = {
        key: fields.from_json(field, value) if (field := kind.field_of(key)) else value
        for key, value in event.data.items()
    }
    return {**typed, **ledger.free_texts(event)} if ledger.has_texts(event) else typed
