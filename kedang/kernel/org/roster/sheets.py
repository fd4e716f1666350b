"""Rows of text out of whatever file was given, and the template to fill in."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kedang.kernel.errors import Invalid
from kedang.kernel.sheets import reading
from kedang.kernel.sheets.sniff import Unreadable

COLUMNS = ("姓名", "工号", "登录名", "部门", "上级部门", "岗位", "是否负责人", "手机", "邮箱", "直属上级", "到岗日期")
MAX_ROWS, MAX_COLUMNS = 20_000, 60
_BLANKS = re.compile(r"[\s\u200b\ufeff\u00a0\u3000]+")


def rows_of(content: bytes) -> list[list[str]]:
    """The first sheet's cells as clean text, read by the bounded child: what the file is, its bytes say, not its name."""
    if not content.strip():
        raise Invalid({"file": "文件是空的。"})
    with TemporaryDirectory(prefix="kedang-staff-") as folder:
        file, spool = Path(folder) / "staff", Path(folder) / "rows"
        file.write_bytes(content)
        try:
            table = reading.survey(file, spool)
        except Unreadable as error:
            raise Invalid({"file": str(error)}) from error
        if table.last > MAX_ROWS:
            raise Invalid({"file": f"员工名单最多 {MAX_ROWS} 行，请拆开后分次导入。"})
        cells = [row for _, row in reading.rows(spool, table.offsets)]
    return [[clean(cell) for cell in row[:MAX_COLUMNS]] for row in cells]


def clean(cell: Any) -> str:
    """One cell: whole numbers without '.0', dates as ISO, full width to half, blanks at the ends gone."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dict):
        return str(cell.get("d", ""))[:10]
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", str(cell))).strip()


def template() -> bytes:
    """An Excel file with the columns, two example rows to be replaced, and a sheet that explains each column."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, notes = book.add_worksheet("员工名单"), book.add_worksheet("填写说明")
    head, text = (
        book.add_format({"bold": True, "bg_color": "#E8EDF4", "border": 1}),
        book.add_format({"num_format": "@"}),
    )
    sheet.set_column(0, len(COLUMNS) - 1, 14, text)
    sheet.write_row(0, 0, COLUMNS, head)
    sheet.freeze_panes(1, 0)
    notes.set_column(0, 0, 14)
    notes.set_column(1, 1, 90)
    notes.write_row(0, 0, ("列", "怎么填"), head)
    for number, (column, said) in enumerate(NOTES.items(), start=1):
        notes.write_row(number, 0, (column, said))
    book.close()
    return out.getvalue()


def sheet_of(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A plain sheet of text. Every cell is written as text, so none becomes a formula or a link."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False})
    sheet, head = book.add_worksheet(), book.add_format({"bold": True, "bg_color": "#E8EDF4", "border": 1})
    sheet.set_column(0, len(columns) - 2, 14)
    sheet.set_column(len(columns) - 1, len(columns) - 1, 90)
    sheet.write_row(0, 0, columns, head)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell)
    book.close()
    return out.getvalue()


NOTES = {
    "姓名": "必填。",
    "工号": "有工号的填写；以后再导入名单，按工号认人。",
    "登录名": "字母、数字；不填则用姓名的拼音。没有预设密码，每个人凭一次性链接自己设密码。",
    "部门": "必填。还没有的部门会建立；同名部门只能有一个。",
    "上级部门": "不填则直属公司。",
    "岗位": "必填。如 总经理、部门经理、业务员、内勤、档案管理员、财务、员工；别的岗位会新建。",
    "是否负责人": "填 是 或 否。岗位不是经理而负责一个部门的，填 是。",
    "手机": "11 位手机号，可以不填。",
    "邮箱": "可以不填。",
    "直属上级": "可以不填。客档按部门负责人认定上级；与这里写的不同时会提醒。",
    "到岗日期": "不填则从导入当天起。一个人兼几个岗位，写几行，第一行是主岗。",
}
