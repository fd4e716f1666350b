"""Strict YAML, places, digests."""

from datetime import date
from pathlib import Path

import pytest

from kedang.kernel.norms.loader import LoadedPack, dump, load_pack, load_text
from kedang.kernel.norms.problems import Mark, PackError
from kedang.kernel.norms.schema import DutyNorm, Pack, ProhibitionNorm

HERE = Path(__file__).parent
PACK = """\
pack: t
version: 1
title: 测试
effective: 2026-01-01
closing: 18:00
parameters:
  rate: {type: percent, values: {2026-01-01: 0.05, 2027-01-01: 6%}}
"""
CLAUSES = """\
"1": {text: 甲}
"1.10": {text: 乙}
"""
NORMS = """\
- id: n
  clause: "1.10"
  kind: duty
  opens: {event: contact.recorded}
  done: {form: f}
  due: {at: 17:30, grace: {until: 10:00}}
- id: p
  clause: ["1", "1.10"]
  kind: prohibition
  action: expense.submit
  when: >-
    amount > 3
    and urgent
"""


def load(**changes: str) -> LoadedPack:
    files = {"pack.yaml": PACK, "clauses.yaml": CLAUSES, "norms.yaml": NORMS}
    return load_text({**files, **{name.replace("_", "."): text for name, text in changes.items()}})


def said(**changes: str) -> list[str]:
    with pytest.raises(PackError) as caught:
        load(**changes)
    return [str(each) for each in caught.value.problems]


def test_parts_may_stand_alone_in_their_files() -> None:
    pack = load().pack
    assert list(pack.clauses) == ["1", "1.10"]
    duty, prohibition = pack.norms
    assert isinstance(duty, DutyNorm)
    assert isinstance(prohibition, ProhibitionNorm)
    assert duty.due.at == "17:30"
    assert duty.due.grace is not None
    assert duty.due.grace.until == "10:00"
    assert prohibition.when == "amount > 3 and urgent"
    assert pack.closing == "18:00"


def test_parameters_are_dated() -> None:
    assert load().pack.parameters["rate"].values == {date(2026, 1, 1): 0.05, date(2027, 1, 1): "6%"}


def test_every_value_has_its_place() -> None:
    loaded = load()
    assert loaded.mark("norms", 0, "due", "grace", "until") == Mark("norms.yaml", 6, 35, exact=True)
    assert loaded.mark("clauses", "1.10", "text") == Mark("clauses.yaml", 2, 16, exact=True)
    assert loaded.mark("norms", 1, "clause", 1) == Mark("norms.yaml", 8, 18, exact=True)
    assert loaded.mark("norms", 1, "when").line == 11
    assert loaded.mark("norms", 0, "due", "nothing", "here") == loaded.mark("norms", 0, "due")


def test_a_repeated_part_is_refused() -> None:
    assert said(pack_yaml=PACK + "norms: []\n") == ["norms.yaml:1:1: “norms”在 pack.yaml 里已经有了（合到一处）"]


def test_the_first_file_with_a_fault_does_not_hide_the_others() -> None:
    found = said(pack_yaml=PACK + "owner: no\n", clauses_yaml="1.1: {text: 甲}\n")
    assert found == [
        "pack.yaml:8:8: “no”意思不明（是或否写 true、false；文字写 'no'）",
        'clauses.yaml:1:1: 条款号 1.1 要加引号（写成 "1.1"）',
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1", "pack.yaml:1:1: 文件要写成键和值（例如 pack: 制度的英文短名）"),
        ("pack: a\n---\npack: b", "pack.yaml:3:1: 一个文件只能有一份文档（去掉“---”）"),
        ("pack: !!python/object:os.system x", "pack.yaml:1:7: 不能用标签 !!python/object:os.system"),
        ("pack: !x y", "pack.yaml:1:7: 不能用标签 !x"),
        ("pack: [1, 2", "pack.yaml:1:12: 方括号里缺逗号，或没有合上"),
        ("a: &a [x]\nb: *a", "pack.yaml:1:4: 不能用锚点和别名（& 和 *）（把内容写两遍，或值整个加引号）"),
        ("a: *a", "pack.yaml:1:4: 不能用锚点和别名（& 和 *）（把内容写两遍，或值整个加引号）"),
        ("a: b: c", "pack.yaml:1:5: 这里不能再有冒号（值里有冒号时，整个值加引号）"),
        ("? [a]\n: b", "pack.yaml:1:3: 键只能是一个词"),
        ("a: " + "[" * 60 + "]" * 60, "pack.yaml:1:44: 层次太深"),
    ],
)
def test_yaml_that_is_not_ours(text: str, message: str) -> None:
    assert said(pack_yaml=text)[0] == message


def test_missing_and_wrong_shapes() -> None:
    assert "pack.yaml:1:1: 缺少“title”" in said(pack_yaml=PACK.replace("title: 测试\n", ""))
    assert said(pack_yaml=PACK.replace("version: 1", "version: 0")) == ["pack.yaml:2:10: 版本号从 1 起"]
    assert said(pack_yaml=PACK.replace("{2026-01-01: 0.05", "{一月: 0.05")) == [
        "pack.yaml:7:34: “一月”要写日期，如 2026-01-01，写的是 “一月”"
    ]
    assert said(pack_yaml=PACK.replace("type: percent", "type: prozent")) == [
        "pack.yaml:7:16: “type”不能是“prozent”（是不是要写 percent？）"
    ]


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(PACK)
    assert load_pack(tmp_path).pack.title == "测试"
    (tmp_path / "rules.yaml").write_text("norms: []")
    with pytest.raises(PackError, match=r"rules.yaml:1:1: 制度包里没有这个文件"):
        load_pack(tmp_path)
    (tmp_path / "rules.yaml").unlink()
    (tmp_path / "norms.yaml").write_bytes("- id: 甲".encode("gbk"))
    with pytest.raises(PackError, match="不是 UTF-8 编码"):
        load_pack(tmp_path)
    with pytest.raises(PackError, match="没有这个文件"):
        load_pack(tmp_path / "elsewhere")


def test_the_digest_is_of_the_meaning() -> None:
    same = load(clauses_yaml="# 注释\n'1': {text: \"甲\"}\n'1.10':\n  text: 乙\n")
    assert same.digest == load().digest
    assert load(clauses_yaml=CLAUSES.replace("乙", "丙")).digest != load().digest


def test_a_dump_reads_back() -> None:
    pack = load_pack(HERE / "sound.yaml").pack
    assert Pack.model_validate(dump(pack)) == pack
