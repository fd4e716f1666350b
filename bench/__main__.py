"""python -m bench: a made-up company on one engine or both, measured beside bare Django; docs/performance.json."""

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

REPOSITORY = Path(__file__).resolve().parents[1]
RESULT = REPOSITORY / "docs" / "performance.json"


def main() -> int:
    """Run what the arguments ask for and print the table."""
    args = _arguments()
    if args.inside:
        print(json.dumps(_one_engine(args), ensure_ascii=False))
        return 0
    engines = ["sqlite", "postgres"] if args.engine == "both" else [args.engine]
    rows = [row for engine in engines for row in _in_process(engine, args)]
    _show(rows)
    if args.out:
        _write(Path(args.out), rows)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--engine", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--rounds", type=int, default=60, help="measured rounds after the warm-up")
    parser.add_argument(
        "--quick", action="store_true", help="2,000 customers and 15 rounds; writes no file unless --out"
    )
    parser.add_argument("--only", choices=["pages", "deeds", "many"], help="measure only these")
    parser.add_argument("--out", help=f"where the figures go (default {RESULT.relative_to(REPOSITORY)})")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.quick:
        args.customers, args.rounds = min(args.customers, 2000), min(args.rounds, 15)
    elif args.out is None and not args.only:
        args.out = str(RESULT)
    return args


def _in_process(engine: str, args: argparse.Namespace) -> list[dict[str, Any]]:
    """One engine in a process of its own, for Django is set up once a process."""
    from tests.support import pg

    folder = tempfile.mkdtemp(prefix="kedang-bench-")
    cluster = None
    try:
        environment = {**os.environ, "KEDANG_DATA": folder, "DJANGO_SETTINGS_MODULE": "kedang.config.settings"}
        environment.pop("KEDANG_DATABASE_URL", None)
        environment.pop("KEDANG_DEBUG", None)
        if engine == "postgres":
            cluster = pg.Cluster()
            environment["KEDANG_DATABASE_URL"] = cluster.start()
        command = [sys.executable, "-m", "bench", "--inside", "--engine", engine]
        command += ["--customers", str(args.customers), "--rounds", str(args.rounds)]
        command += ["--only", args.only] if args.only else []
        done = subprocess.run(command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
        found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
        return found
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _one_engine(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Fill the database named by the environment, measure, return the rows."""
    import django

    django.setup()
    from django.core.management import call_command

    from bench import company, filling, measures, throughput
    from bench.floor import table

    begun = time.perf_counter()
    call_command("migrate", verbosity=0)
    made = company.make(args.customers)
    table.make(args.customers)
    filling.settle()
    print(f"{args.engine}: {args.customers} customers made in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    figures = []
    if args.only in (None, "pages"):
        figures += measures.pages(made, args.rounds)
    if args.only in (None, "deeds"):
        figures += measures.deeds(made, args.rounds)
    if args.only in (None, "many"):
        figures += throughput.throughput(made, args.rounds)
    return [_row(figure, args) for figure in figures]


def _row(figure: Any, args: argparse.Namespace) -> dict[str, Any]:
    return {
        "op": figure.op, "engine": args.engine, "customers": args.customers, "floors": round(figure.floors, 2),
        "aim": figure.aim, "note": f"{figure.seconds * 1000:.1f} ms; {figure.note}",
    }  # fmt: skip


def _show(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        aim = "" if row["aim"] is None else f"≤ {row['aim']}{'' if row['floors'] <= row['aim'] else '  ABOVE'}"
        print(f"{row['engine']:<9} {row['op']:<30} {row['floors']:>7.2f}  {aim:<12} {row['note']}")


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n", encoding="utf-8")
    if path == RESULT:
        path.with_suffix(".md").write_text(page_of(rows), encoding="utf-8")


def page_of(rows: list[dict[str, Any]]) -> str:
    """docs/performance.md: the table of docs/performance.json, so that no figure in the docs is typed by hand."""
    lines = [
        "# Performance",
        "",
        "Written by `make bench` from `docs/performance.json`. A *floor* is bare Django under the same server in the same",
        "run: one view, one indexed query, 50 rows through the template engine; for deeds, a single-row create.",
        "",
        "| operation | engine | customers | floors | aim | |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        aim = "" if row["aim"] is None else f"≤ {row['aim']}"
        over = "**" if row["aim"] is not None and row["floors"] > row["aim"] else ""
        lines.append(
            f"| {row['op']} | {row['engine']} | {row['customers']:,} | {over}{row['floors']:.2f}{over} | {aim} | {row['note']} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
