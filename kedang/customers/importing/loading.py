"""The jobs of importing: checking all rows, and doing them. Each may be killed at any moment and begun again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from kedang.customers import identity
from kedang.customers.importing import guessing, spooling
from kedang.customers.importing.actions import EACH, OVERWRITE, SKIP, chain
from kedang.customers.importing.checking import Checked, Plan, Twins, check, same_as
from kedang.customers.importing.models import RESULTS, SETTLED, Import, ImportRow, RowState, Stage
from kedang.customers.importing.overwriting import overwrite
from kedang.customers.importing.targets import TERM, company, targets
from kedang.kernel.actions import perform, perform_many
from kedang.kernel.actions.many import RowResult
from kedang.kernel.jobs import Run, job
from kedang.kernel.models import CommandKey
from kedang.kernel.norms.store import regulations
from kedang.kernel.sheets.cells import safe

CHUNK = 400
RESULT_FIELDS = ["origin", "state", "customer", "request", "message", "errors"]
Line = tuple[int, list[Any]]


def plan_of(batch: Import) -> Plan:
    """How the rows of an import are read now."""
    return Plan.of(batch.layout, batch.options, targets(regulations()), company(), batch.by)


def data_rows(batch: Import) -> Iterator[Line]:
    """(line, cells) of the customers in the list: below the heading, without blank lines and without the total at its end."""
    header = batch.layout.get("header")
    last = int(batch.table.get("last") or 0)
    for line, cells in spooling.rows(batch, header[1] if header else 0):
        if line > last - 3 and guessing.is_total(cells):
            continue
        yield line, _unquoted(cells) if batch.layout.get("mark") is not None else cells


def _unquoted(cells: list[Any]) -> list[Any]:
    """Without the sign by which our own workbook kept a text from being taken for a formula."""
    return [
        cell[1:] if isinstance(cell, str) and cell[:1] == "'" and safe(cell[1:]) == cell else cell for cell in cells
    ]


def origin_of(batch: Import, line: int, cells: Sequence[Any]) -> int:
    """The row's line in the first file of a chain; the line itself where the mark is missing or damaged."""
    mark = batch.layout.get("mark")
    text = str(cells[mark]) if mark is not None and mark < len(cells) else ""
    number = text.rpartition("#")[2]
    return int(number) if number.isdigit() else line


def _chunks(rows: Iterable[Line], size: int = CHUNK) -> Iterator[list[Line]]:
    waiting = iter(rows)
    while part := list(islice(waiting, size)):
        yield part


# ---- checking ----------------------------------------------------------------------------------------------------


@job("import.check", "检查导入文件")
def check_all(run: Run, *, batch: int) -> dict[str, Any]:
    """Check every row and keep those that something is said about; its figures are what the confirmation speaks of."""
    row = Import.objects.select_related("blob", "by").get(pk=batch)
    if row.check_job_id != run.job.pk or row.stage != Stage.ARRANGING:
        return {"batch": batch}
    ImportRow.objects.filter(batch=row).delete()
    plan, twins, counts, done = plan_of(row), Twins(), Counter[str](), 0
    settled = _settled(row)
    total = int(row.table.get("filled") or 0)
    for part in _chunks(data_rows(row)):
        found = check(part, plan)
        twins.look(found)
        origins = {line: origin_of(row, line, cells) for line, cells in part}
        rows = [kept for one in found if (kept := _said(row, one, origins[one.line], settled))]
        ImportRow.objects.bulk_create(rows)
        counts.update(each.state for each in rows)
        done += len(part)
        run.progress(done, total=max(total, done), counts={}, message="")
    figures = {"rows": done, **{state: counts.get(state, 0) for state in ("bad", "same", "like", "twin", "skipped")}}
    Import.objects.filter(pk=batch, check_job=run.job, stage=Stage.ARRANGING).update(checked=figures)
    return {"batch": batch}


def _settled(batch: Import) -> set[int]:
    """Lines of the first file that earlier imports of the chain have brought in."""
    before = ImportRow.objects.filter(batch__in=chain(batch), state__in=SETTLED).exclude(undone="done")
    return set(before.values_list("origin", flat=True))


def _said(batch: Import, one: Checked, origin: int, settled: set[int]) -> ImportRow | None:
    """The row of what the check says; None when it says nothing."""
    state, message = _verdict(batch, one)
    if origin in settled:
        state, message = RowState.SKIPPED, "这一行上次已经导入，不会重复导入"
    if state is None:
        return None
    ids = sorted({match.customer.pk for match in one.same.values()} | set(one.like))
    return ImportRow(
        batch=batch, line=one.line, origin=origin, state=state, message=message, errors=one.errors, found=ids[:20]
    )


def _verdict(batch: Import, one: Checked) -> tuple[RowState | None, str]:
    if one.errors:
        return RowState.BAD, ""
    if one.same:
        return RowState.SAME, "；".join(identity.messages(batch.by, one.same).values())
    if one.twin is not None:
        return RowState.TWIN, f"与第 {one.twin} 行是同一个客户"
    if one.like:
        agrees = "、".join(dict.fromkeys(what for each in one.like.values() for what in each))
        return RowState.LIKE, f"与已有档案的{agrees}相同"
    return None, ""


# ---- doing -------------------------------------------------------------------------------------------------------


@job("customer.import", "导入客户")
def load(run: Run, *, batch: int) -> dict[str, Any]:
    """Do every row that has not been done; what was done before a kill answers by its key."""
    row = Import.objects.select_related("blob", "by").get(pk=batch)
    if row.stage != Stage.RUNNING:
        return {"batch": batch}
    loading = Loading(row)
    total, done = int((row.checked or {}).get("rows") or 0), 0
    for part in _chunks(data_rows(row)):
        loading.do(part)
        done += len(part)
        run.progress(done, total=max(total, done), counts=loading.words())
    perform("import.finish", by=run.by, key=f"{key_of(row)}:finish", batch=batch)
    return {"batch": batch, **loading.counts}


def key_of(batch: Import) -> str:
    """The name of an import for the keys of its rows: the same in every attempt."""
    return f"import-{batch.pk}"


class Loading:
    """Doing the rows of one import, chunk by chunk."""

    def __init__(self, batch: Import) -> None:
        self.batch = batch
        self.plan = plan_of(batch)
        self.known = {one.id for one in targets()}
        self.policy = batch.options.get("policy") or SKIP
        self.origin = "opening" if batch.options.get("opening") else "import"
        self.settled = _settled(batch)
        self.counts: Counter[str] = Counter()

    def words(self) -> dict[str, int]:
        """The counts as progress shows them."""
        return {state.label: self.counts[state] for state in RESULTS if self.counts[state]}

    def do(self, part: Sequence[Line]) -> None:
        """One chunk: rows that an earlier attempt has written down are passed over."""
        known = {
            row.line: row for row in ImportRow.objects.filter(batch=self.batch, line__in=[line for line, _ in part])
        }
        finished = {line for line, row in known.items() if row.state in RESULTS}
        self.counts.update(known[line].state for line in finished)
        todo = [(line, cells) for line, cells in part if line not in finished]
        made = {
            line: ImportRow(batch=self.batch, line=line, origin=origin_of(self.batch, line, cells))
            for line, cells in todo
        }
        self._decide(todo, made, known)
        ImportRow.objects.bulk_create(
            made.values(), update_conflicts=True, unique_fields=["batch", "line"], update_fields=RESULT_FIELDS
        )
        self.counts.update(row.state for row in made.values())

    def _decide(self, todo: Sequence[Line], made: Mapping[int, ImportRow], known: Mapping[int, ImportRow]) -> None:
        fresh = []
        for line, cells in todo:
            if made[line].origin in self.settled:
                end(made[line], RowState.SKIPPED, "这一行上次已经导入，没有重复导入")
            else:
                fresh.append((line, cells))
        rows = {one.line: one for one in check(fresh, self.plan)}
        for one in list(rows.values()):
            if one.read.errors or (one.errors and self.plan.form is not None):
                self._fail(made[rows.pop(one.line).line], one.errors)
        begun = self._begun(rows)
        register = [one for one in rows.values() if one.line in begun or not self._stands(one, made, known)]
        self._register(register, made)
        updates = {one.line: int(one.read.args["customer"]) for one in rows.values() if "customer" in one.read.args}
        if updates:
            overwrite(self, {line: rows[line] for line in updates}, updates, made)

    def _begun(self, rows: Mapping[int, Checked]) -> set[int]:
        """Rows that a killed attempt has done already but not written down: their keys answer."""
        keys = {f"{key_of(self.batch)}:{line}": line for line in rows}
        return {keys[key] for key in CommandKey.objects.filter(key__in=keys).values_list("key", flat=True)}

    def _stands(self, one: Checked, made: Mapping[int, ImportRow], known: Mapping[int, ImportRow]) -> bool:
        """Whether the row is about a customer who is here already, and is skipped or written over; else it is registered."""
        row = made[one.line]
        choice = known[one.line].choice if one.line in known else ""
        if self.policy == EACH and choice:
            return self._as_chosen(one, row, choice)
        if not one.same and not (self.policy == EACH and one.like):
            return False
        if self.policy == OVERWRITE and one.same:
            return self._overwrite_same(one, row)
        text = "；".join(identity.messages(self.batch.by, one.same).values()) or "疑似重复，没有选择处理"
        end(row, RowState.SKIPPED, text, customer=None)
        return True

    def _as_chosen(self, one: Checked, row: ImportRow, choice: str) -> bool:
        if choice == "new":
            return False
        if choice == "skip":
            end(row, RowState.SKIPPED, "按您的选择跳过")
        else:
            one.read.args["customer"] = int(choice.rpartition(":")[2])
        return True

    def _overwrite_same(self, one: Checked, row: ImportRow) -> bool:
        matches = {match.customer.pk: match for match in one.same.values()}
        if len(matches) > 1:
            names = "、".join(
                f"“{match.customer.name}”" for match in identity.allowed(self.batch.by, list(matches.values()))
            )
            end(row, RowState.FAILED, f"名称和统一社会信用代码分别属于两份档案{names}，不能覆盖")
        elif not identity.allowed(self.batch.by, list(matches.values())):
            end(row, RowState.FAILED, "；".join(identity.messages(self.batch.by, one.same).values()))
        else:
            one.read.args["customer"] = next(iter(matches))
        return True

    def _register(self, rows: Sequence[Checked], made: Mapping[int, ImportRow]) -> None:
        """Register; what turns out to be here already (an earlier row of this chunk) is treated as the policy says."""
        told = self.many("customer.register", {str(one.line): one.read.args for one in rows}) if rows else {}
        for one in rows:
            result = told[str(one.line)]
            if result.state == "invalid" and result.errors and set(result.errors) <= {"name", "credit_code"}:
                # Only what the deed met: rows further down have been registered meanwhile.
                found = same_as(one.read.args, str(one.read.args.get("credit_code") or "").strip().upper())
                one.same = {key: match for key, match in found.items() if key in result.errors}
                if one.same and self._stands(one, made, {}):
                    continue
            self.settle(made[one.line], result, RowState.CREATED, one)
        self._file_forms(
            [one for one in rows if one.form is not None and made[one.line].state == RowState.CREATED], made
        )

    def _file_forms(self, rows: Sequence[Checked], made: Mapping[int, ImportRow]) -> None:
        """File the chosen form about each file that was opened; what stands against it is told, the file stays."""
        form = self.plan.form
        if form is None or not rows:
            return
        told = self.many(
            "form.file",
            {
                f"{one.line}:form": {"form": form.qid, "customer": made[one.line].customer, "data": one.form}
                for one in rows
            },
        )
        for one in rows:
            result, row = told[f"{one.line}:form"], made[one.line]
            if result.state != "ok":
                why = result.message or "；".join(form.placed(result.errors).values()) or "没有办成"
                what = f"{form.name}{'须审批' if result.state == 'needs' else '没有提交'}：{why}"
                row.message = "；".join(filter(None, [row.message, what]))

    def many(self, action: str, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, RowResult]:
        """One action over rows of this chunk, by row name."""
        options = self.batch.options
        found = perform_many(
            action, rows, by=self.batch.by, job=key_of(self.batch), origin=self.origin,
            reason=str(options.get("reason") or ""), confirmed=bool(options.get("confirmed")), chunk=CHUNK,
        )  # fmt: skip
        return {result.row: result for result in found.rows}

    def settle(self, row: ImportRow, result: RowResult, good: RowState, one: Checked) -> None:
        """Write the answer of a deed into the row."""
        notes = "；".join(one.read.notes)
        if result.state == "ok":
            customer = int(result.value) if good == RowState.CREATED else row.customer
            end(row, good, notes, customer=customer)
        elif result.state == "needs":
            end(row, RowState.WAITING, result.message)
            row.request = result.request
        elif result.state == "invalid" and result.errors:
            self._fail(row, {self.place(key): text for key, text in result.errors.items()})
        else:
            end(row, RowState.FAILED, result.message or "没有办成")

    def place(self, key: str) -> str:
        """Where an error of the deed stands among the columns: a class under its own heading."""
        return key if key in self.known or TERM + key not in self.known else TERM + key

    def _fail(self, row: ImportRow, errors: Mapping[str, str]) -> None:
        end(row, RowState.FAILED, "")
        row.errors = dict(errors)


def end(row: ImportRow, state: RowState, message: str, customer: int | None = None) -> None:
    """A row's outcome."""
    row.state, row.message, row.customer = state, message, customer
