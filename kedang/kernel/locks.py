"""Named locks of a transaction, taken sorted so that two deeds cannot wait for each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection

from kedang.kernel import direct


def take(names: Iterable[str]) -> None:
    """Hold these names until the transaction ends. SQLite writes one at a time (IMMEDIATE), so it needs none."""
    wanted = sorted(set(names))
    if not wanted or connection.vendor != "postgresql":
        return
    numbers = [_number(name) for name in wanted]
    direct.run("SELECT pg_advisory_xact_lock(n) FROM (SELECT unnest(%s::bigint[]) AS n ORDER BY n) AS names", [numbers])


def _number(name: str) -> int:
    """A stable signed 64-bit number for a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
