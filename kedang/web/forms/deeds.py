"""Any action of the vocabulary as a form: its arguments, the pack forms attached to it, and who would have to agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpRequest

from kedang.kernel import clock, files
from kedang.kernel.actions import asking, forms, speaking
from kedang.kernel.actions.orders import decision_of, prepare
from kedang.kernel.approvals import chain
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms.engine import Decision
from kedang.kernel.norms.models import FormRecord
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import Action
from kedang.kernel.org.models import Person, Post
from kedang.records import rules
from kedang.records import selectors as records
from kedang.web.forms.bound import Form

BEHALF, BEHALF_REASON = "on_behalf_of", "behalf_reason"
NOT_TYPED = {"customer", "version", "clear", "archived_on", "loan"}
# Arguments of a reading that are asked only where a norm speaks of them.
SELDOM = {"relation", "until"}
HINTS = {"record.register_loan": {"until": "不写就按制度规定的借阅期限；制度没有规定的，要写明"}}
# What the button chose that led here: kept beside the form, not typed into it.
CHOSEN: dict[str, tuple[str, ...]] = {
    "flow.move": ("flow", "to"),
    "expense.review": ("expense",),
    "expense.pay": ("expense",),
    "event.correct": ("entry",),
    "reception.handover": ("reception",),
    "reception.verify": ("reception",),
    "pack.interpret": ("pack", "clause"),
    "form.retire": ("pack", "form"),
    "form.restore": ("pack", "form"),
    "record.replace_item": ("item",),
    "record.void_item": ("item",),
    "record.register_loan": ("loan",),
    "record.return_loan": ("loan",),
}


@dataclass
class DeedForm:
    """The form of one action about one file (or none)."""

    action: Action
    form: Form
    parts: list[tuple[str, str, list[Field]]] = field(default_factory=list)
    """(form id, its name, its fields) of the pack forms that go with the action."""
    held: dict[str, str] = field(default_factory=dict)
    """Arguments that the button chose."""

    @property
    def own(self) -> list[Any]:
        """The action's own arguments."""
        return [
            bound for bound in self.form if "." not in bound.field.id and bound.field.id not in (BEHALF, BEHALF_REASON)
        ]

    @property
    def attached(self) -> list[tuple[str, list[Any]]]:
        """Name and fields of each attached form."""
        at = self.form.at
        return [(name, [at[one.id] for one in fields]) for _, name, fields in self.parts]

    @property
    def raw(self) -> dict[str, Any]:
        """What `perform` takes: attached forms under their ids."""
        given = {key: value for key, value in self.form.raw.items() if "." not in key} | self.held
        if self.action.name == "customer.classify" and (one := self.form.at.get("value")) and one.field.choices:
            first = next(iter(one.field.choices)).rpartition(":")[0]
            term, _, value = (given.get("value") or f"{first}:").rpartition(":")
            given |= {"term": term, "value": value}
        for form_id, _, fields in self.parts:
            given[form_id] = {one.id.partition(".")[2]: self.form.raw.get(one.id, "") for one in fields}
        return given


def deed_form(
    request: HttpRequest, spec: Action, file: int | None, initial: Mapping[str, Any] | None = None
) -> DeedForm:
    """The form as the request brings it."""
    parts = _attached(spec, file)
    held = {key: value for key in CHOSEN.get(spec.name, ()) if (value := request.POST.get(key) or request.GET.get(key))}
    own = [
        _offered(one)
        for one in arguments(spec, file, request.user)
        if one.type != "json"
        and one.id not in held
        and (one.id not in NOT_TYPED or (one.id == "customer" and not file))
    ]
    known = [*own, *(one for _, _, fields in parts for one in fields), *behalf_fields(spec, request.user)]
    return DeedForm(spec, Form.of(request, known, initial=initial or {}, hints=HINTS.get(spec.name, {})), parts, held)


def behalf_fields(spec: Action, person: Person) -> list[Field]:
    """代录: for whom it is typed and why, where the reader may type for somebody."""
    if spec.reads or not speaking.allows(spec.name) or not (others := speaking.principals(person)):
        return []
    names = {str(one.pk): one.name for one in others}
    return [
        Field(BEHALF, "代谁录入", "choice", values={"": "本人", **names}),
        Field(BEHALF_REASON, "代录理由", "text", max=200),
    ]


def _kept(one: Field, person: Person) -> Field:
    """What a person counts: the files he keeps, each to be ticked when it is there."""
    rows = records.kept_by(person)
    lent = records.borrowed_originals(row.customer_id for row in rows)
    names = {
        row.customer.number: f"{row.customer.number} {row.customer.name}"
        + (f"（原件借给{lent[row.customer_id]}）" if row.customer_id in lent else "")
        for row in rows
    }
    said = "实有档案（逐件核对，在库的、登记借出的打勾；没有打勾的记为缺失）"
    return replace(one, type="choices", values=names, name=said)


def _filed(one: Field, file: int) -> Field:
    """What is handed over with a file: all of it, or one of the forms filed on it."""
    rows = FormRecord.objects.filter(file=file).select_related("filed_by").order_by("-filed_at")[:50]
    names = {str(row.pk): f"{row.name} {clock.local(row.filed_at):%Y-%m-%d} {row.filed_by.name}" for row in rows}
    return replace(one, type="choice", name="只移交一张表单（不选就是整份档案）", values=names)


def _of_attaching(spec: Action, view: files.FileView) -> list[Field]:
    """A kind is one of those that the regulations over the file name; purpose and consent are asked where one of them
    shows a person."""
    known = rules.kinds_over(view)
    kinds = {each.qid: each.spec.name + ("（个人信息）" if each.spec.personal else "") for each in known}
    asked = {"purpose", "consent"} if not any(each.spec.personal for each in known) else set()
    return [
        replace(one, type="choice", values=kinds) if one.id == "kind" else one
        for one in spec.args
        if one.id not in asked and (one.id != "kind" or kinds)
    ]


def _texts(part: Any) -> Iterator[str]:
    """Every text in a norm, its keys left out."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        yield from (text for value in part.values() for text in _texts(value))
    elif isinstance(part, (list, tuple)):
        yield from (text for value in part for text in _texts(value))


def arguments(spec: Action, file: int | None, person: Person) -> list[Field]:
    """The arguments as a person gives them: a class is one choice, not the id of a term and the id of a value; what
    only some regulations ask about a reading is asked where one of them covers the file."""
    if spec.name == "inventory.count":
        return [_kept(one, person) if one.id == "found" else one for one in spec.args]
    if spec.name == "expense.review":
        verdict = {"true": "通过", "false": "退回"}
        return [
            replace(one, name="结论", type="choice", values=verdict) if one.id == "agree" else one for one in spec.args
        ]
    if spec.name == "record.hand_over" and file:
        return [_filed(one, file) if one.id == "form" else one for one in spec.args]
    view = files.view(file) if file else None
    if spec.name == "record.attach" and view is not None:
        return _of_attaching(spec, view)
    if view is None or spec.name not in ("customer.classify", "file.open"):
        return list(spec.args)
    if spec.name == "customer.classify":
        packs = [version.regulation.pack for version in regulations().in_force() if version.covers(view, ())]
        classes = {
            f"{pack.pack}.{key}:{value}": f"{term.name}：{label}"
            for pack in packs
            for key, term in pack.terms.items()
            for value, label in term.values.items()
        }
        return [Field("value", "分类", "choice", required=True, values=classes)]
    return [one for one in spec.args if one.id not in SELDOM or asked_by_norms(view, spec.name, one.id)]


def asked_by_norms(view: files.FileView, action: str, name: str) -> bool:
    """Whether a norm over the file that guards an action speaks of one of its arguments."""
    packs = [version.regulation.pack for version in regulations().in_force() if version.covers(view, ())]
    norms = [norm for pack in packs for norm in pack.norms if action in _guarded(norm)]
    said = " ".join(text for norm in norms for text in _texts(norm.model_dump()))
    return re.search(rf"\b{name}\b", said) is not None


def _guarded(norm: Any) -> list[Any]:
    named = getattr(norm, "action", [])
    return named if isinstance(named, list) else [named]


def _offered(one: Field) -> Field:
    """A post is chosen from the posts there are, though the command takes its key as text."""
    if one.id != "post" or one.type != "text":
        return one
    return replace(one, type="choice", values=dict(Post.objects.values_list("key", "name")))


def _attached(spec: Action, file: int | None) -> list[tuple[str, str, list[Field]]]:
    view = files.view(file) if file else None
    found = []
    for version in regulations().in_force():
        for form_id, form in version.regulation.pack.forms.items():
            if form.attach and form.attach.action == spec.name and version.covers(view, ()):
                known = [replace(one, id=f"{form_id}.{one.id}") for one in forms.fields_of(version, form)]
                found.append((form_id, form.name, known))
    return found


@dataclass(frozen=True)
class Foretold:
    """What would happen now, before anything is sent."""

    decision: Decision
    steps: list[Any] = field(default_factory=list)
    problem: str = ""


def foretell(reader: Person, spec: Action, /, **args: Any) -> Foretold:
    """The decision of a dry run and, where somebody must agree, the chain with names."""
    order = prepare(spec, args, by=reader, dry=True)
    decision = decision_of(order)
    if decision.verdict != "needs":
        return Foretold(decision)
    try:
        steps = asking.steps_for(order, decision.approvals)
        return Foretold(decision, chain.preview(steps, reader, [order.view.name] if order.view else []))
    except Invalid as error:
        return Foretold(decision, problem=str(error))
