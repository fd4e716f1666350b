"""A store, a data folder and a place for backups of a test's own; something to back up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from kedang.kernel import clock
from kedang.kernel.actions.deed import Deed
from kedang.kernel.backups import events
from kedang.kernel.blobs import service as blobs
from kedang.kernel.blobs import store
from kedang.kernel.org import changes


@pytest.fixture(autouse=True)
def attachments(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A store and a data folder of its own."""
    (tmp_path / "data").mkdir()
    settings.DATA_DIR = tmp_path / "data"
    with store.elsewhere(tmp_path / "attachments"):
        yield tmp_path / "attachments"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def paper(text: str = "合同正文", by: str = "u1") -> str:
    """A kept content, its address."""
    person = changes.create_person(username=by, name="小王")
    made = blobs.received([text.encode()], "合同.txt", person)
    blobs.keep([made.pk], None, clock.now())
    return made.sha256


def note() -> None:
    with transaction.atomic():
        Deed(by=None).record(events.FAILED, data={"why": "为测试"})
