"""What was filed on a form, asked by many deeds: without the ORM."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from kedang.kernel import direct
from kedang.kernel.norms.models import FormRecord


def data_of(form: str, files: Collection[int] | None = None) -> list[tuple[int | None, dict[str, Any]]]:
    """(file, data) of every filing of a form by its full id, the newest last; of some files only."""
    marks = "" if files is None else f" AND file IN ({', '.join(['%s'] * len(files))})"
    sql = f"SELECT file, data FROM {FormRecord._meta.db_table} WHERE form = %s{marks} ORDER BY filed_at, id"  # noqa: S608  (names of the model, no input)
    rows = direct.fetch(sql, [form, *(files or ())])
    return [(file, json.loads(data) if isinstance(data, str) else data) for file, data in rows]
