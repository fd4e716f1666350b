"""From an older version's tables: a backup first, then this version's; and a way back in words when that fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from kedang.kernel.backups import folders, runs, upgrading
from kedang.kernel.backups.folders import Unusable
from soak.restores import URL, _database, _environment, command, restored

pytestmark = pytest.mark.django_db(transaction=True)

OLDER = {
    "ledger": "0004", "engagement": "0003", "approvals": "0002", "web": "0002", "norms": "0005", "kernel": "0001", "trade": "0002",
    "org": "0003", "workdays": "0002", "blobs": "0001", "customers": "0006", "records": "0002", "jobs": "0001",
}  # fmt: skip
"""How far each app was when version 1b was cut."""
BUILD = """
import json, sys, django
django.setup()
from django.core.management import call_command
from django.db import connection
for app, name in json.loads(sys.argv[1]).items():
    call_command("migrate", app, name, verbosity=0)
for app in ("auth", "contenttypes", "sessions", "axes"):
    call_command("migrate", app, verbosity=0)
with connection.cursor() as cursor:
    cursor.execute("INSERT INTO kernel_pulse (name, at) VALUES ('kept from before', '2026-01-05 00:00:00+00')")
"""


def older(tmp_path: Path, more: dict[str, str]) -> dict[str, str]:
    """An installation of the older version."""
    told = {"KEDANG_DATA": str(tmp_path / "older"), "KEDANG_BACKUP_DIR": "", **more}
    subprocess.run([sys.executable, "-c", BUILD, json.dumps(OLDER)], env=_environment(told), check=True)
    return told


def test_an_older_versions_backup_is_restored_and_brought_forward_and_so_is_the_installation_itself(
    tmp_path: Path,
) -> None:
    place = tmp_path / "backups"
    if connection.vendor == "postgresql":
        with _database() as url:
            _older_and_newer(tmp_path, place, {URL: url})
    else:
        _older_and_newer(tmp_path, place, {})


def _older_and_newer(tmp_path: Path, place: Path, more: dict[str, str]) -> None:
    told = older(tmp_path, more)
    command("backup", str(place), more=told)
    assert folders.manifest_of(folders.newest(place))["migrations"]["kernel"] == ["0001_initial"]
    with restored(place, tmp_path) as copy:
        assert "kernel_erasure" in copy.source.tables()
        assert copy.source.ask("SELECT count(*) FROM kernel_pulse WHERE name = 'kept from before'") == [(1,)]
        [(how,)] = copy.source.ask("SELECT data FROM ledger_event WHERE kind = 'backup.restored'")
        assert "已升级到本版本" in (json.loads(how) if isinstance(how, str) else how)["how"]
    said = command("upgrade", str(place), more=told).stdout
    assert "升级前的备份" in said and "台账核验无误" in said
    assert len(folders.whole(place)) == 2
    assert "不用升级" in command("upgrade", str(place), more=told).stdout
    assert len(folders.whole(place)) == 2, "nothing to upgrade, nothing to back up"


def test_an_upgrade_that_fails_says_how_to_go_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object, **named: object) -> None:
        raise ValueError("字段冲突")

    monkeypatch.setattr(runs, "current", lambda: False)
    monkeypatch.setattr(upgrading, "call_command", fails)
    told: list[str] = []
    with pytest.raises(Unusable) as error:
        upgrading.upgrade(tmp_path / "backups", told.append)
    folder = folders.newest(tmp_path / "backups")
    assert "字段冲突" in str(error.value) and f"kedang restore {folder}" in str(error.value)
    assert told == [f"升级前的备份：{folder}"]
