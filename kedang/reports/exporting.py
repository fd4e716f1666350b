"""Lists as files: Excel or CSV, written while the person waits or by a job; always what the deed has recorded."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import IO, Any

from kedang.kernel import clock, listings
from kedang.kernel.actions import perform
from kedang.kernel.actions.exporting import KIND
from kedang.kernel.errors import Conflict
from kedang.kernel.jobs import Run, job
from kedang.kernel.org.models import Person
from kedang.reports import export
from kedang.reports.export import Sheet, Told

CSV_TYPE = "text/csv; charset=utf-8"
TYPES = {"xlsx": export.TYPE, "csv": CSV_TYPE}
TRIES = 3
STEP = 500


def sheet_of(person: Person, told: Told, name: str, asked: Mapping[str, Any]) -> Sheet:
    """Any registered list as recorded under `told`; Conflict when it has changed since."""
    listing = listings.listing_of(name)
    known = listing.understood(asked)
    ids = listing.ids(person, known)
    labels = [label for label, _ in listing.headings]
    export.hold_to(told, listings.digest_of(ids, labels))
    widths = [width for _, width in listing.headings]
    return Sheet(
        listing.label, export.mark_of(person, told), told.code, labels, widths, listing.rows(person, known, ids)
    )


# ---- CSV -------------------------------------------------------------------------------------------------------------

DANGEROUS = re.compile(r"^\s*[=@+\-＝＠＋－]|^[\t\r\n]")


def neutral(text: str) -> str:
    """Text that a spreadsheet opening the CSV takes for text: whatever could begin a formula has a ' before it, signed
    numbers among them, for in a CSV nothing else tells a phone number from a sum."""
    return f"'{text}" if DANGEROUS.match(text) else text


def plain(value: Any) -> str:
    """One cell of a CSV."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value) if isinstance(value, int) else neutral(str(value).replace("\r\n", "\n"))


def write_csv(sheet: Sheet, handle: IO[bytes]) -> None:
    """The sheet as CSV, row by row: UTF-8 with a mark, so that Excel reads Chinese; the watermark in its first line."""
    text = io.TextIOWrapper(handle, encoding="utf-8-sig", newline="", write_through=False)
    out = csv.writer(text)
    out.writerow([neutral(sheet.mark)])
    out.writerow([neutral(heading) for heading in sheet.headings])
    out.writerows([plain(value) for value in row] for row in sheet.rows)
    text.flush()
    text.detach()


def write(sheet: Sheet, format: str, handle: IO[bytes]) -> None:
    """The sheet in a format, into an open file."""
    if format == "csv":
        write_csv(sheet, handle)
    else:
        shutil.copyfileobj(export.workbook(sheet), handle)


def file_name(sheet: Sheet, format: str) -> str:
    """What the file is called: no names of customers, which would stand in everybody's download list."""
    return f"{sheet.name}_{sheet.code}.{'csv' if format == 'csv' else 'xlsx'}"


# ---- in the background -------------------------------------------------------------------------------------------------


@job(KIND, "导出")
def run_export(run: Run, *, action: str, given: dict[str, Any]) -> dict[str, Any]:
    """Do the deed and write what it recorded. A list that changed in between is recorded and written anew; a job begun
    again goes on under the number it had, as long as that still tells the truth."""
    for attempt in range(TRIES):
        told = Told.of(perform(action, by=run.by, key=f"{run.key}-{attempt}", large=True, **given).value)
        try:
            sheet = _sheet(run.by, told, action, given)
        except Conflict:
            if attempt == TRIES - 1:
                raise
            continue
        format = given.get("format") or "xlsx"
        with run.output(file_name(sheet, format)) as handle:
            write(replace(sheet, rows=_counted(sheet.rows, run, told.rows)), format, handle)
        return {"code": told.code, "rows": told.rows}
    raise Conflict(export.STALE)


def _sheet(person: Person, told: Told, action: str, given: Mapping[str, Any]) -> Sheet:
    if action == KIND:
        return sheet_of(person, told, given["list"], given.get("asked") or {})
    asked = {key: given[key] for key in ("scope", "search", "filters", "sort") if given.get(key)}
    return export.list_sheet(person, told, **asked)


def _counted(rows: Iterable[Any], run: Run, total: int) -> Iterator[Any]:
    for number, row in enumerate(rows, start=1):
        if number % STEP == 0:
            run.progress(number, total=total)
        yield row
