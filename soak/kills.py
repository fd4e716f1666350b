"""Killed and restarted: four clients post while the whole server is killed 60 to 180 ms after it answers, again and again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from django.db import connections

from soak import checking, company
from soak.clients import Client, Note, Shared
from soak.rig import Rig

SHORTEST, LONGEST = 0.06, 0.18
CHECK_EVERY = 50
COLD_EVERY = 125
TICK_EVERY = 7
SAID = 10
PATIENCE = 10.0


def run(seed: int, amount: int, engine: str) -> dict[str, Any]:
    """Kill so many times; what was acknowledged, what of it is gone, and whatever else is wrong."""
    password = company.make()
    dice = random.Random(seed)
    rig = Rig()
    shared = Shared(rig.port, password)
    clients = [Client(shared, login, seed) for login in company.CAST]
    problems: list[str] = []
    lost: list[str] = []
    checked = 0
    try:
        begin(rig, shared, clients)
        for number in range(1, amount + 1):
            cold = number % COLD_EVERY == 0
            rig.start(tick=number % TICK_EVERY == 0, cold=cold)
            live(shared, dice.uniform(SHORTEST, LONGEST))
            rig.kill()
            if number % CHECK_EVERY == 0 or number == amount:
                new = shared.notes[checked:]
                checked += len(new)
                lost += settled(engine, new)
        finish(rig, shared, clients)
        lost += settled(engine, shared.notes[checked:])
        lost = sorted({*lost, *checking.lost(shared.notes)})
        problems += checking.whole()
    finally:
        shared.over.set()
        rig.close()
    return told(amount, shared, lost, problems)


def begin(rig: Rig, shared: Shared, clients: list[Client]) -> None:
    """A first life in peace: everybody signs in."""
    connections.close_all()
    rig.start()
    for client in clients:
        client.browser.sign_in(client.login, shared.password)
        client.browser.drop()
        client.start()
    rig.kill()


def live(shared: Shared, seconds: float, then: Callable[[], None] | None = None) -> None:
    """Let the clients post until so long after the first answer: a life that dies before it works would show little."""
    shared.answered.clear()
    shared.up.set()
    shared.answered.wait(PATIENCE)
    time.sleep(seconds)
    if then:
        then()
    shared.up.clear()


def finish(rig: Rig, shared: Shared, clients: list[Client]) -> None:
    """A last life in peace: what is on its way is sent again until it is answered."""
    rig.start()
    shared.up.set()
    time.sleep(0.5)
    shared.over.set()
    for client in clients:
        client.join(30)
    rig.kill()


def settled(engine: str, notes: list[Note]) -> list[str]:
    """The deeds of these notes that are not whole now, while no server runs."""
    if engine == "postgres":
        _wait_for_backends()
    missing = checking.lost(notes)
    connections.close_all()
    return missing


def _wait_for_backends() -> None:
    """The database server stays up: statements of killed clients may end a moment after them."""
    from django.db import connection

    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.01)


def told(amount: int, shared: Shared, lost: list[str], problems: list[str]) -> dict[str, Any]:
    """The counts, and the first of what went wrong in words."""
    kinds = {kind: sum(note.kind == kind for note in shared.notes) for kind in checking.WHOLE}
    said = [*(f"lost: {one}" for one in lost), *problems, *shared.unexpected]
    counts: dict[str, Any] = {
        "runs": amount,
        "acknowledged": len(shared.notes),
        "lost": len(lost),
        "sent_again": shared.again,
    }
    counts |= {f"{kind}s": number for kind, number in kinds.items()}
    if said:
        counts |= {"problems": said[:SAID]}
    return counts
