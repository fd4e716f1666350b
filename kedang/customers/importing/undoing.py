"""撤销导入: take back what an import has done, row by row, as far as nobody has worked on it since. Everything stays on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from kedang.customers import history
from kedang.customers.actions.changing import write_fields
from kedang.customers.importing.actions import BATCH, count, locks
from kedang.customers.importing.models import Import, ImportRow, RowState, Stage
from kedang.customers.models import VOID, Change, Contact, Customer
from kedang.customers.voiding import void_file
from kedang.kernel.actions import Deed, action, flows, perform, perform_many
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field as F
from kedang.kernel.jobs import Run, enqueue, job
from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person

CHUNK = 200
UNDOABLE = (RowState.CREATED, RowState.UPDATED)
FIELDS = set(history.LABELS)
LOOKING = ("file.opened", "form.opened", "customer.exported", "file.viewed")
"""Kinds that change nothing: who has only looked has not worked on the file."""
ORIGINS, UNDO = ("import", "opening"), "undo"


@action(
    "import.undo",
    "撤销导入",
    needs="none",
    locks=locks,
    events=("customer.import_undoing",),
    args=[
        F("batch", "导入", "integer"),
        F("importer", "导入人", "person"),
        F("reason", "原因", "text", required=True, min=2, max=200),
    ],
)
def undo(*, deed: Deed, batch: int | None = None, importer: int | None = None, reason: str = "") -> int:
    """Begin to take back a finished (or called off) import; the id of the job. Rules may look at `importer`."""
    row = Import.objects.select_for_update().filter(pk=batch).first()
    if row is None or deed.by is None:
        raise NotFound()
    if importer != row.by_id:
        raise Invalid({"importer": "导入人与记录不符，请刷新页面"})
    if not may_undo(row):
        raise Invalid(f"这次导入{row.get_stage_display()}，没有可撤销的内容。")
    row.stage, row.undo_reason = Stage.UNDOING, reason
    row.undo_job = enqueue("import.undo", by=deed.by, title=f"撤销导入：{row.number}", params={"batch": row.pk})
    row.save()
    data = {"batch": row.pk, "number": row.number, "reason": reason}
    deed.record("customer.import_undoing", subject=f"import:{row.pk}", data=data)
    return row.undo_job.pk


def may_undo(batch: Import) -> bool:
    """Whether there is anything to take back: done, or called off on the way."""
    stopped = batch.stage == Stage.RUNNING and batch.job is not None and batch.job.over
    return (batch.stage == Stage.DONE or stopped) and left(batch).exists()


def left(batch: Import) -> QuerySet[ImportRow]:
    """Rows that have done something and have not been taken back."""
    return ImportRow.objects.filter(batch=batch, state__in=UNDOABLE).exclude(undone="done")


@job("import.undo", "撤销导入")
def undo_all(run: Run, *, batch: int) -> dict[str, Any]:
    """Take back every row that can be, last row first: a later row may have written over an earlier one's file."""
    row = Import.objects.get(pk=batch)
    waiting = left(row).order_by("-line").values_list("line", "customer")
    total, done = len(waiting), 0
    if row.stage != Stage.UNDOING:
        return {"batch": batch}
    for part in _parts(waiting):
        args = {str(line): {"batch": batch, "line": line, "customer": customer} for line, customer in part}
        told = perform_many(
            "import.undo_row", args, by=run.by, job=f"import-{batch}-undo-{run.job.pk}", origin=UNDO, chunk=CHUNK
        )
        why = {int(each.row): each.message for each in told.rows if each.state != "ok"}
        ImportRow.objects.filter(batch=row, line__in=[line for line, _ in part if line not in why]).update(
            undone="done", undo_note=""
        )
        for line, text in why.items():
            ImportRow.objects.filter(batch=row, line=line).update(undone="kept", undo_note=text[:300])
        done += len(part)
        run.progress(done, total=total)
    perform("import.undone", by=run.by, key=f"import-{batch}-undone-{run.job.pk}", batch=batch)
    return {"batch": batch}


def _parts(rows: Iterable[Any]) -> Iterable[Sequence[Any]]:
    waiting = iter(rows)
    while part := list(islice(waiting, CHUNK)):
        yield part


@action(
    "import.undone",
    "撤销导入办完",
    needs="none",
    public=False,
    locks=locks,
    events=("customer.import_undone",),
    args=[BATCH],
)
def undone(*, deed: Deed, batch: int) -> int:
    """Write down what was taken back and what had to stay; what the job does last."""
    row = Import.objects.select_for_update().get(pk=batch)
    if row.stage != Stage.UNDOING:
        raise NotFound()
    rows = ImportRow.objects.filter(batch=row)
    figures = {"undone": rows.filter(undone="done").count(), "kept": rows.filter(undone="kept").count()}
    row.stage, row.undone_at = Stage.UNDONE, deed.now
    row.counts = {**count(row), **figures}
    row.save()
    data = {"batch": row.pk, "number": row.number, "reason": row.undo_reason, **figures}
    deed.record("customer.import_undone", subject=f"import:{row.pk}", data=data)
    return row.pk


@action(
    "import.undo_row",
    "撤销导入的一行",
    needs="none",
    public=False,
    events=("customer.voided", "customer.updated", "customer.contact_updated", "customer.classified"),
    args=[BATCH, F("line", "行号", "integer", required=True), F("customer", "客户", "customer", required=True)],
)
def undo_row(*, deed: Deed, batch: int, line: int, customer: int) -> str:
    """Take back one row: void the file it opened, or put back what it wrote over. Invalid says why it must stay."""
    found = ImportRow.objects.select_related("batch").filter(batch=batch, line=line, customer=customer).first()
    if found is None or found.batch.stage != Stage.UNDOING:
        raise NotFound()
    row = history.locked(customer)
    if row.status == VOID:
        return "void"
    _check_untouched(found.batch, row)
    reason = f"撤销导入 {found.batch.number}：{found.batch.undo_reason}"[:200]
    if found.state == RowState.CREATED:
        void_file(row, deed, reason=reason)
    else:
        _put_back(found.batch, row, deed, reason)
    return found.state


def _of_import(batch: Import, customer: int) -> QuerySet[Event]:
    """What this import itself has recorded about a file."""
    rows = Event.objects.filter(
        file=customer, actor_id=batch.by_id, origin__in=ORIGINS, recorded_at__gte=batch.started_at
    )
    return rows.filter(recorded_at__lte=batch.finished_at) if batch.finished_at else rows


def _check_untouched(batch: Import, row: Customer) -> None:
    """Invalid when somebody has worked on the file since, with what and who."""
    own = _of_import(batch, row.pk).values("pk")
    later = Event.objects.filter(file=row.pk, recorded_at__gte=batch.started_at, actor__isnull=False).exclude(
        pk__in=own
    )
    later = later.exclude(kind__in=LOOKING).exclude(origin=UNDO)
    first = later.select_related("actor").order_by("pk").first()
    if first is not None and first.actor is not None:
        n = later.count()
        more = f"等 {n} 件事" if n > 1 else ""
        raise Invalid(f"导入以后{first.actor.name}又办了“{kinds.get(first.kind).label}”{more}，没有撤销")


def _put_back(batch: Import, row: Customer, deed: Deed, reason: str) -> None:
    """The values, classes and contacts as they were before the row was written over them."""
    events = _of_import(batch, row.pk)
    wanted: dict[str, Any] = {}
    for change in Change.objects.filter(customer=row, event__in=list(events.values_list("pk", flat=True))).order_by(
        "id"
    ):
        if change.field in FIELDS:
            wanted.setdefault(change.field, change.old or None)
    if wanted:
        write_fields(row, wanted, deed, reason=reason)
    for event in events.filter(kind="customer.classified").order_by("-pk"):
        if event.data.get("old"):
            flows.set_term(row.pk, event.data["term"], event.data["old"], deed)
    _drop_contacts(row, events, deed)


def _drop_contacts(row: Customer, events: QuerySet[Event], deed: Deed) -> None:
    from kedang.customers.actions.contacts import change_contact

    added = [event.data.get("contact") for event in events.filter(kind="customer.contact_added")]
    for contact in Contact.objects.filter(pk__in=added, left_at=None):
        change_contact(row, contact, deed, wanted={}, left=True)


def may_see(person: Person, batch: Import) -> bool:
    """Whose import it is sees it; so does who could take it back by the packs."""
    from kedang.kernel.actions import dry_run

    if batch.by_id == person.pk:
        return True
    return dry_run("import.undo", by=person, batch=batch.pk, importer=batch.by_id).verdict == "allow"
