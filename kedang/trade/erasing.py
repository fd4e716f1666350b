"""What trade leaves behind of a destroyed file: amounts and dates, which accounts need, and no name or note."""

from __future__ import annotations

from datetime import datetime

from kedang.kernel.filebound import ERASED, FileBound, register
from kedang.trade.models import Contract, ExpenseClaim


def erase(file: int, at: datetime) -> int:
    """Blank names and notes of contracts and claims; how many rows."""
    claims = ExpenseClaim.objects.filter(customer=file).update(note="", opinion="")
    return claims + Contract.objects.filter(customer=file).update(name=ERASED, termination_reason="")


register(FileBound("trade", "合同与费用", erase))
