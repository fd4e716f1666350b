"""备份 in 管理: the last backup and the last drill, red when they failed or are late, on every tab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from kedang.kernel.actions.deed import Deed
from kedang.kernel.backups import asking, events, folders
from kedang.kernel.errors import Refused
from kedang.kernel.jobs import Job, run_pending
from kedang.kernel.ledger.models import Event
from tests.web.conftest import Office

Sign = Callable[[str], Client]
MADE = {"name": "kedang-20260302-020000", "rows": 120, "files": 3, "bytes": 9000, "seconds": 2, "head": 9}


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.BACKUP = settings.BACKUP.__class__(tmp_path, settings.BACKUP.at, 14, 7)
    return tmp_path


def text(client: Client, tab: str = "backups") -> str:
    return client.get(f"/manage/?tab={tab}").content.decode()


def test_without_a_folder_it_says_how_to_have_backups(as_: Sign) -> None:
    page = text(as_("admin"))
    assert "没有设置自动备份" in page and "KEDANG_BACKUP_DIR" in page
    assert "已过期" not in text(as_("admin"), "people")


def test_none_yet_where_they_are_expected_is_red_on_every_tab(as_: Sign, folder: Path) -> None:
    assert "上次备份、上次恢复演练失败或已过期" in text(as_("admin"), "people")
    assert "已超过规定的间隔" in text(as_("admin"))


def test_a_good_backup_and_a_good_drill_are_green_and_a_later_failure_is_red(
    as_: Sign, office: Office, folder: Path
) -> None:
    Deed(by=None).record(events.MADE, data=MADE)
    Deed(by=None).record(
        events.DRILLED, data={"name": MADE["name"], "rows": 120, "files": 3, "events": 9, "seconds": 4}
    )
    page = text(as_("admin"))
    assert "上次备份" in page and "上次恢复演练" in page and 'class="note red"' not in page
    Deed(by=None).record(events.DRILL_FAILED, data={"why": "附件 ab 已损坏或被改动"})
    assert "附件 ab 已损坏或被改动" in text(as_("admin"))
    assert "上次恢复演练失败或已过期" in text(as_("admin"), "people")
    office.clock.move_to(office.clock.at.replace(day=4))
    assert "上次备份、上次恢复演练失败或已过期" in text(as_("admin"), "people")


def test_a_backup_whose_list_was_changed_is_shown_as_such(as_: Sign, folder: Path) -> None:
    broken = folder / "kedang-20260302-020000"
    broken.mkdir()
    (broken / "manifest.json").write_text("{}")
    (broken / "manifest.sha256").write_text("x")
    assert "清单被改动过" in text(as_("admin"))


def test_to_others_there_is_no_such_page(as_: Sign) -> None:
    assert as_("zheng").get("/manage/?tab=backups").status_code == 404


# ---- 立即备份, 立即演练 --------------------------------------------------------------------------------------------------


def press(client: Client, what: str = "now") -> Any:
    return client.post(f"/manage/backups/{what}/", follow=True)


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def work(*args: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(asking.runs.making, "make", work)


def test_an_administrator_asks_for_a_backup_and_sees_how_it_goes_and_what_came_of_it(as_: Sign, folder: Path) -> None:
    page = press(as_("admin")).content.decode()
    assert "已开始备份" in page and "排队中" in page and "立即备份</button>" not in page
    asked = Event.objects.get(kind=events.ASKED)
    assert asked.data["what"] == "备份" and asked.actor_id is not None
    assert Job.objects.get().kind == asking.BACKUP


def test_while_one_is_under_way_another_is_refused(as_: Sign, folder: Path) -> None:
    (folder / "kedang-20260302-020000").mkdir()
    (folder / "kedang-20260302-020000" / folders.MANIFEST).write_text("{}")
    press(as_("admin"))
    for what in ("now", "drill"):
        assert "备份正在进行，请等它结束后再办理" in press(as_("admin"), what).content.decode()
    assert Job.objects.count() == 1


def test_while_the_clock_of_rules_makes_one_another_is_refused(as_: Sign, folder: Path) -> None:
    with folders.alone(folder):
        assert "自动备份或演练正在进行" in press(as_("admin")).content.decode()
    assert not Job.objects.exists()


def test_a_failure_is_said_with_its_reason_and_can_be_tried_again(
    as_: Sign, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, OSError(28, "No space left on device", str(folder)))
    press(as_("admin"))
    run_pending()
    page = text(as_("admin"))
    assert "未完成" in page and f"读写 {folder} 失败：No space left on device" in page and "立即备份</button>" in page
    assert Job.objects.get().state == "failed", "the disk is no fuller for being asked again"


def test_without_a_folder_or_a_backup_to_try_it_is_refused_with_the_reason(
    as_: Sign, folder: Path, settings: Any
) -> None:
    assert "还没有备份可以演练" in press(as_("admin"), "drill").content.decode()
    settings.BACKUP = settings.BACKUP.__class__(None, settings.BACKUP.at, 14, 7)
    assert "KEDANG_BACKUP_DIR" in press(as_("admin")).content.decode()
    assert not Job.objects.exists()


def test_to_others_there_are_no_such_buttons_and_the_deed_is_refused(as_: Sign, office: Office, folder: Path) -> None:
    assert press(as_("zheng")).status_code == 404
    assert press(as_("admin"), "other").status_code == 404
    with pytest.raises(Refused, match="只有系统管理员"):
        office.do("backup.now", "zheng")
