"""One deed a key: double clicks and retried posts act once."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import IntegrityError, transaction

from kedang.kernel import clock
from kedang.kernel.errors import Invalid
from kedang.kernel.models import CommandKey
from kedang.kernel.org.models import Person


def claim(key: str, by: Person | None, digest: str) -> tuple[CommandKey, bool]:
    """Insert the key, or wait for whoever holds it: (row, True when it is ours to act).

    On PostgreSQL the second insert waits on the unique index until the first deed commits or rolls back.
    """
    try:
        with transaction.atomic():
            row = CommandKey.objects.create(key=key, person=by, digest=digest, at=clock.now())
        return row, True
    except IntegrityError:
        row = CommandKey.objects.get(key=key)
    if row.person_id != (by.pk if by else None) or row.digest != digest:
        raise Invalid("这次提交的编号已被另一次操作使用，请刷新页面后重试。")
    return row, False


def settle(row: CommandKey | None, outcome: str, result: Any) -> None:
    """Keep what the deed answered, for the second post."""
    if row is not None:
        CommandKey.objects.filter(pk=row.pk).update(outcome=outcome, result=result)


def digest_of(name: str, args: dict[str, Any]) -> str:
    """SHA-256 of a command's name and arguments in canonical JSON."""
    text = json.dumps([name, args], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
