"""Writes the vocabulary of packs into docs/packs.md, from the words that the product registers (`make` runs no such step:
run it after adding a word; a test holds page and product equal)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "packs.md"
BEGIN, END = "<!-- words: begin -->", "<!-- words: end -->"


def section() -> str:
    """The tables between the marks."""
    from kedang.kernel.ledger import kinds
    from kedang.kernel.norms.describe import vocabulary_json
    from kedang.kernel.norms.vocabulary import vocabulary

    words = vocabulary_json(vocabulary, kinds.all_kinds(), [])
    parts = [
        ("动作", ["动作", "意思", "参数（*必填）", "事件"], map(_action, _plain(words["actions"]))),
        ("事件", ["事件", "意思", "内容（`event.…`，? 可能没有）"], map(_event, words["events"])),
        ("事实", ["事实", "意思", "类型"], map(_fact, words["facts"])),
        ("统计数字", ["数字", "意思", "对谁（`for:`）"], map(_figure, words["figures"])),
        ("页面", ["页面（`sees: {page: …}`）", "意思"], map(_pair, words["pages"])),
        ("绑定", ["`binds:`", "意思", "类型"], map(_binding, words["bindings"])),
        ("自带的行为", ["`builtin:`", "意思"], map(_pair, words["builtins"])),
    ]
    return "\n\n".join(f"### {title}\n\n{_table(head, rows)}" for title, head, rows in parts)


def _plain(actions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Actions a pack speaks of; votes and filings have their own words."""
    return [each for each in actions if each["about"] or each["events"]]


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _action(each: Mapping[str, Any]) -> list[str]:
    args = "、".join(f"`{a['id']}`{'*' if a['required'] else ''} {a['label']}" for a in each["args"])
    place = "（外面的事：只能报告）" if each["place"] == "outside" else ""
    return [f"`{each['name']}`", each["label"] + place, args, " ".join(f"`{e}`" for e in each["events"])]


def _event(each: Mapping[str, Any]) -> list[str]:
    return [f"`{each['name']}`", each["label"], "、".join(f"`{k}` {t}" for k, t in each["data"].items())]


def _fact(each: Mapping[str, Any]) -> list[str]:
    name = each["name"]
    needed = len(each["args"]) - each["optional"]
    args = ", ".join(f"[{kind}]" if at >= needed else kind for at, kind in enumerate(each["args"]))
    written = name if "." in name and needed == 1 else f"{name}({args})"
    return [f"`{written}`", each["label"], each["returns"] + ("" if each["total"] else "，可能没有")]


def _figure(each: Mapping[str, Any]) -> list[str]:
    return [f"`{each['name']}`", each["label"], "、".join(each["args"]) or "无"]


def _binding(each: Mapping[str, Any]) -> list[str]:
    return [f"`{each['name']}`", each["label"], each["type"]]


def _pair(each: Mapping[str, Any]) -> list[str]:
    return [f"`{each['name']}`", each["label"]]


def main() -> None:
    """Replace what stands between the marks."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kedang.config.settings")
    import django

    django.setup()
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{section()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
