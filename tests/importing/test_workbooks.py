"""The workbooks of importing compute nothing, and what comes back is what was sent."""

import io
import zipfile
from pathlib import Path

from kedang.customers.importing import loading, spooling, workbooks
from kedang.customers.importing.models import Import, Stage
from kedang.kernel.actions import perform
from kedang.kernel.blobs import store
from kedang.kernel.sheets import reading
from tests.importing.conftest import HEADINGS, Begin, carry_out
from tests.support.company import Company

EVIL = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1+1)", "-2+3", '=HYPERLINK("http://example.invalid")']


def test_no_cell_of_the_error_workbook_is_a_formula_and_the_sign_goes_when_it_comes_back(
    company: Company, begin: Begin, tmp_path: Path
) -> None:
    rows = [HEADINGS, *[["甲公司" * 50, "", "不是电话", text, "", text, text] for text in EVIL]]
    batch = carry_out(begin("小王", rows))
    made = workbooks.errors(batch).getvalue()
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        parts = {name: book.read(name).decode("utf-8", "ignore") for name in book.namelist()}
    assert not any(
        "<f>" in text or "<f " in text or "hyperlink" in text.lower() for name, text in parts.items() if "sheet" in name
    )
    assert "comment" in "".join(parts)
    (tmp_path / "e.xlsx").write_bytes(made)
    found = reading.survey(tmp_path / "e.xlsx", tmp_path / "spool")
    cells = [
        cell for row in reading.head(tmp_path / "spool", found.offsets, 9)[1:] for cell in row if isinstance(cell, str)
    ]
    assert not [cell for cell in cells if cell and cell[0] in "=+@"]
    again = begin("小王", made)
    assert again.continues == batch
    assert [cells[5] for _, cells in loading.data_rows(again)] == EVIL


def test_a_list_that_is_given_up_leaves_neither_file_nor_spool(company: Company, begin: Begin) -> None:
    batch = begin("小王", [HEADINGS, ["甲公司", "", "", "", "", "", "重点客户"]])
    path, spool = store.path_of(batch.blob.sha256), spooling.spool_of(batch.blob.sha256, batch.sheet)
    assert path.exists() and spooling.table_of(batch).filled == 2
    perform("import.drop", by=company["小王"], batch=batch.pk)
    assert not spool.exists()
    row = Import.objects.get(pk=batch.pk)
    assert row.stage == Stage.DROPPED and row.blob.gone_at is not None and row.blob.name == ""


def test_a_spool_that_was_swept_is_read_again_from_the_kept_file(company: Company, begin: Begin) -> None:
    batch = begin("小王", [HEADINGS, ["甲公司", "", "", "", "", "", "重点客户"]])
    assert spooling.sweep(now=4e9) > 0
    assert [line for line, _ in loading.data_rows(batch)] == [2]
