"""The garbage collector, kept from going again and again through what is never garbage: the program itself."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

ROUNDS = (10_000, 20, 20)
"""A page makes some thousand objects, a job many more; Python's own 700 were chosen for smaller programs."""


@contextmanager
def loading() -> Iterator[None]:
    """Load the program without looking for garbage meanwhile: that takes a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        spare()
        gc.enable()


def spare() -> None:
    """Leave out what is there by now; without this each full collection goes through all of it, a tenth of a long job's time.
    Once a process: what is garbage by a second time would stay for good."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.set_threshold(*ROUNDS)
