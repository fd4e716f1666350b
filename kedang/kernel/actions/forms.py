"""Filing a form of a pack: one action (`form.file`), with event `form.filed`.

A form about a customer is prefilled from the file (`binds`), checked by the same field types as every other input, and
writes what it binds back through the file's own change history, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kedang.kernel import clock, fields, files
from kedang.kernel.actions import access, flows, formrights, rowdeeds
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms import engine
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.expressions import UNKNOWN, Env, FactStore
from kedang.kernel.norms.library import retired_forms
from kedang.kernel.norms.models import FileTerm, FormRecord
from kedang.kernel.norms.numbers import next_number
from kedang.kernel.norms.people import holders_of
from kedang.kernel.norms.schema import Form, FormField
from kedang.kernel.norms.store import Regulations, Version, env_of, fact_store
from kedang.kernel.norms.vocabulary import Action, vocabulary

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order

ABOUT = ("customer", "person", "unit")


@dataclass
class Filing:
    """A form filled in: cleaned values by field id, and what it is about."""

    version: Version
    id: str
    form: Form
    file: int | None
    person: int | None
    unit: int | None
    data: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)
    occurred_at: datetime | None = None

    @property
    def qid(self) -> str:
        """pack.form"""
        return f"{self.version.pack}.{self.id}"

    def variables(self) -> dict[str, Any]:
        """Form fields by id, the repeated part as `rows`, and what it is about."""
        about = {"customer": self.file, "file": self.file} if self.file else {}
        more = {"person": self.person} if self.person else {}
        unit = {"unit": self.unit} if self.unit else {}
        return {**self.data, "rows": self.rows, **about, **more, **unit}


def field_of(version: Version, spec: FormField) -> Field:
    """A pack's form field as the product's one field type; a class field takes the term's values."""
    values: Any = spec.values
    kind = spec.type
    if spec.binds and spec.binds.startswith("term.") and values is None:
        values = version.regulation.pack.terms[spec.binds[5:]].values
        kind = "choice"
    return Field(
        id=spec.id,
        name=spec.name,
        type=kind,
        required=spec.required,
        values=values,
        min=spec.min,
        max=spec.max,
        pattern=spec.pattern,
        personal=spec.personal,
        purpose=spec.purpose,
        group=spec.group,
        default=spec.default,
        clause=engine.first_clause(spec.clause),
    )


def fields_of(version: Version, form: Form) -> list[Field]:
    """The form's single fields."""
    return [field_of(version, spec) for spec in form.fields]


def row_fields_of(version: Version, form: Form) -> list[Field]:
    """The fields of the form's repeated part."""
    return [field_of(version, spec) for spec in form.rows.fields] if form.rows else []


def prefill(version: Version, form: Form, file: int | None) -> dict[str, Any]:
    """What the file already says for the fields that are bound to it."""
    if file is None:
        return {}
    found: dict[str, Any] = {}
    for spec in form.fields:
        if (spec.binds and (value := bound_value(version, spec.binds, file)) not in (None, "")) or (
            spec.suggest and (value := _suggested(version, form, spec.id, file)) is not None
        ):
            found[spec.id] = value
    return found


def _suggested(version: Version, form: Form, field_id: str, file: int) -> Any:
    """What the regulation proposes for a field, by the file; None when it cannot be said."""
    form_id = next(name for name, each in version.regulation.pack.forms.items() if each is form)
    expr = version.regulation.field_exprs.get(form_id, {}).get(field_id, {}).get("suggest")
    value = expr.value(env_of(version, {"file": file, "customer": file}, fact_store())) if expr is not None else None
    return None if value is UNKNOWN else value


def bound_value(version: Version, binds: str, file: int) -> Any:
    """The present value of a bound attribute: a class of the pack, or a registered binding."""
    if binds.startswith("term."):
        term = f"{version.pack}.{binds[5:]}"
        return FileTerm.objects.filter(file=file, term=term).values_list("value", flat=True).first()
    return vocabulary.bindings[binds].read(file)


def resolve(regs: Regulations, name: str, view: files.FileView | None) -> tuple[Version, str, Form]:
    """A form by full or bare id, in the pack whose scope the file lies in; Invalid when there is none in force."""
    pack, dot, bare = name.partition(".")
    wanted = bare if dot else name
    candidates = [
        version
        for version in regs.in_force()
        if (not dot or version.pack == pack) and wanted in version.regulation.pack.forms
    ]
    within = [version for version in candidates if view is not None and version.covers(view, ())]
    chosen = (within or candidates)[:1]
    if not chosen:
        raise Invalid({"form": f"现行制度中没有表单“{name}”。"})
    if f"{chosen[0].pack}.{wanted}" in retired_forms():
        raise Invalid({"form": f"《{chosen[0].regulation.pack.forms[wanted].name}》已经停用。"})
    return chosen[0], wanted, chosen[0].regulation.pack.forms[wanted]


def filing(
    args: Mapping[str, Any],
    view: files.FileView | None,
    regs: Regulations,
    facts: FactStore,
    *,
    by: int | None,
    who: access.Standing | None = None,
    dry: bool = False,
) -> Filing:
    """Check a filled-in form; Invalid with one message a field. A dry run checks nothing and keeps what is known."""
    version, name, form = resolve(regs, args["form"], view)
    if form.about == "customer" and view is None and not dry:
        raise Invalid({"customer": "请选择这张表所属的客户。"})
    data = args.get("data") or {}
    if not isinstance(data, Mapping):
        raise Invalid({"data": fields.SHAPES["object"][1]})
    raw = dict(data)
    rows = raw.pop("rows", None) or []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise Invalid({"rows": "明细应是一行一个对象的列表。"})
    known = prefill(version, form, view.id if view else None)
    if not dry:
        raw = formrights.taken(who, view, form, fields_of(version, form), raw, known)
    filled = {**known, **raw}
    made = Filing(version, name, form, view.id if view else None, args.get("person"), args.get("unit"), {}, [])
    if dry:
        # A bound field that the file leaves empty is known to be empty; an unbound one is an argument not given yet.
        empty = {spec.id: None for spec in form.fields if spec.binds}
        made.data = {**empty, **fields.clean(fields_of(version, form), filled, partial=True)}
        return made
    made.data = fields.clean(fields_of(version, form), filled)
    made.rows = _clean_rows(version, form, rows)
    made.occurred_at = args.get("occurred_at")
    check_conditions(made, facts, by)
    return made


def check_data(
    version: Version, name: str, form: Form, raw: Mapping[str, Any], facts: FactStore, *, by: int | None
) -> dict[str, Any]:
    """The cleaned single fields of a form that is filled in for an approval; Invalid with one message a field."""
    made = Filing(version, name, form, None, None, None, fields.clean(fields_of(version, form), raw))
    check_conditions(made, facts, by)
    return made.data


def _clean_rows(version: Version, form: Form, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The repeated part; errors name the row: `rows.2.phone`."""
    if form.rows is None:
        if rows:
            raise Invalid({"rows": "这张表没有明细行。"})
        return []
    if len(rows) < form.rows.min:
        raise Invalid({"rows": f"至少填写 {form.rows.min} 行。"})
    known = row_fields_of(version, form)
    cleaned, errors = [], {}
    for number, row in enumerate(rows, start=1):
        try:
            cleaned.append(fields.clean(known, row))
        except Invalid as error:
            errors.update({f"rows.{number}.{key}": f"第{number}行：{text}" for key, text in error.errors.items()})
    if errors:
        raise Invalid(errors)
    return cleaned


def check_conditions(made: Filing, facts: FactStore, by: int | None) -> None:
    """`required_when` and `must` of fields, and the same for each row."""
    errors: dict[str, str] = {}
    base = {**made.variables(), "actor": by}
    for spec in made.form.fields:
        errors.update(_field_objection(made, spec, spec.id, spec.id, env_of(made.version, base, facts)))
    if made.form.rows:
        for number, row in enumerate(made.rows, start=1):
            env = env_of(made.version, {**base, **row}, facts)
            for spec in made.form.rows.fields:
                found = _field_objection(made, spec, f"rows.{spec.id}", f"rows.{number}.{spec.id}", env, row)
                errors.update({key: f"第{number}行：{text}" for key, text in found.items()})
    if errors:
        raise Invalid(errors)


def _field_objection(
    made: Filing, spec: FormField, path: str, key: str, env: Env, row: Mapping[str, Any] | None = None
) -> dict[str, str]:
    exprs = made.version.regulation.field_exprs.get(made.id, {}).get(path, {})
    value = (row if row is not None else made.data).get(spec.id)
    needed = exprs.get("required_when")
    if needed is not None and value in (None, "", []) and needed.evaluate(env).truth is True:
        return {key: spec.message or fields.REQUIRED}
    must = exprs.get("must")
    if must is not None and must.evaluate(env).truth is False:
        return {key: spec.message or f"{spec.name}不符合要求"}
    return {}


def file(made: Filing, deed: Deed) -> FormRecord:
    """Write the form, what it binds, its event, and the stage it moves its subject into."""
    now = deed.now
    known = fields_of(made.version, made.form)
    number = next_number(made.qid, made.form.number, now.date()) if made.form.number else ""
    unit_id = made.unit
    assert deed.by is not None
    record = FormRecord.objects.create(
        pack=made.version.pack,
        version=made.version.number,
        form=made.qid,
        name=made.form.name,
        number=number,
        file=made.file,
        person_id=made.person,
        unit_id=unit_id,
        data={f.id: fields.to_json(f, made.data[f.id]) for f in known if made.data.get(f.id) is not None},
        rows=[_row_json(made, row) for row in made.rows],
        filed_by=deed.by,
        on_behalf_of=deed.on_behalf_of,
        filed_at=now,
        occurred_at=made.occurred_at or now,
        on_day=day_of(made, now),
    )
    _write_bound(made, deed)
    event = deed.record(
        "form.filed",
        file=made.file,
        subject=f"form:{record.pk}",
        occurred_at=made.occurred_at or now,
        data={"form": made.qid, "name": made.form.name, "record": record.pk, "number": number or None},
        clause=engine.first_clause(made.form.clause),
        pack=made.version.pack,
    )
    FormRecord.objects.filter(pk=record.pk).update(event=event.pk)
    if made.file is not None:
        flows.after_form(made.version, made.id, made.file, deed)
    rowdeeds.run(made, deed)
    return record


def day_of(made: Filing, now: datetime) -> date:
    """The day that a filed form is about: what its own date field says, else the day on which it happened."""
    said = made.data.get(made.form.day) if made.form.day else None
    return said if isinstance(said, date) else clock.local(made.occurred_at or now).date()


def _row_json(made: Filing, row: Mapping[str, Any]) -> dict[str, Any]:
    known = row_fields_of(made.version, made.form)
    return {f.id: fields.to_json(f, row[f.id]) for f in known if row.get(f.id) is not None}


def _write_bound(made: Filing, deed: Deed) -> None:
    """Bring the file up to what the form says, for the fields that differ."""
    if made.file is None:
        return
    for spec in made.form.fields:
        value = made.data.get(spec.id)
        if not spec.binds or value in (None, "", []) or bound_value(made.version, spec.binds, made.file) == value:
            continue
        if spec.binds.startswith("term."):
            flows.set_term(made.file, f"{made.version.pack}.{spec.binds[5:]}", str(value), deed)
        else:
            vocabulary.bindings[spec.binds].write(made.file, value, deed)


def data_of(record: FormRecord, version: Version) -> dict[str, Any]:
    """Typed values of a filed form, as conditions on its filing see them."""
    form = version.regulation.pack.forms.get(record.form.partition(".")[2])
    if form is None:
        return dict(record.data)
    return {f.id: fields.from_json(f, record.data.get(f.id)) for f in fields_of(version, form)}


# ---- forms attached to another action (`attach`) ----------------------------------------------------------------


def split_attached(spec: Action, raw: Mapping[str, Any], regs: Regulations) -> tuple[dict[str, Any], dict[str, Any]]:
    """The action's own arguments, and the filled-in forms that packs attach to it (given under the form's id)."""
    wanted = {form_id for _, form_id, _ in _attached_to(spec.name, regs)}
    own = {key: value for key, value in raw.items() if key not in wanted}
    return own, {key: value for key, value in raw.items() if key in wanted and value is not None}


def _attached_to(action_name: str, regs: Regulations) -> list[tuple[Version, str, Form]]:
    return [
        (version, form_id, form)
        for version in regs.in_force()
        for form_id, form in version.regulation.pack.forms.items()
        if form.attach and form.attach.action == action_name
    ]


def attached_filing(form_id: str, data: Mapping[str, Any], order: Order) -> Filing:
    """The attached form, checked like any other; its errors stand under `form.field`."""
    args = {"form": form_id, "data": data, "customer": order.args.get("customer")}
    try:
        return filing(args, order.view, order.regs, order.facts, by=order.actor, who=order.who, dry=order.dry)
    except Invalid as error:
        raise Invalid({f"{form_id}.{key}" if key else form_id: text for key, text in error.errors.items()}) from error


def filer_objections(order: Order) -> list[Finding]:
    """`filed_by`: only who holds the role files the form."""
    made = order.filing
    if made is None or not made.form.filed_by:
        return []
    holders = holders_of(made.version, made.form.filed_by, order.variables(), order.facts)
    if order.actor in holders:
        return []
    role = made.version.regulation.pack.roles[made.form.filed_by].name
    message = f"《{made.form.name}》由{role}填报。"
    clauses = made.form.clause if isinstance(made.form.clause, list) else [made.form.clause]
    return [engine.clause_finding(made.version, clause, "refuse", message, f"请{role}填报") for clause in clauses]


def missing_attachments(order: Order) -> list[Finding]:
    """Forms that must go with this action and are not there. Asked only of a real deed: a button cannot know."""
    if order.dry:
        return []
    given = {made.qid for made in order.attached}
    found = []
    for version, form_id, form in _attached_to(order.action.name, order.regs):
        units = order.who.units if order.who else frozenset()
        if f"{version.pack}.{form_id}" in given or not version.covers(order.view, units):
            continue
        condition = version.regulation.field_exprs.get(form_id, {}).get("", {}).get("attach")
        if condition and condition.evaluate(env_of(version, order.variables(), order.facts)).truth is not True:
            continue
        message = f"{order.action.label}须同时填写《{form.name}》。"
        found.append(
            engine.clause_finding(
                version, engine.first_clause(form.clause), "refuse", message, f"一并填写《{form.name}》后提交"
            )
        )
    return found


# ---- the action -------------------------------------------------------------------------------------------------


@action(
    "form.file",
    "填报表单",
    args=[
        Field("form", "表单", "text", required=True),
        Field("customer", "客户", "customer"),
        Field("person", "人员", "person"),
        Field("unit", "部门", "unit"),
        Field("occurred_at", "发生时间", "datetime"),
        Field("data", "内容", "json", shape="object"),
    ],
    needs="list",
    events=("form.filed",),
    public=False,
)
def file_form(*, deed: Deed, filing: Filing) -> int:
    """File a form; the id of its record."""
    return file(filing, deed).pk
