"""docs/performance.md: the tables of docs/performance.json, so that no figure in the docs is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import messy

LIST = Path(__file__).resolve().parents[1] / "docs" / "import-10000.json"
"""What `bench.messy --report` has found of a list of 10,000 rows; told on the same page."""
GROWTH = " at a million, in its own time at a thousand"
ENGINES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
INTRODUCTION = """# Performance

Written by `make bench` from `docs/performance.json`. A *floor* is bare Django under the same server in the same run: one view,
one indexed query, 50 rows through the template engine; for deeds, a single-row create. Time of the processor is that of the
server and of the database that serves it: others on the machine do not count. Columns are customers (of the ledger: events),
figures are floors; *growth* is the last column in floors of the first. What is above its aim is **bold**.
"""


def page_of(rows: list[dict[str, Any]]) -> str:
    """The page as text."""
    parts = [INTRODUCTION]
    for engine, name in ENGINES.items():
        own = [row for row in rows if row["engine"] == engine]
        if own:
            parts.append("\n".join([f"## {name}", "", *_table(own)]) + "\n")
    if LIST.exists():
        parts.append("\n".join(messy.paragraph(json.loads(LIST.read_text(encoding="utf-8")))))
    return "\n".join(parts).rstrip() + "\n"


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    sizes = sorted({row["customers"] for row in rows})
    growth = {row["op"].removesuffix(GROWTH): row for row in rows if row["op"].endswith(GROWTH)}
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for row in rows:
        if not row["op"].endswith(GROWTH):
            found.setdefault(row["op"], {})[row["customers"]] = row
    yield f"| operation | {' | '.join(f'{size:,}' for size in sizes)} | aim | growth | aim | at the largest size |"
    yield f"| --- | {'---: | ' * len(sizes)}--- | ---: | --- | --- |"
    for op, at in found.items():
        last, grown = at[max(at)], growth.get(op)
        cells = [_figure(at.get(size)) for size in sizes]
        yield f"| {op} | {' | '.join(cells)} | {_aim(last)} | {_figure(grown)} | {_aim(grown)} | {last['note']} |"


def _figure(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    over = "**" if row["aim"] is not None and row["floors"] > row["aim"] else ""
    return f"{over}{row['floors']:.2f}{over}"


def _aim(row: dict[str, Any] | None) -> str:
    return "" if row is None or row["aim"] is None else f"≤ {row['aim']}"
