"""python -m soak: every part on its engines, each in a process and a place of its own; docs/trust-report.json.

A part is a module `soak/<name>.py` with `run(seed, amount, engine) -> counts`, listed in soak/parts.py. It is called with Django
set up on an empty, migrated database in a throw-away folder (KEDANG_DATA). Counts that are whole numbers are added up over the
engines. `problems`, a list of sentences, makes the run fail; raising Unavailable says why nothing was tried. A part's figures
carry their own date, seed and amount, so that parts run at different times can stand in one report.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soak import report
from soak.parts import PARTS, Part
from soak.report import Unavailable

REPOSITORY = Path(__file__).resolve().parents[1]
RESULT = REPOSITORY / "docs" / "trust-report.json"


def main() -> int:
    """Run what the arguments ask for; 1 when anything was lost."""
    args = _arguments()
    if args.inside:
        print(json.dumps(_inside(args), ensure_ascii=False))
        return 0
    failed = False
    for name in args.only or [part.name for part in PARTS.values() if part.exists]:
        found = _part(PARTS[name], args)
        failed |= any(one.get("problems") for one in found.values())
        if args.out:
            report.merge(Path(args.out), name, found, add=args.add)
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m soak", description="What the product promises to survive.")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="this part (may be given several times)")
    parser.add_argument("--amount", type=int, help="how many runs, cases …, over all engines of the part")
    parser.add_argument("--engine", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--add", action="store_true", help="add to the counts of other seeds: a long run in instalments"
    )
    parser.add_argument("--ci", action="store_true", help="the smaller amounts; writes no file unless --out")
    parser.add_argument("--out", help=f"where the counts go (default {RESULT.relative_to(REPOSITORY)})")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.out is None and not args.ci:
        args.out = str(RESULT)
    return args


def _part(part: Part, args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """{engine: counts}; the amount is shared out over the engines."""
    engines = [engine for engine in part.engines if args.engine in (engine, "both")]
    amount = args.amount or (part.ci if args.ci else part.soak)
    found = {}
    for engine in engines:
        share = max(1, amount // len(engines))
        begun = time.monotonic()
        counts = in_process(part, engine, share, args.seed)
        counts |= {
            "seeds": [args.seed],
            "amount": share,
            "seconds": round(time.monotonic() - begun),
            "date": report.today(),
        }
        found[engine] = counts
        print(f"{part.name} {engine}: {json.dumps(counts, ensure_ascii=False)}", flush=True)
    return found


def in_process(
    part: Part, engine: str, amount: int, seed: int, more: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One engine in a process of its own, for Django is set up once a process; `more` of the environment goes with it."""
    from tests.support import pg

    if engine == "postgres" and pg.binaries() is None:
        return {"skipped": "PostgreSQL is not installed"}
    folder = Path(tempfile.mkdtemp(prefix="kedang-soak-", dir="/tmp"))
    cluster = None
    try:
        with part.entered(folder):
            environment = environment_of(folder) | dict(more or {})
            if engine == "postgres":
                cluster = pg.Cluster(folder / "pg" if part.durable else None, durable=part.durable)
                environment["KEDANG_DATABASE_URL"] = cluster.start()
                environment["KEDANG_SOAK_PG"] = str(cluster.process.pid if cluster.process else 0)
            command = [sys.executable, "-m", "soak", "--inside", "--engine", engine, "--only", part.name]
            command += ["--amount", str(amount), "--seed", str(seed)]
            try:
                done = subprocess.run(command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
            finally:
                if cluster:
                    cluster.stop()
            counts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            return counts
    except Unavailable as reason:
        return {"skipped": str(reason)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment_of(folder: Path) -> dict[str, str]:
    """The product's own settings on an empty place."""
    environment = {**os.environ, "KEDANG_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "kedang.config.settings"}
    for name in ("KEDANG_DATABASE_URL", "KEDANG_DEBUG", "KEDANG_ALLOWED_HOSTS", "KEDANG_SECRET_KEY"):
        environment.pop(name, None)
    return environment


def _inside(args: argparse.Namespace) -> dict[str, Any]:
    """The part itself, in the place named by the environment."""
    import django

    django.setup()
    from django.core.management import call_command

    logging.getLogger("django.request").setLevel(logging.ERROR)  # thousands of refusals are what is asked for
    call_command("migrate", verbosity=0)
    try:
        return PARTS[args.only[0]].run()(args.seed, args.amount, args.engine)
    except Unavailable as reason:
        return {"skipped": str(reason)}


if __name__ == "__main__":
    sys.exit(main())
