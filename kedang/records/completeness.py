"""档案完整度: the one function that says how much of a file is there and what is missing. Set-wise.

Counted are the fields of the forms by which a regulation measures a file (`complete: true`): those bound to the file by
its present value, the required unbound ones by the newest filing; and the kinds of items that the file's class asks for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kedang.kernel import files
from kedang.kernel.norms import filings
from kedang.kernel.norms.classes import classes_of
from kedang.kernel.norms.schema import FormField
from kedang.kernel.norms.store import Regulations, Version, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.records import rules
from kedang.records.models import Item

EMPTY = (None, "", [])


@dataclass
class Measure:
    """How much of one file is there."""

    total: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        """What is there."""
        return self.total - len(self.missing)

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 only when nothing is missing. A file that nothing measures is complete."""
        return self.done * 100 // self.total if self.total else 100


def measure(ids: Iterable[int], regs: Regulations | None = None) -> dict[int, Measure]:
    """{file: Measure}; a fixed number of queries however many files."""
    regs = regs or regulations()
    views = files.views(ids)
    found = {file: Measure() for file in views}
    for version in regs.in_force():
        pack = version.regulation.pack
        measured = any(form.complete for form in pack.forms.values()) or any(rules.required_kinds(version))
        covered = [file for file, view in views.items() if version.covers(view, ())] if measured else []
        if covered:
            _measure_by(version, covered, found)
    return found


def of(file: int, regs: Regulations | None = None) -> Measure:
    """One file's measure."""
    return measure([file], regs).get(file, Measure())


def _measure_by(version: Version, covered: list[int], found: dict[int, Measure]) -> None:
    classes = _classes(version, covered)
    for name, form in version.regulation.pack.forms.items():
        if not form.complete:
            continue
        filed = (
            _filed(f"{version.pack}.{name}", covered) if any(not f.binds and f.required for f in form.fields) else {}
        )
        for spec in form.fields:
            values = _values(version, spec, covered, classes, filed)
            if values is not None:
                _count(found, covered, spec.name, lambda file, values=values: values.get(file) not in EMPTY)
    held = _held(version, covered)
    for name, kind in rules.required_kinds(version):
        asked = [file for file in covered if rules.asks_for(kind, classes[file])]
        qid = f"{version.pack}.{name}"
        _count(found, asked, kind.name, lambda file, qid=qid: qid in held[file])


def _count(found: dict[int, Measure], covered: Iterable[int], name: str, there: Any) -> None:
    for file in covered:
        found[file].total += 1
        if not there(file):
            found[file].missing.append(name)


def _classes(version: Version, covered: Collection[int]) -> dict[int, dict[str, str]]:
    """{file: {term: value}} of the regulation's own terms, defaults filled in."""
    defaults = {name: term.default or "" for name, term in version.regulation.pack.terms.items()}
    known = {f"{version.pack}.{name}" for name in defaults}
    found = {file: dict(defaults) for file in covered}
    for file, held in classes_of(covered).items():
        found[file].update({term.partition(".")[2]: value for term, value in held.items() if term in known})
    return found


def _filed(form: str, covered: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """The newest filing of a form by file."""
    return {file: data for file, data in filings.data_of(form, covered) if file is not None}


def _values(
    version: Version,
    spec: FormField,
    covered: Collection[int],
    classes: Mapping[int, Mapping[str, str]],
    filed: Mapping[int, Mapping[str, Any]],
) -> Mapping[int, Any] | None:
    """{file: value} of a field that counts; None for one that does not."""
    if spec.binds and spec.binds.startswith("term."):
        return _set_terms(version, spec.binds[5:], covered)
    if spec.binds:
        return vocabulary.bindings[spec.binds].values(covered)
    return {file: data.get(spec.id) for file, data in filed.items()} if spec.required else None


def _set_terms(version: Version, term: str, covered: Collection[int]) -> Mapping[int, Any]:
    """A class that only its default fills has not been filled in by anybody."""
    return {file: held.get(f"{version.pack}.{term}") for file, held in classes_of(covered).items()}


def _held(version: Version, covered: Collection[int]) -> dict[int, set[str]]:
    """{file: kinds of its items}."""
    found: dict[int, set[str]] = defaultdict(set)
    if any(rules.required_kinds(version)):
        rows = Item.objects.filter(customer__in=covered, voided_at=None).exclude(kind="").order_by()
        for file, kind in rows.values_list("customer_id", "kind").distinct():
            found[file].add(kind)
    return found
