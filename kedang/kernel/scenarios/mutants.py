"""What a pack would be with one rule less or one boundary moved: every mutant, made in memory. Pure."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kedang.kernel.norms.clauses import numbers
from kedang.kernel.norms.expressions import source
from kedang.kernel.norms.loader import LoadedPack, dump

Path = tuple[str | int, ...]
EXPRESSIONS = frozenset(
    {"when", "where", "state", "void_when", "required_when", "must", "valid", "stop_when", "formula"}
)
SPANS = frozenset({"within", "lasts", "max", "for", "warn", "remind", "n", "each", "total"})
BOUNDS = frozenset({"min", "max", "count", "on_day", "times", "points", "per", "amount"})
TIMES = frozenset({"at", "until", "closing"})
_TIME = re.compile(r"(\d\d?):(\d\d)")
_DAY = re.compile(r"day (\d+)")
_SPAN = re.compile(r"(\d+)( ?[a-z_]+)")
_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


@dataclass(frozen=True)
class Mutant:
    """A changed pack as plain values: what was changed, where it stands, and the clauses whose scenarios must notice."""

    what: str
    clauses: tuple[str, ...]
    path: Path
    data: dict[str, Any]
    weaker: dict[str, Any] | None = None
    """What to try when the rest of the pack does not hold together without it: the rule stands there and does nothing."""


def mutants_of(loaded: LoadedPack) -> Iterator[Mutant]:
    """Every norm, form field, access row and parameter value taken out, and every boundary moved by one."""
    plain = dump(loaded.pack)
    yield from _norms(plain)
    yield from _fields(plain)
    yield from _rows(plain)
    yield from _parameters(plain)
    yield from _records(plain)


def _without(plain: dict[str, Any], path: Path) -> dict[str, Any]:
    """A copy without the value at a path."""
    data = copy.deepcopy(plain)
    del _at(data, path[:-1])[path[-1]]
    return data


def _with(plain: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy with another value at a path."""
    data = copy.deepcopy(plain)
    _at(data, path[:-1])[path[-1]] = value
    return data


def _at(data: Any, path: Path) -> Any:
    for key in path:
        data = data[key]
    return data


def _named(spec: dict[str, Any], default: tuple[str, ...] = ()) -> tuple[str, ...]:
    return tuple(numbers(spec.get("clause", ""))) or default


# ---- norms -------------------------------------------------------------------------------------------------------


def _norms(plain: dict[str, Any]) -> Iterator[Mutant]:
    for index, norm in enumerate(plain.get("norms", [])):
        clauses = _named(norm)
        path: Path = ("norms", index)
        idle = None if norm["kind"] == "computation" else _with(plain, path, {**norm, "when": "false"})
        yield Mutant(f"去掉规则 {norm['id']}", clauses, path, _without(plain, path), idle)
        yield from _shifted(plain, path, clauses, f"规则 {norm['id']}")


def _shifted(plain: dict[str, Any], root: Path, clauses: tuple[str, ...], what: str) -> Iterator[Mutant]:
    """Each boundary below `root` moved: a span or bound by one, a comparison with or without its equal."""
    for path, value in _leaves(_at(plain, root), root):
        key = next(each for each in reversed(path) if isinstance(each, str))
        for changed in _moved(key, value):
            yield Mutant(f"{what}：{value} 改为 {changed}", clauses, path, _with(plain, path, changed))


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves(each, (*path, index))
    else:
        yield path, value


def _moved(key: str, value: Any) -> list[Any]:
    if key in EXPRESSIONS and isinstance(value, str):
        return moved_expressions(value)
    if key in SPANS and isinstance(value, str):
        return moved_spans(value)
    if key in TIMES and isinstance(value, str):
        return moved_times(value)
    if key == "on" and isinstance(value, str):
        return [_DAY.sub(f"day {n}", value) for n in _around(_DAY.match(value))]
    if key in BOUNDS and isinstance(value, int) and not isinstance(value, bool):
        return [value - 1, value + 1]
    return []


def _around(found: re.Match[str] | None) -> list[int]:
    """The numbers beside the one found, from 1 up."""
    return [n for n in (int(found[1]) - 1, int(found[1]) + 1) if n > 0] if found else []


def moved_times(text: str) -> list[str]:
    """'17:30' a minute earlier and a minute later; nothing for the name of a parameter."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return []
    minute = int(found[1]) * 60 + int(found[2])
    return [f"{each // 60:02}:{each % 60:02}" for each in (minute - 1, minute + 1) if 0 <= each < 24 * 60]


def moved_spans(text: str) -> list[str]:
    """'5 working_days' as 4 and 6 of them; nothing for the name of a parameter."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return []
    n, unit = int(found[1]), found[2]
    return [f"{each}{unit}" for each in (n - 1, n + 1) if each >= 0]


def moved_expressions(text: str) -> list[str]:
    """The expression with one `<` for `<=` (and so on), or one number in a comparison moved by one, each in turn."""
    tree = ast.parse(source.readable(text.strip()), mode="eval")
    places = [place for place in ast.walk(tree) if isinstance(place, ast.Compare)]
    made: list[str] = []
    for place in places:
        for index, op in enumerate(place.ops):
            if type(op) in _SWAPPED:
                made.append(_changed(tree, lambda: _swap(place, index, _SWAPPED[type(op)]())))  # noqa: B023
        for part in [place.left, *place.comparators]:
            if isinstance(part, ast.Constant) and type(part.value) is int:
                for step in (-1, 1):
                    made.append(_changed(tree, lambda: _step(part, step)))  # noqa: B023
    return made


def _changed(tree: ast.Expression, change: Callable[[], Callable[[], None]]) -> str:
    """The text after a change, which is undone again."""
    undo = change()
    try:
        return ast.unparse(tree).replace(source.STAND_IN, "from")
    finally:
        undo()


def _swap(place: ast.Compare, index: int, op: ast.cmpop) -> Callable[[], None]:
    old, place.ops[index] = place.ops[index], op
    return lambda: place.ops.__setitem__(index, old)


def _step(part: ast.Constant, step: int) -> Callable[[], None]:
    old = part.value
    assert isinstance(old, int)
    part.value = old + step
    return lambda: setattr(part, "value", old)


DEMANDS = frozenset({"required", "required_when", "must", "pattern", "min", "max", "binds", "suggest"})
"""What a field asks or does beyond being there."""


# ---- forms, access, parameters -----------------------------------------------------------------------------------


def _fields(plain: dict[str, Any]) -> Iterator[Mutant]:
    for form_id, form in plain.get("forms", {}).items():
        own = _named(form)
        yield from _kept(plain, form_id, form, own)
        places: list[Path] = [("forms", form_id, "fields")]
        if form.get("rows"):
            places.append(("forms", form_id, "rows", "fields"))
        if (form.get("rows") or {}).get("each"):
            deed: Path = ("forms", form_id, "rows", "each")
            yield Mutant(f"去掉 {form_id} 每行所办的事", _named(form["rows"]["each"], own), deed, _without(plain, deed))
        for place in places:
            for index, field in enumerate(_at(plain, place) if place[-2] == "rows" or "fields" in form else []):
                clauses, path = _named(field, own), (*place, index)
                loose = {key: value for key, value in field.items() if key not in DEMANDS}
                weaker = _with(plain, path, loose) if loose != field else None
                yield Mutant(f"去掉栏目 {form_id}.{field['id']}", clauses, path, _without(plain, path), weaker)
                yield from _shifted(plain, path, clauses, f"栏目 {form_id}.{field['id']}")


def _kept(plain: dict[str, Any], form_id: str, form: dict[str, Any], own: tuple[str, ...]) -> Iterator[Mutant]:
    """A form whose secrecy a clause orders, open to all; and one that nobody keeps any more."""
    secrecy = form.get("confidential")
    if not isinstance(secrecy, dict):
        return
    clauses, path = _named(secrecy, own), ("forms", form_id, "confidential")
    yield Mutant(f"表单 {form_id} 不再保密", clauses, path, _with(plain, path, False))
    if secrecy.get("keeper"):
        yield Mutant(f"表单 {form_id} 没有保管人", clauses, path, _without(plain, (*path, "keeper")))


def _rows(plain: dict[str, Any]) -> Iterator[Mutant]:
    for role, row in plain.get("access", {}).items():
        path: Path = ("access", role)
        yield Mutant(f"去掉 {role} 的数据权限", _named(row), path, _without(plain, path))


def _parameters(plain: dict[str, Any]) -> Iterator[Mutant]:
    for name, spec in plain.get("parameters", {}).items():
        for since, value in spec.get("values", {}).items():
            path: Path = ("parameters", name, "values", since)
            yield Mutant(f"去掉参数 {name} 的值", _named(spec), path, _without(plain, path))
            for changed in _moved_value(spec["type"], value):
                yield Mutant(f"参数 {name}：{value} 改为 {changed}", _named(spec), path, _with(plain, path, changed))


def _records(plain: dict[str, Any]) -> Iterator[Mutant]:
    """Items that nothing asks for any more, personal ones taken in freely, an archive without classes or periods."""
    for name, kind in plain.get("record_types", {}).items():
        for key, what in (("required", "不再要求"), ("personal", "不再按个人信息收取")):
            if kind.get(key):
                path: Path = ("record_types", name, key)
                yield Mutant(f"{what}材料 {name}", _named(kind), path, _with(plain, path, False))
    rules = plain.get("archive") or {}
    for key in ("class", "keep", "loan"):
        if rules.get(key):
            yield Mutant(f"去掉归档的 {key}", _named(rules), ("archive", key), _without(plain, ("archive", key)))


def _moved_value(kind: str, value: Any) -> list[Any]:
    if kind == "duration":
        return list(moved_spans(str(value)))
    if kind == "time":
        return list(moved_times(str(value)))
    if kind in ("number", "money", "percent") and isinstance(value, (int, float)):
        return [value - 1, value + 1]
    return []
