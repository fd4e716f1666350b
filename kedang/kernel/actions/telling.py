"""Facts in sentences: what a refusal compares, said so that the person refused knows about what."""

from __future__ import annotations

from typing import Any

from kedang.kernel import clock, files, ledger
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org

Args = tuple[Any, ...]


def yes(value: Any) -> str:
    """是 or 否."""
    return "是" if value else "否"


def same_unit(args: Args, value: Any) -> str:
    """「档案部门＝销售一部，您的部门＝销售二部」"""
    person, file = args
    view = files.view(file)
    units = org.units_of(person) if person else set()
    names = org.unit_names_of({*units, *([view.unit] if view else [])})
    here = names.get(view.unit or 0, "无") if view else "无"
    return f"档案部门＝{here}，您的部门＝{'、'.join(names[unit] for unit in sorted(units)) or '无'}"


def held(args: Args, value: Any) -> str:
    """「担任市场推广部：否」"""
    pack, _, role_id = str(args[1]).partition(".")
    version = regulations().version(pack)
    role = version.regulation.pack.roles.get(role_id) if version else None
    return f"担任{role.name if role else role_id}：{yes(value)}"


def belongs(args: Args, value: Any) -> str:
    """「属于市场推广部：否」"""
    return f"属于{args[1]}：{yes(value)}"


def late(args: Args, value: Any) -> str:
    """「“提交备案”逾期未办：是（期限 2026-03-09）」"""
    norm, subject = args
    row = Duty.objects.filter(norm=norm, state=DutyState.OPEN, file=subject).order_by("due_at").first()
    name = row.title if row else norm_name(norm)
    due = f"（期限 {clock.local(row.due_at):%Y-%m-%d}）" if row and row.due_at else ""
    return f"“{name}”逾期未办：{yes(value)}{due}"


def duty_state(words: str) -> Any:
    """A teller of `norm, subject` facts: 「“提交备案”已办：否」."""
    return lambda args, value: f"“{norm_name(args[0])}”{words}：{yes(value)}"


def norm_name(qid: str) -> str:
    """What a norm is called: its own name, else the wording of its clause."""
    found = regulations().norm(qid)
    if found is None:
        return qid
    version, norm = found
    return norm.norm.name or version.clause_text(norm.clauses[0])[:30]


def recorded(args: Args, value: Any) -> str:
    """「有“登记联系”记录：否」, or the number of them."""
    name = ledger.kinds.get(args[0]).label
    return f"有“{name}”记录：{yes(value)}" if isinstance(value, bool) else f"“{name}”记录：{value} 次"


def filed(args: Args, value: Any) -> str:
    """「已交《联系报告》：否」, or the number of them."""
    found = regulations().form(args[0])
    name = found[1].name if found else args[0]
    return f"已交《{name}》：{yes(value)}" if isinstance(value, bool) else f"已交《{name}》：{value} 份"


def filled(args: Args, value: Any) -> str:
    """「《客户基本信息表》完整度：80%」"""
    found = regulations().form(args[1])
    return f"《{found[1].name if found else args[1]}》完整度：{value}%"
