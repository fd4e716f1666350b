"""Many rows at once: importing, exporting, reading somebody's list. Each beside what nothing could do faster, in the same
rounds, in processor time: a machine on which others work slows both."""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from bench.company import FILES, REGISTRY, Company, company_name
from bench.floor import table
from bench.measures import Figure
from kedang.customers.importing import intake, spooling
from kedang.customers.models import Customer
from kedang.customers.selectors import exporting
from kedang.kernel import clock, collector, names
from kedang.kernel.actions import access, perform_many
from kedang.kernel.org.models import Person
from kedang.reports import export

BULK, WRITER, READER = "floor: bulk insert", "floor: bare workbook", "floor: bare reading"
AIM_ROWS = 1500
CLASSES = {
    REGISTRY: {"category": "potential"},
    FILES: {"cooperation": "long", "kind_of_customer": "dealer"},
}


def throughput(company: Company, times: int) -> list[Figure]:
    """Import, export and first preview."""
    customers = company.sizes.customers
    rows = 4000 if customers >= 10_000 else 600 if customers >= 1_000 else 100
    return [
        *_imports(company, rows, 4 if customers >= 10_000 else 2),
        *_export(company, min(customers // 4, 20_000), 2),
        *_preview(min(customers * 10, 100_000)),
    ]


def _cpu(work: Callable[[], Any]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


# ---- import ----------------------------------------------------------------------------------------------------------


def _rows(numbers: Iterator[int], how_many: int, pack: str) -> Iterator[dict[str, Any]]:
    for _ in range(how_many):
        number = next(numbers)
        yield {
            "name": company_name(number), "phone": f"139{number:08}", "address": "人民路1号", "source": "展会",
            "contact_name": "李明", "contact_phone": f"137{number:08}", "terms": CLASSES[pack],
        }  # fmt: skip


def _imports(company: Company, rows: int, times: int) -> list[Figure]:
    numbers, jobs = count(company.sizes.customers * 3 + 500_000), count()

    def bring_in(pack: str, origin: str = "", how_many: int = rows, each: Any = lambda answers: None) -> None:
        by: Person = company.sellers[pack][0]
        found = perform_many(
            "customer.register", _rows(numbers, how_many, pack), by=by, job=f"bench-{next(jobs)}", origin=origin,
            results=each,
        )  # fmt: skip
        if found.counts != {"ok": how_many}:
            raise RuntimeError(f"not every row was registered: {found.counts}")

    ways: dict[str, Callable[[], None]] = {
        BULK: lambda: table.create_many(numbers, rows),
        "import through the rules, duty": lambda: bring_in(FILES),
        "import through the rules": lambda: bring_in(REGISTRY),
        "import as 期初资料": lambda: bring_in(REGISTRY, "opening"),
    }
    collector.spare()  # as the worker does, in which imports run
    for way in ways.values():
        way()
    taken = {op: statistics.median(_cpu(way) for _ in range(times)) for op, way in ways.items()}
    figures = [
        Figure(
            op,
            seconds,
            seconds / taken[BULK],
            None,
            f"{rows / seconds:,.0f} rows a second of one processor, {rows:,} rows",
        )
        for op, seconds in taken.items()
    ]
    return [
        *figures,
        _memory(lambda how_many: bring_in(REGISTRY, how_many=how_many, each=_forget_spellings), max(rows, 1600)),
    ]


def _forget_spellings(answers: Any) -> None:
    """The caches of spellings fill up to their bound; without this that would look like growth with the rows."""
    for cache in (names.fold, names.normalize_name, names.syllables, names._spell_word):
        cache.cache_clear()


def _memory(bring_in: Callable[[int], None], rows: int) -> Figure:
    """Four times the rows must not take more memory than once."""
    peaks = []
    for how_many in (rows // 4, rows):
        tracemalloc.start()
        bring_in(how_many)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    note = f"peak {peaks[1] / 1e6:.1f} MB for {rows:,} rows, {peaks[0] / 1e6:.1f} MB for {rows // 4:,}"
    return Figure("import, memory of 4× the rows", 0.0, peaks[1] / peaks[0], 1.2, note)


# ---- export ----------------------------------------------------------------------------------------------------------


def _export(company: Company, rows: int, times: int) -> list[Figure]:
    assert company.manager is not None
    person = company.manager
    who = access.standing(person.pk)
    ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[:rows])
    columns = list(exporting.COLUMNS)
    told = export.Told("K-0", clock.now(), len(ids), columns, "")

    def sheet(lines: Any) -> export.Sheet:
        labels = [exporting.COLUMNS[name][0] for name in columns]
        return export.Sheet("客户列表", "mark", told.code, labels, [12] * len(columns), lines)

    def ours() -> None:
        export.workbook(sheet(export.list_lines(ids, columns, who)))

    cells = list(export.list_lines(ids, columns, who))
    taken = {
        WRITER: statistics.median(_cpu(lambda: _bare(cells)) for _ in range(times)),
        "export of the list": statistics.median(_cpu(ours) for _ in range(times)),
    }
    return [
        Figure(op, seconds, seconds / taken[WRITER], None if op == WRITER else 2, f"{len(ids) / seconds:,.0f} rows a second, {len(ids):,} rows of {len(columns)} columns")
        for op, seconds in taken.items()
    ]  # fmt: skip


def _bare(cells: list[Any]) -> None:
    """XlsxWriter as it stands, with the same values."""
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "remove_timezone": True,
        }
        with xlsxwriter.Workbook(
            str(Path(folder) / "bare.xlsx"), {**options, "default_date_format": "yyyy-mm-dd"}
        ) as book:
            page = book.add_worksheet()
            for at, row in enumerate(cells):
                page.write_row(at, 0, row)


# ---- first preview -----------------------------------------------------------------------------------------------------


def _preview(rows: int) -> list[Figure]:
    """From the uploaded workbook to what the columns page shows."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "list.xlsx"
        headings = ["客户名称", "客户性质", "联系电话", "地址", "来源", "联系人", "联系人职务", "联系人电话"]
        with xlsxwriter.Workbook(str(file), {"constant_memory": True}) as book:
            page = book.add_worksheet("客户")
            page.write_row(0, 0, headings)
            for n in range(1, rows + 1):
                page.write_row(
                    n, 0, [company_name(n), "组织", f"139{n:08}", "人民路1号", "展会", "李明", "经理", f"137{n:08}"]
                )
        begun = time.perf_counter()
        CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
        bare = time.perf_counter() - begun
        digest = sha256(file.read_bytes()).hexdigest()
        begun = time.perf_counter()
        found, _, _ = intake.look(file, digest)
        ours = time.perf_counter() - begun
        spooling.spool_of(digest, "").unlink(missing_ok=True)
    if found.filled < rows:
        raise RuntimeError(f"{found.filled} rows read instead of {rows}")
    note = f"{rows:,} rows × {len(headings)} columns in a child process, guessed; aim of the product: 3 s"
    return [
        Figure(READER, bare, 1.0, None, f"calamine, {rows:,} rows, in this process"),
        Figure("import, first preview", ours, ours / bare, None, note),
    ]
