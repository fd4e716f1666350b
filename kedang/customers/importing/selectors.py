"""What the pages of importing show: columns with samples, rows with their errors, duplicates side by side, the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet

from kedang.customers import identity
from kedang.customers.importing import spooling
from kedang.customers.importing.checking import Checked, Twins, check
from kedang.customers.importing.loading import data_rows, plan_of
from kedang.customers.importing.models import Import, ImportRow, RowState
from kedang.customers.importing.targets import Target, by_id, targets
from kedang.customers.importing.undoing import may_see
from kedang.customers.models import Customer
from kedang.kernel.errors import NotFound
from kedang.kernel.names import normalize_name
from kedang.kernel.org.models import Person
from kedang.kernel.sheets.cells import text_of

SAMPLES = 3
FIRST = 50
CELL = 60


def import_for(person: Person, pk: int, *, content: bool = False) -> Import:
    """An import the person may see; with `content` only his own, for the file is his. NotFound otherwise."""
    found = (
        Import.objects.select_related("blob", "by", "job", "check_job", "undo_job", "continues").filter(pk=pk).first()
    )
    if found is None or (content and found.by_id != person.pk) or not may_see(person, found):
        raise NotFound()
    return found


def history(person: Person, *, all_of_them: bool = False) -> QuerySet[Import]:
    """Imports, newest first: one's own, or everybody's for who may take them back."""
    rows = Import.objects.select_related("blob", "by", "job")
    return rows if all_of_them else rows.filter(by=person)


@dataclass(frozen=True)
class Column:
    """One column of the file on the page where columns are matched."""

    index: int
    heading: str
    samples: list[str]
    target: str
    why: str
    mark: bool = False

    @property
    def letter(self) -> str:
        """A, B … AA as the spreadsheet calls it."""
        at, text = self.index, ""
        while at >= 0:
            text, at = chr(65 + at % 26) + text, at // 26 - 1
        return text


def columns_of(batch: Import, chosen: dict[int, str] | None = None) -> list[Column]:
    """Every column that holds anything, with its first values and what it was taken for."""
    layout = batch.layout
    rows = [cells for _, cells in islice(data_rows(batch), 80)]
    width = int(batch.table.get("width") or 0)
    headings = list(layout.get("headings") or []) + [""] * width
    found = []
    for at in range(width):
        texts = [text for cells in rows if at < len(cells) and (text := text_of(cells[at]))]
        if not texts and not headings[at]:
            continue
        target = (chosen or {}).get(at, layout.get("columns", {}).get(str(at), ""))
        samples = [text[:CELL] for text in list(dict.fromkeys(texts))[:SAMPLES]]
        found.append(
            Column(at, headings[at], samples, target, layout.get("why", {}).get(str(at), ""), layout.get("mark") == at)
        )
    return found


@dataclass(frozen=True)
class Cell:
    """A value of a row and what is wrong with it."""

    text: str
    error: str = ""
    label: str = ""
    first: bool = False


@dataclass
class Shown:
    """A row of the preview."""

    line: int
    cells: list[Cell]
    state: str = ""
    message: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[Cell]:
        """The cells that have to be changed."""
        return [cell for cell in self.cells if cell.error]


def preview(batch: Import) -> tuple[list[Target], list[Shown]]:
    """The first rows with their errors, checked here and now; the whole is checked in the background."""
    plan = plan_of(batch)
    part = list(islice(data_rows(batch), FIRST))
    rows = check(part, plan)
    Twins().look(rows)
    return _targets(batch), [_shown(batch, one) for one in rows]


def _targets(batch: Import) -> list[Target]:
    """The columns in the order of the file, but the customer's name first: a row is known by it."""
    known = by_id(targets())
    columns = sorted(batch.layout.get("columns", {}).items(), key=lambda pair: (pair[1] != "name", int(pair[0])))
    return [known[name] for _, name in columns if name in known]


def _shown(batch: Import, one: Checked) -> Shown:
    cells = [
        Cell(one.read.sources.get(target.id, ""), one.errors.get(target.id, ""), target.label, target.id == "name")
        for target in _targets(batch)
    ]
    shown = {target.id for target in _targets(batch)}
    # What is missing may have no column at all.
    rest = [_placed(key, text) for key, text in one.errors.items() if key not in shown]
    state, message = "", "；".join(rest)
    if one.errors:
        state = RowState.BAD
    elif one.same:
        state, message = RowState.SAME, "；".join(identity.messages(batch.by, one.same).values())
    elif one.twin is not None:
        state, message = RowState.TWIN, f"与第 {one.twin} 行是同一个客户"
    elif one.like:
        state, message = RowState.LIKE, "与已有档案的电话或曾用名相同"
    return Shown(one.line, cells, state, message, one.read.notes)


def _placed(target: str, text: str) -> str:
    known = by_id(targets())
    return f"{known[target].label}：{text}" if target in known else text


def rows_of(batch: Import, kept: Sequence[ImportRow]) -> tuple[list[Target], list[Shown]]:
    """Rows that something was said about, with their values out of the file."""
    wanted = {row.line: row for row in kept}
    if not wanted:
        return _targets(batch), []
    found = {}
    for line, cells in spooling.rows(batch, min(wanted) - 1, max(wanted)):
        if line in wanted:
            found[line] = cells
    plan = plan_of(batch)
    shown = []
    columns = {target.id: at for at, target in plan.columns}
    for row in kept:
        cells = found.get(row.line, [])
        values = [
            Cell(
                text_of(cells[columns[one.id]])[:200] if columns[one.id] < len(cells) else "",
                row.errors.get(one.id, ""),
                one.label,
                one.id == "name",
            )
            for one in _targets(batch)
        ]
        rest = [_placed(key, text) for key, text in row.errors.items() if key not in columns]
        shown.append(Shown(row.line, values, row.state, "；".join([*rest, *filter(None, [row.message])])))
    return _targets(batch), shown


@dataclass
class Doubt:
    """A row beside the files that it may be, as far as its reader may know of them."""

    row: ImportRow
    cells: list[tuple[str, str]]
    files: list[dict[str, Any]]
    hidden: int

    @property
    def may_be_new(self) -> bool:
        """Whether it may be registered beside them: not when the name or the code is taken."""
        return self.row.state == RowState.LIKE


def doubts(batch: Import, kept: Sequence[ImportRow]) -> list[Doubt]:
    """逐条: each row with its look-alikes side by side; files beyond the reader's right only as a number."""
    known, shown = rows_of(batch, kept)
    ids = {pk for row in kept for pk in row.found}
    rows = Customer.objects.select_related("owner", "unit").in_bulk(ids)
    matches = {pk: identity.Match(row, identity.SAME, []) for pk, row in rows.items()}
    may = {match.customer.pk: match for match in identity.allowed(batch.by, list(matches.values()))}
    found = []
    for row, one in zip(kept, shown, strict=True):
        pairs = [(target.label, cell.text) for target, cell in zip(known, one.cells, strict=True) if cell.text]
        beside = [
            {**may[pk].revealed(), "choice": f"overwrite:{pk}", "agrees": _agrees(row, pairs, may[pk])}
            for pk in row.found
            if pk in may
        ]
        found.append(Doubt(row, pairs, beside, sum(pk not in may for pk in row.found)))
    return found


def _agrees(row: ImportRow, pairs: Sequence[tuple[str, str]], match: identity.Match) -> str:
    """In what the row and a file agree, in words."""
    names = {normalize_name(text) for label, text in pairs if label == "客户名称"}
    if match.customer.normalized_name in names:
        return "名称"
    codes = {text.upper() for label, text in pairs if "代码" in label}
    return "统一社会信用代码" if match.customer.credit_code in codes else "电话或曾用名"


def filtered(batch: Import, tab: str) -> QuerySet[ImportRow]:
    """The kept rows of a tab."""
    rows = ImportRow.objects.filter(batch=batch)
    groups = {
        "bad": Q(state=RowState.BAD), "same": Q(state__in=(RowState.SAME, RowState.LIKE, RowState.TWIN)),
        "failed": Q(state=RowState.FAILED), "skipped": Q(state=RowState.SKIPPED), "waiting": Q(state=RowState.WAITING),
        "created": Q(state__in=(RowState.CREATED,)), "updated": Q(state=RowState.UPDATED), "kept": Q(undone="kept"),
    }  # fmt: skip
    return rows.filter(groups[tab]) if tab in groups else rows.none()
