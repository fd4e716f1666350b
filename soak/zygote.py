"""A process that has imported and warmed everything, and forks one life of the server after another.

Starting Python and Django anew for each of thousands of kills would measure imports. What is saved is only that: a life binds
the port, starts granian's own main process and worker with the product's options, opens its own database connections and
serves real requests; what is killed is that whole process tree. The warm caches hold what any long-running server holds
(compiled regulations, templates). Nothing of a life outlives its SIGKILL but what it wrote. Some lives carry the tick too, and
the driver also starts the real `kedang run` now and then.

Lines on stdin: `start PORT TICK` → the life's process group; `reap` → when every process of it is gone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import NoReturn

SUBREAPER, DEATH_SIGNAL = 36, 1


def main() -> None:
    """Warm up, then serve the driver's commands until its end closes the pipe."""
    import django

    django.setup()
    # Orphans of a killed life come to this process, so that it can wait for the very last of them.
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    warm()
    print("warm", flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "start":
            print(start(int(words[1]), words[2] == "tick"), flush=True)
        elif words[0] == "reap":
            reap()
            print("dead", flush=True)


def start(port: int, tick: bool) -> int:
    """Fork one life in a process group of its own."""
    pid = os.fork()
    if pid == 0:
        live(port, tick)
    os.setpgid(pid, pid)
    return pid


def live(port: int, tick: bool) -> NoReturn:
    """Be the server until killed."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.setpgid(0, 0)
    # When the driver itself is ended, nothing of the server stays behind.
    end_with_parent()
    os.register_at_fork(after_in_child=end_with_parent)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.dup2(2, 1)  # the driver's answers are not for the server to write into
    if tick and os.fork() == 0:
        from kedang.kernel.tick import tick_forever

        tick_forever()
    # Tests break a writer on purpose, to see that the checks find what it loses.
    broken = os.environ.get("KEDANG_SOAK_BROKEN")
    if broken == "no-fsync":
        os.fsync = lambda handle: None
    target = "soak.broken:application" if broken == "answers-early" else "kedang.config.wsgi:application"
    server = Granian(
        target, "127.0.0.1", port, interface=Interfaces.WSGI, workers=1, blocking_threads=4, workers_kill_timeout=4,
        log_level=LogLevels.critical,
    )  # fmt: skip
    server.serve()
    os._exit(0)


def end_with_parent() -> None:
    """Have the kernel kill this process when the one that forked it is gone."""
    ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def reap() -> None:
    """Wait until no process of any life is left."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def warm() -> None:
    """Ask each page once, then let go of every connection: none may be shared with a life."""
    from django.db import connections
    from django.test import Client

    from kedang.customers.models import Customer
    from kedang.kernel.norms.store import regulations
    from kedang.kernel.org.models import Person

    regulations()
    client = Client(headers={"host": "127.0.0.1"})
    person = Person.objects.filter(username="first").first()
    if person is not None:
        client.force_login(person)
        pk = Customer.objects.values_list("pk", flat=True).first() or 0
        for path in (
            "/",
            "/customers/new/",
            f"/forms/soak.proof/?customer={pk}",
            f"/customers/{pk}/ask/",
            "/approvals/",
        ):
            client.get(path)
        client.logout()
    for connection in connections.all():
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


if __name__ == "__main__":
    main()
