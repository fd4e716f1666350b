"""备份 in 管理: the last backup and the last drill, red when they failed or are late, on every tab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from kedang.kernel.actions.deed import Deed
from kedang.kernel.backups import events
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
