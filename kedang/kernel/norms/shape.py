"""What pydantic says of a pack's shape, said in Chinese and at the place in the file."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from kedang.kernel.norms.marks import KeyPath
from kedang.kernel.norms.problems import Mark, Problem, problem, suggest
from kedang.kernel.norms.schema import Pack

_TYPES = {
    "string_type": "文字",
    "int_type": "整数",
    "int_parsing": "整数",
    "int_from_float": "整数",
    "float_type": "数",
    "float_parsing": "数",
    "bool_type": "true 或 false",
    "bool_parsing": "true 或 false",
    "list_type": "列表（方括号，或每行一个“- ”）",
    "dict_type": "键和值（花括号，或每行一个“键: 值”）",
    "model_type": "键和值（花括号，或每行一个“键: 值”）",
    "model_attributes_type": "键和值（花括号，或每行一个“键: 值”）",
    "date_type": "日期，如 2026-01-01",
    "date_parsing": "日期，如 2026-01-01",
    "date_from_datetime_parsing": "日期，如 2026-01-01",
    "date_from_datetime_inexact": "日期，如 2026-01-01",
}


def problems_of(
    errors: Sequence[Mapping[str, Any]], data: Any, marks: Mapping[KeyPath, Mark], keys: Mapping[KeyPath, Mark]
) -> list[Problem]:
    """One problem a place, in the order of the errors. `marks` are places of values, `keys` of their keys."""
    found: dict[KeyPath, Problem] = {}
    for error in errors:
        path = _path(error["loc"], data)
        if error["type"] in ("missing", "extra_forbidden"):
            path = (*path, str(error["loc"][-1])) if path[-1:] != (error["loc"][-1],) else path
        if path not in found:
            at_key = error["type"] == "extra_forbidden" or "[key]" in error["loc"]
            found[path] = _problem(error, path, data, keys if at_key else marks)
    deeper = {path[:n] for path in found for n in range(len(path))}
    # A union reports its other branches at the outer place too; the inner place says more.
    return [fault for path, fault in found.items() if path not in deeper or len(path) == 0]


def _path(loc: Sequence[str | int], data: Any) -> KeyPath:
    """pydantic's location without the names of union branches."""
    path: list[str | int] = []
    here = data
    for step in loc:
        in_list = isinstance(here, list) and isinstance(step, int) and step < len(here)
        if in_list or (isinstance(here, dict) and step in here):
            path.append(step)
            here = here[step]
    return tuple(path)


def nearest(marks: Mapping[KeyPath, Mark], path: KeyPath) -> Mark:
    """The place of a path, or of the nearest thing around it."""
    for length in range(len(path), -1, -1):
        if path[:length] in marks:
            return marks[path[:length]]
    return Mark()


def _problem(error: Mapping[str, Any], path: KeyPath, data: Any, marks: Mapping[KeyPath, Mark]) -> Problem:
    kind, place = error["type"], nearest(marks, path)
    name = str(path[-1]) if path else "文件"
    if kind == "missing":
        return problem(nearest(marks, path[:-1]), f"缺少“{name}”")
    if kind == "extra_forbidden":
        # A comma inside braces ends a value: `when: f(a, b)` is read as two keys.
        torn = any(sign in name for sign in "()[]'\"=<>")
        hint = "花括号里的值有逗号时，整个值加引号" if torn else suggest(name, known_keys(path[:-1], data))
        return problem(place, f"没有“{name}”这个键", hint)
    if "clause" in path[-2:] and not isinstance(error["input"], dict):
        return problem(place, f"条款号 {error['input']} 要加引号", f'写成 "{error["input"]}"')
    if kind in ("literal_error", "union_tag_invalid"):
        return _choice(error, kind, nearest(marks, (*path, "kind")), name)
    if kind == "union_tag_not_found":
        return problem(
            place, "缺少“kind”", "可用：duty、schedule、prohibition、approval、assignment、consequence、computation"
        )
    if kind == "value_error":
        return problem(place, str(error["ctx"]["error"]))
    if kind in _TYPES:
        return problem(place, f"“{name}”要写{_TYPES[kind]}，写的是 {_shown(error['input'])}")
    return problem(place, f"“{name}”的值不对：{_shown(error['input'])}")


def _choice(error: Mapping[str, Any], kind: str, place: Mark, name: str) -> Problem:
    if kind == "union_tag_invalid":
        known = [word.strip().strip("'") for word in str(error["ctx"]["expected_tags"]).split(",")]
        written, name = str(error["ctx"]["tag"]), "kind"
    else:
        known = [word.strip().strip("'") for word in str(error["ctx"]["expected"]).replace(" or ", ",").split(",")]
        written = str(error["input"])
    hint = suggest(written, known)
    return problem(place, f"“{name}”不能是“{written}”", hint or "可用：" + "、".join(known))


def _shown(value: Any) -> str:
    text = str(value)
    if isinstance(value, dict | list):
        return "列表" if isinstance(value, list) else "键和值"
    return f"“{text[:40]}{'…' if len(text) > 40 else ''}”"


def known_keys(path: KeyPath, data: Any) -> list[str]:
    """The keys that the language has at a place."""
    model = _model(Pack, data, path)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _model(kind: Any, data: Any, path: KeyPath) -> type[BaseModel] | None:
    origin = get_origin(kind)
    if origin is Annotated:
        return _model(get_args(kind)[0], data, path)
    if origin in (Union, types.UnionType):
        return _model_of_union(get_args(kind), data, path)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not path:
            return kind
        hints = typing.get_type_hints(kind, include_extras=True)
        name = next((n for n, field in kind.model_fields.items() if (field.alias or n) == path[0]), None)
        return _model(hints[name], _step(data, path[0]), path[1:]) if name else None
    if origin in (list, dict) and path:
        return _model(get_args(kind)[-1], _step(data, path[0]), path[1:])
    return None


def _model_of_union(branches: Sequence[Any], data: Any, path: KeyPath) -> type[BaseModel] | None:
    tag = data.get("kind") if isinstance(data, dict) else None
    for branch in branches:
        model = _model(branch, data, path) if _has_tag(branch, tag) else None
        if model is not None:
            return model
    return None


def _has_tag(branch: Any, tag: Any) -> bool:
    """Whether a branch of a union could be meant by a `kind:`; branches without kinds always could."""
    if not (isinstance(branch, type) and issubclass(branch, BaseModel) and "kind" in branch.model_fields):
        return True
    return tag in get_args(branch.model_fields["kind"].annotation)


def _step(data: Any, key: str | int) -> Any:
    try:
        return data[key]
    except (KeyError, IndexError, TypeError):
        return None
