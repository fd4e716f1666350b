"""Source text of expressions: what Python's grammar must not see, and plain words for what it cannot read."""

from __future__ import annotations

import ast
import re

from kedang.kernel.norms.problems import Mark, PackError, problem

MAX_LENGTH = 2000
_FULL_WIDTH = re.compile(r"[（），＝＞＜“”‘’：；！＋－＊／]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
# `from` is a word of Python but also what a flow moves from; it is read under a stand-in of the same length.
_FROM = re.compile(r"(?<![\w'\"])from(?![\w'\"])")
STAND_IN = "ƒrom"


def readable(source: str) -> str:
    """The source with `from` outside quotes under its stand-in."""
    parts, last = [], 0
    for quoted in _QUOTED.finditer(source):
        parts += [_FROM.sub(STAND_IN, source[last : quoted.start()]), quoted[0]]
        last = quoted.end()
    return "".join([*parts, _FROM.sub(STAND_IN, source[last:])])


def parse(source: str, where: Mark) -> ast.expr:
    """Python's tree of the source; PackError when it is no expression at all."""
    if not source:
        raise PackError([problem(where, "式子是空的")])
    if len(source) > MAX_LENGTH:
        raise PackError([problem(where, f"式子太长（{len(source)} 字，最多 {MAX_LENGTH}）")])
    try:
        return ast.parse(source, mode="eval").body
    except SyntaxError as fault:
        raise PackError([problem(where.at(max((fault.offset or 1) - 1, 0)), "式子写法不对", _hint(source))]) from None
    except (ValueError, RecursionError, MemoryError):
        raise PackError([problem(where, "式子写法不对", _hint(source))]) from None


def _hint(source: str) -> str:
    bare = _QUOTED.sub("", source)
    if found := _FULL_WIDTH.search(bare):
        return f"“{found[0]}”是全角符号，请用半角"
    if "&&" in bare or "||" in bare:
        return "“并且”写 and，“或者”写 or"
    if re.search(r"[^=!<>]=[^=]", bare):
        return "比较相等用两个等号 =="
    return "例如 amount > 1000 and not shares_unit(actor, file)"


def name_of(written: str) -> str:
    """The name as the author wrote it."""
    return "from" if written == STAND_IN else written
