"""The process behind `kedang run` that works the queue off, one job at a time; several may run on PostgreSQL."""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType

from django.db import connection

from kedang.kernel import clock
from kedang.kernel.jobs import companions, files, queue
from kedang.kernel.jobs.running import execute
from kedang.kernel.models import Pulse

log = logging.getLogger("kedang.jobs")
PULSE = "worker"
LOOK_EVERY = 1.0
BEAT_EVERY = 10.0
SWEEP_EVERY = 600.0


class Worker:
    """Looks once a second for a job, beats its heart meanwhile, ends at SIGTERM after the chunk in hand."""

    def __init__(self) -> None:
        self.name = queue.worker_name()
        self.ending = threading.Event()
        self._swept = 0.0

    def run(self) -> None:
        """Work until told to end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        heart = threading.Thread(target=self._beat, name="heart", daemon=True)
        heart.start()
        companions.start(self.ending)
        while not self.ending.is_set():
            if not self._round():
                self.ending.wait(LOOK_EVERY)
        connection.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.ending.set()

    def _round(self) -> bool:
        """One look at the queue; whether there was a job. A database that is away for a while does not end the worker."""
        try:
            queue.reap(self.name)
            if time.monotonic() - self._swept > SWEEP_EVERY:
                self._swept = time.monotonic()
                files.sweep()
            job = queue.take(self.name)
            if job is None:
                return False
            execute(job, self.ending.is_set)
            return True
        except Exception:
            log.exception("the worker could not look at its queue")
            connection.close()
            return False

    def _beat(self) -> None:
        """A thread with a connection of its own: a job that thinks for a minute is not a dead one."""
        while True:
            try:
                Pulse.objects.update_or_create(name=PULSE, defaults={"at": clock.now()})
                queue.beat(self.name)
            except Exception:
                log.warning("the worker's heart could not be written", exc_info=True)
            finally:
                connection.close()
            if self.ending.wait(BEAT_EVERY):
                return
