"""/healthz: ok while every part lives, else 503 and which part fails; nothing of what is kept, few queries, no sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kedang.kernel import clock, ledger
from kedang.kernel.actions.deed import Deed
from kedang.kernel.backups import events
from kedang.kernel.models import Pulse
from kedang.web import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def alive() -> Iterator[clock.Frozen]:
    """An installation of which every part has just given a sign of life."""
    with clock.frozen("2026-03-02 10:00") as held:
        for name in ("tick", "worker"):
            Pulse.objects.create(name=name, at=clock.now())
        health.forget()
        yield held
    health.forget()


def ask(**more: Any) -> tuple[int, Any]:
    health.forget()
    response = Client().get("/healthz", **more)
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response.json()


def test_ok_without_signing_in_and_under_any_host_name() -> None:
    assert ask() == (200, {"status": "ok"})
    assert ask(headers={"host": "10.0.0.7:8000"}) == (200, {"status": "ok"})


def test_it_asks_little_and_keeps_the_answer_for_a_moment() -> None:
    ask()
    health.forget()
    with CaptureQueriesContext(connection) as seen:
        Client().get("/healthz")
    assert len([one for one in seen if "SAVEPOINT" not in one["sql"]]) <= 6
    with CaptureQueriesContext(connection) as seen:
        Client().get("/healthz")
    assert len(seen) == 0


@pytest.mark.parametrize(("name", "part"), [("tick", "clock"), ("worker", "worker")])
def test_a_process_without_a_sign_of_life_is_named(name: str, part: str) -> None:
    Pulse.objects.filter(name=name).update(at=clock.now() - timedelta(minutes=6))
    assert ask() == (503, {"status": "failing", "failing": [part]})
    Pulse.objects.filter(name=name).delete()
    assert ask() == (503, {"status": "failing", "failing": [part]})


def test_events_that_nobody_seals_fail_the_ledger(alive: clock.Frozen) -> None:
    Deed(by=None).record(events.FAILED, data={"why": "为测试"})
    assert ask()[0] == 200
    alive.move_to(alive.at + timedelta(minutes=16))
    Pulse.objects.update(at=clock.now())
    assert ask() == (503, {"status": "failing", "failing": ["ledger"]})
    ledger.seal()
    assert ask()[0] == 200


def raising(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def write() -> bool:
        raise OperationalError(text)

    monkeypatch.setattr(health, "_ledger_goes_on", write)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("attempt to write a readonly database", (503, {"status": "failing", "failing": ["ledger"]})),
        ("database or disk is full", (503, {"status": "failing", "failing": ["ledger"]})),
        ("connection refused", (503, {"status": "failing", "failing": ["database"]})),
        ("database is locked", (200, {"status": "ok"})),
    ],
)
def test_what_the_database_says_is_told_by_the_part_alone(
    monkeypatch: pytest.MonkeyPatch, text: str, answer: tuple[int, Any]
) -> None:
    raising(monkeypatch, text)
    assert ask() == answer


def test_a_database_that_is_read_only_fails_the_ledger_and_can_be_read() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY" if connection.vendor == "postgresql" else "PRAGMA query_only=ON")
        try:
            assert ask() == (503, {"status": "failing", "failing": ["ledger"]})
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA query_only=OFF")


def test_other_methods_are_refused() -> None:
    assert Client().post("/healthz").status_code == 405
