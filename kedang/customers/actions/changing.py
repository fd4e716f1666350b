"""Changes of a file's content: its fields, its classes, and what happened to the customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from kedang.customers import history, identity
from kedang.customers.actions.registering import FILE_FIELDS, identity_locks
from kedang.customers.history import FieldChange
from kedang.customers.models import INDIVIDUAL, ORGANISATION, Customer
from kedang.kernel import clock, files
from kedang.kernel.actions import Deed, action, flows
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.norms.store import regulations

CUSTOMER = F("customer", "客户", "customer", required=True)
CLEARABLE = ["credit_code", "phone", "address", "nature", "parent_unit", "source"]
CUSTOMER_SIDE, RELATION_SIDE = "客户方", "双方关系"


@action(
    "customer.update",
    "修改资料",
    events=("customer.updated",),
    locks=lambda args: [f"file:{args.get('customer')}", *identity_locks(args)],
    args=[
        CUSTOMER,
        F("version", "页面版本", "integer"),
        F("name", "客户名称", "text", min=2, max=120),
        F("kind", "客户性质", "choice", values=[ORGANISATION, INDIVIDUAL]),
        *FILE_FIELDS,
        F("clear", "清空的栏目", "choices", values={field: history.LABELS[field] for field in CLEARABLE}),
        F("reason", "修改原因", "text", max=200),
    ],
)
def update_customer(
    *,
    deed: Deed,
    customer: int,
    version: int | None = None,
    clear: Sequence[str] | None = None,
    reason: str | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Change fields; absent ones stay, those named in `clear` are emptied. Answers the new version and what changed.

    With `version` a form that started from an older one raises EditConflict and nothing is written.
    """
    row = history.locked(customer)
    wanted: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    wanted |= {field: None for field in clear or () if field not in wanted}
    history.check_version(row, version, wanted)
    changes = write_fields(row, wanted, deed, reason=reason or "")
    return {"version": row.version, "changed": [change.field for change in changes]}


def write_fields(row: Customer, wanted: dict[str, Any], deed: Deed, *, reason: str = "") -> list[FieldChange]:
    """Set fields of a locked file with history and event; what forms that bind fields use too. [] when nothing differs."""
    before = row.name
    changes = history.apply_fields(row, wanted)
    if not changes:
        return []
    changed = {change.field for change in changes}
    if changed & {"name", "credit_code"}:
        found = identity.blocking(
            name=row.name, kind=row.kind, credit_code=row.credit_code, phone=row.phone, exclude=row.pk
        )
        _refuse(deed, {field: match for field, match in found.items() if field in changed})
    history.save_fields(row, changes, deed)
    event = deed.record(
        "customer.updated",
        file=row.pk,
        data={
            "fields": "、".join(change.label for change in changes),
            "names": sorted(changed),
            "version": row.version,
        },
        values=history.value_drafts(changes),
    )
    if row.name != before:
        deed.record("customer.renamed", file=row.pk, values=[ValueDraft("name", before, row.name)])
    history.write_changes(row, changes, deed, event=event.pk, reason=reason)
    return changes


def _refuse(deed: Deed, found: dict[str, identity.Match]) -> None:
    if found:
        raise Invalid(identity.messages(deed.by, found))


@action(
    "customer.classify",
    "调整分类",
    events=("customer.classified",),
    locks=lambda args: [f"file:{args.get('customer')}"],
    args=[
        CUSTOMER,
        F("term", "分类", "text", required=True, max=120),
        F("value", "取值", "text", required=True, max=60),
    ],
)
def classify_customer(*, deed: Deed, customer: int, term: str, value: str) -> str:
    """Put a file into a class by ids or Chinese labels; returns the value's id. Invalid lists the values there are."""
    row = history.locked(customer)
    qid, chosen = flows.term_value(_own_term(row.pk, term), value)
    flows.set_term(row.pk, qid, chosen, deed)
    history.touch(row.pk, deed)
    return chosen


def _own_term(customer: int, term: str) -> str:
    """The full id of a bare term in the pack whose scope the file lies in; two packs may each have a `category`."""
    view = files.view(customer)
    for version in regulations().in_force():
        if "." not in term and term in version.regulation.pack.terms and version.covers(view, ()):
            return f"{version.pack}.{term}"
    return term


@action(
    "customer.report_change",
    "登记重大变动",
    place="outside",
    events=("customer.change_reported",),
    locks=lambda args: [f"file:{args.get('customer')}"],
    args=[
        CUSTOMER,
        F("matter", "变动事项", "text", required=True, max=200),
        F("side", "变动类型", "choice", required=True, values=[CUSTOMER_SIDE, RELATION_SIDE]),
        F("occurred_on", "变动日期", "date"),
        F("old", "变动前", "text", max=500),
        F("new", "变动后", "text", max=500),
        F("note", "说明", "long_text", max=2000),
    ],
)
def report_change(
    *,
    deed: Deed,
    customer: int,
    matter: str,
    side: str,
    occurred_on: date | None = None,
    old: str | None = None,
    new: str | None = None,
    note: str | None = None,
) -> int:
    """Write down a major change at the customer or between both sides; returns the id of its line in the history."""
    day = occurred_on or deed.now.date()
    if day > deed.now.date():
        raise Invalid({"occurred_on": "变动日期不能晚于今天"})
    row = history.locked(customer)
    values = [ValueDraft("old", new=old or ""), ValueDraft("new", new=new or ""), ValueDraft("note", new=note or "")]
    event = deed.record(
        "customer.change_reported",
        file=row.pk,
        # The period to report it in counts from the day it happened.
        occurred_at=deed.now if day == deed.now.date() else clock.at_time(day, time(12)),
        data={"matter": matter, "side": side, "occurred_on": day},
        values=[value for value in values if value.new],
    )
    change = FieldChange(f"matter:{side}", f"{side}变动：{matter}", old or "", new or note or matter)
    history.write_changes(row, [change], deed, event=event.pk, reason=note[:200] if note else "")
    history.touch(row.pk, deed)
    return event.pk
