"""What norms may ask about keeping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kedang.kernel.norms.vocabulary import Figure, World, fact, register
from kedang.records import completeness, rules, states
from kedang.records.models import Archive, Custody, Destruction, Handover, InventoryLine, Item, Loan

Subjects = Sequence[tuple[Any, ...]]


def _ids(subjects: Subjects) -> set[int]:
    return {subject[0] for subject in subjects}


@fact("customer.custodian", "保管人", ("customer",), "person", total=False)
def load_custodian(subjects: Subjects, world: World) -> dict[Any, int | None]:
    """Who keeps the file now."""
    rows = Custody.objects.filter(customer__in=_ids(subjects), end=None)
    found = dict(rows.values_list("customer_id", "custodian_id"))
    return {subject: found.get(subject[0]) for subject in subjects}


@fact("customer.archived", "已归档", ("customer",), "bool")
def load_archived(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether the file was taken into the archive."""
    held = set(Archive.objects.filter(customer__in=_ids(subjects)).values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


@fact("customer.handover_waiting", "有待接收的移交", ("customer",), "bool")
def load_waiting(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether material was handed over and not yet accepted."""
    rows = Handover.objects.filter(customer__in=_ids(subjects), received_at=None)
    held = set(rows.values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


@fact("customer.missing", "盘点缺失", ("customer",), "bool")
def load_missing(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether the file was missing at a count and has not been found since."""
    rows = InventoryLine.objects.filter(customer__in=_ids(subjects), present=False, found_at=None)
    held = set(rows.values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


@fact("customer.archive_class", "归档类别", ("customer",), "text", total=False)
def load_class(subjects: Subjects, world: World) -> dict[Any, str | None]:
    """The archive class by its name (已成交, 未成交); None before archiving and where nothing sorts the archive."""
    rows = Archive.objects.filter(customer__in=_ids(subjects)).values_list("customer_id", "term", "value")
    regs = world.regulations
    found = {file: rules.class_label(term, value, regs) or None for file, term, value in rows}
    return {subject: found.get(subject[0]) for subject in subjects}


@fact("customer.keeping_state", "保管状态", ("customer",), "text")
def load_state(subjects: Subjects, world: World) -> dict[Any, str]:
    """在管, 借出, 到期待销毁, 已销毁; '' before archiving."""
    found = states.states(_ids(subjects), world.regulations)
    return {subject: found.get(subject[0], "") for subject in subjects}


@fact("customer.retained_until", "保管期满", ("customer",), "date", total=False)
def load_expiry(subjects: Subjects, world: World) -> dict[Any, Any]:
    """The first day on which an archived file may be destroyed."""
    found = states.expiries(_ids(subjects), world.regulations)
    return {subject: found.get(subject[0]) for subject in subjects}


def _told(args: tuple[Any, ...], value: Any) -> str:
    """「档案完整度：90%，缺：联系电话、营业执照」"""
    missing = completeness.of(args[0]).missing if args and args[0] else []
    return f"档案完整度：{value}%" + (f"，缺：{'、'.join(missing)}" if missing else "")


@fact("customer.completeness", "档案完整度", ("customer",), "number", told=_told)
def load_completeness(subjects: Subjects, world: World) -> dict[Any, int]:
    """Per cent of what its class asks for: fields of the measuring forms and kinds of items."""
    found = completeness.measure(_ids(subjects), world.regulations)
    return {subject: found[subject[0]].percent if subject[0] in found else 100 for subject in subjects}


@fact("customer.missing_parts", "缺项", ("customer",), "text", total=False)
def load_missing_parts(subjects: Subjects, world: World) -> dict[Any, str | None]:
    """What completeness lacks, by name."""
    found = completeness.measure(_ids(subjects), world.regulations)
    return {s: "、".join(found[s[0]].missing) or None if s[0] in found else None for s in subjects}


@fact("customer.items", "档案件数", ("customer", "text"), "number", optional=1)
def load_items(subjects: Subjects, world: World) -> dict[Any, int]:
    """How many items a file has, of a kind (its full or bare id) or at all."""
    rows = Item.objects.filter(customer__in=_ids(subjects), voided_at=None).order_by()
    held = list(rows.values_list("customer_id", "kind"))
    found = {}
    for subject in subjects:
        kind = subject[1] if len(subject) > 1 else None
        found[subject] = sum(
            file == subject[0] and (kind is None or kind in (held_kind, held_kind.partition(".")[2]))
            for file, held_kind in held
        )
    return found


@fact("customer.lent", "借出未还", ("customer",), "bool")
def load_lent(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether the file is in a borrower's hands."""
    held = set(states.loans_out().filter(customer__in=_ids(subjects)).values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


@fact("customer.loan_waiting", "有待登记的借阅", ("customer",), "bool")
def load_loan_waiting(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether a loan was agreed to and not yet registered."""
    rows = Loan.objects.filter(customer__in=_ids(subjects), registered_at=None, returned_at=None)
    held = set(rows.values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


@fact("customer.destruction_open", "销毁已批准、待执行", ("customer",), "bool")
def load_destruction(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether a destruction was agreed to and not yet carried out."""
    rows = Destruction.objects.filter(customer__in=_ids(subjects), executed_at=None)
    held = set(rows.values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


def kept_files(state: str, world: Any = None) -> int:
    """How many archived files are in a state of keeping."""
    return states.rows_in(state).count() if state in states.STATES else 0


register(Figure("kept_files", "档案保管状态", ("text",), kept_files))


def missing_files(world: Any = None) -> int:
    """盘点缺失: files that a count did not see and nobody has found since."""
    return InventoryLine.objects.filter(present=False, found_at=None).values("customer").distinct().count()


register(Figure("missing_files", "盘点缺失", (), missing_files))
