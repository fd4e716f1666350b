"""What differs between two versions of a pack, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kedang.kernel.norms.loader import dump
from kedang.kernel.norms.schema import Pack

PARTS = {
    "clauses": "条款",
    "roles": "角色",
    "terms": "分类",
    "parameters": "参数",
    "access": "权限",
    "routes": "审批路线",
    "forms": "表单",
    "flows": "流程",
    "norms": "规则",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing added, removed or changed. `path` is empty when the whole thing came or went."""

    part: str
    id: str
    change: Literal["added", "removed", "changed"]
    path: str = ""
    old: Any = None
    new: Any = None

    def __str__(self) -> str:
        name = f"{PARTS.get(self.part, '制度')} {self.id}".rstrip()
        if self.change != "changed":
            return f"{'+' if self.change == 'added' else '-'} {name}"
        where = f" {self.path}" if self.path else ""
        return f"~ {name}{where}：{_shown(self.old)} → {_shown(self.new)}"


def _shown(value: Any) -> str:
    return "（无）" if value is None else str(value)


def differences(old: Pack, new: Pack) -> list[Difference]:
    """Every difference in the order of the language: header, clauses, roles … norms."""
    before, after = _parts(old), _parts(new)
    found = [
        Difference("", "", "changed", path, a, b) for path, a, b in _changes(before.pop("", {}), after.pop("", {}), "")
    ]
    for part in PARTS:
        found += _of_part(part, before.get(part, {}), after.get(part, {}))
    return found


def _parts(pack: Pack) -> dict[str, dict[str, Any]]:
    plain = dump(pack)
    parts: dict[str, dict[str, Any]] = {part: plain.pop(part, {}) for part in PARTS if part != "norms"}
    parts["norms"] = {norm["id"]: norm for norm in plain.pop("norms", [])}
    return {"": plain, **parts}


def _of_part(part: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield Difference(part, name, "removed")
        elif name not in before:
            yield Difference(part, name, "added")
        else:
            for path, old, new in _changes(before[name], after[name], ""):
                yield Difference(part, name, "changed", path, old, new)


def _changes(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _changes(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_changes(old, new, path)
    else:
        yield path, old, new


def _list_changes(old: list[Any], new: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    """Lists of things with ids are matched by id, others by place."""
    if all(isinstance(each, dict) and "id" in each for each in [*old, *new]):
        yield from _changes({each["id"]: each for each in old}, {each["id"]: each for each in new}, path)
        return
    for index in range(max(len(old), len(new))):
        a = old[index] if index < len(old) else None
        b = new[index] if index < len(new) else None
        yield from _changes(a, b, f"{path}[{index}]")
