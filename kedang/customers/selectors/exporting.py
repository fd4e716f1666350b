"""What an export takes along: which files in which order, and which columns the reader has any right to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kedang.customers.models import Collaborator, Customer
from kedang.customers.selectors.light import light_rows
from kedang.customers.selectors.listing import ALL, GROUPS, Row, list_query, rows_for
from kedang.kernel import files
from kedang.kernel.actions import access, forms
from kedang.kernel.actions.access import Standing
from kedang.kernel.fields import Field
from kedang.kernel.files import FileView
from kedang.kernel.norms.schema import Form, FormField
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person

LIMIT = 20_000
"""Rows of one workbook that is written while the person waits; more are written by a job."""
CHUNK = 500
COLUMNS: dict[str, tuple[str, str]] = {
    "number": ("编号", "base"), "name": ("客户名称", "base"), "kind": ("性质", "base"), "status": ("状态", "base"),
    "tags": ("分类", "base"), "stages": ("阶段", "base"), "owner": ("负责人", "base"), "unit": ("部门", "base"),
    "phone": ("电话", "contact"), "last_contact": ("最后跟进", "deal"), "next_contact": ("下次联系", "deal"),
    "duties": ("待办", "base"), "overdue": ("逾期待办", "base"), "registered": ("登记日期", "base"),
}  # fmt: skip
"""Column of the exported list: its heading and the field group whose right decides on it."""


@dataclass(frozen=True)
class Listing:
    """The files of an export in their order, and the columns that are not hidden from the reader in every row."""

    ids: list[int]
    columns: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        """The headings."""
        return [COLUMNS[name][0] for name in self.columns]

    @property
    def digest(self) -> str:
        """Tells two listings apart: what was recorded from what is about to be written."""
        return digest_of(self.ids, self.labels)


def digest_of(ids: Sequence[int], labels: Sequence[str]) -> str:
    """16 hex digits over files and headings."""
    return hashlib.sha256(f"{','.join(map(str, ids))}|{'|'.join(labels)}".encode()).hexdigest()[:16]


def listing(
    person: Person,
    *,
    scope: str = ALL,
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    sort: str = "-updated",
    who: Standing | None = None,
    most: int | None = LIMIT + 1,
) -> Listing:
    """The list as the person sees it, without pages; at most `most` files, so that a caller sees it was too many."""
    who = who or access.standing(person.pk)
    found = list_query(person, scope=scope, search=search, filters=filters, sort=sort, who=who)
    ids = list(found.values_list("pk", flat=True)[:most])
    hidden = _hidden_groups(ids, who)
    return Listing(ids, tuple(name for name, (_, group) in COLUMNS.items() if group not in hidden))


def _hidden_groups(ids: Sequence[int], who: Standing) -> set[str]:
    """Groups hidden in every one of the files; rights hang on owner, unit, sharing and copy grants alone, so each is asked once."""
    shared = set(Collaborator.objects.filter(person_id=who.person, until=None).values_list("customer_id", flat=True))
    hidden, seen = set(GROUPS), set()
    for start in range(0, len(ids), CHUNK):
        rows = Customer.objects.filter(pk__in=ids[start : start + CHUNK]).order_by()
        for pk, owner, unit in rows.values_list("pk", "owner_id", "unit_id"):
            case = (owner, unit, pk in shared, bool(who.grants_on(pk, access.COPY)) and pk)
            if hidden and case not in seen:
                seen.add(case)
                helpers = frozenset({who.person} if pk in shared else ())
                rights = access.field_rights(who, FileView(pk, "", "", owner, unit, helpers), GROUPS, copying=True)
                hidden -= {group for group, right in rights.items() if not _hides(group, right)}
    return hidden if ids else set()


def _hides(group: str, right: str) -> bool:
    """Dealings have no masked form: they are shown or not."""
    return right != "show" if group == "deal" else right == "hide"


def listed_rows(ids: Sequence[int], who: Standing) -> Iterator[Row]:
    """The rows of a listing in its order, a few hundred at a time: memory does not grow with them."""
    for start in range(0, len(ids), CHUNK):
        yield from rows_for(light_rows(ids[start : start + CHUNK]), who, copying=True)


# ---- one file --------------------------------------------------------------------------------------------------------


def measuring_form(view: FileView) -> tuple[Version, Form] | None:
    """The form by which the regulation over a file measures it (`complete: true`), None where there is none."""
    for version in regulations().in_force():
        if version.covers(view, ()):
            for form in version.regulation.pack.forms.values():
                if form.complete:
                    return version, form
    return None


def file_fields(view: FileView) -> list[tuple[Field, Any]]:
    """档案资料 of one file: the fields of that form in the form's order with what the file says; without such a form all
    attributes a form could bind. Which fields there are never hangs on the values, so any two files look the same."""
    found = measuring_form(view)
    if found is None:
        return [
            (Field(each.name, each.label, each.type, group=each.group), each.read(view.id))
            for each in vocabulary.bindings.values()
        ]
    version, form = found
    held = forms.prefill(version, form, view.id)
    return [(_field(version, spec), held.get(spec.id)) for spec in form.fields if spec.binds]


def _field(version: Version, spec: FormField) -> Field:
    """What the product knows to be personal stays so, whatever the form says of it."""
    bound = vocabulary.bindings.get(spec.binds or "")
    made = forms.field_of(version, spec)
    if bound is None:
        return made
    return replace(made, id=bound.name, group=bound.group if bound.group not in ("", "base") else made.group)


def file_labels(file: int) -> list[str]:
    """The headings of one file's export."""
    view = files.view(file)
    return [spec.name for spec, _ in file_fields(view)] if view else []
