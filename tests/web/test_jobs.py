"""后台任务: one's own and nobody else's, progress that asks again until it is over, cancelling, results for the requester."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kedang.kernel import clock
from kedang.kernel.jobs import Job, Run, enqueue, files, job, registry, run_pending
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Pulse
from tests.web.conftest import HTMX, Office, queries

Sign = Callable[[str], Client]


@pytest.fixture
def listing(office: Office) -> Iterator[Callable[..., Job]]:
    """Enqueue a job that writes a list."""

    def write(run: Run, *, rows: int) -> dict[str, Any]:
        run.progress(rows, total=rows, counts={"ok": rows - 1, "invalid": 1})
        with run.output("错误数据.csv") as handle:
            handle.write("行号,错误\n".encode())
        return {"rows": rows}

    job("test.list", "试验任务")(write)
    yield lambda by="wang", rows=3: enqueue(
        "test.list", by=office[by], title="导入客户：名单.xlsx", params={"rows": rows}
    )
    registry._kinds.pop("test.list")


def text(client: Client, url: str = "/jobs/", **headers: str) -> str:
    return client.get(url, headers=headers).content.decode()


def test_without_jobs_the_page_says_what_would_be_here(office: Office, as_: Sign) -> None:
    assert "没有后台任务" in text(as_("wang"))


def test_a_waiting_job_asks_for_its_progress_again_and_a_finished_one_does_not(listing: Any, as_: Sign) -> None:
    one = listing()
    client = as_("wang")
    page = text(client)
    assert "导入客户：名单.xlsx" in page and "排队中" in page and f'hx-get="/jobs/{one.pk}/"' in page
    run_pending()
    answer = client.get(f"/jobs/{one.pk}/", headers=HTMX)
    part = answer.content.decode()
    assert "已完成" in part and "hx-get" not in part and answer["HX-Trigger"] == "job-over"
    assert "办成" in part and "有误" in part and "下载 错误数据.csv" in part


def test_a_job_is_nobody_elses_and_administrators_see_but_do_not_fetch(listing: Any, as_: Sign, office: Office) -> None:
    one = listing()
    run_pending()
    other, admin = as_("li"), as_("admin")
    for url in (f"/jobs/{one.pk}/", f"/jobs/{one.pk}/result/"):
        assert other.get(url).status_code == 404
    assert "名单.xlsx" not in text(other) and "名单.xlsx" not in text(other, "/jobs/?tab=all")
    assert "名单.xlsx" in text(admin, "/jobs/?tab=all") and "错误数据.csv" not in text(admin, "/jobs/?tab=all")
    assert admin.get(f"/jobs/{one.pk}/result/").status_code == 404


def test_the_result_is_downloaded_by_its_requester_on_record_until_it_expires(
    listing: Any, as_: Sign, office: Office
) -> None:
    one = listing()
    run_pending()
    client = as_("wang")
    answer = client.get(f"/jobs/{one.pk}/result/")
    assert b"".join(answer.streaming_content) == "行号,错误\n".encode()
    assert "attachment" in answer["Content-Disposition"] and answer["X-Content-Type-Options"] == "nosniff"
    assert Event.objects.filter(kind="job.fetched", subject=f"job:{one.pk}").count() == 1
    office.clock.advance(files.KEPT_FOR + timedelta(minutes=1))
    assert "已过期删除" in text(client)
    late = client.get(f"/jobs/{one.pk}/result/")
    assert late.status_code == 422 and "已过期" in late.content.decode()


def test_a_waiting_job_is_cancelled_from_its_part(listing: Any, as_: Sign) -> None:
    one = listing()
    part = as_("wang").post(f"/jobs/{one.pk}/cancel/", headers=HTMX).content.decode()
    assert "已取消" in part and Job.objects.get(pk=one.pk).state == "cancelled" and not run_pending()
    assert as_("li").post(f"/jobs/{one.pk}/cancel/", headers=HTMX).status_code == 404


def test_administrators_are_told_when_the_worker_has_stopped(office: Office, as_: Sign) -> None:
    Pulse.objects.create(name="tick", at=clock.now())
    Pulse.objects.create(name="worker", at=clock.now() - timedelta(minutes=10))
    assert "后台任务已停" in text(as_("admin")) and "后台任务已停" not in text(as_("wang"))
    Pulse.objects.filter(name="worker").update(at=clock.now())
    assert "后台任务已停" not in text(as_("admin"))


def test_a_page_of_many_jobs_asks_no_more_than_one_of_few(listing: Any, as_: Sign) -> None:
    for _ in range(3):
        listing()
    client = as_("wang")
    few = queries(client, "/jobs/")
    for _ in range(30):
        listing()
    assert queries(client, "/jobs/") == few
