"""Loading the demo is broken off: nobody is served half of it, and the next start begins afresh and says so."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

LOAD = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "kedang.config.settings"
import django; django.setup()
from kedang.cli import main
from kedang.demo import load, story
from functools import partial
load.load = partial(load.load, days=45)
days = []
def step(self, *more):
    days.append(1)
    {how}
    return whole(self, *more)
whole = story.Story.run
story.Story.run = step
main(["manage", "migrate", "-v0"]) if {first} else None
sys.exit(main(["demo", "--customers", "24"]))
"""


@pytest.fixture
def place(tmp_path: Path, db: None) -> Iterator[dict[str, str]]:
    """The environment of an installation of its own, with nothing in it."""
    held = {
        **os.environ,
        "KEDANG_DATA": str(tmp_path / "data"),
        "KEDANG_BACKUP_DIR": "",
        "DJANGO_SETTINGS_MODULE": "kedang.config.settings",
    }
    if connection.vendor != "postgresql":
        held.pop("KEDANG_DATABASE_URL", None)
        yield held
        return
    import psycopg

    from soak.restores import URL, at_database

    name = f"demo_{secrets.token_hex(4)}"
    with psycopg.connect(at_database("template1"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        yield {**held, URL: at_database(name)}
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run(place: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], env=place, capture_output=True, text=True, check=False, timeout=240)


def kedang(place: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return run(place, "-m", "kedang.cli", *words)


@pytest.mark.parametrize("how", ["os._exit(9)", "raise ValueError('mitten')"], ids=["killed", "an error"])
def test_half_a_demo_is_not_served_and_the_next_load_begins_afresh(place: dict[str, str], how: str) -> None:
    broken = run(place, "-c", LOAD.format(how=how, first=True))
    assert broken.returncode == (9 if "exit" in how else 1), broken.stderr
    if "raise" in how:
        assert "演示公司没有建成：mitten" in broken.stderr and "清空重来" in broken.stderr
        return  # what is left in the database is the same
    served = kedang(place, "run", "--port", "1")
    assert served.returncode == 2 and "演示公司没有载完" in served.stderr and "客档已启动" not in served.stdout
    again = run(place, "-c", LOAD.format(how="pass", first=False))
    assert again.returncode == 0, again.stderr
    assert "没有做完，现在清空" in again.stdout and "演示公司已建立" in again.stdout
    listed = kedang(place, "demo", "--accounts").stdout
    assert "密码都是" in listed and "admin" in listed
    assert "只能建在空库中" in kedang(place, "demo").stderr


def test_two_loads_at_once_are_refused_and_only_half_a_demo_is_ever_wiped(
    tmp_path: Path, settings: object, db: None
) -> None:
    from kedang.demo import load
    from kedang.kernel.errors import Invalid

    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    with load.alone(), pytest.raises(Invalid, match="另一个进程正在载入"), load.alone():
        pass
    with pytest.raises(Invalid, match="没有清空"):
        load.wipe()
