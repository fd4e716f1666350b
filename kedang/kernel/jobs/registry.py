"""Kinds of jobs: what is run under which name, and what the page calls it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Work = Callable[..., Any]


@dataclass(frozen=True)
class Kind:
    """One kind of job."""

    name: str
    label: str
    work: Work
    unit: str = "行"


_kinds: dict[str, Kind] = {}


def job(name: str, label: str, unit: str = "行") -> Callable[[Work], Work]:
    """Register `work(run, **params)` under a kind. What it returns (JSON) is the job's result; it must bear being begun
    again after a killed process, so it asks keys or its own rows what is finished. `unit` is what its progress counts."""

    def keep(work: Work) -> Work:
        if name in _kinds and _kinds[name].work.__qualname__ != work.__qualname__:
            raise ValueError(f"job kind {name} is registered twice")
        _kinds[name] = Kind(name, label, work, unit)
        return work

    return keep


def kind_of(name: str) -> Kind:
    """The registered kind; KeyError for an unknown one."""
    return _kinds[name]


def label_of(name: str) -> str:
    """What the page calls a kind; its name when the program no longer knows it."""
    return _kinds[name].label if name in _kinds else name


def unit_of(name: str) -> str:
    """What the progress of a kind counts."""
    return _kinds[name].unit if name in _kinds else "行"
