"""导入: upload, match the columns, look through, confirm, follow, result; and taking a whole import back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kedang.customers.importing import actions, intake, selectors, targets, trying, undoing, withform, workbooks
from kedang.customers.importing.models import Import, RowState, Stage
from kedang.kernel import blobs
from kedang.kernel.actions import dry_run, perform
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.sheets import limits
from kedang.kernel.sheets.sniff import Unreadable
from kedang.web import jobs, outcomes
from kedang.web.forms import arranging
from kedang.web.forms.bound import Form
from kedang.web.paging import page_of
from kedang.web.replies import go, is_fragment
from kedang.web.views.jobs import line_of

STEPS = ("上传", "对应栏目", "核对", "确认", "结果")
NOTES = {
    "formulas": "表里有公式：取的是上次保存时算好的值，不重新计算。",
    "macros": "文件带有宏：宏不会运行，只读取单元格的值。",
    "external": "文件引用了别的工作簿：取的是上次保存的值。",
}
CHOICES = [
    Field("policy", "与已有档案重复的行", "choice", required=True, values=actions.POLICIES),
    Field(
        "opening", "按什么办理", "choice", required=True,
        values={"no": "按制度处理（与新登记一样，产生待办和期限）", "yes": "期初资料（制度实施前的老客户，不产生待办）"},
    ),
    Field("reason", "理由", "text", max=200),
]  # fmt: skip
TABS = (("bad", "有错误"), ("same", "重复与疑似"))
OUTCOMES = (
    ("failed", "失败"),
    ("skipped", "跳过"),
    ("waiting", "须审批"),
    ("created", "新建"),
    ("updated", "覆盖"),
    ("kept", "未能撤销"),
)

jobs.link_to("customer.import", lambda job: reverse("import", args=[job.params["batch"]]))
jobs.link_to("import.check", lambda job: reverse("import", args=[job.params["batch"]]))
jobs.link_to("import.undo", lambda job: reverse("import", args=[job.params["batch"]]))


# ---- upload and history ------------------------------------------------------------------------------------------


def index(request: HttpRequest) -> HttpResponse:
    """The upload and the imports so far."""
    said = actions.allowed(request.user)
    problem = ""
    if request.method == "POST":
        try:
            return go(request, reverse("import_columns", args=[_take_in(request)]))
        except Invalid as error:
            problem = str(error)
    page = page_of(_history(request), request.GET.get("page"), 20)
    context = {
        "page": page, "problem": problem, "refused": said.verdict == "refuse", "everybody": _everybody(request),
        "outcome": outcomes.of_decision(said, request.user) if said.verdict != "allow" else None,
        "required": [one for one in targets.targets() if one.required], "limit": limits.MAX_BYTES // limits.MIB,
        "most": f"{limits.MAX_ROWS:,}", "wide": _may_see_all(request),
    }  # fmt: skip
    return render(request, "importing/index.html", context, status=422 if problem else 200)


def _history(request: HttpRequest) -> Any:
    return selectors.history(request.user, all_of_them=_everybody(request))


def _everybody(request: HttpRequest) -> bool:
    return request.GET.get("tab") == "all" and _may_see_all(request)


def _may_see_all(request: HttpRequest) -> bool:
    """Who may take back somebody else's import may know of it."""
    said = dry_run("import.undo", by=request.user)
    return bool(said.verdict == "allow" and not said.depends)


def _take_in(request: HttpRequest) -> int:
    """Read the upload before it is kept: what is no table leaves nothing behind. The id of the import."""
    cut_off = getattr(request, "upload_errors", None) or {}
    received = request.FILES.get("file")
    if cut_off or received is None:
        raise Invalid("；".join(cut_off.values()) or "请选择要导入的文件。")
    incoming = received.incoming  # type: ignore[attr-defined]
    incoming.file.flush()
    try:
        intake.look(incoming.path, incoming.sha256)
    except Unreadable as error:
        raise Invalid(str(error)) from error
    blob = blobs.draft(incoming, received.raw_name, request.user)  # type: ignore[attr-defined]
    key = request.POST.get("key", "")[:64]
    return intake.begin(request.user, blob.pk, key=f"{key}:{blob.sha256[:16]}" if key else None)


@require_GET
def template(request: HttpRequest) -> FileResponse:
    """The workbook to fill in."""
    return _workbook(workbooks.template(), "客户导入模板.xlsx")


def _workbook(content: Any, name: str) -> FileResponse:
    response = FileResponse(content, as_attachment=True, filename=name, content_type=workbooks.TYPE)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response


@require_GET
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """An import where it stands: on the way to the step that comes next, or its result."""
    batch = selectors.import_for(request.user, pk)
    if batch.stage == Stage.ARRANGING:
        name = "import_columns" if batch.check_job_id is None else "import_check"
        return go(request, reverse(name, args=[pk]))
    return result(request, batch)


# ---- columns -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Picked:
    """A column with the choices of its select and what is wrong with it."""

    column: Any
    error: str = ""


def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """选工作表与列对应."""
    batch = selectors.import_for(request.user, pk, content=True)
    if batch.stage != Stage.ARRANGING:
        return go(request, reverse("import", args=[pk]))
    form = Form.of(
        request,
        arranging.defaults(request.user),
        initial={
            **{key: batch.options.get(key) for key in ("owner", "unit")},
            withform.WITH: batch.options.get(withform.WITH) or arranging.ONLY,
        },
        hints={withform.WITH: "一并提交的，缺表上必填内容的行不导入；没有主管单位等的填“无”"},
    )
    chosen, wrong = None, {}
    if request.method == "POST":
        if request.POST.get("sheet", batch.sheet) != batch.sheet or "look" in request.POST:
            return _look_again(request, batch, form)
        chosen = _chosen(request, batch)
        wrong = arranging.wrong(chosen, arranging.along_of(form.raw.get(withform.WITH)))
        if not wrong and (done := _arrange(request, batch, form, chosen)):
            return done
    return _columns_page(request, batch, form, chosen, wrong)


def _columns_page(request: HttpRequest, batch: Import, form: Form, chosen: Any, wrong: dict[int, str]) -> HttpResponse:
    known = targets.targets()
    found = selectors.columns_of(batch, chosen)
    mapped = {one.target for one in found}
    context = {
        "batch": batch, "form": form, "columns": [Picked(one, wrong.get(one.index, "")) for one in found], "targets": known,
        "missing": [one for one in known if one.required and one.id not in mapped and not one.default], "general": wrong.get(-1, ""),
        "header": (batch.layout.get("header") or [0, 0])[1], "steps": _steps(1), "notes": [NOTES[key] for key in batch.table.get("notes", [])],
        "guessed": sum(bool(one.target) for one in found),
    }  # fmt: skip
    return render(
        request, "importing/columns.html", context, status=422 if wrong or form.errors or form.outcome else 200
    )


def _look_again(request: HttpRequest, batch: Import, form: Form) -> HttpResponse:
    """Another sheet, or another row as the heading: guessed anew."""
    sheet = request.POST.get("sheet", batch.sheet)[:120]
    try:
        if sheet != batch.sheet:
            table, layout = intake.another_sheet(batch, sheet)
        else:
            table, layout = batch.table, intake.with_header(batch, _number(request.POST.get("header")))
        perform("import.arrange", by=request.user, batch=batch.pk, sheet=sheet, table=table, layout=layout)
    except Invalid as error:
        form.errors = {"": str(error)}
        return _columns_page(request, batch, form, _chosen(request, batch), {-1: str(error)})
    return go(request, reverse("import_columns", args=[batch.pk]))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 7 else 0


def _chosen(request: HttpRequest, batch: Import) -> dict[int, str]:
    known = {one.id for one in targets.targets()}
    width = int(batch.table.get("width") or 0)
    return {at: name for at in range(width) if (name := request.POST.get(f"column-{at}", "")) in known}


def _arrange(request: HttpRequest, batch: Import, form: Form, chosen: dict[int, str]) -> HttpResponse | None:
    layout = intake.with_columns(batch.layout, chosen)
    options: dict[str, Any] = {key: _number(str(form.raw.get(key) or "")) or None for key in ("owner", "unit")}
    along = arranging.along_of(form.raw.get(withform.WITH))
    if along and along not in arranging.offered(request.user):
        form.errors = {withform.WITH: "请从列出的表单中选择"}
        return None
    options[withform.WITH] = along or None
    done = outcomes.attempt(request, form, "import.arrange", raw={}, batch=batch.pk, layout=layout, options=options)
    return go(request, reverse("import_check", args=[batch.pk])) if done else None


def _steps(at: int) -> list[tuple[int, str, str]]:
    return [
        (number, name, "done" if number - 1 < at else "on" if number - 1 == at else "")
        for number, name in enumerate(STEPS, start=1)
    ]


# ---- looking through ---------------------------------------------------------------------------------------------


def check(request: HttpRequest, pk: int) -> HttpResponse:
    """预览: the first rows at once, all rows with errors and look-alikes as soon as the whole is checked."""
    batch = selectors.import_for(request.user, pk, content=True)
    if batch.stage != Stage.ARRANGING or batch.check_job is None:
        return go(request, reverse("import", args=[pk]))
    wrong: dict[str, str] = {}
    if request.method == "POST":
        choices = {
            key.removeprefix("row-"): value for key, value in request.POST.items() if key.startswith("row-") and value
        }
        try:
            perform("import.choose", by=request.user, batch=pk, choices=choices)
            perform("import.arrange", by=request.user, batch=pk, options={"policy": actions.EACH})
            return go(request, request.get_full_path(), f"已保存 {len(choices)} 行的处理。")
        except Invalid as error:
            wrong = dict(error.errors)
    return render(request, "importing/check.html", _checked(request, batch, wrong), status=422 if wrong else 200)


def _checked(request: HttpRequest, batch: Import, wrong: dict[str, str]) -> dict[str, Any]:
    told = batch.checked or {}
    sizes = {"bad": told.get("bad", 0), "same": sum(told.get(key, 0) for key in ("same", "like", "twin"))}
    tab = request.GET.get("tab", "")
    tab = tab if tab in sizes else ""
    context: dict[str, Any] = {
        "batch": batch, "steps": _steps(2), "told": told, "tab": tab, "wrong": wrong, "general": "；".join(wrong.values()),
        "line": line_of(batch.check_job, request.user), "running": batch.checked is None,
        "tabs": [("", f"前 {selectors.FIRST} 行", None, tab == "")] + [(key, label, sizes[key], tab == key) for key, label in TABS],
        "clean": max(told.get("rows", 0) - sizes["bad"] - sizes["same"] - told.get("skipped", 0), 0), "notes": [NOTES[key] for key in batch.table.get("notes", [])],
    }  # fmt: skip
    if tab == "same":
        page = page_of(selectors.filtered(batch, "same"), request.GET.get("page"), 20)
        return {**context, "page": page, "doubts": selectors.doubts(batch, page.rows)}
    if tab == "bad":
        page = page_of(selectors.filtered(batch, "bad"), request.GET.get("page"))
        columns, rows = selectors.rows_of(batch, page.rows)
        return {**context, "page": page, "targets": columns, "rows": rows}
    columns, rows = selectors.preview(batch)
    return {**context, "targets": columns, "rows": rows}


# ---- confirming --------------------------------------------------------------------------------------------------


def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """确认: what is chosen, and what will follow from it in words."""
    batch = selectors.import_for(request.user, pk, content=True)
    if batch.stage != Stage.ARRANGING or batch.checked is None:
        return go(request, reverse("import", args=[pk]))
    initial = {
        "policy": batch.options.get("policy"),
        "opening": "yes" if batch.options.get("opening") else "no",
        "reason": batch.options.get("reason"),
    }
    form = Form.of(request, CHOICES, initial=initial)
    given = form.raw if form.posted else initial
    policy = given.get("policy") if given.get("policy") in actions.POLICIES else actions.SKIP
    options = {
        "policy": policy,
        "opening": given.get("opening") == "yes",
        "reason": given.get("reason") or "",
        "confirmed": form.confirmed,
    }
    if request.method == "POST" and request.POST.get("go") == "yes" and (done := _start(request, batch, form, options)):
        return done
    trial = trying.try_out(batch, options)
    said = actions.allowed(
        request.user, batch=pk, rows=batch.checked["rows"], opening=options["opening"], policy=policy
    )
    context = {
        "batch": batch, "form": form, "steps": _steps(3), "trial": trial, "said": said,
        "lines": trying.consequences(batch, policy, options["opening"], trial), "asks": trial.ended.get("asks", 0) or form.raw.get("reason"),
        "note": outcomes.of_decision(said, request.user) if said.verdict != "allow" and not form.outcome else None,
    }  # fmt: skip
    part = "importing/confirm.html#form" if is_fragment(request) else "importing/confirm.html"
    return render(request, part, context, status=422 if form.errors or form.outcome else 200)


def _start(request: HttpRequest, batch: Import, form: Form, options: dict[str, Any]) -> HttpResponse | None:
    """Keep what was chosen, then the deed that packs may refuse or ask approval for."""
    try:
        perform("import.arrange", by=request.user, batch=batch.pk, options=options)
    except Invalid as error:
        form.errors = dict(error.errors)
        return None
    args = {"rows": (batch.checked or {}).get("rows"), "opening": options["opening"], "policy": options["policy"]}
    done = outcomes.attempt(request, form, "customer.import", raw={}, batch=batch.pk, **args)
    return go(request, reverse("import", args=[batch.pk]), "已开始导入。") if done else None


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """放弃 before anything was written."""
    perform("import.drop", by=request.user, batch=pk)
    return go(request, reverse("imports"), "已放弃，没有写入任何内容。")


# ---- result ------------------------------------------------------------------------------------------------------


def result(request: HttpRequest, batch: Import) -> HttpResponse:
    """Progress while it runs, then the counts, the rows behind each, the workbook of errors, and taking it back."""
    running = batch.job is not None and not batch.job.over
    counts = batch.counts if batch.counts and not running else actions.count(batch)
    mine = batch.by_id == request.user.pk
    sizes = {key: counts.get(key, 0) for key, _ in OUTCOMES}
    first = next((key for key, _ in OUTCOMES if sizes[key]), "failed")
    tab = request.GET.get("tab") if request.GET.get("tab") in sizes else first
    page = page_of(selectors.filtered(batch, tab), request.GET.get("page"))
    columns, rows = selectors.rows_of(batch, page.rows) if mine and tab in ("failed", "skipped") else ([], [])
    job = batch.undo_job if batch.undo_job else batch.job
    stopped = batch.stage == Stage.RUNNING and batch.job is not None and batch.job.over
    context = {
        "batch": batch, "steps": _steps(4), "line": line_of(job, request.user) if job and (not job.over or job.state != "done") else None,
        "counts": [(key, label, sizes[key], tab == key) for key, label in OUTCOMES if sizes[key] or key in ("created", "failed")],
        "tab": tab, "page": page, "targets": columns, "rows": rows, "mine": mine, "running": running, "stopped": stopped,
        "along": arranging.named(batch.options), "failed": sizes["failed"], "undo": undoing.may_undo(batch), "states": RowState, "policy": actions.POLICIES.get(batch.options.get("policy", ""), ""),
    }  # fmt: skip
    return render(request, "importing/result.html", context)


@require_POST
def errors(request: HttpRequest, pk: int) -> HttpResponse:
    """下载错误数据: on record, then the workbook."""
    batch = selectors.import_for(request.user, pk, content=True)
    perform("import.fetch", by=request.user, batch=pk, what="errors")
    return _workbook(workbooks.errors(batch), f"错误数据_{batch.number}.xlsx")


@require_POST
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it was uploaded; on record."""
    batch = selectors.import_for(request.user, pk, content=True)
    perform("import.fetch", by=request.user, batch=pk, what="file")
    response = FileResponse(
        blobs.reader(batch.blob.sha256),
        as_attachment=True,
        filename=batch.blob.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response


def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """撤销整次导入, with a reason."""
    batch = selectors.import_for(request.user, pk)
    form = Form.of(request, [Field("reason", "撤销的原因", "text", required=True, min=2, max=200)])
    if request.method == "POST":
        done = outcomes.attempt(request, form, "import.undo", batch=pk, importer=batch.by_id)
        if done is not None:
            return go(request, reverse("import", args=[pk]), "已开始撤销。")
    left = undoing.left(batch)
    context = {
        "batch": batch, "form": form, "created": left.filter(state=RowState.CREATED).count(), "updated": left.filter(state=RowState.UPDATED).count(),
        "possible": undoing.may_undo(batch),
    }  # fmt: skip
    template = "importing/undo.html#box" if is_fragment(request) else "importing/undo.html"
    return render(request, template, context, status=422 if form.posted else 200)
