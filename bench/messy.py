"""A customer list as companies really have them: ten thousand rows, made messy on purpose, the same in every run.

`python -m bench.messy OUT.xlsx [ROWS]` writes the workbook; `python -m bench.messy --run OUT.xlsx` imports it into the data
folder of KEDANG_DATA by the real jobs and says how many rows ended how, and how long it took. With `--report FILE.json` it
also holds every row against what was done to it, mends the error workbook and sends it again (`messy_report`).
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter

SEED = 20260302
ROWS = 10_000
TITLE = "2025 年度客户名录（销售部汇总，内部资料）"
GROUPS = [("单位信息", 5), ("联系人信息", 3), ("管理信息", 3)]
HEADINGS = [
    "序号",
    "单位名称（全称）",
    "税号",
    "单位 电话",
    "通讯地址",
    "联系人",
    "职务",
    "手机号码",
    "客户类型",
    "业务员",
    "备注",
]
FAULTS = {
    "phone": 0.012, "code": 0.010, "class": 0.008, "no_name": 0.004, "no_owner": 0.006, "scientific": 0.005, "twin": 0.020,
    "contact_missing": 0.006,
}  # fmt: skip
"""Share of rows with a fault that no reader can repair."""


def rows(
    count: int = ROWS,
    people: Sequence[str] = (),
    classes: Sequence[str] = ("目标客户", "潜在客户", "重点客户", "一般客户"),
) -> Iterator[tuple[list[Any], str]]:
    """(cells, fault) of each row; '' for a row that should go in."""
    from kedang.demo.names import Names

    random = Random(SEED)
    names = Names(random)
    said: list[str] = []
    for number in range(1, count + 1):
        company = names.business()
        cells = [
            float(number), company.name, company.credit_code or "", _phone(random, landline(random)),
            company.address if random.random() < 0.9 else "", company.contact, random.choice([company.contact_post, company.contact_post, "", "/"]),
            _mobile(random, company.contact_phone), random.choice(classes), random.choice(people) if people and random.random() < 0.8 else "",
            random.choice(["", "", "", "老客户", "2019 年展会认识", "=SUM(1,2)", "　　"]),
        ]  # fmt: skip
        fault = _spoil(random, cells, said)
        said.append(str(company.name))
        yield [_dress(random, cell) if at not in (0, 3, 7) else cell for at, cell in enumerate(cells)], fault


def landline(random: Random) -> str:
    """A fixed line of one of the cities."""
    area = random.choice(["021", "0571", "0512", "025", "0574"])
    return f"{area}-{random.randint(62000000, 68999999)}"


def _phone(random: Random, phone: str) -> Any:
    """A landline as people write it."""
    plain = phone.replace("-", "")
    forms = [
        phone,
        phone,
        f"（{phone[: phone.find('-')]}）{phone[phone.find('-') + 1 :]}" if "-" in phone else phone,
        full_width(phone),
        f" {phone} ",
        f"{phone}转{random.randint(100, 999)}",
        "",
    ]
    return random.choice([*forms, plain])


def _mobile(random: Random, mobile: str) -> Any:
    """A mobile as spreadsheets keep it: mostly a number."""
    other = f"13{random.randint(100000000, 999999999)}"
    forms: list[Any] = [
        float(mobile),
        float(mobile),
        float(mobile),
        mobile,
        f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}",
        f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}",
        full_width(mobile),
        f"{mobile}/{other}",
        f"{mobile}.0",
        f"+86 {mobile}",
    ]
    return random.choice(forms)


def full_width(text: str) -> str:
    """Digits and signs twice as wide."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def _dress(random: Random, cell: Any) -> Any:
    """Padding, no-break blanks, full-width brackets: what copying leaves behind."""
    if not isinstance(cell, str) or not cell or random.random() > 0.25:
        return cell
    return random.choice(
        [f" {cell}", f"{cell}　", f"\u00a0{cell}", f"{cell}\u200b", cell.replace("（", "(").replace("）", ")")]
    )


def _spoil(random: Random, cells: list[Any], said: Sequence[str]) -> str:
    """Break a row now and then."""
    chance, at = random.random(), 0.0
    for fault, share in FAULTS.items():
        at += share
        if chance < at:
            return fault if _break(random, fault, cells, said) else ""
    return ""


def _break(random: Random, fault: str, cells: list[Any], said: Sequence[str]) -> bool:
    if fault == "phone":
        cells[3] = random.choice(["电话待补充", "1234", "021-621", "138001380"])
    elif fault == "code":
        cells[2] = random.choice(["91310000MA1FL1XX0", "000000000000000000", "91330100MA27XXXX1Z"])
    elif fault == "class":
        cells[8] = random.choice(["VIP", "战略客户", "A 类"])
    elif fault == "no_name":
        cells[1] = ""
    elif fault == "no_owner":
        cells[9] = random.choice(["张离职", "老李", "已离职"])
    elif fault == "scientific":
        cells[7] = "1.38E+10"
    elif fault == "contact_missing":
        cells[5], cells[7] = "", cells[7] or 13800138000.0
    elif said:
        cells[1], cells[2] = random.choice(said[-500:]), ""
    return fault != "twin" or bool(said)


def write(
    path: Path,
    count: int = ROWS,
    people: Sequence[str] = (),
    classes: Sequence[str] = ("目标客户", "潜在客户", "重点客户", "一般客户"),
) -> Counter[str]:
    """The list as a workbook: a title over the heading, two levels of merged headings, blank rows, a total at the end."""
    found: Counter[str] = Counter()
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet("客户名录")
        book.add_worksheet("说明").write(0, 0, "本表由各部门汇总")
        bold = book.add_format({"bold": True, "align": "center"})
        page.merge_range(0, 0, 0, len(HEADINGS) - 1, TITLE, bold)
        _write_headings(page, bold)
        at = 3
        for number, (cells, fault) in enumerate(rows(count, people, classes), start=1):
            found[fault or "good"] += 1
            page.write_row(at, 0, cells)
            at += 2 if number % 500 == 0 else 1
        page.write_row(at, 0, ["合计", f"{count} 户"])
    return found


def _write_headings(page: Any, bold: Any) -> None:
    column = 0
    for title, width in GROUPS:
        page.merge_range(1, column, 1, column + width - 1, title, bold)
        column += width
    page.write_row(2, 0, HEADINGS, bold)


def run(path: Path) -> dict[str, Any]:
    """Import the workbook as 周经理's list of the first department, by the jobs of the product."""
    from kedang.customers.importing import intake, workbooks
    from kedang.customers.importing.models import Import
    from kedang.kernel.actions import perform
    from kedang.kernel.blobs import service
    from kedang.kernel.jobs import run_pending

    by = importer()
    begun = time.perf_counter()
    blob = service.received([path.read_bytes()], path.name, by)
    batch = intake.begin(by, blob.pk)
    told: dict[str, Any] = {"seconds_to_columns": round(time.perf_counter() - begun, 2)}
    perform("import.arrange", by=by, batch=batch, options={"owner": by.pk})
    begun = time.perf_counter()
    run_pending()
    told["seconds_to_check"] = round(time.perf_counter() - begun, 2)
    row = Import.objects.get(pk=batch)
    told["checked"] = row.checked
    perform("customer.import", by=by, batch=batch, rows=row.checked["rows"], opening=False, policy="skip")
    begun, worked = time.perf_counter(), time.process_time()
    run_pending()
    told["seconds_to_import"] = round(time.perf_counter() - begun, 2)
    worked = time.process_time() - worked
    row.refresh_from_db()
    told["counts"] = row.counts
    told["rows_a_second"] = round(row.checked["rows"] / told["seconds_to_import"])
    told["rows_a_processor_second"] = round(row.checked["rows"] / worked)
    out = path.with_name(f"{path.stem}-错误数据.xlsx")
    out.write_bytes(workbooks.errors(row).getvalue())
    told["errors"] = str(out)
    return told


def importer() -> Any:
    """The head of the demo company's first sales department: the classes of the list are those of its regulation."""
    from kedang.customers.importing.actions import allowed
    from kedang.kernel.org.models import Person

    person = Person.objects.get(username="zhou")
    assert allowed(person).verdict == "allow"
    return person


def paragraph(found: dict[str, Any]) -> list[str]:
    """The figures in words, for docs/performance.md."""
    counts, mended = found["counts"], found["mended"]
    faults = "; ".join(f"{name} {sum(states.values())}" for name, states in found["faults"].items())
    return [
        "## A list of 10,000 customers, made messy on purpose",
        "",
        "Written by `python -m bench.messy --run … --report`; figures from `docs/import-10000.json`. Title over merged headings,",
        "numbers as phones, full-width signs, padded cells, several numbers in a cell; and rows that nobody can repair:",
        f"{faults}. Of {found['rows']:,} rows {counts.get('created', 0):,} became files, {counts.get('failed', 0):,} were refused,",
        f"{counts.get('skipped', 0):,} passed over as the same customer; no right row was refused ({found['refused_good']}), no fault",
        f"said at another cell ({found['wrong_at']}). The error workbook, corrected and sent again: {mended['counts'].get('created', 0):,} of",
        f"{mended['rows']:,} rows became files, {mended['counts'].get('failed', 0)} failed. {found['rows_a_processor_second']:,} rows a second of one",
        "processor through the full rules, outcomes and search index included.",
        "",
    ]


def main(arguments: Sequence[str]) -> None:
    """Write the list, or import it."""
    if arguments[:1] == ["--run"]:
        import json

        from bench import messy_report

        path = Path(arguments[1])
        told = messy_report.report(path) if arguments[2:3] == ["--report"] else run(path)
        text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        if arguments[2:3] == ["--report"]:
            Path(arguments[3]).write_text(text, encoding="utf-8")
        sys.stdout.write(text)
        return
    count = int(arguments[1]) if len(arguments) > 1 else ROWS
    sys.stdout.write(f"{dict(write(Path(arguments[0]), count))}\n")


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kedang.config.settings")
    django.setup()
    main(sys.argv[1:])
