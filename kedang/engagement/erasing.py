"""What dealings leave behind of a destroyed file: that and when they took place, nothing of what was said."""

from __future__ import annotations

from datetime import datetime

from kedang.engagement.desk.models import Reception
from kedang.engagement.models import ContactRecord, VisitPlan
from kedang.kernel.filebound import ERASED, FileBound, register


def erase(file: int, at: datetime) -> int:
    """Blank what was said and planned; how many rows."""
    said = ContactRecord.objects.filter(customer=file).update(content="", with_person="", next_at=None)
    VisitPlan.objects.filter(customer=file, record=None, cancelled_at=None).update(cancelled_at=at)
    came = Reception.objects.filter(customer=file).update(visitor=ERASED, phone="", note="")
    return came + said + VisitPlan.objects.filter(customer=file).update(purpose="")


register(FileBound("engagement", "跟进与拜访", erase))
