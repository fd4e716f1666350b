"""同时提交: the form by which a regulation measures a complete file, filed with each registration of a list as the page of a
new customer does when it is ticked. What its fields share with the registration is read from the same columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kedang.kernel import fields, files
from kedang.kernel.actions import forms
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms.schema import Form, FormField
from kedang.kernel.norms.store import Regulations, Version
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

WITH, TERM = "with_form", "term-"


@dataclass(frozen=True)
class WithForm:
    """One such form, its fields sorted into those that a registration asks anyway and its own."""

    version: Version
    id: str
    form: Form

    @property
    def qid(self) -> str:
        """pack.form"""
        return f"{self.version.pack}.{self.id}"

    @property
    def name(self) -> str:
        """《客户基本信息表》"""
        return f"《{self.form.name}》"

    @cached_property
    def fields(self) -> list[Field]:
        """Its fields."""
        return forms.fields_of(self.version, self.form)

    @cached_property
    def places(self) -> dict[str, str]:
        """{its field: the target that feeds it}."""
        asked = {one.id for one in vocabulary.actions["customer.register"].args}
        return {spec.id: _shared(spec, asked) or f"{WITH}.{self.qid}.{spec.id}" for spec in self.form.fields}

    @cached_property
    def answers(self) -> frozenset[str]:
        """Targets of texts that must be there: who writes 无 has answered (没有主管单位的填“无”)."""
        texts = (one for one in self.fields if one.required and one.type in ("text", "long_text"))
        return frozenset(self.places[one.id] for one in texts) - {"name"}

    @property
    def own(self) -> list[Field]:
        """Those that no input of the registration answers."""
        return [one for one in self.fields if self.places[one.id].startswith(WITH)]

    def covers(self, view: files.FileView) -> bool:
        """Whether a file that lies there is under the form's regulation."""
        return self.version.covers(view, ())

    def data(self, args: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
        """The form's answers out of a row; blanks are left out."""
        found = {}
        for key, place in self.places.items():
            if place.startswith(WITH):
                value = extra.get(f"{self.qid}.{key}")
            elif place.startswith(TERM):
                value = (args.get("terms") or {}).get(place.removeprefix(TERM))
            else:
                value = args.get(place)
            if not fields.is_blank(value):
                found[key] = value
        return found

    def errors(self, args: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with the form, by the column that feeds the field."""
        try:
            fields.clean(self.fields, self.data(args, extra))
        except Invalid as error:
            return self.placed(error.errors)
        return {}

    def placed(self, errors: Mapping[str, str]) -> dict[str, str]:
        """Errors of the form at the columns, saying which form wants it so."""
        return {self.places.get(key, key): f"{text}（{self.name}）" for key, text in errors.items()}


def _shared(spec: FormField, asked: set[str]) -> str:
    """The input of the registration that answers a bound field, as a target; '' when there is none."""
    kind, _, name = (spec.binds or "").partition(".")
    if kind == "term":
        return TERM + name
    return name if kind == "customer" and name in asked else ""


def all_of(regs: Regulations) -> Iterator[WithForm]:
    """Forms of the regulations in force that measure a file and can be filled from a row: no repeated part, no papers."""
    for version in regs.in_force():
        for form_id, form in version.regulation.pack.forms.items():
            fits = form.complete and form.about == "customer" and not form.rows
            if fits and not any(one.type == "file" and one.required for one in form.fields):
                yield WithForm(version, form_id, form)


def offered(person: Person, regs: Regulations) -> list[WithForm]:
    """Those of the regulations in force in the person's departments."""
    units = org.units_of(person)
    return [one for one in all_of(regs) if one.version.covers(None, units)]


def chosen(options: Mapping[str, Any], regs: Regulations) -> WithForm | None:
    """The form that an import files too, while it is in force."""
    wanted = options.get(WITH)
    return next((one for one in all_of(regs) if one.qid == wanted), None) if wanted else None
