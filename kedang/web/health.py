"""/healthz: what containers, proxies and watchers ask without signing in. It says which part fails, and nothing of what is kept.

It is answered before anything else (Health stands first among the middleware): whoever asks from inside the container does
so by an address that is no allowed host, and sessions must not be needed to say that the database is away. An answer is kept
for a few seconds, so that asking often costs nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import Error as DatabaseFailed
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from kedang.kernel import clock, faults, ledger
from kedang.kernel.models import Pulse

log = logging.getLogger("kedang.health")
PATH = "/healthz"
PULSE = "health:written"
KEPT = 5.0
LATE = {"clock": ("tick", timedelta(minutes=5)), "worker": ("worker", timedelta(minutes=2))}
"""How old the last sign of life of a process may be."""
UNSEALED = timedelta(minutes=15)

_kept: list[tuple[float, tuple[str, ...]]] = []


class Health:
    """Answers /healthz and hands everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return answer(request) if request.path_info == PATH else self.get_response(request)


def answer(request: HttpRequest) -> HttpResponse:
    """200 and ok, or 503 and the names of what fails: database, ledger, clock, worker."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    wrong = failing()
    told = {"status": "failing", "failing": list(wrong)} if wrong else {"status": "ok"}
    return JsonResponse(told, status=503 if wrong else 200, headers={"Cache-Control": "no-store"})


def failing() -> tuple[str, ...]:
    """What fails now, or did a few seconds ago."""
    now = time.monotonic()
    if not _kept or now - _kept[0][0] > KEPT:
        _kept[:] = [(now, look())]
    return _kept[0][1]


def forget() -> None:
    """Look anew at the next question."""
    _kept.clear()


def look() -> tuple[str, ...]:
    """Look at every part. A database that is only busy is alive."""
    try:
        beats = dict(Pulse.objects.filter(name__in=[name for name, _ in LATE.values()]).values_list("name", "at"))
    except DatabaseFailed as error:
        return _said(error, "database")
    try:
        found: tuple[str, ...] = () if _ledger_goes_on() else ("ledger",)
    except DatabaseFailed as error:
        lost = faults.fault_of(error) == faults.Fault.DATABASE
        found = _said(error, "database" if lost else "ledger")
    now = clock.now()
    return (*found, *(part for part, (name, may) in LATE.items() if name not in beats or beats[name] < now - may))


def _said(error: DatabaseFailed, part: str) -> tuple[str, ...]:
    if faults.fault_of(error) == faults.Fault.BUSY:
        return ()
    log.warning("healthz: %s fails: %s", part, error)
    return (part,)


def _ledger_goes_on() -> bool:
    """Whether events can be written, and are sealed in time. What is written is a line of ours, to the disk: a ledger that
    can be read but not written is no ledger."""
    Pulse.objects.update_or_create(name=PULSE, defaults={"at": clock.now()})
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege('ledger_event', 'INSERT')")
            if not cursor.fetchone()[0]:
                return False
    since = ledger.unsealed_since()
    return since is None or since > clock.now() - UNSEALED
