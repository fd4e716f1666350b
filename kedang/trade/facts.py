"""What norms may ask about claims and contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kedang.kernel.norms.vocabulary import World, fact
from kedang.trade.models import IN_FORCE, Contract, ExpenseClaim

Subjects = Sequence[tuple[Any, ...]]


@fact("contract_open", "有履行中的合同", ("customer",), "bool", group="deal")
def load_contract_open(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether a contract with the customer is in force."""
    rows = Contract.objects.filter(customer__in={subject[0] for subject in subjects}, state=IN_FORCE)
    held = set(rows.values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


@fact("expense_status", "报销单状态", ("number",), "text", total=False)
def load_expense_status(subjects: Subjects, world: World) -> dict[Any, str | None]:
    """待审, 已审核, 退回 or 已报销."""
    rows = ExpenseClaim.objects.filter(pk__in={subject[0] for subject in subjects if subject[0]})
    found = dict(rows.values_list("pk", "state"))
    return {subject: found.get(subject[0]) for subject in subjects}


@fact("expense_customer", "报销单的客户", ("number",), "customer", total=False)
def load_expense_customer(subjects: Subjects, world: World) -> dict[Any, int | None]:
    """The customer a claim names, if it names one."""
    rows = ExpenseClaim.objects.filter(pk__in={subject[0] for subject in subjects if subject[0]})
    found = dict(rows.values_list("pk", "customer_id"))
    return {subject: found.get(subject[0]) for subject in subjects}
