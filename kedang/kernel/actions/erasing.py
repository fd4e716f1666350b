"""What the kernel keeps about a destroyed file: personal values, forms, frozen commands, notices and titles are blanked.

Events stay as they are (the database itself refuses to change them): they say that something happened, and hold ids and
salted digests of what is blanked here, so the chain of seals still verifies.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from kedang.kernel.actions import answers
from kedang.kernel.approvals.models import Ballot, BallotStatus, Request, RequestStatus, Step, StepStatus
from kedang.kernel.blobs import service as blobs
from kedang.kernel.blobs.models import Blob
from kedang.kernel.filebound import ERASED, FileBound, register
from kedang.kernel.ledger import models as ledger
from kedang.kernel.models import Chip, Notice
from kedang.kernel.norms.models import Clock, Duty, DutyState, FormRecord, Grant, Proposal


def erase(file: int, at: datetime) -> int:
    """Blank the kernel's rows of a file; how many."""
    asked = list(Request.objects.filter(file=file).values_list("pk", flat=True))
    return sum(
        (
            ledger.Value.objects.filter(file=file).update(old="", new="", salt=""),
            ledger.Correction.objects.filter(event__file=file).update(reason=""),
            FormRecord.objects.filter(file=file).update(data={}, rows=[]),
            Notice.objects.filter(Q(file=file) | Q(request__in=asked)).update(text=ERASED),
            Chip.objects.filter(file=file).delete()[0],
            _requests(Request.objects.filter(file=file)),
            _duties(file, at),
            Grant.objects.filter(file=file).update(purpose="", fields=[]),
            Grant.objects.filter(file=file, ended_at=None).update(ended_at=at, end_reason="档案已销毁"),
            Proposal.objects.filter(file=file).update(title=ERASED, evidence=[], heard="", reason=""),
            Clock.objects.filter(file=file, fired_at=None).delete()[0],
            answers.forget(file),
            blobs.erase(Blob.objects.filter(file=file, gone_at=None), at),
        )
    )


def _requests(rows: QuerySet[Request]) -> int:
    """Frozen commands, reasons and opinions; who decided when stays."""
    Ballot.objects.filter(step__request__in=rows).update(opinion="", form=None, question="")
    waiting = [RequestStatus.PENDING, RequestStatus.RETURNED, RequestStatus.APPROVED]
    open_ones = list(rows.filter(status__in=waiting).values_list("pk", flat=True))
    Ballot.objects.filter(step__request__in=open_ones, status=BallotStatus.PENDING).update(
        status=BallotStatus.CANCELLED
    )
    Step.objects.filter(request__in=open_ones, status__in=[StepStatus.ACTIVE, StepStatus.WAITING]).update(
        status=StepStatus.CLOSED
    )
    Request.objects.filter(pk__in=open_ones).update(status=RequestStatus.VOID)
    return rows.update(args={}, title=ERASED, reason="", cause="", present={}, digest="")


def _duties(file: int, at: datetime) -> int:
    rows = Duty.objects.filter(file=file)
    rows.filter(state=DutyState.OPEN).update(
        state=DutyState.VOID, done_at=at, breach_check_at=None, next_remind_at=None
    )
    return rows.update(excuse="", closing_note="")


register(FileBound("kernel", "台账、表单、审批、通知与文件", erase))
