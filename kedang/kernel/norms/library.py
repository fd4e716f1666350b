"""What the company adds to a regulation in force: how it reads a clause, and which form it no longer uses."""

from __future__ import annotations

from collections.abc import Iterable

from kedang.kernel.norms.clauses import numbers
from kedang.kernel.norms.library_models import Interpretation, RetiredForm
from kedang.kernel.norms.schema import Form
from kedang.kernel.norms.store import Version, regulations


def interpretations(pack: str) -> dict[str, list[Interpretation]]:
    """{clause: how the company reads it, the newest first}; one query."""
    found: dict[str, list[Interpretation]] = {}
    for row in Interpretation.objects.filter(pack=pack).select_related("by").order_by("-at", "-id"):
        found.setdefault(row.clause, []).append(row)
    return found


def retired_forms() -> frozenset[str]:
    """Full ids of the forms that are out of use now; asked once a process and change of the regulations."""
    regs = regulations()
    if regs.retired is None:
        regs.retired = frozenset(RetiredForm.objects.filter(until=None).values_list("form", flat=True))
    return regs.retired


def clauses_of_form(version: Version, form_id: str) -> list[str]:
    """The clauses that do not hold without a form: those it serves itself, and those of the norms that ask for it."""
    form = version.regulation.pack.forms[form_id]
    named = {*numbers(form.clause), *_of_fields(form)}
    for norm in version.regulation.norms:
        rule = norm.norm
        asked = [getattr(getattr(rule, part, None), "form", None) for part in ("opens", "done")]
        actions = [key.name for key in norm.actions if key.kind == "form"]
        if form_id in {
            str(each).rpartition(".")[2] for each in [*asked, getattr(rule, "form", None), *actions] if each
        }:
            named.update(norm.clauses)
    return [number for number in version.regulation.pack.clauses if number in named]


def _of_fields(form: Form) -> Iterable[str]:
    for spec in (*form.fields, *(form.rows.fields if form.rows else ())):
        yield from numbers(spec.clause)
    if form.rows and form.rows.each:
        yield from numbers(form.rows.each.clause)
