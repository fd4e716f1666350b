"""The cast, the house rules, and a way from rows to an import that has been done."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from kedang.customers.importing import intake
from kedang.customers.importing.models import Import
from kedang.kernel import blobs, clock
from kedang.kernel.actions import perform
from kedang.kernel.blobs import service
from kedang.kernel.jobs import run_pending
from tests.support.company import HOUSE, Company, found, in_force

HEADINGS = ["客户名称", "统一社会信用代码", "联系电话", "联系人", "手机", "地址", "客户类别"]


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> None:
    """Spools and contents of a test lie in its own folder."""
    settings.DATA_DIR = tmp_path / "data"
    settings.ATTACHMENT_DIR = tmp_path / "attachments"
    settings.DATA_DIR.mkdir()
    settings.ATTACHMENT_DIR.mkdir()


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    """A company at ten o'clock on Monday 2 March 2026, under the house rules."""
    with clock.frozen("2026-03-02 10:00"):
        made = found()
        with in_force(HOUSE):
            yield made


def workbook(path: Path, rows: Sequence[Sequence[Any]], sheet: str = "客户") -> bytes:
    """Rows as an .xlsx; numbers stay numbers."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(sheet)
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
    return path.read_bytes()


Begin = Callable[..., Import]


@pytest.fixture
def begin(company: Company, tmp_path: Path) -> Begin:
    """An import of these rows (or bytes), arranged as guessed and checked."""

    def make(by: str, rows: Sequence[Sequence[Any]] | bytes, name: str = "名单.xlsx", **options: Any) -> Import:
        content = rows if isinstance(rows, bytes) else workbook(tmp_path / "made.xlsx", rows)
        person = company[by]
        blob = service.received([content], name, person)
        batch = intake.begin(person, blob.pk)
        perform("import.arrange", by=person, batch=batch, options=options)
        run_pending()
        return Import.objects.get(pk=batch)

    return make


def carry_out(batch: Import, **args: Any) -> Import:
    """Start a checked import and let its job run to the end."""
    given = {"policy": batch.options.get("policy"), "opening": batch.options.get("opening"), **args}
    perform("customer.import", by=batch.by, batch=batch.pk, rows=batch.checked["rows"], **given)
    run_pending()
    return Import.objects.get(pk=batch.pk)


__all__ = ["HEADINGS", "blobs", "carry_out", "workbook"]
