"""Clauses, names, cycles; packs that meet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kedang.kernel.norms.check import check
from kedang.kernel.norms.diff import differences
from kedang.kernel.norms.loader import LoadedPack, load_text
from tests.norms.conftest import Universe

SOUND = (Path(__file__).parent / "sound.yaml").read_text()
Check = Callable[..., list[str]]


def pack(text: str = SOUND, name: str = "pack.yaml") -> LoadedPack:
    return load_text({name: text})


@pytest.fixture
def said(universe: Universe, kinds: dict[str, Any]) -> Check:
    def check_(*texts: str, context: tuple[str, ...] = ()) -> list[str]:
        checked = [pack(text, f"{index}.yaml") for index, text in enumerate(texts)]
        others = [pack(text, f"context{index}.yaml") for index, text in enumerate(context)]
        return [str(each) for each in check(checked, universe.words, context=others, events=kinds)]

    return check_


def test_builtins_enforce_and_must_exist(said: Check) -> None:
    text = SOUND.replace('"1.4": {text:', '"1.5": {builtin: numbering.unique, text: 编号唯一。}\n  "1.4": {text:')
    assert said(text) == []
    assert said(text.replace("numbering.unique", "numbering.uniq")) == [
        "0.yaml:20:20: 产品没有内置行为“numbering.uniq”（是不是要写 numbering.unique？）"
    ]


def test_declined_is_for_clauses_that_nothing_enforces(said: Check) -> None:
    clauses = "".join(f'  "2.{n}": {{text: 编号唯一。, builtin: numbering.unique}}\n' for n in range(20))
    text = SOUND.replace('  "1.4"', clauses + '  "1.4"')
    reasoned = text.replace("客户分为重点客户和一般客户。", "客户分为两类。, declined: 只是说明")
    (both, short) = said(reasoned)
    assert "条款“1.1”写了不执行，却有 term category 执行它" in both
    assert "条款“1.1”不执行的理由太短" in short


def test_deferred_waits_for_a_named_capability(said: Check) -> None:
    text = SOUND.replace('  "1.4": {text:', '  "1.5": {text: 交接。, deferred: handover}\n  "1.4": {text:')
    assert said(text) == []
    assert "条款“1.5”缓行要写明等哪项能力" in said(text.replace("handover", '""'))[0]


def test_a_parameter_without_value_is_a_warning(universe: Universe, kinds: dict[str, Any]) -> None:
    loaded = pack(SOUND.replace(", values: {2026-01-01: 5 working_days}", ""))
    (only,) = check([loaded], universe.words, events=kinds)
    assert (only.severity, only.message) == ("warning", "参数“备案期限”还没有值")


def test_a_parameter_alone_enforces_nothing(said: Check) -> None:
    text = SOUND.replace('    clause: "1.2"\n    about', '    clause: "1.1"\n    about').replace(
        '- id: file-in-time\n    clause: "1.2"', '- id: file-in-time\n    clause: "1.1"'
    )
    assert any("条款“1.2”没有任何内容执行它" in each for each in said(text))


def test_a_conditioned_cycle_is_a_warning(universe: Universe, kinds: dict[str, Any]) -> None:
    more = """\
  - {id: give, clause: "1.1", kind: consequence, event: customer.released, when: customer.key, do: [{do: customer.take}]}
  - {id: back, clause: "1.1", kind: consequence, event: customer.taken, do: [{release: pool}]}
"""
    (only,) = check([pack(SOUND + more)], universe.words, events=kinds)
    assert only.severity == "warning"
    assert "成环：give → back → give" in only.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: 部门经理, post: head, of: file.unit", "name: 部门经理", "角色“head”没有写由谁担任"),
        ("of: file.unit", "of: file.unit, unit: 销售部", "of 与 unit 只能写一个"),
        ("fields: {contact: show}", "fields: {contac: show}", "没有资料分组“contac”（是不是要写 contact？）"),
        ("\n  sales: {list", "\n  clerk: {list", "没有角色“clerk”"),
        ("type: text, required: true}", "type: txt, required: true}", "没有栏目类型“txt”（是不是要写 text？）"),
        ("type: text, required: true}", "type: text, binds: customer.nam}", "没有档案资料“customer.nam”"),
        (
            "type: text, required: true}",
            "type: choice, binds: term.categry}",
            "没有分类“categry”（是不是要写 category？）",
        ),
        ("type: text, required: true}", "type: choice}", "“客户名称”是选择，却没有写可选的值"),
        ("about: customer", "about: customer\n    filed_by: clerk", "没有角色“clerk”"),
        ("about: customer", "about: customer\n    signers: [bearer, clerk]", "没有角色“clerk”"),
        ("about: customer", "about: customer\n    attach: {action: file.opn}", "没有动作“file.opn”"),
        ("form: basic}]", "form: basik}]", "没有表单“basik”（是不是要写 basic？）"),
        ("{role: head}", "{role: head, all: [sales]}", "每一步要且只要写 role、all、any、sequence、ratio 之一"),
        ("{role: head}", "{all: [sales, haed]}", "没有角色“haed”（是不是要写 head？）"),
        ("    route: head_only", "    route: head_onli", "没有审批路线“head_onli”（是不是要写 head_only？）"),
        ("    action: expense", "    lifted_by: gm\n    action: expense", "没有审批路线“gm”"),
        ("required: true}\nparameters", "default: other}\nparameters", "没有客户类别的值“other”"),
        ("effective: 2026-01-01", "effective: 2026-01-01\nowner: boss", "没有角色“boss”"),
    ],
)
def test_names_that_do_not_exist(said: Check, old: str, new: str, message: str) -> None:
    assert old in SOUND
    found = said(SOUND.replace(old, new, 1))
    assert any(message in each for each in found), found


# ---- packs that meet ----------------------------------------------------------------------------------------

OTHER = SOUND.replace("pack: broken", "pack: other").replace("试错办法", "另一办法")
ASSIGN = """\
  - {id: who, clause: "1.1", kind: assignment, event: visit.recorded, choose: "[event.actor]", do: customer.take}
"""


def test_different_units_keep_packs_apart(said: Check) -> None:
    here = (SOUND + ASSIGN).replace("version: 1", "version: 1\napplies_to: {units: [一部]}")
    there = (OTHER + ASSIGN).replace("version: 1", "version: 1\napplies_to: {units: [二部]}")
    assert said(here, context=(there,)) == []
    assert len(said(here, context=(there.replace("二部", "一部"),))) == 1


def test_two_packs_that_both_assign(said: Check) -> None:
    (only,) = said(SOUND + ASSIGN, context=(OTHER + ASSIGN,))
    assert only == (
        "0.yaml:53:10: 第1.1条与《另一办法》第1.1条冲突：都为事件 visit.recorded 指定（other.who）"
        "（写 overrides: [other.who] 或 stricter，或把两个制度的适用范围分开）"
    )
    assert said(SOUND + ASSIGN.replace("kind:", "overrides: [other.who], kind:"), context=(OTHER + ASSIGN,)) == []
    assert said(SOUND + ASSIGN, context=(OTHER + ASSIGN.replace("kind:", "overrides: [broken.who], kind:"),)) == []


def test_one_forbids_what_the_other_lets_pass(said: Check) -> None:
    forbids = OTHER.replace(
        "kind: approval\n    action: file.open\n    when: not shares_unit(actor, file)\n    route: head_only\n"
        "    then: grant\n    grant: {verbs: [read], lasts: 3 days}",
        "kind: prohibition\n    action: file.open",
    )
    (only,) = said(SOUND, context=(forbids,))
    assert "第1.4条与《另一办法》第1.4条冲突：一个禁止、一个经批准可以：file.open" in only
    assert (
        said(SOUND.replace("    then: grant", "    stricter: more_approvers\n    then: grant"), context=(forbids,))
        == []
    )


def test_two_periods_for_one_duty(said: Check) -> None:
    duty = '  - {id: call, clause: "1.1", kind: duty, opens: {event: contact.recorded}, done: {event: visit.recorded}, due: {within: 3 days}}\n'
    assert said(SOUND + duty, context=(OTHER + duty,)) == []
    (only,) = said(SOUND + duty, context=(OTHER + duty.replace("3 days", "5 days"),))
    assert "同一件事有两个期限（other.call）" in only


def test_one_post_two_views(said: Check) -> None:
    row = "  sales: {list: 本部门, open: 本人, fields: {contact: show}}"
    named = row.replace("}}", '}, clause: "1.4"}')
    there = OTHER.replace(row, named.replace("open: 本人", "open: 全部"))
    (only,) = said(SOUND.replace(row, named), context=(there,))
    assert "同一岗位（salesperson）能看到的档案不同（other.sales）" in only
    assert said(SOUND, context=(there,)) == []


def test_overrides_and_literals_may_name_other_packs(said: Check) -> None:
    text = SOUND.replace("    route: head_only", "    overrides: [other.other-unit]\n    route: head_only")
    assert said(text, context=(OTHER,)) == []
    assert any("没有制度包“other”" in each for each in said(text))


# ---- versions -----------------------------------------------------------------------------------------------


def test_differences_are_told_part_by_part() -> None:
    new = SOUND.replace("version: 1", "version: 2").replace("amount > 0", "amount > 100")
    new = new.replace("{2026-01-01: 5 working_days}", "{2026-01-01: 5 working_days, 2026-07-01: 3 working_days}")
    new = new.replace(
        "- {id: phone, name: 电话, type: phone, personal: true, purpose: 联络}", "- {id: fax, name: 传真}"
    )
    found = [str(each) for each in differences(pack().pack, pack(new).pack)]
    assert found == [
        "~ 制度 version：1 → 2",
        "~ 参数 period values.2026-07-01：（无） → 3 working_days",
        "~ 表单 basic fields.phone：{'id': 'phone', 'name': '电话', 'type': 'phone', 'personal': True, 'purpose': '联络'} → （无）",
        "~ 表单 basic fields.fax：（无） → {'id': 'fax', 'name': '传真'}",
        "~ 规则 no-claim when：customer.registration != '已备案' and amount > 0 → customer.registration != '已备案' and amount > 100",
    ]
    assert differences(pack().pack, pack().pack) == []
