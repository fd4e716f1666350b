"""docs/trust-report.json and the page that quotes it. Parts are merged in; what was run earlier stays, with its own date."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

NAMES = {
    "kills": "SIGKILL during writes, then a restart",
    "faults": "a write, fsync, rename or statement refused",
    "power_cuts": "power cut: the disk as it was at that instant",
    "tamperings": "ledger rows tampered with, verified against an exported head",
    "restores": "restored from a backup made under load, compared byte for byte",
    "fuzz": "API cases made from its schema",
}
OWN = ("amount", "seconds")
"""Whole numbers that tell of the run, not of what it found."""


class Unavailable(Exception):
    """This machine cannot try it; the report says why, and never that it passed."""


def today() -> str:
    """The day of a run."""
    return datetime.now(UTC).date().isoformat()


def merge(path: Path, part: str, found: dict[str, dict[str, Any]], *, add: bool = False) -> None:
    """Put a part's figures in the place of its earlier ones, engine by engine, or add them to those; all else stays."""
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    before = known.get(part, {}).get("engines", {})
    if add:
        found = {engine: together(before.get(engine, {}), counts) for engine, counts in found.items()}
    engines = {**before, **found}
    known[part] = {**totals(engines), "engines": engines}
    known["versions"], known["machine"] = versions(), machine()
    ordered = {name: known[name] for name in (*NAMES, "versions", "machine") if name in known}
    path.write_text(json.dumps(ordered, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(page_of(ordered), encoding="utf-8")


def together(before: dict[str, Any], counts: dict[str, Any]) -> dict[str, Any]:
    """Two instalments of a long run, of different seeds, as one. A seed that has run before says nothing new."""
    if "skipped" in before or "skipped" in counts or set(counts["seeds"]) & set(before.get("seeds", ())):
        return counts
    return {**before, **counts, **{name: _sum(before.get(name), value) for name, value in counts.items()}}


def _sum(before: Any, value: Any) -> Any:
    if before is None or not isinstance(value, int | list | dict):
        return value
    if isinstance(value, dict):
        return {**before, **{name: before.get(name, 0) + number for name, number in value.items()}}
    return before + value


def totals(engines: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Whole numbers added up over the engines."""
    added: dict[str, int] = {}
    for counts in engines.values():
        for name, value in counts.items():
            if isinstance(value, int) and name not in OWN:
                added[name] = added.get(name, 0) + value
    return added


def versions() -> dict[str, str]:
    """What ran."""
    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    found |= {name: version(name) for name in ("django", "granian", "psycopg")}
    if server := _said("postgres", "--version"):
        found["postgresql"] = server.split()[2]
    found["kedang"] = _said("git", "rev-parse", "--short", "HEAD") or "unknown"
    return found


def machine() -> dict[str, Any]:
    """On what; nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cores": os.cpu_count(), "memory_gb": round(memory), "system": f"{platform.system()} {platform.release()}"}


def _said(*command: str) -> str:
    from tests.support import pg

    folder = pg.binaries() if command[0] == "postgres" else None
    name = str(folder / command[0]) if folder else command[0]
    try:
        return subprocess.run([name, *command[1:]], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def span(seeds: list[int]) -> str:
    """'1', or '1, 11–14' of a run in instalments."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def page_of(known: dict[str, Any]) -> str:
    """docs/trust-report.md, so that no figure in the docs is typed by hand."""
    lines = [
        "# Trust report",
        "",
        "Written by `make soak` from `docs/trust-report.json`. What was not tried is named with the reason; it is never counted",
        "as passed.",
        "",
        "| part | engine | counts | seed | date | |",
        "| --- | --- | --- | ---: | --- | --- |",
    ]
    for part, words in NAMES.items():
        for engine, counts in known.get(part, {}).get("engines", {}).items():
            said = ", ".join(
                f"{name.replace('_', ' ')} {value:,}"
                for name, value in counts.items()
                if isinstance(value, int) and name not in OWN
            )
            note = f"not tried: {counts['skipped']}" if "skipped" in counts else "; ".join(counts.get("problems", []))
            lines.append(f"| {words} | {engine} | {said} | {span(counts['seeds'])} | {counts['date']} | {note} |")
    of = known.get("versions", {})
    lines += ["", ", ".join(f"{name} {value}" for name, value in of.items()), ""]
    lines.append(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in known.get("machine", {}).items()))
    return "\n".join(lines) + "\n"
