"""Reads the YAML files of a pack, strictly, keeping the place of every word for error messages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kedang.kernel.norms import shape
from kedang.kernel.norms.marks import KeyPath, Reader
from kedang.kernel.norms.problems import Mark, PackError, Problem, problem
from kedang.kernel.norms.schema import Pack

FILES = ("pack.yaml", "clauses.yaml", "forms.yaml", "norms.yaml")


@dataclass(frozen=True)
class LoadedPack:
    """A pack whose shape is right, with the place of each of its values."""

    pack: Pack
    marks: Mapping[KeyPath, Mark] = field(default_factory=dict)
    """Place of the value at a path of keys: ('norms', 3, 'when')."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The source text by file name, kept with a loaded version."""
    folder: Path | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of the pack: the same meaning gives the same digest, whatever the layout."""
        text = json.dumps(dump(self.pack), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def mark(self, *path: str | int) -> Mark:
        """Place of the value at this path, or of the nearest thing around it."""
        return shape.nearest(self.marks, path)


def load_pack(folder: Path) -> LoadedPack:
    """Load pack.yaml, clauses.yaml, forms.yaml and norms.yaml of a folder; PackError says what is wrong and where.

    A path to a single YAML file is a pack in one piece.
    """
    if folder.is_file():
        return _load({str(folder): _text(folder)}, folder.parent)
    if not (folder / "pack.yaml").is_file():
        raise PackError([problem(Mark(str(folder / "pack.yaml")), "没有这个文件", "制度包是一个含 pack.yaml 的文件夹")])
    strangers = sorted(path for path in folder.glob("*.y*ml") if path.name not in FILES)
    if strangers:
        raise PackError(
            [problem(Mark(str(each)), "制度包里没有这个文件", "可用：" + "、".join(FILES)) for each in strangers]
        )
    names = [name for name in FILES if (folder / name).is_file()]
    return _load({str(folder / name): _text(folder / name) for name in names}, folder)


def load_text(files: Mapping[str, str]) -> LoadedPack:
    """Load from texts by file name (one file may hold everything)."""
    return _load(files, None)


def dump(pack: Pack) -> dict[str, Any]:
    """The pack as plain JSON values, without what is default; `Pack.model_validate` reads it back."""
    plain: dict[str, Any] = pack.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return plain


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PackError([problem(Mark(str(path)), "文件不是 UTF-8 编码")]) from None
    except OSError as fault:
        raise PackError([problem(Mark(str(path)), f"文件打不开：{fault.strerror}")]) from None


def _load(files: Mapping[str, str], folder: Path | None) -> LoadedPack:
    return _read(tuple(files.items()), folder)


# The same text is read several times on its way into force, and strict YAML takes half a second a regulation.
@lru_cache(maxsize=32)
def _read(files: tuple[tuple[str, str], ...], folder: Path | None) -> LoadedPack:
    data: dict[str, Any] = {}
    marks: dict[KeyPath, Mark] = {}
    keys: dict[KeyPath, Mark] = {}
    problems: list[Problem] = []
    for name, text in files:
        _merge(name, text, data, marks, keys, problems)
    if problems:
        raise PackError(problems)
    try:
        pack = Pack.model_validate(data)
    except ValidationError as fault:
        raise PackError(shape.problems_of(fault.errors(), data, marks, {**marks, **keys})) from None
    return LoadedPack(pack, marks, {Path(name).name: text for name, text in files}, folder)


def _unwrapped(name: str, found: Any) -> tuple[Any, KeyPath]:
    """clauses.yaml and norms.yaml may hold their part alone, without its key."""
    if name == "clauses.yaml" and isinstance(found, dict) and "clauses" not in found:
        return {"clauses": found}, ("clauses",)
    if name == "norms.yaml" and isinstance(found, list):
        return {"norms": found}, ("norms",)
    return found, ()


def _merge(
    name: str,
    text: str,
    data: dict[str, Any],
    marks: dict[KeyPath, Mark],
    keys: dict[KeyPath, Mark],
    problems: list[Problem],
) -> None:
    """Read one file and add its parts to the whole."""
    reader = Reader(name, text)
    try:
        found = reader.read()
    except PackError as fault:
        problems += fault.problems
        return
    problems += reader.problems
    found, prefix = _unwrapped(Path(name).name, found)
    if not isinstance(found, dict):
        problems.append(problem(Mark(name), "文件要写成键和值", "例如 pack: 制度的英文短名"))
        return
    for key, value in found.items():
        if key in data:
            earlier = shape.nearest(marks, (key,))
            place = reader.keys.get((key,), Mark(name))
            problems.append(problem(place, f"“{key}”在 {Path(earlier.file).name} 里已经有了", "合到一处"))
            continue
        data[key] = value
    keys.update({(*prefix, *path): mark for path, mark in reader.keys.items()})
    marks.update({(*prefix, *path): mark for path, mark in reader.marks.items() if prefix or path})
    marks.setdefault((), Mark(name))
