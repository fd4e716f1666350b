"""The deeds of importing: taking a file in, saying how it is read, starting, finishing and undoing it.

`customer.import` is the one that packs speak of. The rows themselves are `customer.register`, `customer.update` and so on,
done one by one by the job (`loading.py`) under every rule that holds for the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from kedang.customers.importing import spooling
from kedang.customers.importing.models import CHECKED, Import, ImportRow, RowState, Stage
from kedang.customers.importing.withform import WITH
from kedang.kernel import blobs
from kedang.kernel.actions import Deed, action, dry_run
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.fields import Field as F
from kedang.kernel.jobs import Job, enqueue
from kedang.kernel.norms.numbers import next_number
from kedang.kernel.org.models import Person

NUMBER = "DR-{year}-{seq:5}"
SKIP, OVERWRITE, EACH = "skip", "overwrite", "each"
POLICIES = {SKIP: "跳过", OVERWRITE: "覆盖", EACH: "逐条决定"}
BATCH = F("batch", "导入", "integer", required=True)
NOT_NOW = "这次导入{stage}，不能再改。"
OPTIONS = {"owner", "unit", "policy", "opening", "reason", "confirmed", WITH}
READ_BY = ("owner", "unit", WITH)
"""Options by which the rows are read: with another one they are checked anew."""


def own(deed: Deed, batch: int) -> Import:
    """The person's own import, locked; NotFound for anybody else's."""
    found = Import.objects.select_for_update().filter(pk=batch, by=deed.by).first()
    if found is None or deed.by is None:
        raise NotFound()
    return found


def arranging(deed: Deed, batch: int) -> Import:
    """The same while it can still be arranged."""
    found = own(deed, batch)
    if found.stage != Stage.ARRANGING:
        raise Invalid(NOT_NOW.format(stage=found.get_stage_display()))
    return found


def root_of(batch: Import) -> Import:
    """The import in whose lines a chain of corrected workbooks counts: its first."""
    return batch.continues or batch


def chain(batch: Import) -> list[int]:
    """The other imports of the chain: the first, and every corrected workbook of it."""
    root = root_of(batch)
    rows = Import.objects.filter(Q(pk=root.pk) | Q(continues=root)).exclude(pk=batch.pk)
    return list(rows.values_list("pk", flat=True))


def allowed(person: Person, **args: Any) -> Any:
    """What the packs would say to this person importing."""
    return dry_run("customer.import", by=person, **args)


def locks(args: Mapping[str, Any]) -> list[str]:
    """Deeds about one import wait for one another."""
    return [f"import:{args.get('batch')}"]


@action(
    "import.upload",
    "上传导入文件",
    needs="none",
    public=False,
    events=("import.uploaded",),
    args=[
        F("blob", "文件", "integer", required=True),
        F("sheet", "工作表", "text", max=120),
        F("table", "读出的内容", "json"),
        F("layout", "栏目对应", "json"),
        F("continues", "续自", "text", max=40),
    ],
)
def upload(
    *,
    deed: Deed,
    blob: int,
    sheet: str | None = None,
    table: Any = None,
    layout: Any = None,
    continues: str | None = None,
) -> int:
    """Keep an uploaded file and how it was read at first sight; the id of the import. Refused to who may not import."""
    if deed.by is None:
        raise NotFound()
    if deed.on_behalf_of is not None:
        raise Invalid("导入以本人的名义办理，不能代他人导入。")
    said = allowed(deed.by)
    if said.verdict == "refuse":
        raise Refused(said)
    found = blobs.usable([blob], deed.by.pk, None)
    if blob not in found:
        raise Invalid("找不到这个文件，请重新上传。")
    blobs.keep([blob], None, deed.now)
    before = (
        Import.objects.filter(number=continues, by=deed.by).exclude(stage=Stage.UNDONE).first() if continues else None
    )
    before = before and root_of(before)
    row = Import.objects.create(
        number=next_number("import", NUMBER, deed.now.date()), by=deed.by, at=deed.now, blob=found[blob],
        sheet=sheet or "", table=table or {}, layout=layout or {}, continues=before,
        options=before.options if before else {"owner": deed.by.pk, "policy": SKIP, "opening": False},
    )  # fmt: skip
    data = {"batch": row.pk, "number": row.number, "sha256": found[blob].sha256}
    deed.record("import.uploaded", subject=f"import:{row.pk}", data=data)
    return row.pk


@action(
    "import.arrange",
    "设定导入栏目",
    needs="none",
    public=False,
    locks=locks,
    args=[
        BATCH,
        F("sheet", "工作表", "text", max=120),
        F("table", "读出的内容", "json"),
        F("layout", "栏目对应", "json"),
        F("options", "导入方式", "json"),
    ],
)
def arrange(
    *, deed: Deed, batch: int, sheet: str | None = None, table: Any = None, layout: Any = None, options: Any = None
) -> int:
    """Keep which sheet, which columns and what was chosen. Another layout or sheet begins the check of all rows anew."""
    row = arranging(deed, batch)
    before = (row.sheet, row.layout, *map(row.options.get, READ_BY))
    if table is not None:
        row.sheet, row.table = sheet or "", table
    row.layout = row.layout if layout is None else layout
    row.options = {**row.options, **{key: value for key, value in (options or {}).items() if key in OPTIONS}}
    changed = before != (row.sheet, row.layout, *map(row.options.get, READ_BY))
    if changed or row.check_job_id is None:
        _check_anew(row, deed)
    row.save()
    return row.pk


def _check_anew(row: Import, deed: Deed) -> None:
    if row.check_job and not row.check_job.over:
        # Another check of the old layout would say what no longer holds; it ends at its next chunk.
        Job.objects.filter(pk=row.check_job_id).update(cancel_asked=True)
    ImportRow.objects.filter(batch=row).delete()
    row.checked = None
    row.check_job = enqueue(
        "import.check", by=deed.by, title=f"检查导入文件：{row.blob.name}", params={"batch": row.pk}
    )


@action(
    "import.choose",
    "决定重复的行",
    needs="none",
    public=False,
    locks=locks,
    args=[BATCH, F("choices", "各行的处理", "json", required=True)],
)
def choose(*, deed: Deed, batch: int, choices: Mapping[str, str]) -> int:
    """Keep what was chosen for rows that may be there already: {line: skip, new or overwrite:<file>}; how many were kept."""
    row = arranging(deed, batch)
    lines = {int(line): str(said) for line, said in choices.items() if str(line).isdigit()}
    rows = list(ImportRow.objects.filter(batch=row, line__in=lines, state__in=CHECKED))
    for one in rows:
        said = lines[one.line]
        allowed_here = {"skip", "new"} | {f"overwrite:{file}" for file in one.found}
        if said not in allowed_here or (said == "new" and one.state == RowState.SAME):
            raise Invalid({str(one.line): "请从所列的处理中选择"})
        one.choice = said
    ImportRow.objects.bulk_update(rows, ["choice"], batch_size=500)
    return len(rows)


@action(
    "customer.import",
    "批量导入客户",
    needs="none",
    events=("customer.import_started",),
    locks=locks,
    args=[
        F("batch", "导入", "integer"),
        F("rows", "行数", "integer"),
        F("opening", "期初资料", "bool"),
        F("policy", "重复的客户", "choice", values=POLICIES, default=SKIP),
    ],
)
def start(
    *,
    deed: Deed,
    batch: int | None = None,
    rows: int | None = None,
    opening: bool | None = None,
    policy: str | None = SKIP,
) -> int:
    """Start an import that has been arranged and checked; the id of its job. Rules may look at rows, opening and policy."""
    if batch is None:
        raise Invalid({"batch": "请先上传文件，再开始导入。"})
    row = arranging(deed, batch)
    if row.checked is None:
        raise Invalid("全部行还没有检查完，请稍候。")
    told = row.checked.get("rows", 0)
    if rows is not None and rows != told:
        raise Invalid({"rows": f"表里有 {told} 行，与所报的 {rows} 行不符，请刷新页面"})
    before = Import.objects.filter(pk__in=chain(row), stage__in=(Stage.RUNNING, Stage.UNDOING))
    if before.exists():
        raise Invalid("上一次导入还没有结束，请等它办完再导入更正后的文件。")
    row.options = {**row.options, "opening": bool(opening), "policy": policy or SKIP}
    row.stage, row.started_at = Stage.RUNNING, deed.now
    row.job = enqueue("customer.import", by=deed.by, title=f"导入客户：{row.blob.name}", params={"batch": row.pk})
    row.save()
    data = {
        "batch": row.pk, "number": row.number, "rows": told, "opening": bool(opening), "policy": POLICIES[policy or SKIP],
        "sha256": row.blob.sha256,
    }  # fmt: skip
    deed.record("customer.import_started", subject=f"import:{row.pk}", data=data)
    return row.job.pk


@action(
    "import.finish", "导入办完", needs="none", public=False, events=("customer.imported",), locks=locks, args=[BATCH]
)
def finish(*, deed: Deed, batch: int) -> int:
    """Write down what came of an import; what its job does last."""
    row = own(deed, batch)
    if row.stage != Stage.RUNNING:
        raise Invalid(NOT_NOW.format(stage=row.get_stage_display()))
    row.stage, row.finished_at, row.counts = Stage.DONE, deed.now, count(row)
    row.save()
    figures = {key: row.counts.get(key, 0) for key in ("created", "updated", "skipped", "failed", "waiting")}
    deed.record(
        "customer.imported", subject=f"import:{row.pk}", data={"batch": row.pk, "number": row.number, **figures}
    )
    return row.pk


def count(batch: Import) -> dict[str, int]:
    """How many rows ended in each state."""
    from django.db.models import Count

    rows = ImportRow.objects.filter(batch=batch).order_by().values_list("state").annotate(n=Count("pk"))
    return dict(rows)


@action("import.drop", "放弃导入", needs="none", public=False, locks=locks, args=[BATCH])
def drop(*, deed: Deed, batch: int) -> int:
    """Give up an import that has not begun; nothing of it has been written, and its file is erased."""
    row = arranging(deed, batch)
    if row.check_job and not row.check_job.over:
        Job.objects.filter(pk=row.check_job_id).update(cancel_asked=True)
    ImportRow.objects.filter(batch=row).delete()
    row.stage, row.finished_at = Stage.DROPPED, deed.now
    row.save()
    # A list that came to nothing is other people's data without a purpose.
    spooling.forget(row)
    blobs.erase([row.blob], deed.now)
    return row.pk


@action(
    "import.fetch",
    "下载导入资料",
    needs="none",
    public=False,
    events=("import.fetched",),
    args=[BATCH, F("what", "文件", "choice", required=True, values={"errors": "错误数据", "file": "原文件"})],
)
def fetch(*, deed: Deed, batch: int, what: str) -> str:
    """Record that the file of an import, or the workbook of its failed rows, is handed to who imported it."""
    row = Import.objects.filter(pk=batch, by=deed.by).first()
    if row is None:
        raise NotFound()
    label = {"errors": "错误数据", "file": "原文件"}[what]
    deed.record(
        "import.fetched", subject=f"import:{row.pk}", data={"batch": row.pk, "number": row.number, "what": label}
    )
    return what
