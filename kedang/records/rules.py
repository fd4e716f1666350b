"""What the regulations over a file say about its items and its archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from kedang.kernel import files
from kedang.kernel.norms.models import FileTerm
from kedang.kernel.norms.schema import ArchiveRules, RecordType
from kedang.kernel.norms.store import Regulations, Version, regulations
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration


@dataclass(frozen=True)
class Kind:
    """A record type of a regulation over the file."""

    version: Version
    id: str
    spec: RecordType

    @property
    def qid(self) -> str:
        """pack.type"""
        return f"{self.version.pack}.{self.id}"


def kinds_over(view: files.FileView, regs: Regulations | None = None) -> list[Kind]:
    """The record types of all regulations over a file, in their order."""
    return [
        Kind(version, name, spec)
        for version in (regs or regulations()).in_force()
        if version.regulation.pack.record_types and version.covers(view, ())
        for name, spec in version.regulation.pack.record_types.items()
    ]


def kind_named(view: files.FileView, name: str) -> Kind | None:
    """A record type by full id, bare id or its Chinese name."""
    known = kinds_over(view)
    return next((kind for kind in known if name in (kind.qid, kind.id, kind.spec.name)), None)


def kind_label(qid: str, regs: Regulations | None = None) -> str:
    """What a kind is called; types of packs no longer in force keep their last name."""
    pack, _, name = qid.partition(".")
    version = (regs or regulations()).version(pack) if qid else None
    found = version.regulation.pack.record_types.get(name) if version else None
    return found.name if found else ("其他材料" if not qid else name)


def archive_of(view: files.FileView | None, regs: Regulations | None = None) -> tuple[Version, ArchiveRules] | None:
    """The archive rules over a file: those of the first regulation that has some."""
    covering = (v for v in (regs or regulations()).in_force() if v.regulation.pack.archive and v.covers(view, ()))
    version = next(covering, None)
    rules = version.regulation.pack.archive if version else None
    return (version, rules) if version and rules else None


def class_of(view: files.FileView, regs: Regulations | None = None) -> tuple[str, str]:
    """(full id of the term, value) by which a file is sorted in the archive now; ('', '') when nothing sorts it."""
    found = archive_of(view, regs)
    if found is None or not found[1].by:
        return "", ""
    version, rules = found
    qid = f"{version.pack}.{rules.by}"
    held = FileTerm.objects.filter(file=view.id, term=qid).values_list("value", flat=True).first()
    return qid, held or version.regulation.pack.terms[rules.by].default or ""


def class_label(term: str, value: str, regs: Regulations | None = None) -> str:
    """'已成交'; '' for no class."""
    found = (regs or regulations()).term(term) if term else None
    return found[2].values.get(value, value) if found else value


def keeping_span(view: files.FileView, value: str, on: date, regs: Regulations | None = None) -> Duration | None:
    """How long an archived file of a class is kept; None where no regulation says so."""
    found = archive_of(view, regs)
    if found is None or not found[1].keep:
        return None
    version, rules = found
    name = rules.keep if isinstance(rules.keep, str) else rules.keep.get(value)
    # What was archived before the regulation came is kept as long as it said when it came.
    return version.params(max(on, version.since)).get(name) if name else None


def expiry(view: files.FileView, value: str, archived_on: date, regs: Regulations | None = None) -> date | None:
    """The first day on which a file archived that day may be destroyed: ten years from 2026-03-20 is 2036-03-20."""
    span = keeping_span(view, value, archived_on, regs)
    return deadlines.last_day(archived_on, span, calendar.load()) if span else None


def loan_span(view: files.FileView, on: date, regs: Regulations | None = None) -> Duration | None:
    """How long a loan lasts; None where no regulation says so."""
    found = archive_of(view, regs)
    return found[0].params(on).get(found[1].loan) if found and found[1].loan else None


def required_kinds(version: Version) -> Iterator[tuple[str, RecordType]]:
    """The kinds of a regulation that count towards completeness."""
    return ((name, spec) for name, spec in version.regulation.pack.record_types.items() if spec.required)


def asks_for(spec: RecordType, classes: dict[str, Any]) -> bool:
    """Whether a file in these classes ({term: value}) must have an item of the kind."""
    if isinstance(spec.required, bool):
        return spec.required
    return all(classes.get(term) in values for term, values in spec.required.items())
