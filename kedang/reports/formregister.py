"""What was filed on a form: its register by day and person, and the workbook of it. Both show what `reading` lets this
person read, and its fields as his access rows say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import QuerySet

from kedang.customers.masking import shown
from kedang.kernel import fields
from kedang.kernel.actions import access, formfixes, forms, reading
from kedang.kernel.actions.performing import dry_run
from kedang.kernel.actions.reading import Reading
from kedang.kernel.actions.releasing import digest_of_records, record_ids
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.models import FormRecord
from kedang.kernel.norms.schema import Form
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.org.models import Person
from kedang.reports import export
from kedang.reports.filepage import group_of, names_of

CHUNK = 500


@dataclass(frozen=True)
class Line:
    """One filed form in its register."""

    id: int
    day: date
    person: str
    number: str
    filed_at: Any
    rows: int
    text: str
    """What stands in it, in one line."""
    mine: bool = False
    corrected: bool = False


@dataclass(frozen=True)
class Register:
    """A form, what of it is asked for, and how far this person reads it."""

    version: Version
    id: str
    form: Form
    keeps: bool
    secret: bool
    spans: list[str] = field(default_factory=list)
    """Days that grants let him read, in words."""


def registers(person: Person) -> list[Register]:
    """The forms about no customer that this person may know of, whose records stand in a register."""
    regs, who = regulations(), access.standing(person.pk)
    found = []
    for version in regs.in_force():
        for name, form in version.regulation.pack.forms.items():
            if form.about == "customer":
                continue
            wanted = Reading(version, name, form, access.READ)
            if reading.in_circle(who, wanted, regs):
                found.append(_register(who, wanted))
    return found


def register(person: Person, name: str) -> tuple[Register, Reading]:
    """One of them by the form's id; NotFound for a form that this person may not know of."""
    regs, who = regulations(), access.standing(person.pk)
    try:
        wanted = reading.reading_of("form.open", {"form": name}, regs)
    except Invalid:
        raise NotFound from None
    if wanted is None or wanted.form.about == "customer" or not reading.in_circle(who, wanted, regs):
        raise NotFound
    return _register(who, wanted), wanted


def _register(who: access.Standing, wanted: Reading) -> Register:
    held = [each for each in who.grants if each.form == wanted.qid and access.READ in each.verbs]
    return Register(
        wanted.version,
        wanted.id,
        wanted.form,
        reading.keeps(who, wanted.version, wanted.form, regulations()),
        reading.secrecy(wanted.form) is not None,
        [reading.grants.days_words(each.first_day, each.last_day) or "全部日期" for each in held],
    )


def readable(person: Person, wanted: Reading) -> QuerySet[FormRecord]:
    """What of it this person may read, newest day first."""
    who = access.standing(person.pk)
    own = reading.readable(who, wanted.version, wanted.id, wanted.form, access.READ, regulations())
    rows = FormRecord.objects.filter(own & wanted.within()).select_related("filed_by", "on_behalf_of")
    return rows.order_by("-on_day", "-id")


def lines(person: Person, wanted: Reading, rows: Sequence[FormRecord]) -> list[Line]:
    """The records as lines, every value as the reader may see it; no query a row but for the names in them."""
    rights, fixes = rights_of(person, wanted.version), formfixes.fixes_of(row.pk for row in rows)
    return [replace(_line(person, wanted, row, rights), corrected=row.pk in fixes) for row in rows]


def _line(person: Person, wanted: Reading, row: FormRecord, rights: Mapping[str, str]) -> Line:
    who = row.on_behalf_of or row.filed_by
    known = [spec for spec in forms.fields_of(wanted.version, wanted.form) if spec.id != wanted.form.day]
    told = [text for spec in known if (text := _told(spec, row.data.get(spec.id), rights))]
    columns = forms.row_fields_of(wanted.version, wanted.form)[:1]
    told += [text for line in row.rows for spec in columns if (text := value(spec, line.get(spec.id), rights))]
    mine = person.pk in (row.filed_by_id, row.on_behalf_of_id)
    return Line(row.pk, row.on_day, who.name, row.number, row.filed_at, len(row.rows), "、".join(told)[:120], mine)


def _told(spec: Field, stored: Any, rights: Mapping[str, str]) -> str:
    """A value in a line without headings: what is ticked is told by its name."""
    if spec.type == "bool":
        return spec.name if stored else ""
    return value(spec, stored, rights)


def rights_of(person: Person, version: Version) -> dict[str, str]:
    """Field rights of a reader of a regulation's forms about no customer: what his rows in that regulation say."""
    found: dict[str, str] = {}
    for other, _, row in access.standing(person.pk).rows:
        if other.pack != version.pack:
            continue
        for group, right in row.fields.items():
            found[group] = max(found.get(group, right), right, key=access.RIGHTS.index)
    return found


def value(spec: Field, stored: Any, rights: Mapping[str, str]) -> str:
    """One value in words, as the reader may see it."""
    if stored in (None, "", []):
        return ""
    text = fields.display(spec, fields.from_json(spec, stored), names=names_of)
    return shown(text, rights.get(group_of(spec), "show"), spec.type)


# ---- the workbook ------------------------------------------------------------------------------------------------------


def sheet(person: Person, told: export.Told, wanted: Reading) -> export.Sheet:
    """What was filed, a line a row of it, as recorded under `told`."""
    ids = record_ids(wanted)
    export.hold_to(told, digest_of_records(ids))
    headings = headings_of(wanted)
    widths = [12, 12, 18, *([20] * (len(headings) - 3))]
    return export.Sheet(
        wanted.form.name.strip("《》"),
        export.mark_of(person, told),
        told.code,
        headings,
        widths,
        _cells(person, wanted, ids),
    )


def headings_of(wanted: Reading) -> list[str]:
    """Day, person and number, then the form's own columns."""
    single, many = _columns(wanted)
    return ["日期", "填报人", "编号", *(spec.name for spec in (*single, *many))]


def _columns(wanted: Reading) -> tuple[list[Field], list[Field]]:
    single = [spec for spec in forms.fields_of(wanted.version, wanted.form) if spec.id != wanted.form.day]
    return single, forms.row_fields_of(wanted.version, wanted.form)


def _cells(person: Person, wanted: Reading, ids: Sequence[int]) -> Iterator[list[Any]]:
    """A few hundred records at a time: memory does not grow with them."""
    rights, (single, many) = rights_of(person, wanted.version), _columns(wanted)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        found = FormRecord.objects.filter(pk__in=chunk).select_related("filed_by", "on_behalf_of").in_bulk()
        for row in (found[pk] for pk in chunk if pk in found):
            who = row.on_behalf_of or row.filed_by
            head = [row.on_day, who.name, row.number, *(value(spec, row.data.get(spec.id), rights) for spec in single)]
            for line in row.rows or [{}]:
                yield [*head, *(value(spec, line.get(spec.id), rights) for spec in many)]


# ---- the named page ----------------------------------------------------------------------------------------------------


def forms_page(
    person: Person, *, form: str, since: date | None = None, through: date | None = None, owner: int | None = None
) -> dict[str, Any]:
    """表单登记: what this person reads of a form on these days, what he may do with all of it, and by which grants."""
    known, wanted = register(person, form)
    asked = Reading(wanted.version, wanted.id, wanted.form, access.READ, _date(since), _date(through), owner)
    given = {"form": form, "since": asked.since, "through": asked.through, "of": owner}
    said = {name: dry_run(name, by=person, **given).verdict for name in ("form.open", "form.export")}
    found = lines(person, asked, list(readable(person, asked)[:200]))
    return {
        "rows": [
            {"day": one.day.isoformat(), "person": one.person, "number": one.number, "content": one.text} for one in found
        ],
        "buttons": {name: "on" if verdict == "allow" else "off" for name, verdict in said.items()},
        "verdict": said["form.open"], "spans": known.spans, "keeps": known.keeps,
    }  # fmt: skip


def _date(given: Any) -> date | None:
    return date.fromisoformat(str(given)) if given else None
