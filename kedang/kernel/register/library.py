"""A regulation's forms as 制度 shows them: which are in use, and which clauses hang on each."""

from __future__ import annotations

from dataclasses import dataclass

from kedang.kernel.norms.library import clauses_of_form, retired_forms
from kedang.kernel.norms.library_models import RetiredForm
from kedang.kernel.norms.schema import Form
from kedang.kernel.register.views import version_for


@dataclass(frozen=True)
class Sheet:
    """One form of a regulation."""

    id: str
    form: Form
    clauses: tuple[str, ...]
    """The clauses that do not hold without it."""
    retired: bool
    reason: str = ""


def forms_of(pack: str) -> list[Sheet]:
    """Every form of a regulation in force, in its own order; two queries."""
    version = version_for(pack)
    out = retired_forms()
    why = dict(RetiredForm.objects.filter(until=None, form__startswith=f"{pack}.").values_list("form", "reason"))
    return [
        Sheet(
            form_id, form, tuple(clauses_of_form(version, form_id)), f"{pack}.{form_id}" in out, why.get(f"{pack}.{form_id}", "")
        )
        for form_id, form in version.regulation.pack.forms.items()
    ]  # fmt: skip
