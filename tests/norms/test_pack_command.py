"""`kedang pack`: the commands that need no database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kedang.cli import build_parser

PACKS = Path(__file__).resolve().parents[2] / "packs"


def run(*words: str | Path) -> int:
    """Run `kedang pack …` in this process."""
    args = build_parser().parse_args(["pack", *map(str, words)])
    status: int = args.run(args)
    return status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the customer registry."""
    made = tmp_path / "customer-registry"
    made.mkdir()
    for path in (PACKS / "customer-registry").glob("*.yaml"):
        (made / path.name).write_text(path.read_text())
    return made


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("pack", sorted(path.parent for path in PACKS.glob("*/pack.yaml")), ids=lambda path: path.name)
def test_the_packs_we_ship_are_sound(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", pack) == 0, capsys.readouterr().out
    assert "1 个制度包，0 处错误" in capsys.readouterr().out


def test_a_fault_is_printed_with_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder / "norms.yaml", "due: {within: filing_period}", "due: {within: filing_perod}")
    assert run("check", folder) == 1
    first, summary = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{folder / 'norms.yaml'}:")
    assert "没有参数“filing_perod”（是不是要写 filing_period" in first
    assert summary == "1 个制度包，1 处错误，0 处提醒"


def test_faults_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder / "pack.yaml", "version: 1", "version: eins")
    assert run("check", folder, "--json") == 1
    (fault,) = json.loads(capsys.readouterr().out)
    assert fault == {
        "file": str(folder / "pack.yaml"),
        "line": 2,
        "column": 10,
        "severity": "error",
        "message": "“version”要写整数，写的是 “eins”",
        "suggestion": "",
    }


def test_packs_are_checked_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = folder.parent / "other"
    folder.rename(other)
    change(other / "pack.yaml", "pack: customer-registry", "pack: other")
    registry = PACKS / "customer-registry"
    assert run("check", other, "--with", registry) == 0, capsys.readouterr().out
    change(other / "norms.yaml", "due: {within: visit_overdue_days", "due: {within: 9 days")
    assert run("check", other) == 0
    capsys.readouterr()
    assert run("check", other, "--with", registry) == 1
    first, _ = capsys.readouterr().out.splitlines()
    assert "第2.2条与《客户登记备案、查阅与维护管理办法》第2.2条冲突：同一件事有两个期限" in first


def test_a_path_that_is_no_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", tmp_path / "nothing") == 1
    assert "没有这个文件" in capsys.readouterr().out


def test_the_vocabulary_has_every_shelf_with_labels(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("vocabulary", "--json") == 0
    words = json.loads(capsys.readouterr().out)
    for shelf in (
        "actions",
        "events",
        "facts",
        "forms",
        "roles",
        "pages",
        "figures",
        "effects",
        "builtins",
        "bindings",
    ):
        assert words[shelf], shelf
        assert all(each["label"] for each in words[shelf]), shelf
    claim = next(each for each in words["actions"] if each["name"] == "expense.submit")
    assert {"id": "customer", "label": "客户", "type": "customer", "required": False} in claim["args"]


def test_the_schema_describes_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema", "--json") == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["additionalProperties"] is False
    assert {"pack", "version", "clauses", "norms"} <= set(schema["properties"])
    assert "is" in schema["$defs"]["Role"]["properties"]


def test_two_versions_are_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder / "pack.yaml", "values: {2026-01-01: 5 working_days}", "values: {2026-01-01: 4 working_days}")
    assert run("diff", PACKS / "customer-registry", folder) == 0
    first, summary = capsys.readouterr().out.splitlines()
    assert first == "~ 参数 filing_period values.2026-01-01：5 working_days → 4 working_days"
    assert summary == "1 处差别"
    assert run("diff", folder, folder) == 0
    assert capsys.readouterr().out == "没有差别\n"
