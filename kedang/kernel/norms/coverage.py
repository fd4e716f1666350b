"""Which values of a term have their form and which still lack one (方案覆盖): for forms with `covers`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kedang.kernel.errors import NotFound
from kedang.kernel.norms.models import FormRecord
from kedang.kernel.norms.schema import Form
from kedang.kernel.norms.store import Version, regulations

HAS, LACKS = "有方案", "缺方案"


@dataclass(frozen=True)
class Cover:
    """One value of the term, with the newest form filed for it, if there is one."""

    value: str
    label: str
    record: int | None = None
    filed_at: datetime | None = None
    filed_by: str = ""

    @property
    def state(self) -> str:
        """What the table shows."""
        return HAS if self.record else LACKS


def covers_of(form_name: str) -> list[Cover]:
    """Every value of the form's term, in the pack's order; NotFound when no pack in force has such a form."""
    found = regulations().form(form_name)
    if found is None or not found[1].covers:
        raise NotFound
    version, form = found
    newest = _newest(version, form_name.rpartition(".")[2], form)
    return [_cover(value, label, newest.get(value)) for value, label in _values(version, form).items()]


def _values(version: Version, form: Form) -> Mapping[str, str]:
    assert form.covers is not None
    return version.regulation.pack.terms[form.covers].values


def _newest(version: Version, form_id: str, form: Form) -> dict[str, FormRecord]:
    """The newest record by the value it covers; one query."""
    rows = (
        FormRecord.objects.filter(form=f"{version.pack}.{form_id}")
        .select_related("filed_by")
        .order_by("filed_at", "id")
    )
    return {str(row.data.get(form.covers or "")): row for row in rows}


def _cover(value: str, label: str, record: FormRecord | None) -> Cover:
    if record is None:
        return Cover(value, label)
    return Cover(value, label, record.pk, record.filed_at, record.filed_by.name)


def page(person: Any, *, form: str) -> dict[str, Any]:
    """View model of the table: `fields` has the values that are covered, `rows` all of them."""
    rows = covers_of(form)
    return {
        "fields": {each.value: each.label if each.record else None for each in rows},
        "rows": [{"value": each.value, "label": each.label, "state": each.state, "by": each.filed_by} for each in rows],
        "missing": [each.label for each in rows if not each.record],
    }
