"""What record keeping leaves behind of a destroyed file: how many items there were, and the record of destruction."""

from __future__ import annotations

from datetime import datetime

from kedang.kernel.filebound import FileBound, register
from kedang.records.models import Catalogue, Dispatch, InventoryLine, Item, ItemVersion, Loan


def erase(file: int, at: datetime) -> int:
    """Blank titles, reasons and notes; the contents go with the kernel's files. How many rows."""
    return sum(
        (
            Item.objects.filter(customer=file).update(
                title="", responsible="", purpose="", twin_reason="", void_reason=""
            ),
            ItemVersion.objects.filter(item__customer=file).update(reason=""),
            Catalogue.objects.filter(customer=file).update(why=""),
            Loan.objects.filter(customer=file).update(purpose="", note=""),
            Dispatch.objects.filter(customer=file).update(to="（已销毁）", note=""),
            InventoryLine.objects.filter(customer=file).update(note=""),
        )
    )


register(FileBound("records", "档案件、借阅与盘点", erase))
