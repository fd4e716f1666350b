"""Forms of packs as forms on a page: which one a new customer needs, how its answers travel, where its errors belong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpRequest, QueryDict

from kedang.kernel import files
from kedang.kernel.actions import access, formrights
from kedang.kernel.actions import forms as kernel
from kedang.kernel.fields import Field
from kedang.kernel.norms.schema import Form as PackForm
from kedang.kernel.norms.schema import FormField
from kedang.kernel.norms.store import Regulations, Version
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.web.forms.bound import MANY, Form
from kedang.web.forms.deeds import BEHALF, BEHALF_REASON, behalf_fields

PREFIX = "form-"
TERM = "term-"
ROW = re.compile(r"^rows-([A-Za-z0-9_]{1,24})-([A-Za-z0-9_]+)$")
ROW_ERROR = re.compile(r"^rows\.(\d+)\.(.+)$")
MAX_ROWS = 500


@dataclass
class Filled:
    """A pack's form on the page: single fields, repeated rows, and what is wrong with which."""

    version: Version
    id: str
    pack_form: PackForm
    form: Form
    row_fields: list[Field] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def qid(self) -> str:
        """pack.form"""
        return f"{self.version.pack}.{self.id}"

    @property
    def data(self) -> dict[str, Any]:
        """What `form.file` takes."""
        data = {key: value for key, value in self.form.raw.items() if key not in (BEHALF, BEHALF_REASON)}
        if self.row_fields:
            preset = {one.id: one.default for one in self.row_fields}
            data["rows"] = [
                row
                for row in self.rows
                if any(value not in ("", None, [], preset.get(key)) for key, value in row.items())
            ]
        return data

    @property
    def typed_for(self) -> dict[str, Any]:
        """For whom it is typed and why, beside what the form holds."""
        return {key: value for key, value in self.form.raw.items() if key in (BEHALF, BEHALF_REASON)}

    @property
    def asked(self) -> list[Any]:
        """The form's own fields."""
        return self.form.without(BEHALF, BEHALF_REASON)

    @property
    def row_forms(self) -> list[Form]:
        """Each row with its own errors, and as many blank ones as the form wants at least."""
        wrong = self._row_errors()
        kept = self.rows or [{}] * max(self.pack_form.rows.min if self.pack_form.rows else 0, 1)
        return [
            Form(
                self.row_fields,
                raw=row,
                initial=row,
                errors=wrong.get(number, {}),
                prefix=f"rows-{number}-",
                posted=bool(self.rows),
            )
            for number, row in enumerate(kept, start=1)
        ]

    @property
    def blank_row(self) -> Form:
        """The row that 加一行 copies."""
        return Form(self.row_fields, prefix="rows-__row__-")

    @property
    def rows_error(self) -> str:
        """What is wrong with the rows as a whole."""
        return self.form.errors.get("rows", "")

    def _row_errors(self) -> dict[int, dict[str, str]]:
        found: dict[int, dict[str, str]] = {}
        for key, text in self.form.errors.items():
            if match := ROW_ERROR.match(key):
                found.setdefault(int(match[1]), {})[match[2]] = text.partition("：")[2] or text
        return found


def filled(request: HttpRequest, version: Version, form_id: str, file: int | None, **initial: Any) -> Filled:
    """The form as the request brings it, prefilled with what the file says and the reader may see."""
    spec = version.regulation.pack.forms[form_id]
    fields = [
        *kernel.fields_of(version, spec),
        *behalf_fields(vocabulary.actions["form.file"], request.user),
    ]
    view = files.view(file) if file is not None else None
    known = kernel.prefill(version, spec, file)
    if view is not None:
        known = formrights.shown(access.standing(request.user.pk), view, spec, known)
    known |= initial
    form = Form.of(
        request, fields, initial=known, hints={one.id: one.hint for one in spec.fields if one.hint}, must=_must(spec)
    )
    made = Filled(version, form_id, spec, form, kernel.row_fields_of(version, spec))
    if request.method == "POST":
        made.rows = read_rows(request.POST, made.row_fields)
    return made


def _must(spec: PackForm) -> frozenset[str]:
    return frozenset(one.id for one in spec.fields if one.required)


def read_rows(post: QueryDict, fields: list[Field]) -> list[dict[str, Any]]:
    """The repeated part as typed, in the order of the page."""
    many = {one.id for one in fields if one.type in MANY}
    known = {one.id for one in fields}
    rows: dict[str, dict[str, Any]] = {}
    for name in post:
        match = ROW.match(name)
        if match and match[2] in known:
            rows.setdefault(match[1], {})[match[2]] = post.getlist(name) if match[2] in many else post.get(name, "")
        if len(rows) > MAX_ROWS:
            break
    return list(rows.values())


def basic_form(regs: Regulations, person: Person) -> tuple[Version, str, PackForm] | None:
    """The form by which a regulation in force in the person's department measures a complete file."""
    units = org.units_of(person)
    for version in regs.in_force():
        if not version.covers(None, units):
            continue
        for form_id, form in version.regulation.pack.forms.items():
            if form.complete and form.about == "customer":
                return version, form_id, form
    return None


@dataclass(frozen=True)
class Joined:
    """A form filed together with a registration: each answer is typed once and serves both."""

    version: Version
    id: str
    form: PackForm
    fields: tuple[Field, ...]
    """Its fields that no argument of the registration answers, under their own prefix."""
    shared: Mapping[str, str]
    """{its field: the registration's argument}."""

    @property
    def qid(self) -> str:
        """pack.form"""
        return f"{self.version.pack}.{self.id}"

    @property
    def clause(self) -> str:
        """The first clause that the form serves."""
        return kernel.engine.first_clause(self.form.clause)

    def data(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The form's answers out of what was typed."""
        own = {one.id.removeprefix(PREFIX): raw[one.id] for one in self.fields if one.id in raw}
        return {**own, **{key: raw[arg] for key, arg in self.shared.items() if arg in raw}}

    def errors(self, errors: Mapping[str, str]) -> dict[str, str]:
        """The form's errors at the inputs where the answers were typed."""
        return {self.shared.get(key, PREFIX + key if key else ""): text for key, text in errors.items()}

    @property
    def required(self) -> frozenset[str]:
        """Arguments of the registration that this form requires."""
        return frozenset(self.shared[one.id] for one in self.form.fields if one.required and one.id in self.shared)

    @property
    def hints(self) -> dict[str, str]:
        """Hints of the pack at the inputs they belong to."""
        return {self.shared.get(one.id, PREFIX + one.id): one.hint for one in self.form.fields if one.hint}


def joined(version: Version, form_id: str, args: set[str]) -> Joined:
    """The form with its fields sorted into those the registration asks anyway and its own."""
    form = version.regulation.pack.forms[form_id]
    shared = {one.id: arg for one in form.fields if (arg := _argument(one)) in args}
    own = tuple(
        replace(kernel.field_of(version, one), id=PREFIX + one.id) for one in form.fields if one.id not in shared
    )
    return Joined(version, form_id, form, own, shared)


def _argument(one: FormField) -> str:
    """The registration's input that answers a bound field: an argument, or the class of the same term."""
    kind, _, name = (one.binds or "").partition(".")
    return {"customer": name, "term": TERM + name}.get(kind, "")


def term_fields(regs: Regulations, person: Person) -> list[Field]:
    """The classes that regulations over the person's department put a new file into, each as a choice."""
    units = org.units_of(person)
    return [
        Field(TERM + key, term.name, "choice", required=term.required, values=term.values, default=term.default,
              clause=kernel.engine.first_clause(term.clause))
        for version in regs.in_force()
        if version.covers(None, units)
        for key, term in version.regulation.pack.terms.items()
    ]  # fmt: skip


def view_of(file: int | None) -> files.FileView | None:
    """The file a form is about."""
    return files.view(file) if file else None
