"""后台任务: one's own jobs (administrators: everybody's), how far each is, calling one off, fetching what it left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.errors import NotFound
from kedang.kernel.jobs import Job, label_of, unit_of
from kedang.kernel.org.models import Person
from kedang.web import jobs
from kedang.web.paging import page_of
from kedang.web.replies import go, is_fragment

COUNT_WORDS = {
    "ok": "办成", "refused": "被拒绝", "invalid": "有误", "needs": "提交审批", "asks": "须说明理由", "not_found": "没有找到",
    "conflict": "与他人修改冲突", "failed": "系统出错",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A job as the page shows it to one reader."""

    job: Job
    kind: str
    unit: str
    counts: tuple[tuple[str, int], ...]
    url: str
    mine: bool
    fetchable: bool

    @property
    def known(self) -> bool:
        """Whether it is known how much there is to do."""
        return self.job.total is not None or self.job.state == "done"


def line_of(job: Job, reader: Person) -> Line:
    """What a reader is shown of a job."""
    mine = job.by_id == reader.pk
    lasts = bool(job.file) and job.file_until is not None and job.file_until > clock.now()
    counts = tuple((COUNT_WORDS.get(key, key), n) for key, n in job.counts.items() if n)
    return Line(
        job, label_of(job.kind), unit_of(job.kind), counts, jobs.url_of(job) if mine else "", mine, mine and lasts
    )


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The list, newest first."""
    everybody = request.user.is_admin and request.GET.get("tab") == "all"
    page = page_of(_visible(request.user, everybody).order_by("-created_at", "-id"), request.GET.get("page"))
    context = {
        "page": page, "rows": [line_of(job, request.user) for job in page.rows], "everybody": everybody,
        "tabs": [("mine", "我的任务", not everybody), ("all", "全部任务", everybody)] if request.user.is_admin else [],
    }  # fmt: skip
    return render(request, "jobs/list.html", context)


@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """One job's part of a page, asked for again every two seconds until it is over."""
    return _part(request, _job(request, pk))


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call it off."""
    job = _job(request, pk)
    perform("job.cancel", by=request.user, job=pk)
    job.refresh_from_db()
    return _part(request, job) if is_fragment(request) else go(request, reverse("jobs"), "已取消")


@require_GET
def result(request: HttpRequest, pk: int) -> FileResponse:
    """The file it left, for nobody but who asked for it; no browser guesses its type and no cache keeps it."""
    job = _job(request, pk)
    path = Path(perform("job.fetch", by=request.user, job=pk).value)
    response = FileResponse(path.open("rb"), as_attachment=True, filename=job.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response


def _visible(person: Person, everybody: bool) -> QuerySet[Job]:
    rows = Job.objects.select_related("by")
    return rows if everybody else rows.filter(by=person)


def _job(request: HttpRequest, pk: int) -> Job:
    found = _visible(request.user, request.user.is_admin).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def _part(request: HttpRequest, job: Job) -> HttpResponse:
    response = render(request, "parts/job_progress.html", {"line": line_of(job, request.user)})
    if job.over:
        # A page that embeds the part waits for this and fetches what has come of it.
        response["HX-Trigger"] = "job-over"
    return response
