"""The archive: taking a file in under its class, moving it when the class changes, lending it and taking it back."""

from __future__ import annotations

from datetime import date, datetime, time

from kedang.customers import history
from kedang.customers.models import Customer
from kedang.kernel import clock, files
from kedang.kernel.actions import Deed, action
from kedang.kernel.actions.grants import give
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Grant
from kedang.kernel.workdays import calendar, deadlines
from kedang.records import rules
from kedang.records.actions.keeping import CUSTOMER, custody_of, doer, file_lock
from kedang.records.models import Archive, ArchiveMove, Loan
from kedang.records.models.archive import ELECTRONIC, MEDIA, ORIGINAL


@action(
    "record.archive",
    "归档",
    needs="list",
    events=("record.archived",),
    locks=file_lock,
    args=[CUSTOMER, F("archived_on", "原归档日期（只用于期初资料）", "date")],
)
def archive_file(*, deed: Deed, customer: int, archived_on: date | None = None) -> int:
    """Take the file into the archive, under its class; it needs a custodian and happens once. What the company had
    archived before it had this system (期初资料) comes in with its own date, from which its period runs."""
    row = history.locked(customer)
    at = _archived_at(deed, archived_on)
    held = custody_of(row)
    if held is None:
        raise Invalid({"customer": "归档前须先指定保管人"})
    if Archive.objects.filter(customer=row).exists():
        raise Invalid({"customer": "该档案已归档"})
    term, value, label = _class(row)
    line = Archive.objects.create(
        customer=row,
        archived_at=at,
        by=doer(deed),
        custodian=held.custodian,
        term=term,
        value=value,
        expires_on=_expiry(row, value, clock.local(at).date()),
    )
    data = {"custodian": held.custodian_id, "custodian_name": held.custodian.name, "class": label or None}
    deed.record("record.archived", file=row.pk, occurred_at=at, data=data)
    return line.pk


def _archived_at(deed: Deed, archived_on: date | None) -> datetime:
    """Now; for what was archived before this system, its day. Nobody may shorten a period by dating back today's deed."""
    if archived_on is None:
        return deed.now
    if deed.origin != "opening":
        raise Invalid({"archived_on": "只有期初资料可以写原归档日期，其余以归档时为准"})
    if archived_on > deed.now.date():
        raise Invalid({"archived_on": "原归档日期不能晚于今天"})
    return clock.at_time(archived_on, time(12))


def _class(row: Customer) -> tuple[str, str, str]:
    view = files.view(row.pk)
    term, value = rules.class_of(view) if view else ("", "")
    return term, value, rules.class_label(term, value)


def _expiry(row: Customer, value: str, archived_on: date) -> date | None:
    view = files.view(row.pk)
    return rules.expiry(view, value, archived_on) if view else None


@action(
    "record.reclassify",
    "调整归档类别",
    needs="list",
    events=("record.reclassified",),
    locks=file_lock,
    system=True,
    args=[CUSTOMER],
)
def reclassify(*, deed: Deed, customer: int) -> int | None:
    """Bring the archive class up to what the file's class is now; the old one stays in its history. None: nothing to do."""
    row = history.locked(customer)
    line = Archive.objects.select_for_update().filter(customer=row).first()
    if line is None:
        if deed.by is None:
            return None
        raise Invalid({"customer": "该档案尚未归档"})
    term, value, label = _class(row)
    if (line.term, line.value) == (term, value):
        return None
    old = rules.class_label(line.term, line.value)
    ArchiveMove.objects.create(archive=line, old=line.value, new=value, by=deed.person, at=deed.now)
    line.term, line.value = term, value
    line.expires_on = _expiry(row, value, line.archived_at.date())
    line.save(update_fields=["term", "value", "expires_on"])
    deed.record("record.reclassified", file=row.pk, data={"from": old or None, "to": label or None})
    return line.pk


# ---- loans -----------------------------------------------------------------------------------------------------------


def _archived(row: Customer) -> Archive:
    line = Archive.objects.filter(customer=row).first()
    if line is None:
        raise Invalid({"customer": "该档案尚未归档，不能借阅"})
    return line


@action(
    "record.borrow",
    "借阅档案",
    needs="list",
    events=("record.loan_approved",),
    locks=file_lock,
    args=[
        CUSTOMER,
        F("purpose", "用途", "text", required=True, max=200),
        F("medium", "借阅方式", "choice", values=MEDIA, default=ELECTRONIC),
    ],
)
def borrow(*, deed: Deed, customer: int, purpose: str, medium: str = ELECTRONIC) -> int:
    """A loan that was agreed to. It shows nothing yet: only its registration does."""
    row = history.locked(customer)
    _archived(row)
    borrower = doer(deed)
    if Loan.objects.filter(customer=row, borrower=borrower, returned_at=None).exists():
        raise Invalid({"customer": "您已有一笔未归还的借阅，请先登记或归还"})
    loan = Loan.objects.create(customer=row, borrower=borrower, purpose=purpose, medium=medium, approved_at=deed.now)
    data = {"loan": loan.pk, "person": borrower.pk, "person_name": borrower.name, "medium": medium}
    deed.record(
        "record.loan_approved",
        file=row.pk,
        subject=f"loan:{loan.pk}",
        data=data,
        values=[ValueDraft("purpose", new=purpose)],
    )
    held = custody_of(row)
    if held is not None and held.custodian_id != borrower.pk:
        # Who keeps it registers it: he need not find out by himself.
        text = f"{borrower.name}借阅“{row.name}”（{medium}）已获批准，请登记借阅。"
        Notice.objects.create(person_id=held.custodian_id, text=text, file=row.pk, at=deed.now)
    return loan.pk


@action(
    "record.register_loan",
    "登记借阅",
    needs="list",
    events=("record.loan_registered",),
    locks=file_lock,
    args=[CUSTOMER, F("loan", "借阅", "integer"), F("until", "应还日期", "date")],
)
def register_loan(*, deed: Deed, customer: int, loan: int | None = None, until: date | None = None) -> int:
    """Hand it over: from now the borrower sees it, and time runs. The original is in one person's hands only."""
    row = history.locked(customer)
    waiting = Loan.objects.select_for_update().filter(customer=row, registered_at=None, returned_at=None)
    line = (waiting.filter(pk=loan) if loan else waiting).order_by("approved_at", "id").first()
    if line is None:
        raise Invalid({"customer": "没有已批准、待登记的借阅"})
    if line.medium == ORIGINAL:
        _check_home(row)
    due = _due(row, deed, until)
    sight = give(deed, row.pk, line.borrower_id, ["read"], due, relation="借阅", purpose=line.purpose)
    line.registered_at, line.registered_by, line.due_at, line.grant = deed.now, doer(deed), due, sight.pk
    line.save(update_fields=["registered_at", "registered_by", "due_at", "grant"])
    data = {
        "loan": line.pk,
        "person": line.borrower_id,
        "person_name": line.borrower.name,
        "until": due,
        "medium": line.medium,
    }
    deed.record("record.loan_registered", file=row.pk, subject=f"loan:{line.pk}", data=data)
    return line.pk


def _check_home(row: Customer) -> None:
    out = Loan.objects.filter(customer=row, medium=ORIGINAL, returned_at=None).exclude(registered_at=None)
    held = out.select_related("borrower").first()
    if held is not None:
        raise Invalid({"customer": f"原件已借给{held.borrower.name}，尚未归还"})


def _due(row: Customer, deed: Deed, until: date | None) -> object:
    """The last instant of the loan: at most what the regulation allows; where none says how long, the day asked for."""
    view = files.view(row.pk)
    today = deed.now.date()
    span = rules.loan_span(view, today) if view else None
    latest = deadlines.last_day(today, span, calendar.load()) if span else None
    last = until or latest
    if last is None:
        raise Invalid({"until": "制度没有规定借阅期限，请写明应还日期"})
    if last < today:
        raise Invalid({"until": "应还日期不能早于今天"})
    if span and latest and last > latest:
        raise Invalid({"until": f"应还日期须在今天到 {latest}（{span.label()}）之间"})
    return deadlines.end_of(last)


@action(
    "record.return_loan",
    "归还档案",
    needs="list",
    events=("record.loan_returned",),
    locks=file_lock,
    args=[CUSTOMER, F("loan", "借阅", "integer"), F("note", "归还说明", "text", max=200)],
)
def return_loan(*, deed: Deed, customer: int, loan: int | None = None, note: str | None = None) -> int:
    """Take it back: the borrower sees it no more. Who returns it himself does so for his own loan; others see all."""
    row = history.locked(customer)
    out = Loan.objects.select_for_update().filter(customer=row, returned_at=None).exclude(registered_at=None)
    mine = out.filter(borrower=doer(deed))
    line = (out.filter(pk=loan) if loan else (mine if mine.exists() else out)).order_by("registered_at", "id").first()
    if line is None:
        raise Invalid({"customer": "没有借出未还的借阅"})
    line.returned_at, line.received_by, line.note = deed.now, doer(deed), note or ""
    line.save(update_fields=["returned_at", "received_by", "note"])
    _end_sight(line, deed)
    late = bool(line.due_at and deed.now > line.due_at)
    data = {"loan": line.pk, "person": line.borrower_id, "person_name": line.borrower.name, "late": late}
    values = [ValueDraft("note", new=note)] if note else []
    deed.record("record.loan_returned", file=row.pk, subject=f"loan:{line.pk}", data=data, values=values)
    return line.pk


def _end_sight(line: Loan, deed: Deed) -> None:
    """End the grant that the registration gave."""
    given = Grant.objects.filter(pk=line.grant, ended_at=None)
    given.update(ended_at=deed.now, ended_by=deed.by, end_reason="归还")
