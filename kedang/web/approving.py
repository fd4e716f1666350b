"""A request as its reader may see it: what is asked, old beside new, the customer's card, the forms of the voters. The page and
the printed sheet are made of the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from kedang.customers import selectors as customers
from kedang.kernel import fields, files
from kedang.kernel.actions import access, permits, voting
from kedang.kernel.actions import forms as kernel_forms
from kedang.kernel.approvals import chain
from kedang.kernel.approvals.models import Request
from kedang.kernel.errors import NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person
from kedang.web.naming import UNITS, Names

HIDDEN = "您无权查看"
EMPTIED = "（清空）"
GROUPS = ("base", "contact", "credit", "id_number", "deal")
UNSAID = ("version", "customer", "clear")


@dataclass(frozen=True)
class Row:
    """One line of what is asked; of a change also what stood there and what stands there by now."""

    name: str
    new: str
    old: str = ""
    changes: bool = False
    now: str = ""
    """What the file says meanwhile, when that is neither the old nor the new."""


@dataclass(frozen=True)
class Card:
    """The customer as far as the reader may see him; a bare name outside his list."""

    name: str
    url: str = ""
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reader:
    """Who looks, and the field rights he has on the request's file."""

    person: Person
    own: bool
    """His own request: what he typed himself is no secret to him."""
    rights: Mapping[str, str]
    file: int | None

    @classmethod
    def of(cls, person: Person, one: Request) -> Reader:
        """The reader of a request."""
        view = files.view(one.file) if one.file else None
        who = access.standing(person.pk) if view else None
        rights = access.field_rights(who, view, GROUPS) if view and who else {}
        return cls(person, person.pk in (one.requester_id, one.on_behalf_of_id), rights, one.file)

    def right(self, one: Field, *, typed: bool = False) -> str:
        """show, mask or hide for a field; `typed`: for what was typed into the request."""
        if self.file is None or (typed and self.own):
            return "show"
        binding = vocabulary.bindings.get(f"customer.{one.id}")
        group = one.group or (binding.group if binding else "") or ("contact" if one.personal else "base")
        return access.right_of(self.rights, f"customer.{one.id}", group, "show")


def rows_of(one: Request, reader: Reader) -> list[Row]:
    """The frozen command in words, changes first."""
    if one.action in permits.ASKS:
        return [Row(label, text) for label, text in permits.digest_of(one)]
    known, values, bound = _frozen(one)
    present = {key: value for key, value in (one.present or {}).items() if key in bound}
    pairs = [(each, fields.from_json(each, values.get(each.id))) for each in known]
    before = [(each, fields.from_json(each, present.get(each.id))) for each in known]
    names = Names([*pairs, *before])
    changes, plain = [], []
    for (each, new), (_, old) in zip(pairs, before, strict=True):
        emptied = each.id in (values.get("clear") or [])
        if new in (None, "", []) and not emptied:
            continue
        text = EMPTIED if emptied else _shown(each, new, reader.right(each, typed=True), names)
        if each.id not in bound:
            plain.append(Row(each.name, text))
        elif emptied or new != old:
            said = _shown(each, old, reader.right(each), names)
            changes.append(Row(each.name, text, said, True, _by_now(one, each, old, new, reader, names)))
    return changes + plain


def _frozen(one: Request) -> tuple[list[Field], Mapping[str, Any], set[str]]:
    """(fields, values as JSON, ids of the fields that would change something on the file)."""
    if one.action == "form.file":
        found = regulations().form(one.args.get("form", ""))
        if found is None:
            return [], {}, set()
        bound = {spec.id for spec in found[1].fields if spec.binds} if one.file else set()
        return kernel_forms.fields_of(*found), one.args.get("data") or {}, bound
    spec = vocabulary.actions.get(one.action)
    if spec is None:
        return [], {}, set()
    known = [each for each in spec.args if each.id not in UNSAID]
    changing = one.action == "customer.update" and one.file is not None
    bound = {each.id for each in known if changing and f"customer.{each.id}" in vocabulary.bindings}
    return known, one.args, bound


def _by_now(one: Request, each: Field, old: Any, new: Any, reader: Reader, names: Names) -> str:
    """What the file says while the request waits; said only when somebody has changed it meanwhile."""
    binding = vocabulary.bindings.get(f"customer.{each.id}")
    if not one.is_open or binding is None or one.file is None or one.action == "form.file":
        return ""
    now = binding.read(one.file)
    if (now or None) in (old or None, new or None):
        return ""
    return _shown(each, now, reader.right(each), names)


def _shown(each: Field, value: Any, right: str, names: Names) -> str:
    if value in (None, "", []):
        return ""
    if right == "hide":
        return HIDDEN
    return fields.display(each, value, mask=right == "mask", names=names) + UNITS.get(each.type, "")


def card_of(one: Request, person: Person) -> Card | None:
    """The linked customer; None when the request is about none."""
    view = files.view(one.file) if one.file else None
    if view is None:
        return None
    try:
        head = customers.customer_head(person, view.id)
    except NotFound:
        return Card(view.name)
    lines = [("编号", head.number), ("性质", head.kind), ("负责人", head.owner or "公海"), ("部门", head.unit)]
    lines += [*head.tags, *head.stages, ("建档", f"{head.registered_on:%Y-%m-%d}")]
    return Card(head.name, reverse("customer", args=[head.id]), tuple(lines))


def steps_of(one: Request, reader: Reader) -> list[chain.ChainStep]:
    """The chain with every voter's form in words, as far as the reader may see it."""
    return [_with_answers(step, reader) for step in chain.chain(one)]


def _with_answers(step: chain.ChainStep, reader: Reader) -> chain.ChainStep:
    if not step.form or not any(person.form for person in step.people):
        return step
    qid = step.form if "." in step.form else f"{step.pack}.{step.form}"
    found = regulations().form(qid)
    known = kernel_forms.fields_of(*found) if found else []
    people = [replace(person, answers=_answers(known, person.form or {}, reader)) for person in step.people]
    return replace(step, people=people)


def _answers(known: Iterable[Field], data: Mapping[str, Any], reader: Reader) -> tuple[tuple[str, str], ...]:
    typed = [(each, fields.from_json(each, data.get(each.id))) for each in known]
    names = Names(typed)
    return tuple((each.name, text) for each, value in typed if (text := _shown(each, value, reader.right(each), names)))


def ballot_form(one: Request, spec: Any) -> tuple[str, list[Field]] | None:
    """Name and fields of the form that the active step asks of its voters."""
    found = voting.form_of(spec) if spec is not None else None
    return (found[2].name, kernel_forms.fields_of(found[0], found[2])) if found else None
