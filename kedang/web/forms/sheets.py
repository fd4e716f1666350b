"""The daily register on the page: which day it is for, and the rows that the day has brought already."""

from __future__ import annotations

from datetime import date
from typing import Any

from kedang.customers.claims import selectors as claims
from kedang.engagement.desk import selectors as desk
from kedang.kernel import clock
from kedang.kernel.norms.models import Duty, DutyState, FileTerm
from kedang.kernel.norms.schema import Form as PackForm
from kedang.kernel.norms.store import Version
from kedang.kernel.org.models import Person
from kedang.web.forms.packs import Filled


def writes_claims(form: PackForm) -> bool:
    """Whether each row of the form writes a customer down."""
    return bool(form.rows and form.rows.each and form.rows.each.do == "customer.claim")


def day_asked(person: Person, version: Version, form_id: str) -> date:
    """The day whose form is asked for: that of the oldest duty that is open and can still be met, else today."""
    norms = {
        norm.qid
        for norm in version.regulation.norms
        if norm.norm.kind == "schedule" and getattr(norm.norm, "done", None) and norm.norm.done.form == form_id
    }
    now = clock.now()
    rows = Duty.objects.filter(norm__in=norms, bearer=person, state=DutyState.OPEN).order_by("due_at")
    for duty in rows:
        limit = duty.grace_until or duty.due_at
        if limit is not None and limit >= now:
            return clock.local(duty.counted_from).date()
    return now.date()


def day_field(form: PackForm) -> str:
    """The form's own day, if it has one."""
    return next((one.id for one in form.fields if one.type == "date" and one.required), "")


def fill(made: Filled, person: Person, day: date) -> None:
    """Put the day's lines and what the desk has noted into the rows of a form not typed into yet."""
    known = {one.id for one in made.row_fields}
    each = made.pack_form.rows.each if made.pack_form.rows else None
    if each is None:
        return
    to_field = {name: source for name, source in each.with_.items() if isinstance(source, str)}
    classes = next((source for source in each.with_.values() if isinstance(source, dict)), {})
    rows = [_of_line(line, made.version, classes) for line in claims.lines_of(person, day)]
    names = {row["name"] for row in rows}
    rows += [row for row in desk.to_register(person, day) if row["name"] not in names]
    made.rows = [
        {to_field.get(key, key): value for key, value in row.items() if to_field.get(key, key) in known} for row in rows
    ]


def _of_line(line: claims.Line, version: Version, classes: dict[str, str]) -> dict[str, Any]:
    claim, customer = line.claim, line.claim.customer
    mine = customer.owner_id == claim.person_id
    held = dict(
        FileTerm.objects.filter(file=customer.pk, term__startswith=f"{version.pack}.").values_list("term", "value")
    )
    return {
        "name": customer.name,
        "kind": customer.kind,
        "phone": customer.phone if mine else "",
        "source": claim.source,
        "intention": "意向客户" if claim.intended else "",
        "need": claim.need,
        **{source: held.get(f"{version.pack}.{term}", "") for term, source in classes.items()},
    }
