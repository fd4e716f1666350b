"""What a person does about a job in the background: call it off, fetch what it left. Starting one is the deed that needs it."""

from __future__ import annotations

from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.jobs import files, queue
from kedang.kernel.jobs.models import Job

JOB = Field("job", "任务", "integer", required=True)


@action("job.cancel", "取消任务", args=[JOB], about="", needs="none", events=("job.cancelled",))
def cancel_job(*, deed: Deed, job: int) -> str:
    """Call a job off; one's own, administrators any. Returns its state: a running one ends after the chunk in hand."""
    row = Job.objects.select_for_update().filter(pk=job).first()
    if row is None or deed.by is None or (row.by_id != deed.by.pk and not deed.by.is_admin):
        raise NotFound
    if row.over:
        raise Invalid("这项任务已经结束，不能取消。")
    queue.cancel(row)
    deed.record("job.cancelled", subject=f"job:{row.pk}", data={"job": row.pk, "title": row.title})
    return str(row.state)


@action("job.fetch", "下载任务结果", args=[JOB], about="", needs="none", reads=True, events=("job.fetched",))
def fetch_result(*, deed: Deed, job: int) -> str:
    """The file a job left, for nobody but who asked for it, until it expires; every fetching is on record. Its path."""
    row = Job.objects.filter(pk=job).first()
    if row is None or deed.by is None or row.by_id != deed.by.pk:
        raise NotFound
    path = files.path_of(row)
    if path is None:
        raise Invalid("结果文件已过期删除，请重新办理。" if row.file_name else "这项任务没有结果文件。")
    deed.record("job.fetched", subject=f"job:{row.pk}", data={"job": row.pk, "name": row.file_name})
    return str(path)
