"""Power cuts: the server, and PostgreSQL with it, stand still; the disk is copied as it is; everything is killed; the copy is
mounted in the disk's place, and the next life goes on from it."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from soak import checking, company, images, kills
from soak.clients import Client, Shared
from soak.rig import Rig, alive, descendants
from tests.support import pg

LONGEST = 0.5


def run(seed: int, amount: int, engine: str) -> dict[str, Any]:
    """Cut the power so many times; what was acknowledged, and what of it is gone."""
    password = company.make()
    dice = random.Random(seed)
    postgres = Postgres() if engine == "postgres" else None
    rig = Rig()
    shared = Shared(rig.port, password)
    clients = [Client(shared, login, seed) for login in company.CAST]
    lost: list[str] = []
    checked = 0
    try:
        kills.begin(rig, shared, clients)
        for _ in range(amount):
            rig.start()
            kills.live(shared, dice.uniform(kills.SHORTEST, LONGEST), then=rig.stop_still)
            cut(rig, postgres)
            new = shared.notes[checked:]
            checked += len(new)
            lost += checking.lost(new)
            connections.close_all()
        kills.finish(rig, shared, clients)
        lost = sorted({*lost, *checking.lost(shared.notes)})
        problems = checking.whole()
    finally:
        shared.over.set()
        rig.close()
        connections.close_all()
        if postgres:
            postgres.close()
    return kills.told(amount, shared, lost, problems)


def cut(rig: Rig, postgres: Postgres | None) -> None:
    """The copy is taken while nothing moves; then all is killed and the copy is the disk."""
    connections.close_all()
    if postgres:
        postgres.stop_still()

    def kill() -> None:
        rig.kill()
        if postgres:
            postgres.kill()

    images.cut(Path(settings.DATA_DIR), kill)
    if postgres:
        postgres.start()


class Postgres:
    """The PostgreSQL server that `python -m soak` has started in this place: cut off with the rest, and started again."""

    def __init__(self) -> None:
        self.cluster = pg.Cluster(
            Path(settings.DATA_DIR) / "pg", Path(settings.DATABASES["default"]["HOST"]), durable=True
        )
        self.pid = int(os.environ["KEDANG_SOAK_PG"])

    def stop_still(self) -> None:
        """Every process of it, the first one first: it starts no more."""
        for pid in [self.pid, *descendants(self.pid)]:
            os.kill(pid, signal.SIGSTOP)

    def kill(self) -> None:
        """SIGKILL, as the power would."""
        tree = [self.pid, *descendants(self.pid)]
        for pid in tree:
            os.kill(pid, signal.SIGKILL)
        if self.cluster.process:
            self.cluster.process.wait()
        while any(alive(pid) for pid in tree):
            time.sleep(0.005)

    def start(self) -> None:
        """Recovery from its journal, as after any crash."""
        # After a real power cut its old number is nobody's; here the dead process may not have been noticed yet by the
        # one that started it, and would look alive.
        (self.cluster.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        for lock in self.cluster.sockets.glob(".s.PGSQL.*"):
            lock.unlink()
        self.cluster.serve()
        assert self.cluster.process is not None
        self.pid = self.cluster.process.pid

    def close(self) -> None:
        """The last one that was started here."""
        if self.cluster.process:
            self.kill()
