"""The workbooks of importing: the template to fill in, and the failed rows to correct and send again. Text stays text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from kedang.customers.importing.actions import root_of
from kedang.customers.importing.loading import data_rows
from kedang.customers.importing.models import Import, ImportRow, RowState
from kedang.customers.importing.targets import ERROR_HEADING, HINTS, MARK_HEADING, Target, by_id, company, targets
from kedang.customers.importing.withform import WITH
from kedang.kernel.sheets import cells as sheet_cells
from kedang.kernel.sheets.cells import safe

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
SHEET, GUIDE, LISTS = "客户", "填写说明", "可选项"
FILL_ROWS = 5_000
"""Rows of the template that are set up for filling in."""
WIDE = {"name": 30, "address": 36, "credit_code": 22, "phone": 18, "contact_phone": 16, "parent_unit": 22}
AS_TEXT = {"phone", "credit_code", "text", "date"}
MAX_COMMENTS = 2_000
BAD = (RowState.FAILED,)


def template() -> io.BytesIO:
    """The workbook to fill in, with what the packs in force ask for: choices to pick from, a sheet that explains."""
    made = io.BytesIO()
    import xlsxwriter

    with xlsxwriter.Workbook(made, {**OPTIONS, "in_memory": True}) as book:
        page, guide, lists = book.add_worksheet(SHEET), book.add_worksheet(GUIDE), book.add_worksheet(LISTS)
        lists.hide()
        known = [one for one in targets() if one.form != WITH]
        _headings(book, page, lists, known)
        _guide(book, guide, known)
        page.activate()
    made.seek(0)
    return made


def _headings(book: Any, page: Any, lists: Any, known: Sequence[Target]) -> None:
    must = book.add_format({"bold": True, "bg_color": "#FDF3E0", "bottom": 1, "text_wrap": True, "valign": "vcenter"})
    may = book.add_format({"bold": True, "bg_color": "#F1F3F5", "bottom": 1, "text_wrap": True, "valign": "vcenter"})
    text = book.add_format({"num_format": "@"})
    for at, one in enumerate(known):
        page.set_column(at, at, WIDE.get(one.id, 14), text if one.field.type in AS_TEXT else None)
        page.write_string(0, at, safe(one.label + ("*" if one.required else "")), must if one.required else may)
        if hint := hint_of(one):
            page.write_comment(0, at, safe(hint), {"x_scale": 1.6, "author": "客档"})
        if choices := choices_of(one):
            _offer(page, lists, at, choices)
    page.freeze_panes(1, 1)
    page.set_row(0, 24)


def _offer(page: Any, lists: Any, at: int, choices: Sequence[str]) -> None:
    """A drop-down; its values stand on a sheet of their own, for a list in the cell itself may hold 255 characters."""
    lists.write_column(0, at, [safe(choice) for choice in choices])
    from xlsxwriter.utility import xl_col_to_name

    column = xl_col_to_name(at)
    page.data_validation(
        1, at, FILL_ROWS, at,
        {
            "validate": "list", "source": f"={LISTS}!${column}$1:${column}${len(choices)}", "error_type": "warning",
            "error_title": "不在可选项中", "error_message": "请从下拉列表中选择。",
        },
    )  # fmt: skip


def choices_of(one: Target) -> list[str]:
    """What may be picked; departments by name."""
    if one.id == "unit":
        return sorted(company().units)[:500]
    return list(one.field.choices.values())


def hint_of(one: Target) -> str:
    """How to fill it in, and the clause that asks for it."""
    parts = [HINTS.get(one.id, "")]
    parts.append(f"默认{one.field.choices.get(one.default, one.default)}" if one.default else "")
    parts.append(f"依据{one.clause}" if one.clause else "")
    return "。".join(part for part in parts if part)


def _guide(book: Any, page: Any, known: Sequence[Target]) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#F1F3F5", "bottom": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for at, width in enumerate((20, 8, 44, 44, 40)):
        page.set_column(at, at, width, wrap)
    page.write_row(0, 0, ["栏目", "必填", "怎么填", "可选项", "依据"], bold)
    for row, one in enumerate(known, start=1):
        choices = choices_of(one)
        shown = "、".join(choices[:30]) + ("……" if len(choices) > 30 else "")
        page.write_row(
            row,
            0,
            [
                safe(text)
                for text in (one.label, "是" if one.required else "", HINTS.get(one.id, ""), shown, one.clause)
            ],
        )
    notes = [
        "第一行是栏目名，请保留；栏目的先后可以调整，不用的栏目可以删去，名称也可以用贵公司习惯的叫法，上传后再核对。",
        "一行一个客户，联系人写在同一行。电话和代码的列请保持“文本”格式，否则 Excel 会丢掉末几位数字。",
        "上传后先检查、后导入：检查不写入任何内容，有错的行可以下载，改好后再上传，已经导入的行不会重复。",
    ]
    for row, note in enumerate(notes, start=len(known) + 2):
        page.merge_range(row, 0, row, 4, note, wrap)
        page.set_row(row, 30)
    page.freeze_panes(1, 0)


# ---- the failed rows ---------------------------------------------------------------------------------------------


def errors(batch: Import) -> io.BytesIO:
    """The failed rows as they were sent, what is wrong in a column, a colour and a comment, and the mark that lets a
    corrected workbook go on where this import ended."""
    failed = {row.line: row for row in ImportRow.objects.filter(batch=batch, state__in=BAD)}
    made = io.BytesIO()
    import xlsxwriter

    with xlsxwriter.Workbook(made, {**OPTIONS, "in_memory": True}) as book:
        page = book.add_worksheet("错误数据")
        headings = _source_headings(batch)
        _error_headings(book, page, headings)
        looks = {
            "bad": book.add_format({"bg_color": "#FDE2DE", "font_color": "#8A1C12"}), "why": book.add_format({"font_color": "#8A1C12", "text_wrap": True}),
            "mark": book.add_format({"font_color": "#868E96"}),
        }  # fmt: skip
        known = by_id(targets())
        at = {name: int(column) for column, name in batch.layout.get("columns", {}).items()}
        number = 0
        for line, cells in data_rows(batch):
            if line in failed:
                number += 1
                _error_row(page, number, batch, failed[line], cells, at, known, looks, commented=number <= MAX_COMMENTS)
        page.autofilter(0, 0, max(number, 1), len(headings) + 1)
    made.seek(0)
    return made


def _source_headings(batch: Import) -> list[str]:
    """The headings as they were; columns of a list without any are called what they were taken for."""
    known = by_id(targets())
    columns = batch.layout.get("columns", {})
    headings = list(batch.layout.get("headings") or [])
    width = max(int(batch.table.get("width") or 0), len(headings))
    headings += [""] * (width - len(headings))
    return [
        heading or (known[columns[str(at)]].label if columns.get(str(at)) in known else f"第 {at + 1} 列")
        for at, heading in enumerate(headings)
    ]


def _error_headings(book: Any, page: Any, headings: Sequence[str]) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#F1F3F5", "bottom": 1})
    page.set_column(0, 0, 44)
    page.set_column(1, 1, 22)
    page.set_column(2, len(headings) + 1, 16)
    page.write_row(0, 0, [ERROR_HEADING, MARK_HEADING, *(safe(heading) for heading in headings)], bold)
    page.freeze_panes(1, 2)


def _error_row(
    page: Any, number: int, batch: Import, row: ImportRow, cells: Sequence[Any], at: dict[str, int],
    known: dict[str, Target], looks: dict[str, Any], *, commented: bool,
) -> None:  # fmt: skip
    """One failed row: what is wrong stands before it, and at each cell that is at fault."""
    page.write_string(number, 0, safe(said(row, known)), looks["why"])
    page.write_string(number, 1, f"{root_of(batch).number}#{row.origin}", looks["mark"])
    wrong = {at[target]: text for target, text in row.errors.items() if target in at}
    for column in range(max(len(cells), *(one + 1 for one in wrong), 0) if wrong else len(cells)):
        if column == batch.layout.get("mark") or _is_old_error(batch, column):
            continue
        look = looks["bad"] if column in wrong else None
        text = sheet_cells.text_of(cells[column]) if column < len(cells) else ""
        if text:
            page.write_string(number, column + 2, safe(text), look)
        elif look is not None:
            page.write_blank(number, column + 2, None, look)
        if column in wrong and commented:
            page.write_comment(number, column + 2, safe(wrong[column]), {"author": "客档", "x_scale": 1.5})


def _is_old_error(batch: Import, column: int) -> bool:
    headings = batch.layout.get("headings") or []
    return column < len(headings) and headings[column] == ERROR_HEADING


def said(row: ImportRow, known: dict[str, Target]) -> str:
    """What is wrong with a row in one line: 客户名称：此项必填；…"""
    parts = [f"{known[target].label}：{text}" if target in known else text for target, text in row.errors.items()]
    return "；".join([*parts, *filter(None, [row.message])])
