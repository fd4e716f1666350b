"""From an uploaded file to an import that can be arranged: read, look where the heading is, guess the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kedang.customers.importing import guessing, spooling
from kedang.customers.importing.guessing import Layout
from kedang.customers.importing.targets import MARK, company, targets
from kedang.kernel import blobs
from kedang.kernel.actions import perform
from kedang.kernel.blobs import store
from kedang.kernel.errors import Invalid
from kedang.kernel.org.models import Person
from kedang.kernel.sheets import reading
from kedang.kernel.sheets.cells import text_of
from kedang.kernel.sheets.reading import Table
from kedang.kernel.sheets.sniff import Unreadable

LOOK = 230
"""Rows from the top that are guessed from."""


def look(file: Path, sha256: str, sheet: str = "") -> tuple[Table, dict[str, Any], str]:
    """(the sheet, the guessed layout, number of the import it goes on from); Unreadable in Chinese when it is no table."""
    table = spooling.table(file, sha256, sheet)
    rows = reading.head(spooling.spool_of(sha256, sheet), table.offsets, LOOK)
    layout = guessing.guess(rows, targets(), company(), table.merged)
    for at, target in list(layout.columns.items()):
        if target == MARK:
            layout.mark = at
            del layout.columns[at]
    return table, kept(layout), _continued(rows, layout)


def kept(layout: Layout) -> dict[str, Any]:
    """A layout as an import keeps it."""
    told = asdict(layout)
    told["columns"] = {str(at): name for at, name in layout.columns.items()}
    told["why"] = {str(at): word for at, word in layout.why.items()}
    return told


def _continued(rows: list[list[Any]], layout: Layout) -> str:
    """The import that marked these rows as its failed ones."""
    if layout.mark is None:
        return ""
    marks = (text_of(row[layout.mark]) for row in rows[layout.first :] if len(row) > layout.mark)
    found = next((text for text in marks if guessing.MARKED.fullmatch(text)), "")
    return found.partition("#")[0]


def told(table: Table) -> dict[str, Any]:
    """What an import keeps of the table; where the batches lie in the spool is the spool's."""
    return {key: value for key, value in table.as_json().items() if key not in ("offsets", "merged")}


def begin(person: Person, blob: int, *, key: str | None = None) -> int:
    """Read an uploaded draft and open an import of it; Invalid in Chinese when it cannot be read."""
    known = blobs.usable([blob], person.pk, None).get(blob)
    if known is None:
        raise Invalid("找不到这个文件，请重新上传。")
    try:
        table, layout, before = look(store.path_of(known.sha256), known.sha256)
    except Unreadable as error:
        raise Invalid({"file": str(error)}) from error
    made = perform(
        "import.upload", by=person, key=key, blob=blob, sheet=table.sheet[:120], table=told(table), layout=layout, continues=before or None
    )  # fmt: skip
    return int(made.value)


def another_sheet(batch: Any, sheet: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(table, guessed layout) of another sheet of the same workbook."""
    try:
        table, layout, _ = look(store.path_of(batch.blob.sha256), batch.blob.sha256, sheet)
    except Unreadable as error:
        raise Invalid({"sheet": str(error)}) from error
    return told(table), layout


def with_columns(layout: Mapping[str, Any], columns: Mapping[int, str]) -> dict[str, Any]:
    """The layout with the columns as chosen by hand."""
    return {**layout, "columns": {str(at): name for at, name in columns.items() if name}}


def with_header(batch: Any, header: int) -> dict[str, Any]:
    """The layout guessed anew with the heading that ends in this row; 0: a list without a heading."""
    table = spooling.table(store.path_of(batch.blob.sha256), batch.blob.sha256, batch.sheet)
    rows = reading.head(spooling.spool_of(batch.blob.sha256, batch.sheet), table.offsets, LOOK)
    if header > min(len(rows), guessing.LOOK):
        raise Invalid({"header": f"表头应在前 {guessing.LOOK} 行之内"})
    return kept(guessing.guess(rows, targets(), company(), table.merged, header=header))
