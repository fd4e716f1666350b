"""更正表单: a value of a filed form that was written down wrongly gets the right one; both stay side by side.

The form stays filed, with its number, its day and what it opened and closed. Old and new value stand with the event, beside
the ledger (they may be personal), and every page of the form shows them. Who may is asked as for any other correction
(`correcting`). What the form had written into the customer's file is put right there too, unless it was changed since.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from kedang.kernel import clock, fields, files
from kedang.kernel.actions import access, correcting, flows, forms, reading
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger import ValueDraft, kinds
from kedang.kernel.ledger.kinds import EventKind
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms import engine
from kedang.kernel.norms.models import FormRecord
from kedang.kernel.norms.schema import Form, FormField
from kedang.kernel.norms.store import Version, fact_store, regulations
from kedang.kernel.norms.vocabulary import vocabulary

KIND, CHANGES = "form.corrected", "changes"
UNSEEN = "您看不到这一栏的内容，不能更正"

kinds.register(
    EventKind(
        KIND,
        "更正表单",
        "{actor}更正《{name}》的{fields}，理由：{reason}",
        {"entry": "integer", "form": "text", "name": "text", "record": "integer", "number": "text?", "fields": "text",
         "reason": "text", "left": "long_text?"},
        {"reason": "理由", CHANGES: "更正内容"},
    )
)  # fmt: skip


@dataclass(frozen=True)
class Fix:
    """One value that was corrected: what it was and what it became, as stored."""

    field: str
    old: Any
    new: Any
    by: str
    at: datetime
    reason: str


@action(
    "form.correct",
    "更正表单",
    args=[
        Field("entry", "提交表单的记录", "integer", required=True),
        Field("data", "更正后的内容", "json", required=True, shape="object"),
        Field("reason", "更正理由", "long_text", required=True, max=500),
    ],
    about="",
    needs="open",
    events=(KIND,),
    file_of=correcting.file_of,
    locks=lambda args: [f"file:{file}"] if (file := correcting.file_of(args)) else [f"entry:{args.get('entry')}"],
)
def correct_form(*, deed: Deed, entry: int, data: Any, reason: str) -> dict[str, list[str]]:
    """Correct values of a filed form; {changed: [...], left: [...]} in words. Fields that are not named stay."""
    record, version, form = _filed(deed, entry)
    typed = _typed(deed, record, version, form, data)
    stored = {spec.id: spec for spec in forms.fields_of(version, form)}
    changed = {key: value for key, value in typed.items() if fields.to_json(stored[key], value) != record.data.get(key)}
    if not changed:
        raise Invalid({"data": "没有改动。请改正写错的内容后再提交。"})
    before = forms.data_of(record, version)
    made = _whole(record, version, form, {**before, **changed})
    _check(made, deed, changed)
    pairs = {key: (record.data.get(key), fields.to_json(stored[key], value)) for key, value in changed.items()}
    record.data = {**record.data, **{key: new for key, (_, new) in pairs.items()}}
    record.on_day = forms.day_of(made, record.filed_at) if form.day in changed else record.on_day
    record.save(update_fields=["data", "on_day"])
    left = _bring_up(made, before, changed, deed)
    names = [stored[key].name for key in changed]
    deed.record(
        KIND,
        file=record.file,
        subject=f"form:{record.pk}",
        data={
            "entry": entry, "form": record.form, "name": record.name, "record": record.pk, "number": record.number or None,
            "fields": "、".join(names), "reason": reason, "left": "；".join(left) or None,
        },
        values=[ValueDraft(CHANGES, old=_text(pairs, 0), new=_text(pairs, 1))],
        clause=engine.first_clause(form.clause),
        pack=record.pack,
    )  # fmt: skip
    return {"changed": names, "left": left}


def _filed(deed: Deed, entry: int) -> tuple[FormRecord, Version, Form]:
    """The filed form that an entry stands for, locked; NotFound where the person may not read it."""
    event = correcting.entry_of(entry)
    if event is None:
        raise NotFound
    if event.kind != "form.filed":
        raise Invalid({"entry": "这不是提交表单的记录；请用“更正记录”。"})
    record = FormRecord.objects.select_for_update().filter(pk=event.data["record"], event=entry).first()
    version = regulations().version(record.pack, record.version) if record else None
    form = version.regulation.pack.forms.get(record.form.partition(".")[2]) if record and version else None
    if record is None or version is None or form is None:
        raise NotFound
    if record.file is None and deed.by is not None and deed.by.pk not in (record.filed_by_id, record.on_behalf_of_id):
        own = reading.readable(
            access.standing(deed.by.pk), version, record.form.partition(".")[2], form, access.READ, regulations()
        )
        if not FormRecord.objects.filter(own, pk=record.pk).exists():
            raise NotFound
    return record, version, form


def _typed(deed: Deed, record: FormRecord, version: Version, form: Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """What is put in place of what was filed, cleaned; Invalid at each field that cannot be."""
    known = {spec.id: spec for spec in forms.fields_of(version, form)}
    hidden = unseen(deed.by.pk if deed.by else None, record, form)
    errors = {}
    for key in data:
        if key == "rows":
            errors[key] = "明细行不能在这里更正，请另交一张表说明。"
        elif key in known and known[key].type == "file":
            errors[key] = "附件不能更正，请另交一份。"
        elif key in hidden:
            errors[key] = UNSEEN
        elif key in known and known[key].required and fields.is_blank(data[key]):
            errors[key] = fields.REQUIRED
    if errors:
        raise Invalid(errors)
    return fields.clean(known.values(), data, partial=True)


def unseen(person: int | None, record: FormRecord, form: Form) -> set[str]:
    """Fields of a filed form whose content this person is not shown whole."""
    view = files.view(record.file) if record.file is not None else None
    if person is None or view is None:
        return set()
    groups = {_group(spec) for spec in form.fields}
    rights = access.field_rights(access.standing(person), view, groups)
    return {spec.id for spec in form.fields if rights.get(_group(spec), "show") != "show"}


def _group(spec: FormField) -> str:
    return spec.group or ("contact" if spec.personal else "base")


def _whole(record: FormRecord, version: Version, form: Form, data: dict[str, Any]) -> forms.Filing:
    columns = forms.row_fields_of(version, form)
    rows = [{one.id: fields.from_json(one, line.get(one.id)) for one in columns} for line in record.rows]
    name = record.form.partition(".")[2]
    return forms.Filing(
        version, name, form, record.file, record.person_id, record.unit_id, data, rows, clock.local(record.occurred_at)
    )


def _check(made: forms.Filing, deed: Deed, changed: Mapping[str, Any]) -> None:
    """The form's own conditions. What was accepted then and is not touched now is not asked again."""
    try:
        forms.check_conditions(made, fact_store(), deed.by.pk if deed.by else None)
    except Invalid as error:
        if wrong := {key: text for key, text in error.errors.items() if key in changed}:
            raise Invalid(wrong) from None


def _bring_up(made: forms.Filing, before: Mapping[str, Any], changed: Mapping[str, Any], deed: Deed) -> list[str]:
    """Put right in the customer's file what the form had written there; what somebody changed since stays, in words."""
    left = []
    for spec in made.form.fields:
        if made.file is None or not spec.binds or spec.id not in changed:
            continue
        value, present = changed[spec.id], forms.bound_value(made.version, spec.binds, made.file)
        if present == value:
            continue
        if not _same(present, before.get(spec.id)):
            left.append(f"客户资料里的{spec.name}后来又改过，保持不变")
        elif value in (None, ""):
            left.append(f"客户资料里的{spec.name}没有清空，请在资料里修改")
        elif spec.binds.startswith("term."):
            flows.set_term(made.file, f"{made.version.pack}.{spec.binds[5:]}", str(value), deed)
        else:
            vocabulary.bindings[spec.binds].write(made.file, value, deed)
    return left


def _same(one: Any, other: Any) -> bool:
    return one == other or (fields.is_blank(one) and fields.is_blank(other))


def _text(pairs: Mapping[str, tuple[Any, Any]], which: int) -> str:
    return json.dumps({key: pair[which] for key, pair in pairs.items()}, ensure_ascii=False, sort_keys=True)


# ---- what pages ask -------------------------------------------------------------------------------------------------


def fixes_of(records: Iterable[int]) -> dict[int, list[Fix]]:
    """What was corrected in each of these filed forms, in order; two queries. Nothing is left of destroyed files."""
    named = {f"form:{pk}": pk for pk in records}
    if not named:
        return {}
    found: dict[int, list[Fix]] = {}
    # Said as the index over subjects says it, and put in order here: an order by id would be read through all events.
    rows = Event.objects.filter(Q(subject__in=named), kind=KIND).exclude(subject="")
    for event in sorted(
        rows.select_related("actor", "on_behalf_of").prefetch_related("values"), key=lambda row: row.pk
    ):
        values = {value.field: value for value in event.values.all() if value.salt}
        change, reason = values.get(CHANGES), values.get("reason")
        if change is None:
            continue
        who = event.on_behalf_of or event.actor
        old, new = json.loads(change.old), json.loads(change.new)
        found.setdefault(named[event.subject], []).extend(
            Fix(
                key,
                old.get(key),
                new[key],
                who.name if who else "系统",
                event.recorded_at,
                reason.new if reason else str(event.data.get("reason", "")),
            )
            for key in new
        )
    return found
