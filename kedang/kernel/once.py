"""Asked once: what a deed or a page asks for many times and what only its own writes could change meanwhile.

Within `once()` the answers are kept for that deed or page and for nobody else; whoever changes what is asked calls
`forget()`. Outside of it everything is asked anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_memory: ContextVar[dict[Hashable, Any] | None] = ContextVar("kedang_once", default=None)


@contextmanager
def once() -> Iterator[None]:
    """Begin with an empty memory, also inside another one: a deed never decides by what a page had read, and after it the
    page asks anew."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)
        forget()


def remember(key: Hashable, load: Callable[[], T]) -> T:
    """The answer kept under this key, else the loaded one."""
    memory = _memory.get()
    if memory is None:
        return load()
    if key not in memory:
        memory[key] = load()
    found: T = memory[key]
    return found


def memory() -> dict[Hashable, Any]:
    """The memory itself, for loaders that answer for many keys at once; a throw-away one outside of `once()`."""
    kept = _memory.get()
    return {} if kept is None else kept


def forget() -> None:
    """Ask everything anew: something that is asked has just been changed."""
    kept = _memory.get()
    if kept:
        kept.clear()
