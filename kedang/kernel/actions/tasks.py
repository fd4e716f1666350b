"""Tasks that consequences give somebody: an errand closed by hand, or a text to draft, closed by filing its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from kedang.kernel import clock, files
from kedang.kernel.actions import duties
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration

if TYPE_CHECKING:
    from kedang.kernel.actions.effects import Case
    from kedang.kernel.actions.reacting import Generation


def drafted(case: Case, name: str) -> tuple[str, str]:
    """(what the task is called, the full id of the form that ends it or '') for `draft: FORM or text`."""
    forms, bare = case.version.regulation.pack.forms, name.removeprefix(f"{case.version.pack}.")
    if bare in forms:
        return f"起草《{forms[bare].name.strip('《》')}》", f"{case.version.pack}.{bare}"
    return f"起草《{name.strip('《》')}》", ""


def give(case: Case, entry: Mapping[str, Any], title: str, people: list[int], form: str = "") -> None:
    """A task for the first of these people, else for the unit of the file; once for its cause."""
    view = files.view(case.file) if case.file else None
    span = case.version.params(clock.today()).get(str(entry.get("within")), entry.get("within"))
    duration = span if isinstance(span, Duration) else Duration.parse(str(span)) if span else None
    due = deadlines.due_at(clock.now(), duration, calendar.load()) if duration else None
    cause = case.event.pk if case.event else f"duty:{case.duty.pk}" if case.duty else case.period
    subject = f"{case.subject}/{cause}{f'/{form}' if form else ''}"[:80]
    if Duty.objects.filter(norm=case.norm.qid, subject=subject, state=DutyState.OPEN).exists():
        return
    Duty.objects.create(
        pack=case.version.pack,
        version=case.version.number,
        norm=case.norm.qid,
        clause=case.norm.clauses[0],
        title=title[:200],
        file=case.file,
        subject=subject,
        awaits_form=form,
        bearer_id=people[0] if people else None,
        unit_id=view.unit if view and not people else None,
        opened_by=case.event.pk if case.event else None,
        opened_at=clock.now(),
        counted_from=clock.now(),
        due_at=due,
        breach_check_at=due,
    )


def close(generation: Generation) -> list[Duty]:
    """Close the oldest drafting task that awaited each filed form; about its file, else of whoever filed it."""
    awaited = {form for version in generation.regs.versions for form in version.regulation.drafts}
    closed = []
    for event in generation.by_kind.get("form.filed", ()):
        form = event.data.get("form", "")
        if form not in awaited:
            continue
        person = event.on_behalf_of_id or event.actor_id
        about = Q(file=event.file) if event.file else Q(file=None) & (Q(bearer=person) | Q(taken_by=person))
        duty = Duty.objects.filter(about, state=DutyState.OPEN, awaits_form=form).order_by("due_at", "id").first()
        if duty is not None:
            duties.close(duty, clock.local(event.occurred_at), event.pk)
            duty.save(update_fields=duties.CLOSING_FIELDS)
            closed.append(duty)
    return closed
