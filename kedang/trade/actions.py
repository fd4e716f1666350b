"""Expense claims and contracts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F as Col

from kedang.customers import history
from kedang.customers.models import FileSummary
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.ledger.models import Event
from kedang.trade import selectors
from kedang.trade.models import (
    EXPENSE_KINDS,
    IN_FORCE,
    PAID,
    PENDING,
    RETURNED,
    REVIEWED,
    TERMINATED,
    Contract,
    ExpenseClaim,
)
from kedang.trade.money import to_fen, to_yuan

CUSTOMER = F("customer", "客户", "customer")
REQUIRED_CUSTOMER = F("customer", "客户", "customer", required=True)
OLDEST_EXPENSE = timedelta(days=730)


def _file_lock(args: Mapping[str, Any]) -> Iterable[str]:
    return [f"file:{args['customer']}"] if args.get("customer") else []


def _expense_lock(args: Mapping[str, Any]) -> Iterable[str]:
    return [f"expense:{args.get('expense')}"]


@action(
    "expense.submit",
    "提交报销单",
    needs="list",
    events=("expense.submitted",),
    locks=_file_lock,
    args=[
        CUSTOMER,
        F("kind", "费用类型", "choice", values=EXPENSE_KINDS, default="招待"),
        F("amount", "金额", "money", required=True, min=Decimal("0.01"), max=Decimal("10000000")),
        F("occurred_on", "发生日期", "date"),
        F("note", "说明", "text", max=200),
    ],
)
def submit_expense(
    *,
    deed: Deed,
    amount: Decimal,
    customer: int | None = None,
    kind: str | None = "招待",
    occurred_on: date | None = None,
    note: str | None = None,
) -> int:
    """Hand in a claim for finance to review; returns its id. Money spent before the customer was filed is marked."""
    day = occurred_on or deed.now.date()
    if day > deed.now.date():
        raise Invalid({"occurred_on": "发生日期不能晚于今天"})
    if day < deed.now.date() - OLDEST_EXPENSE:
        raise Invalid({"occurred_on": "发生日期太早，超过两年的费用请线下处理"})
    if deed.person is None:
        raise Invalid("报销单须由人提交")
    kind = kind or "招待"
    claim = ExpenseClaim.objects.create(
        customer_id=customer,
        claimant=deed.person,
        kind=kind,
        amount_fen=to_fen(amount),
        occurred_on=day,
        note=note or "",
        filed_after=_spent_before_filing(customer, day),
        submitted_at=deed.now,
    )
    deed.record(
        "expense.submitted",
        file=customer,
        subject=f"expense:{claim.pk}",
        data={
            "expense": claim.pk,
            "kind": kind,
            "amount": amount,
            "occurred_on": day,
            "filed_after": claim.filed_after,
        },
        values=[ValueDraft("note", new=note)] if note else [],
    )
    if customer:
        FileSummary.objects.filter(pk=customer).update(expense_fen=Col("expense_fen") + claim.amount_fen)
        history.touch(customer, deed)
    return claim.pk


def _spent_before_filing(customer: int | None, day: date) -> bool:
    """事后备案: the file reached its first filing only after the money was spent."""
    if customer is None:
        return False
    filed = Event.objects.filter(file=customer, kind="customer.filed").order_by("id").first()
    return filed is not None and filed.occurred_at.date() > day


def _file_of(args: Mapping[str, Any]) -> int | None:
    """The customer a claim names: the regulation over that file acts on its review and payment."""
    return selectors.file_of_claim(args.get("expense") or 0)


def _claim(expense: int) -> ExpenseClaim:
    row = ExpenseClaim.objects.select_for_update().filter(pk=expense).first()
    if row is None:
        raise NotFound()
    return row


@action(
    "expense.review",
    "审核报销单",
    needs="none",
    events=("expense.reviewed",),
    locks=_expense_lock,
    file_of=_file_of,
    args=[
        F("expense", "报销单", "integer", required=True),
        F("agree", "同意", "bool", required=True),
        F("opinion", "意见", "text", max=200),
    ],
)
def review_expense(*, deed: Deed, expense: int, agree: bool, opinion: str | None = None) -> int:
    """Agree or send back; a claim is reviewed once, not by its claimant, and a return says why."""
    claim = _claim(expense)
    if claim.state != PENDING:
        raise Invalid({"expense": f"报销单状态为{claim.state}，不能审核"})
    if deed.person is not None and claim.claimant_id == deed.person.pk:
        raise Invalid({"expense": "不能审核自己的报销单"})
    if not agree and not opinion:
        raise Invalid({"opinion": "退回须写明原因"})
    claim.state = REVIEWED if agree else RETURNED
    claim.reviewed_by, claim.reviewed_at, claim.opinion = deed.person, deed.now, opinion or ""
    claim.save()
    if not agree and claim.customer_id:
        FileSummary.objects.filter(pk=claim.customer_id).update(expense_fen=Col("expense_fen") - claim.amount_fen)
    deed.record(
        "expense.reviewed",
        file=claim.customer_id,
        subject=f"expense:{claim.pk}",
        data={"expense": claim.pk, "agree": agree, "outcome": claim.state},
        values=[ValueDraft("opinion", new=opinion)] if opinion else [],
    )
    return claim.pk


@action(
    "expense.pay",
    "报销",
    needs="none",
    events=("expense.paid",),
    locks=_expense_lock,
    file_of=_file_of,
    args=[F("expense", "报销单", "integer", required=True)],
)
def pay_expense(*, deed: Deed, expense: int) -> int:
    """Mark a reviewed claim as paid; never before the review, never twice."""
    claim = _claim(expense)
    if claim.state != REVIEWED:
        raise Invalid({"expense": f"报销单状态为{claim.state}，审核通过后才能报销"})
    claim.state, claim.paid_at = PAID, deed.now
    claim.save(update_fields=["state", "paid_at"])
    data = {"expense": claim.pk, "amount": to_yuan(claim.amount_fen)}
    deed.record("expense.paid", file=claim.customer_id, subject=f"expense:{claim.pk}", data=data)
    return claim.pk


@action(
    "contract.register",
    "登记合同",
    events=("contract.registered",),
    locks=_file_lock,
    args=[
        REQUIRED_CUSTOMER,
        F("name", "合同名称", "text", required=True, max=120),
        F("amount", "金额", "money", min=0),
        F("signed_on", "签订日期", "date"),
    ],
)
def register_contract(
    *, deed: Deed, customer: int, name: str, amount: Decimal | None = None, signed_on: date | None = None
) -> int:
    """Write down a contract in force; returns its id."""
    day = signed_on or deed.now.date()
    if day > deed.now.date():
        raise Invalid({"signed_on": "签订日期不能晚于今天"})
    row = history.locked(customer)
    if Contract.objects.filter(customer=row, name=name, signed_on=day).exists():
        raise Invalid({"name": f"重复：同一天已登记合同“{name}”"})
    fen = None if amount is None else to_fen(amount)
    contract = Contract.objects.create(
        customer=row, name=name, amount_fen=fen, signed_on=day, registered_by=deed.person or row.registered_by
    )
    FileSummary.objects.filter(pk=row.pk).update(contract_fen=Col("contract_fen") + (fen or 0))
    data = {"contract": contract.pk, "amount": amount, "signed_on": day}
    deed.record("contract.registered", file=row.pk, data=data, values=[ValueDraft("name", new=name)])
    history.touch(row.pk, deed)
    return contract.pk


@action(
    "contract.terminate",
    "终止合同",
    events=("contract.terminated",),
    locks=_file_lock,
    args=[
        REQUIRED_CUSTOMER,
        F("contract", "合同", "integer", required=True),
        F("reason", "终止原因", "text", required=True, max=200),
    ],
)
def terminate_contract(*, deed: Deed, customer: int, contract: int, reason: str) -> int:
    """End a contract in force, with the reason; an ended one stays ended."""
    row = history.locked(customer)
    held = Contract.objects.select_for_update().filter(pk=contract, customer=row).first()
    if held is None:
        raise Invalid({"contract": "这个客户没有这份合同"})
    if held.state != IN_FORCE:
        raise Invalid({"contract": "这份合同已终止"})
    held.state, held.terminated_at, held.termination_reason = TERMINATED, deed.now, reason
    held.save(update_fields=["state", "terminated_at", "termination_reason"])
    told = [ValueDraft("name", new=held.name), ValueDraft("reason", new=reason)]
    deed.record("contract.terminated", file=row.pk, data={"contract": held.pk}, values=told)
    history.touch(row.pk, deed)
    return held.pk
