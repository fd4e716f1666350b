"""What an idle server holds, how soon it answers, and how heavy its pages are."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from django.db import connection

from bench.company import REGISTRY, Company
from bench.measures import Figure, client_of
from bench.serving import Client, Server
from kedang.customers.models import Customer

MEGABYTE, PAGE = 1_000_000, 100_000
DEMO = 45
"""Seconds of the processor that loading the demo company may take."""
START_FLOOR = "floor: start"


def footprint(company: Company, times: int) -> list[Figure]:
    """Memory, start, pages; the demo company, on the embedded database that it is for."""
    return [*_starts(3), *_pages(company), *([_demo()] if _is_asked_for() else [])]


def _is_asked_for() -> bool:
    """Not for a small run of a test, and not for the engine of production."""
    return connection.vendor == "sqlite" and Customer.objects.count() >= 1_000


def _demo() -> Figure:
    """Processor time of loading the demo company into a database that has its tables and nothing else."""
    with tempfile.TemporaryDirectory(prefix="kedang-demo-") as folder:
        held = {name: value for name, value in os.environ.items() if name != "KEDANG_DATABASE_URL"}
        held["KEDANG_DATA"] = folder
        command = [sys.executable, "-m", "kedang.cli"]
        subprocess.run([*command, "manage", "migrate", "-v0"], env=held, check=True, stdout=subprocess.DEVNULL)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, "demo"], env=held, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figure(
        "demo company", taken, taken / DEMO, 1, f"{taken:.0f} s for four months of 300 customers, aim {DEMO} s"
    )


def _starts(times: int) -> list[Figure]:
    """Processor time from the command to the first answer; and what the server then holds."""
    taken: dict[str, list[float]] = {"floor": [], "config": []}
    resident = 0
    for _ in range(times):
        for application, path in (
            ("bench.floor.wsgi:application", "/?unit=3"),
            ("kedang.config.wsgi:application", "/login/"),
        ):
            with Server(application) as server:
                Client(server.port).ask("GET", path)
                taken[server.name].append(server.processor.spent())
                if server.name == "config":
                    time.sleep(1)
                    resident = server.resident()
    floor, ours = (statistics.median(taken[name]) for name in ("floor", "config"))
    return [
        Figure(START_FLOOR, floor, 1.0, None, "from the command to the first answer"),
        Figure("start", ours, ours / floor, 4, "from the command to the sign-in page"),
        Figure("idle server, memory", 0.0, resident / MEGABYTE / 200, 1, f"{resident / MEGABYTE:.0f} MB; the web server with its worker, aim 200 MB"),
    ]  # fmt: skip


def _pages(company: Company) -> list[Figure]:
    """The heaviest of the daily pages, as they go over the wire to a browser that has the style sheets."""
    seller = company.sellers[REGISTRY][0]
    file = Customer.objects.filter(owner=seller).values_list("pk", flat=True)[0]
    paths = [
        "/",
        "/customers/?scope=all&size=100",
        f"/customers/{file}/",
        f"/rules/{REGISTRY}/",
        "/approvals/",
        "/search/?q=KH",
    ]
    with Server("kedang.config.wsgi:application") as server:
        client = client_of(seller, server, measured=False)
        weights = {}
        for path in paths:
            status, text = client.ask("GET", path, headers={"Accept-Encoding": "gzip"})
            if status != 200:
                raise RuntimeError(f"{path} answered {status}")
            weights[path] = client.received, len(text.encode())
    path, (wire, plain) = max(weights.items(), key=lambda each: each[1])
    note = f"{wire / 1000:.0f} kB over the wire ({plain / 1000:.0f} kB of HTML), the heaviest of {len(paths)}: {path.partition('?')[0]}; aim 100 kB"
    return [Figure("page weight", 0.0, wire / PAGE, 1, note)]
