"""python -m bench: a made-up company of several sizes on one engine or both, measured beside bare Django."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.page import GROWTH, page_of

REPOSITORY = Path(__file__).resolve().parents[1]
RESULT = REPOSITORY / "docs" / "performance.json"
SIZES = [1_000, 100_000, 1_000_000]
EVERYWHERE = ("pages", "deeds", "tick")
"""Measured at every size; the rest once, at the size at which it says most."""
ONCE = {"many": 100_000, "people": 100_000, "server": 1_000}
SECTIONS = (*EVERYWHERE, *ONCE)
GROWING = 1.5
GROWING_TICK = 1.2


def main() -> int:
    """Run what the arguments ask for and print the table."""
    args = _arguments()
    if args.inside:
        print(json.dumps(_one_size(args), ensure_ascii=False))
        return 0
    engines = ["sqlite", "postgres"] if args.engine == "both" else [args.engine]
    rows: list[dict[str, Any]] = []
    for engine in engines:
        for customers in args.customers:
            sections = [one for one in args.only if customers in _where(one, engine, args)]
            if sections:
                found = _in_process(engine, customers, sections, args.rounds)
                _show(found)
                rows += found
    if args.out:
        _write(Path(args.out), rows)
    return 0


def _where(section: str, engine: str, args: argparse.Namespace) -> list[int]:
    """The sizes at which a section is measured: where it is measured once, at the nearest size that is asked for."""
    if section == "people" and engine != "postgres":
        return []  # an embedded database has one writer at a time; many people are served by PostgreSQL
    if section in EVERYWHERE:
        return list(args.customers)
    return [min(args.customers, key=lambda size: abs(size - ONCE[section]))]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    sizes = ",".join(map(str, SIZES))
    parser.add_argument("--customers", default=sizes, help=f"sizes, joined by commas (default {sizes})")
    parser.add_argument("--engine", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--rounds", type=int, default=40, help="measured rounds after the warm-up")
    parser.add_argument(
        "--quick", action="store_true", help="one size of 1,000 and 15 rounds; writes no file unless --out"
    )
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"sections, joined by commas: {', '.join(SECTIONS)}")
    parser.add_argument(
        "--out", help=f"where the figures go, in the place of earlier ones (default {RESULT.relative_to(REPOSITORY)})"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.quick:
        args.customers, args.rounds = "1000", min(args.rounds, 15)
    elif args.out is None:
        args.out = str(RESULT)
    args.customers = [int(size) for size in args.customers.split(",")]
    args.only = args.only.split(",")
    if unknown := set(args.only) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    return args


def _in_process(engine: str, customers: int, sections: list[str], rounds: int) -> list[dict[str, Any]]:
    """One engine and size in a process of its own, for Django is set up once a process."""
    from tests.support import pg

    folder = tempfile.mkdtemp(prefix="kedang-bench-")
    cluster = None
    try:
        environment = {
            **os.environ, "KEDANG_DATA": folder, "DJANGO_SETTINGS_MODULE": "kedang.config.settings", "PGAPPNAME": "bench",
        }  # fmt: skip
        environment.pop("KEDANG_DATABASE_URL", None)
        environment.pop("KEDANG_DEBUG", None)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed product has its modules compiled
        if engine == "postgres":
            cluster = pg.Cluster()
            environment["KEDANG_DATABASE_URL"] = cluster.start()
        command = [sys.executable, "-m", "bench", "--inside", "--engine", engine, "--customers", str(customers)]
        command += ["--rounds", str(rounds), "--only", ",".join(sections)]
        done = subprocess.run(command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
        found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
        return found
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _one_size(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Fill the database named by the environment, measure, return the rows."""
    import django

    django.setup()
    from django.core.management import call_command

    from bench import company, filling, footprint, measures, people, throughput, ticking
    from bench.floor import table

    begun, customers = time.perf_counter(), args.customers[0]
    call_command("migrate", verbosity=0)
    made = company.make(customers)
    table.make(customers)
    filling.settle()
    print(f"{args.engine}: {customers:,} customers made in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    sections = {
        "pages": measures.pages, "server": footprint.footprint, "people": people.people, "tick": ticking.ticks,
        "deeds": measures.deeds, "many": throughput.throughput,
    }  # fmt: skip
    rows = []
    for name, measure in sections.items():
        if name in args.only:
            begun = time.perf_counter()
            rows += [_row(figure, args.engine, customers) for figure in measure(made, args.rounds)]
            print(f"{args.engine}: {name} in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return rows


def _row(figure: Any, engine: str, customers: int) -> dict[str, Any]:
    spent = f"{figure.seconds * 1000:.1f} ms of processor; " if figure.seconds else ""
    return {
        "op": figure.op, "engine": engine, "customers": customers, "floors": round(figure.floors, 2),
        "aim": figure.aim, "note": f"{spent}{figure.note}",
    }  # fmt: skip


def _show(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        aim = "" if row["aim"] is None else f"≤ {row['aim']}{'' if row['floors'] <= row['aim'] else '  ABOVE'}"
        print(
            f"{row['engine']:<9}{row['customers']:>10,} {row['op']:<34} {row['floors']:>7.2f}  {aim:<12} {row['note']}",
            flush=True,
        )


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    """The rows in the place of those that measured the same before; what was not measured this time stays."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    kept = {_key(row): row for row in [*before, *rows] if not row["op"].endswith(GROWTH)}
    rows = sorted(kept.values(), key=lambda row: (row["engine"] != "sqlite", row["customers"]))
    rows += _growth(rows)
    path.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n", encoding="utf-8")
    if path.resolve() == RESULT:
        path.with_suffix(".md").write_text(page_of(rows), encoding="utf-8")


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["op"], row["engine"], row["customers"]


def _growth(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each page, deed and tick takes at a million, in its own time at a thousand: in floors of either run, so that two
    runs on a machine of another mood compare."""
    known = {_key(row): row for row in rows}
    found = []
    for (op, engine, customers), large in known.items():
        small = known.get((op, engine, SIZES[0]))
        if customers != SIZES[-1] or small is None or op.startswith("floor: "):
            continue
        aim = GROWING_TICK if op.startswith("tick, 1") else None if op.startswith("tick") else GROWING
        ratio = round(large["floors"] / small["floors"], 2)
        note = f"{large['floors']} floors after {small['floors']}"
        found.append(
            {"op": op + GROWTH, "engine": engine, "customers": customers, "floors": ratio, "aim": aim, "note": note}
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
