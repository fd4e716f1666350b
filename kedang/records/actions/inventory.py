"""盘点: what a keeper should hold against what was found; the missing are named and can be found later."""

from __future__ import annotations

from datetime import date
from typing import Any

from kedang.customers import history
from kedang.customers.models import Customer
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.records.actions.keeping import CUSTOMER, doer, file_lock
from kedang.records.models import Custody, InventoryCount, InventoryLine


@action(
    "inventory.count",
    "盘点",
    needs="none",
    events=("inventory.counted", "inventory.missing"),
    locks=lambda args: ["inventory"],
    args=[
        F("counted_on", "盘点日期", "date", required=True),
        F("found", "实有档案", "json", required=True),
    ],
)
def count_inventory(*, deed: Deed, counted_on: date, found: Any) -> dict[str, Any]:
    """Compare what is kept by the person with the ids (or numbers) found; one event names each missing file."""
    keeper = doer(deed)
    if counted_on > deed.now.date():
        raise Invalid({"counted_on": "盘点日期不能晚于今天"})
    held = Custody.objects.filter(custodian=keeper, end=None).values_list("customer_id", flat=True)
    expected = Customer.objects.in_bulk(list(held))
    if not expected:
        raise Invalid({"found": f"{keeper.name}名下没有保管的档案"})
    present = _found_ids(found, expected)
    count = InventoryCount.objects.create(
        counted_on=counted_on, by=keeper, expected=len(expected), found=len(present), at=deed.now
    )
    InventoryLine.objects.bulk_create(
        InventoryLine(count=count, customer_id=pk, present=pk in present) for pk in sorted(expected)
    )
    missing = [expected[pk] for pk in sorted(expected.keys() - present)]
    _record(deed, count, missing)
    return {"count": count.pk, "expected": count.expected, "missing": [row.number for row in missing]}


def _found_ids(found: Any, expected: dict[int, Customer]) -> set[int]:
    """Ids out of a list of ids or numbers; Invalid names what is not kept by this person."""
    if not isinstance(found, list):
        raise Invalid({"found": "请列出实有的档案"})
    by_number = {row.number: pk for pk, row in expected.items()}
    present, unknown = set(), []
    for one in found:
        pk = by_number.get(str(one)) or _numbered(one, expected)
        (present.add(pk) if pk else unknown.append(str(one)))
    if unknown:
        raise Invalid({"found": f"不在您保管的档案中：{'、'.join(unknown[:10])}"})
    return present


def _numbered(one: Any, expected: dict[int, Customer]) -> int | None:
    """The id that was typed or ticked, if it is one of those kept."""
    text = str(one)
    number = int(text) if text.isdecimal() and len(text) < 19 else 0
    return number if number in expected else None


def _record(deed: Deed, count: InventoryCount, missing: list[Customer]) -> None:
    data = {
        "count": count.pk,
        "expected": count.expected,
        "found": count.found,
        "missing": len(missing),
        "counted_on": count.counted_on,
    }
    deed.record("inventory.counted", data=data)
    for row in missing:
        data = {"count": count.pk, "number": row.number, "counted_on": count.counted_on}
        deed.record("inventory.missing", file=row.pk, data=data)


@action(
    "inventory.find",
    "补登找到的档案",
    needs="list",
    events=("inventory.found",),
    locks=file_lock,
    args=[CUSTOMER, F("note", "说明", "text", required=True, max=200)],
)
def find_missing(*, deed: Deed, customer: int, note: str) -> int:
    """Write down that a file missing at a count has been found."""
    row = history.locked(customer)
    lines = InventoryLine.objects.filter(customer=row, present=False, found_at=None)
    line = lines.select_for_update().order_by("id").first()
    if line is None:
        raise Invalid({"customer": "该档案没有盘点缺失的记录"})
    lines.update(found_at=deed.now, found_by=doer(deed), note=note)
    deed.record("inventory.found", file=row.pk, data={"count": line.count_id}, values=[ValueDraft("note", new=note)])
    return line.pk
