"""What became of the messy list: every row held against what was done to it on purpose, its error workbook mended and sent
again. `python -m bench.messy --run OUT.xlsx --report docs/import-10000.json` writes the figures that the docs quote."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from bench import messy
from kedang.customers.importing.models import Import, ImportRow

AT = {
    "phone": "phone", "code": "credit_code", "class": "term-category", "no_name": "name", "no_owner": "owner",
    "scientific": "contact_phone", "contact_missing": "contact_name",
}  # fmt: skip
"""Fault put in on purpose -> the cell at which the import must say so."""
SAID = {
    "phone": "电话不成号码", "code": "统一社会信用代码有误", "class": "没有这个客户类型", "no_name": "没有名称",
    "no_owner": "业务员不在职", "scientific": "手机被存成科学计数", "contact_missing": "有手机没有联系人", "twin": "与前面的行同名",
}  # fmt: skip
MENDED = {"电话号码不对": (5, ""), "代码": (4, ""), "客户类别": (10, "潜在客户"), "负责人": (11, ""), "科学计数": (9, "13800138000"),
          "填了联系人职务或电话": (7, "王先生")}  # fmt: skip
"""Words of an error -> (column of the error workbook, what a person would write there)."""


def outcomes(batch: int) -> dict[str, Any]:
    """Rows by fault and outcome; `wrong_at` counts faults that were said at another cell, `refused_good` right rows refused."""
    known = {row.line: row for row in ImportRow.objects.filter(batch=batch)}
    faults: dict[str, Counter[str]] = defaultdict(Counter)
    good, wrong_at, line = Counter[str](), 0, 4
    for number, (_, fault) in enumerate(messy.rows(), start=1):
        row = known[line]
        line += 2 if number % 500 == 0 else 1
        if not fault:
            good[row.state] += 1
            continue
        faults[SAID[fault]][row.state] += 1
        wrong_at += row.state == "failed" and set(row.errors) != {AT.get(fault)}
    return {
        "good": dict(good),
        "refused_good": good["failed"],
        "faults": {name: dict(states) for name, states in faults.items()},
        "wrong_at": wrong_at,
    }


def mend(errors: Path, out: Path) -> int:
    """The error workbook as a person would correct it; how many rows."""
    heading, *lines = CalamineWorkbook.from_path(str(errors)).get_sheet_by_index(0).to_python()
    with xlsxwriter.Workbook(str(out), {"strings_to_formulas": False}) as book:
        page = book.add_worksheet("错误数据")
        page.write_row(0, 0, heading)
        for number, cells in enumerate(lines, start=1):
            for words, (column, text) in MENDED.items():
                if words in str(cells[0]):
                    cells[column] = text
            if not cells[3]:
                cells[3] = f"补名第{number}号有限公司"
            page.write_row(number, 0, cells)
    return len(lines)


def report(path: Path) -> dict[str, Any]:
    """Import the list, hold every row against its fault, mend what failed and send that again."""
    told = messy.run(path)
    first = Import.objects.latest("pk")
    found = outcomes(first.pk)
    second = path.with_name(f"{path.stem}-改正.xlsx")
    mended = mend(Path(told["errors"]), second)
    again = messy.run(second)
    if found["refused_good"] or found["wrong_at"] or again["counts"].get("failed"):
        raise RuntimeError(f"not as put in on purpose: {found}, {again['counts']}")
    return {
        "rows": told["checked"]["rows"],
        "counts": told["counts"],
        "rows_a_second": told["rows_a_second"],
        "rows_a_processor_second": told["rows_a_processor_second"],
        "seconds": {name: told[f"seconds_to_{name}"] for name in ("columns", "check", "import")},
        **found,
        "mended": {"rows": mended, "counts": again["counts"]},
    }
