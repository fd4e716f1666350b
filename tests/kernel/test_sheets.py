"""Hostile and badly made files: refused in Chinese or read within bounds, and the process that serves people never feels it."""

import resource
import time
from pathlib import Path

import pytest

from kedang.kernel.sheets import limits, reading
from kedang.kernel.sheets.sniff import Unreadable
from tests.support import hostile

GROWTH = 200
"""MiB that the parent may grow by, whatever a file does to the child."""


def grown() -> float:
    """The largest this process has ever been, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_there_are_enough_of_them() -> None:
    assert len(hostile.REFUSED) + len(hostile.READ) >= 60


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_a_hostile_file_is_refused_with_what_to_do(name: str, tmp_path: Path) -> None:
    path = hostile.write(tmp_path, name)
    before, begun = grown(), time.monotonic()
    with pytest.raises(Unreadable) as said:
        reading.survey(path, tmp_path / "spool")
    assert hostile.REFUSED[name][1] in str(said.value), said.value
    assert any("一" <= sign <= "鿿" for sign in str(said.value))
    assert grown() - before < GROWTH
    assert time.monotonic() - begun < limits.CHILD_WALL
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("name", hostile.READ)
def test_what_is_only_badly_made_is_read(name: str, tmp_path: Path) -> None:
    path = hostile.write(tmp_path, name)
    want = hostile.READ[name][1]
    try:
        found = reading.survey(path, tmp_path / "spool")
    except Unreadable:
        assert want == -1
        return
    rows = [cells for _, cells in reading.rows(tmp_path / "spool", found.offsets) if cells]
    if want >= 0:
        assert found.filled == len(rows) == want
        assert any(cell in ("客户名称", "甲公司") or "长" in str(cell) for row in rows for cell in row)
    assert "hostname" not in str(found.sheets)
    host = Path("/etc/hostname")
    assert not host.exists() or not host.read_text().strip() or host.read_text().strip() not in str(found.sheets)


def test_the_reader_of_notes_is_told_of_formulas_macros_and_links(tmp_path: Path) -> None:
    for name, note in (("formulas.xlsx", "formulas"), ("macros.xlsm", "macros"), ("external-links.xlsx", "external")):
        assert reading.survey(hostile.write(tmp_path, name), tmp_path / "spool").notes == [note]


def test_a_formula_gives_the_value_that_was_saved(tmp_path: Path) -> None:
    found = reading.survey(hostile.write(tmp_path, "formulas.xlsx"), tmp_path / "spool")
    assert dict(reading.rows(tmp_path / "spool", found.offsets))[2] == ["上海晨光文具厂", "021-62345678"]


def test_a_child_that_eats_all_memory_ends_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kedang.kernel.sheets import package

    assert "scan" in dir(package)
    path = tmp_path / "sparse.xlsx"
    # Two-letter columns pass the scan; a million rows of seven hundred columns do not fit into the child.
    rows = "".join(f'<row r="{at}">{hostile.cell(f"ZZ{at}", "x")}</row>' for at in (1, 400_000))
    path.write_bytes(hostile.package(hostile.SHEET.format(rows=rows)))
    before = grown()
    with pytest.raises(Unreadable, match="限度|列"):
        reading.survey(path, tmp_path / "spool")
    assert grown() - before < GROWTH


def test_a_file_over_the_limit_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as out:
        out.truncate(2 << 30)
    with pytest.raises(Unreadable, match="最多 40 MB"):
        reading.survey(path, tmp_path / "spool")


def test_rows_are_read_from_the_middle_without_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("\n".join(f"公司{at},{at}" for at in range(1, 2001)), "utf-8")
    found = reading.survey(path, tmp_path / "spool")
    assert [number for number, _ in reading.rows(tmp_path / "spool", found.offsets, 1200, 1203)] == [1201, 1202, 1203]
    assert reading.head(tmp_path / "spool", found.offsets, 1) == [["公司1", "1"]]
