"""The fixed grammar of scenario files (docs/packs.md): strict, with file:line in every error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from kedang.kernel import clock

STEP_KEYS = {
    "at", "as", "do", "with", "form", "vote", "to", "opinion", "expect", "duty", "told", "owner", "value", "figure",
    "proposal", "event", "sees", "not", "exception", "reason", "step",
}  # fmt: skip
ASSERTIONS = ("duty", "told", "owner", "value", "figure", "proposal", "event", "sees")
FILE_KEYS = {"pack", "packs", "people", "parameters", "effective", "scenarios"}
SCENARIO_KEYS = {"name", "clause", "given", "steps", "people", "parameters", "effective"}


class ScenarioError(Exception):
    """A scenario file that cannot be read; the message names file and line."""


@dataclass(frozen=True)
class Step:
    """One step: a deed with what is expected of it, or an assertion."""

    at: datetime
    raw: Mapping[str, Any]
    line: int

    @property
    def negated(self) -> bool:
        """True for `not: {…}`."""
        return "not" in self.raw

    @property
    def assertion(self) -> tuple[str, Any] | None:
        """(kind, what) of an assertion step."""
        source = self.raw["not"] if self.negated else self.raw
        return next(((kind, source[kind]) for kind in ASSERTIONS if kind in source), None)


@dataclass(frozen=True)
class Scenario:
    """One story: the company and the customers it begins with, and its steps."""

    file: str
    name: str
    clauses: tuple[str, ...]
    packs: tuple[str, ...]
    people: Mapping[str, Mapping[str, Any]]
    given: Mapping[str, Mapping[str, Any]]
    parameters: Mapping[str, Any]
    effective: date | None
    steps: tuple[Step, ...]


@dataclass
class Result:
    """How a scenario ended."""

    pack: str
    scenario: str
    clauses: list[str] = field(default_factory=list)
    passed: bool = True
    message: str = ""
    file: str = ""

    def as_json(self) -> list[dict[str, Any]]:
        """One row a clause, as `pack test --json` prints."""
        return [
            {
                "pack": self.pack,
                "scenario": self.scenario,
                "clause": clause,
                "passed": self.passed,
                "message": self.message,
            }
            for clause in self.clauses or [""]
        ]


def read(path: Path) -> list[Scenario]:
    """All scenarios of a file; ScenarioError when the file does not follow the grammar."""
    yaml = YAML(typ="rt")
    yaml.version = (1, 2)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        raise ScenarioError(f"{path}:{error}") from error
    if not isinstance(data, Mapping):
        raise ScenarioError(f"{path}:1：场景文件须是一张映射表")
    _only(data, FILE_KEYS, path, data)
    packs = [str(data["pack"])] if "pack" in data else [str(each) for each in data.get("packs", [])]
    return [_scenario(path, data, each, tuple(packs)) for each in data.get("scenarios", [])]


def _scenario(path: Path, data: Any, raw: Any, packs: tuple[str, ...]) -> Scenario:
    _only(raw, SCENARIO_KEYS, path, raw)
    clauses = raw.get("clause", [])
    return Scenario(
        file=str(path),
        name=str(raw["name"]),
        clauses=tuple(str(each) for each in (clauses if isinstance(clauses, list) else [clauses])),
        packs=packs,
        people={str(k): dict(v) for k, v in {**(data.get("people") or {}), **(raw.get("people") or {})}.items()},
        given={str(k): dict(v or {}) for k, v in (raw.get("given") or {}).items()},
        parameters={**(data.get("parameters") or {}), **(raw.get("parameters") or {})},
        effective=raw.get("effective", data.get("effective")),
        steps=tuple(_step(path, raw["steps"], index) for index in range(len(raw["steps"]))),
    )


def _step(path: Path, steps: Any, index: int) -> Step:
    raw = steps[index]
    line = steps.lc.item(index)[0] + 1
    unknown = set(raw) - STEP_KEYS
    if unknown:
        raise ScenarioError(f"{path}:{line}：步骤里有不认识的键 {'、'.join(sorted(unknown))}")
    if "at" not in raw:
        raise ScenarioError(f"{path}:{line}：步骤缺少 at")
    return Step(moment(raw["at"], f"{path}:{line}"), raw, line)


def moment(value: Any, where: str = "") -> datetime:
    """An instant in Shanghai from a YAML timestamp, a date or text."""
    if isinstance(value, datetime):
        return clock.local(value.replace(tzinfo=None))
    if isinstance(value, date):
        return clock.at_time(value, time(0))
    text = str(value).strip()
    for shape in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"):
        try:
            return clock.local(datetime.strptime(text, shape))  # noqa: DTZ007  (naive means Shanghai)
        except ValueError:
            continue
    raise ScenarioError(f"{where}：看不懂的时间“{value}”")


def _only(raw: Any, known: set[str], path: Path, at: Any) -> None:
    unknown = set(raw) - known
    if unknown:
        line = at.lc.line + 1 if hasattr(at, "lc") else 1
        raise ScenarioError(f"{path}:{line}：不认识的键 {'、'.join(sorted(map(str, unknown)))}")
