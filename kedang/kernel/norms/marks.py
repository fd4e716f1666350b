"""Strict YAML with the place of every value: 1.2 scalars only, no duplicate keys, no anchors, no tags, one document."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kedang.kernel.norms.problems import Mark, PackError, Problem, problem

KeyPath = tuple[str | int, ...]
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLAUSE_LIKE = re.compile(r"[0-9]+(\.[0-9]+)*")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_OLD_BOOLEANS = frozenset({"yes", "no", "on", "off"})
_STANDARD = "tag:yaml.org,2002:"
_TAGS = {_STANDARD + name for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "map", "seq")}
_MAX_DEPTH = 40
_ENGLISH = {
    "mapping values are not allowed here": ("这里不能再有冒号", "值里有冒号时，整个值加引号"),
    "while scanning a simple key": ("键没有写完", "每个键后面要有冒号和空格"),
    "could not find expected ':'": ("这里缺冒号", "键和值之间写“: ”（冒号加空格）"),
    "found character '\\t' that cannot start any token": ("缩进用了制表符", "用空格缩进"),
    "found unexpected end of stream": ("引号没有合上", ""),
    "expected <block end>, but found": ("缩进或层次不对", "检查这一行与上一行的缩进；值以引号开头时要整个在引号里"),
    "expected ',' or '}'": ("花括号里缺逗号，或没有合上", "值里有逗号、冒号或引号时，整个值加引号"),
    "expected ',' or ']'": ("方括号里缺逗号，或没有合上", ""),
}


class Reader:
    """Turns one file into plain values and notes where each stands."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.marks: dict[KeyPath, Mark] = {}
        self.keys: dict[KeyPath, Mark] = {}
        self.problems: list[Problem] = []

    def read(self) -> Any:
        """The values; problems with scalars and keys are collected, a syntax error raises PackError."""
        try:
            yaml = YAML(typ="rt", pure=True)
            documents = list(yaml.compose_all(self.text))
        except MarkedYAMLError as fault:
            raise PackError([self._syntax(fault)]) from None
        except YAMLError as fault:
            raise PackError([problem(Mark(self.file), f"文件读不懂：{fault}")]) from None
        if len(documents) > 1:
            raise PackError([problem(self._place(documents[1]), "一个文件只能有一份文档", "去掉“---”")])
        node = documents[0] if documents else None
        return {} if node is None else self._value(node, ())

    def _syntax(self, fault: MarkedYAMLError) -> Problem:
        mark = fault.problem_mark or fault.context_mark
        place = Mark(self.file, mark.line + 1, mark.column + 1) if mark else Mark(self.file)
        said = f"{fault.context or ''} {fault.problem or ''}"
        for english, (chinese, hint) in _ENGLISH.items():
            if english in said:
                return problem(place, chinese, hint)
        if "duplicate anchor" in said or "undefined alias" in said:
            return problem(place, "不能用锚点和别名（& 和 *）", "把内容写两遍，或值整个加引号")
        return problem(place, f"写法不对：{(fault.problem or said).strip()}")

    def _place(self, node: Node) -> Mark:
        start = node.start_mark
        exact = isinstance(node, ScalarNode) and node.style not in ("|", ">") and start.line == node.end_mark.line
        shift = 1 if isinstance(node, ScalarNode) and node.style in ("'", '"') else 0
        return Mark(self.file, start.line + 1, start.column + 1 + shift, exact)

    def _value(self, node: Node, path: KeyPath) -> Any:
        self.marks[path] = place = self._place(node)
        if getattr(node, "anchor", None):
            raise PackError([problem(place, "不能用锚点和别名（& 和 *）", "把内容写两遍，或值整个加引号")])
        if str(node.tag) not in _TAGS:
            self.problems.append(problem(place, f"不能用标签 {str(node.tag).replace(_STANDARD, '!!')}"))
        if len(path) > _MAX_DEPTH:
            raise PackError([problem(place, "层次太深")])
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self._value(each, (*path, index)) for index, each in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, place)

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key in found:
                first = self.keys[(*path, key)]
                message = f"“{key}”写了两次，第一次在第 {first.line} 行"
                self.problems.append(problem(self._place(key_node), message, "删去一处"))
                continue
            self.keys[(*path, key)] = self._place(key_node)
            found[key] = self._value(value_node, (*path, key))
        return found

    def _key(self, node: Node, path: KeyPath) -> Any:
        place = self._place(node)
        if not isinstance(node, ScalarNode):
            self.problems.append(problem(place, "键只能是一个词"))
            return str(place)
        if node.style is None and path in (("clauses",), ()) and _CLAUSE_LIKE.fullmatch(node.value):
            self.problems.append(problem(place, f"条款号 {node.value} 要加引号", f'写成 "{node.value}"'))
            return str(node.value)
        # A key such as `on` or a date is a word here; only its value is typed.
        return str(node.value)

    def _scalar(self, node: ScalarNode, place: Mark) -> Any:
        # In round-trip mode the library marks the folds of a `>` text with a bell character.
        text: str = node.value.replace("\a", "")
        if node.style is not None:
            return text
        if text.lower() in _OLD_BOOLEANS:
            self.problems.append(problem(place, f"“{text}”意思不明", f"是或否写 true、false；文字写 '{text}'"))
            return text
        return _typed(text)


def _typed(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text
