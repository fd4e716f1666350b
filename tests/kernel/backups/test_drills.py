"""Backups and drills by themselves: when they are due, what they leave, how they stand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from kedang.kernel import clock, ledger
from kedang.kernel.actions.deed import Deed
from kedang.kernel.backups import drilling, engines, events, folders, runs
from kedang.kernel.backups.folders import Unusable
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Pulse
from tests.kernel.backups.conftest import note, paper

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_drill_restores_verifies_and_leaves_nothing(place: Path) -> None:
    paper()
    note()
    ledger.seal()
    runs.backup(place)
    done = runs.drill(place)
    assert (done.files, done.events) == (1, 1)
    assert Event.objects.latest("id").kind == events.DRILLED
    assert sorted(path.name for path in place.iterdir() if path.is_dir()) == [folders.whole(place)[0].name]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'kedang_drill_%%'")
            assert cursor.fetchone() == (0,)


def test_a_drill_of_a_damaged_backup_fails_on_record_and_shows_red(place: Path) -> None:
    made = runs.backup(place)
    path = made.folder / engines.FILES[connection.vendor]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Unusable, match="与清单不符"):
        runs.drill(place)
    backups, drills = runs.standings()
    assert (backups.red, drills.red) == (False, True)
    assert "与清单不符" in drills.bad_text


def test_a_drill_needs_a_backup(place: Path) -> None:
    place.mkdir()
    with pytest.raises(Unusable, match="里没有备份"):
        drilling.drill(place)


def test_a_backup_is_due_once_a_day_after_its_hour_and_shows_red_when_it_fails_to_come(
    place: Path, settings: Any
) -> None:
    settings.BACKUP = settings.BACKUP.__class__(place, settings.BACKUP.at, 3, 7)
    with clock.frozen("2026-03-02 01:59") as held:
        assert runs.due(held.at), "there is none yet"
        record_made()
        assert not runs.backup_due(held.at)
        held.move_to(held.at.replace(hour=2, minute=0))
        assert runs.backup_due(held.at)
        record_made()
        assert not runs.backup_due(held.at)
        assert not runs.standings()[0].red
        held.move_to(held.at.replace(day=3, hour=7))
        assert runs.standings()[0].red
        Pulse.objects.update_or_create(name=runs.PULSE, defaults={"at": held.at})
        assert not runs.due(held.at), "it was tried a moment ago"


def record_made() -> None:
    data = {"name": "kedang-x", "rows": 1, "files": 0, "bytes": 1, "seconds": 0, "head": 0}
    with transaction.atomic():
        Deed(by=None).record(events.MADE, data=data)


def test_the_clock_of_rules_starts_the_backup_once(place: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from kedang.kernel.norms.store import regulations
    from kedang.kernel.tick import backing

    started: list[list[str]] = []

    class Child:
        def __init__(self, command: list[str], **more: object) -> None:
            started.append(command)

        def poll(self) -> None:
            return None

    settings.BACKUP = settings.BACKUP.__class__(place, settings.BACKUP.at, 3, 7)
    monkeypatch.setattr(backing.subprocess, "Popen", Child)
    monkeypatch.setattr(backing, "_running", None)
    backing.back_up(regulations())
    backing.back_up(regulations())
    assert started == [[sys.executable, "-m", "kedang.cli", "backup", "--scheduled"]]


def test_what_is_scheduled_makes_a_backup_and_tries_it(place: Path, settings: Any) -> None:
    settings.BACKUP = settings.BACKUP.__class__(place, settings.BACKUP.at, 2, 7)
    runs.scheduled()
    assert [runs.last(kind) is not None for kind in (events.MADE, events.DRILLED)] == [True, True]
    runs.scheduled()
    assert Event.objects.filter(kind=events.MADE).count() == 1
