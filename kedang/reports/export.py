"""Workbooks: 客户列表 and 档案资料 as their reader sees them, under the company's watermark. Reads only: what goes out is
recorded by the action `customer.export`, and nothing is written here without its answer."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from kedang.customers import selectors as customers
from kedang.customers.masking import shown
from kedang.customers.selectors import exporting
from kedang.customers.selectors.listing import Row
from kedang.customers.selectors.page import ALL_GROUPS
from kedang.kernel import clock, fields, files
from kedang.kernel.actions import access, dry_run
from kedang.kernel.errors import Conflict, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.engine import Decision
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.sheets.cells import safe
from kedang.reports.filepage import group_of, names_of

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WATERMARK = "本档案归公司所有 · {company} · {person} · {at:%Y-%m-%d %H:%M} · 编号 {code}"
BY_GRANT = " · 授权 {number}"
HANDED_TO = " · 提供给 {recipient}"
NOT_YET = "导出时给出"
HIDDEN = "（无权查看）"
HALF_AN_HOUR = timedelta(minutes=30)
STALE = "导出登记以后内容有变动，没有写出文件。请重新打开导出，再办一次。"
LIST_CELLS: dict[str, tuple[int, Callable[[Row], Any]]] = {
    "number": (16, lambda row: row.number),
    "name": (34, lambda row: row.name),
    "kind": (8, lambda row: row.kind),
    "status": (8, lambda row: row.status),
    "tags": (28, lambda row: "；".join(f"{name}：{value}" for name, value in row.tags)),
    "stages": (24, lambda row: "；".join(f"{name}：{value}" for name, value in row.stages)),
    "owner": (12, lambda row: row.owner),
    "unit": (16, lambda row: row.unit),
    "phone": (18, lambda row: row.phone),
    "last_contact": (18, lambda row: row.last_contact_at),
    "next_contact": (12, lambda row: row.next_contact_on),
    "duties": (8, lambda row: row.open_duties),
    "overdue": (10, lambda row: row.overdue_duties),
    "registered": (12, lambda row: row.registered_on),
}
"""Width and value of each column of the list; which columns there are says `exporting.COLUMNS`."""


@dataclass(frozen=True)
class Told:
    """What the action answered: the number of the export, when it was, and what it said would go out."""

    code: str
    at: datetime
    rows: int
    columns: list[str]
    digest: str
    number: str = ""
    """授权编号, when it is copied by a grant."""
    recipient: str = ""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Told:
        """From the action's value, which a key may have kept as JSON."""
        at = datetime.fromisoformat(value["at"])
        by = (value.get("number") or "", value.get("recipient") or "")
        return cls(value["code"], at, value["rows"], list(value["columns"]), value["digest"], *by)


@dataclass(frozen=True)
class Sheet:
    """One sheet: its headings and rows, and the line that says whose property it is."""

    name: str
    mark: str
    code: str
    headings: Sequence[str]
    widths: Sequence[int]
    rows: Iterable[Sequence[Any]]
    subtitle: str = ""


def watermark(
    person: Person, code: str = NOT_YET, at: datetime | None = None, *, number: str = "", recipient: str = ""
) -> str:
    """The line on every sheet and every printed page: whose it is, who took it when, under which number and to whom."""
    company = org.root_unit()
    name = company.name if company else "公司"
    mark = WATERMARK.format(company=name, person=person.name, at=clock.local(at or clock.now()), code=code)
    mark += BY_GRANT.format(number=number) if number else ""
    return mark + (HANDED_TO.format(recipient=recipient) if recipient else "")


def mark_of(person: Person, told: Told) -> str:
    """The watermark of what was recorded."""
    return watermark(person, told.code, told.at, number=told.number, recipient=told.recipient)


# ---- the list --------------------------------------------------------------------------------------------------------


def list_sheet(person: Person, told: Told, **asked: Any) -> Sheet:
    """客户列表 as recorded under `told`; Conflict when it has changed since, so that record and workbook never differ."""
    who = access.standing(person.pk)
    found = exporting.listing(person, who=who, most=max(told.rows, exporting.LIMIT) + 1, **asked)
    hold_to(told, found.digest)
    rows = list_lines(found.ids, found.columns, who)
    widths = [LIST_CELLS[name][0] for name in found.columns]
    return Sheet("客户列表", mark_of(person, told), told.code, found.labels, widths, rows)


def list_lines(ids: Sequence[int], columns: Sequence[str], who: access.Standing) -> Iterator[list[Any]]:
    """The cells of the list's files, a few hundred files at a time."""
    cells = [LIST_CELLS[name][1] for name in columns]
    return ([cell(row) for cell in cells] for row in exporting.listed_rows(ids, who))


def hold_to(told: Told, digest: str) -> None:
    """A key sent again gets the same workbook, but not one of another day under the first one's number."""
    if digest != told.digest or clock.now() - told.at > HALF_AN_HOUR:
        raise Conflict(STALE)


# ---- one file --------------------------------------------------------------------------------------------------------


def file_lines(person: Person, file: int) -> list[tuple[str, str]]:
    """(heading, value as the reader may see it) of 档案资料, in the form's own order: the same headings for every file."""
    customers.customer_head(person, file)
    view = files.view(file)
    if view is None:
        raise NotFound
    rights = access.field_rights(access.standing(person.pk), view, ALL_GROUPS, copying=True)
    return [(spec.name, _as_seen(spec, value, rights)) for spec, value in exporting.file_fields(view)]


def _as_seen(spec: Field, value: Any, rights: Mapping[str, str]) -> str:
    right = access.right_of(rights, spec.id, group_of(spec))
    text = fields.display(spec, value, names=names_of) if value not in (None, "") else ""
    return HIDDEN if right == "hide" else shown(text, right, spec.type)


def file_sheet(person: Person, told: Told, file: int) -> Sheet:
    """档案资料 of one customer, heading beside value, as recorded under `told`."""
    lines = file_lines(person, file)
    hold_to(told, exporting.digest_of([file], [label for label, _ in lines]))
    head = customers.customer_head(person, file)
    subtitle = f"{head.name} · {head.number} · {head.unit} · 负责人 {head.owner or '无（公海）'}"
    return Sheet("档案资料", mark_of(person, told), told.code, ["栏目", "内容"], [22, 60], lines, subtitle)


# ---- the workbook ----------------------------------------------------------------------------------------------------


def workbook(sheet: Sheet) -> io.BytesIO:
    """The sheet as .xlsx. Rows are streamed to a temporary file; every text stays text."""
    made = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    import xlsxwriter  # a third of a second, for whoever exports first

    with xlsxwriter.Workbook(made, {**options, "strings_to_numbers": False}) as book:
        book.set_properties(
            {
                "title": sheet.name,
                "comments": sheet.mark,
                "subject": sheet.code,
                "created": clock.local(clock.now()).replace(tzinfo=None),
            }
        )
        page = book.add_worksheet(sheet.name)
        _lay_out(page, sheet)
        last = _fill(book, page, sheet)
        if not sheet.subtitle:
            page.autofilter(1, 0, last, len(sheet.headings) - 1)
    made.seek(0)
    return made


def _lay_out(page: Any, sheet: Sheet) -> None:
    """Widths, the frozen head, and the watermark on every printed page (& starts a code there, so it is doubled)."""
    for index, width in enumerate(sheet.widths):
        page.set_column(index, index, width)
    page.freeze_panes(2, 0)
    page.repeat_rows(1, 1)
    page.set_landscape() if len(sheet.headings) > 4 else page.set_portrait()
    page.fit_to_pages(1, 0)
    mark = sheet.mark.replace("&", "&&")[:230].rstrip("&")
    page.set_header(f"&C{mark}")
    page.set_footer(f"&L{mark}&R第 &P 页，共 &N 页")


def _fill(book: Any, page: Any, sheet: Sheet) -> int:
    """Write from top to bottom, as constant memory asks; the last row's index."""
    bold = book.add_format({"bold": True, "bg_color": "#F1F3F5", "bottom": 1})
    grey = book.add_format({"font_color": "#868E96"})
    looks = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    page.write_string(0, 0, safe(sheet.subtitle + ("　　" if sheet.subtitle else "") + sheet.mark), grey)
    for column, heading in enumerate(sheet.headings):
        page.write_string(1, column, safe(heading), bold)
    at = 1
    for at, row in enumerate(sheet.rows, start=2):
        for column, value in enumerate(row):
            _write(page, at, column, value, looks)
    return at


def _write(page: Any, row: int, column: int, value: Any, looks: Mapping[type, Any]) -> None:
    if isinstance(value, datetime):
        page.write_datetime(row, column, clock.local(value).replace(tzinfo=None), looks[datetime])
    elif isinstance(value, date):
        page.write_datetime(row, column, value, looks[date])
    elif isinstance(value, (int, float)):
        page.write_number(row, column, value)
    elif value:
        page.write_string(row, column, safe(str(value)))


# ---- around it -------------------------------------------------------------------------------------------------------


def verdict(person: Person, *, customer: int | None = None, scope: str = "all", **facts: Any) -> Decision:
    """May this person export this file, or his list? The same decision as the deed's, for buttons."""
    if customer is None:
        return dry_run("customer.export", by=person, customer=None, scope=scope, **facts)
    said = dry_run("customer.export", by=person, customer=customer, **facts)
    if said.verdict != "allow":
        return said
    # The deed asks this too: an export is no way around a rule about reading.
    opening = dry_run("file.open", by=person, customer=customer, **facts)
    return said if opening.verdict == "allow" else opening


def filename(sheet_name: str, code: str) -> str:
    """What the file is called: no names of customers, which would stand in everybody's download list."""
    return f"{sheet_name}_{code}.xlsx"


EXPORTED = ("customer.exported", "form.exported", "list.exported")
CODE = re.compile(r"DC\d{8}-[0-9A-F]{8}", re.IGNORECASE)


def is_code(text: str) -> bool:
    """Whether a text is the number of an export."""
    return CODE.fullmatch(text.strip()) is not None


def event_of(code: str) -> Event | None:
    """The export that a number on a sheet stands for."""
    found = Event.objects.filter(subject=f"export:{code.strip().upper()}", kind__in=EXPORTED)
    return found.select_related("actor").first()


def export_page(person: Person, *, customer: int | None = None) -> dict[str, Any]:
    """导出: the headings, the values and the watermark of the workbook this person would get, from what writes it."""
    if customer is None:
        labels = exporting.listing(person).labels
        return {"labels": labels, "watermark": watermark(person), "verdict": verdict(person).verdict}
    said = verdict(person, customer=customer)
    if said.verdict == "not_found":
        raise NotFound
    lines = file_lines(person, customer) if said.verdict == "allow" else []
    return {
        "labels": [label for label, _ in lines], "rows": [{"label": label, "value": value} for label, value in lines],
        "watermark": watermark(person), "verdict": said.verdict,
    }  # fmt: skip
