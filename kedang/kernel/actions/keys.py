"""One deed a key: double clicks and retried posts act once."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.db import connection

from kedang.kernel import clock, direct, nightly, stamps
from kedang.kernel.errors import KeyUsed
from kedang.kernel.models import CommandKey
from kedang.kernel.org.models import Person

LIFE = timedelta(days=30)
"""How long a second post is still answered like the first; then the key is as good as new."""
CHUNK = 5_000
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str)


def claim(key: str, by: Person | None, digest: str) -> tuple[CommandKey, bool]:
    """Insert the key, or wait for whoever holds it: (row, True when it is ours to act).

    On PostgreSQL the second insert waits on the unique index until the first deed commits or rolls back.
    """
    row = CommandKey(key=key, person=by, digest=digest, at=clock.now())
    if _inserted(row):
        return row, True
    row = CommandKey.objects.get(key=key)
    if row.person_id != (by.pk if by else None) or row.digest != digest:
        raise KeyUsed("这次提交的编号已被另一次操作使用，请刷新页面后重试。")
    return row, False


def _inserted(row: CommandKey) -> bool:
    """Whether the key was free. Django's own way would need a savepoint around an error."""
    at = connection.ops.adapt_datetimefield_value(row.at)
    # What is in force is asked on the way: each deed needs it next.
    written = stamps.beside(
        f"INSERT INTO {CommandKey._meta.db_table} (key, person_id, digest, outcome, at)"  # noqa: S608  (names of the model, no input)
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING",
        [row.key, row.person_id, row.digest, row.outcome, at],
    )
    return written == 1


def settle(row: CommandKey | None, outcome: str, result: Any) -> None:
    """Keep what the deed answered, for the second post."""
    if row is None:
        return
    direct.run(
        f"UPDATE {CommandKey._meta.db_table} SET outcome = %s, result = %s WHERE key = %s",  # noqa: S608  (names of the model, no input)
        [outcome, None if result is None else json.dumps(result, ensure_ascii=False), row.key],
    )


def drop(row: CommandKey | None) -> None:
    """Nothing was done: the same post may come again, with the reason that was asked for."""
    if row is not None:
        CommandKey.objects.filter(key=row.key).delete()


def digest_of(name: str, args: dict[str, Any], more: dict[str, Any] | None = None) -> str:
    """SHA-256 of a command's name, arguments and whatever else was said with it, in canonical JSON."""
    said = {key: value for key, value in (more or {}).items() if value}
    text = _CANONICAL.encode([name, args, said] if said else [name, args])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sweep() -> int:
    """Drop the keys whose life is over, a small transaction at a time; how many."""
    gone = 0
    while old := list(
        CommandKey.objects.filter(at__lt=clock.now() - LIFE).order_by("at").values_list("pk", flat=True)[:CHUNK]
    ):
        gone += CommandKey.objects.filter(pk__in=old).delete()[0]
    return gone


nightly.register("keys", sweep)
