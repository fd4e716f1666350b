"""`approval.move`: votes and every other move on a request, made by a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kedang.kernel import fields, files
from kedang.kernel.actions import access, approving, closing, effects, forms
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.approvals import service
from kedang.kernel.approvals.models import Request, RequestStatus
from kedang.kernel.approvals.values import MoveRefused, StepSpec
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms.models import FormRecord
from kedang.kernel.norms.schema import Form
from kedang.kernel.norms.store import Version, fact_store, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

MOVES = {**service.MOVE_WORDS, "resubmit": "再次提交", "copy": "抄送"}
AGREEING = ("agree", "add_after")
REQUEST = Field("request", "申请", "integer", required=True)


@action(
    "approval.move",
    "审批",
    args=[
        REQUEST,
        Field("move", "操作", "choice", required=True, values=MOVES),
        Field("opinion", "意见", "long_text"),
        Field("to", "给", "person"),
        Field("people", "给（可多人）", "json"),
        Field("step", "退回到", "integer"),
        Field("then", "之后", "text"),
        Field("form", "审批表单", "json", shape="object"),
        Field("args", "修改后的内容", "json", shape="object"),
        Field("watchers", "抄送", "json"),
        Field("batch", "批量", "bool"),
    ],
    about="",
    needs="none",
    public=False,
)
def move_approval(
    *,
    deed: Deed,
    request: int,
    move: str,
    opinion: str | None = None,
    to: int | None = None,
    people: Any = None,
    step: int | None = None,
    then: str | None = None,
    form: dict[str, Any] | None = None,
    args: dict[str, Any] | None = None,
    watchers: Any = None,
    batch: bool | None = None,
) -> dict[str, Any]:
    """Vote, or another move on a request; an approved command runs in its own transaction right after."""
    assert deed.by is not None
    row = service.locked(request, deed.by)
    others = [*([to] if to is not None else []), *ids_in(people, "to")]
    sent = ids_in(watchers, "copies")
    if move == "copy":
        _copy(row, others or sent, deed, "to" if others else "copies")
        return {"request": row.pk, "status": str(row.status)}
    if move == "resubmit":
        from kedang.kernel.actions.executing import resubmit

        answer = resubmit(request, deed, args)
    else:
        answer = _move(row, deed, move, opinion or "", others, step, then or "", form, batch=bool(batch))
    if sent:
        _copy(row, sent, deed, "copies")
    return answer


def _move(
    row: Request,
    deed: Deed,
    move: str,
    opinion: str,
    to: list[int],
    step: int | None,
    then: str,
    form: dict[str, Any] | None,
    *,
    batch: bool,
) -> dict[str, Any]:
    assert deed.by is not None
    spec = approving.active_spec(row) if move in ("agree", "reject", "add_after") else None
    if batch:
        check_batch(move, spec)
    promise = spec is not None and move in AGREEING and not approving.holds(row, spec)
    outcome = service.move(
        row.pk,
        by=deed.by,
        kind=move,
        command=deed.command,
        opinion=opinion,
        to=to,
        step=step,
        then=then,
        form=_ballot_form(row, spec, deed.by, form),
        promise=promise,
        sink=deed.events,
    )
    row = outcome.request
    if promise and spec is not None:
        approving.ask_for(row, spec, deed)
    approving.settle_duty(row, deed)
    if outcome.approved:
        deed.after.append(lambda: _execute(row.pk))
    elif outcome.status_after in (RequestStatus.REJECTED, RequestStatus.WITHDRAWN):
        closing.asked_in_vain(row)
    if outcome.status_before != outcome.status_after:
        _tell_requester(row, outcome.status_after, opinion)
    _tell_others(row, move, opinion, to, deed.by)
    return {"request": row.pk, "status": str(outcome.status_after)}


# ---- several at once ---------------------------------------------------------------------------------------------


def check_batch(move: str, spec: StepSpec | None) -> None:
    """Refuse a batched vote where the regulation does not allow one."""
    why = "只能批量同意。" if move != "agree" else why_not_batch(spec)
    if why:
        raise MoveRefused(why)


def why_not_batch(spec: StepSpec | None) -> str:
    """Why a step cannot be agreed to together with others, with the clause; '' when it can."""
    if spec is None:
        return "申请已不在审批中。"
    number = f"第{spec.clause}条" if spec.clause else "制度"
    if spec.form:
        return f"{number}要求逐份填写审批表单，不能批量同意。"
    if spec.agree_if:
        return f"{number}的同意附有条件，须逐份办理。"
    return "" if spec.batch else f"{number}没有允许批量同意，请逐份办理。"


# ---- the form of a step ------------------------------------------------------------------------------------------


def form_of(spec: StepSpec) -> tuple[Version, str, Form] | None:
    """The form that a step's voters fill in; None when it asks for none or it is no longer in force."""
    if not spec.form:
        return None
    name = spec.form if "." in spec.form else f"{spec.pack}.{spec.form}"
    found = regulations().form(name)
    return (found[0], name.partition(".")[2], found[1]) if found else None


def _ballot_form(
    row: Request, spec: StepSpec | None, by: Person, given: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What an approver fills in on the step's own form, checked like any form; one that he has filed since the request
    was made counts as well. None when the step has no form."""
    if spec is None or not spec.form:
        return None
    found = form_of(spec)
    if found is None:
        raise Invalid({"form": f"现行制度中没有表单“{spec.form}”。"})
    version, name, form = found
    if given is None:
        filed = FormRecord.objects.filter(form=f"{version.pack}.{name}", filed_by=by, filed_at__gte=row.asked_at)
        same = filed.filter(file=row.file) if row.file else filed.filter(file=None)
        last = (same | filed.filter(file=None)).order_by("-id").first()
        return {**last.data, "record": last.pk} if last else None
    try:
        cleaned = forms.check_data(version, name, form, given, fact_store(), by=by.pk)
    except Invalid as error:
        raise Invalid({f"form.{key}": text for key, text in error.errors.items()}) from error
    known = forms.fields_of(version, form)
    return {f.id: fields.to_json(f, cleaned[f.id]) for f in known if cleaned.get(f.id) is not None}


# ---- telling -----------------------------------------------------------------------------------------------------


def _tell_requester(row: Request, status: str, opinion: str) -> None:
    words = {
        RequestStatus.APPROVED: "已批准",
        RequestStatus.REJECTED: "被拒绝",
        RequestStatus.RETURNED: "被退回",
    }.get(RequestStatus(status))
    if words:
        said = f"，意见：{opinion}" if opinion else ""
        effects.tell([row.requester_id], f"您的申请{words}：{row.title}{said}", kind="approval", request=row.pk)


def _tell_others(row: Request, move: str, opinion: str, to: list[int], by: Person) -> None:
    """催办 reaches whoever is to decide, 征询 the one asked, the answer the one who asked."""
    if move == "remind":
        people, text = approving.waiting_for(row), f"{by.name}催办：{row.title}"
    elif move == "consult":
        people, text = to, f"{by.name}征询您的意见：{row.title}，{opinion}"
    elif move == "advise":
        people, text = approving.asked_by(row, by), f"{by.name}答复了您的征询：{row.title}，意见：{opinion}"
    else:
        return
    effects.tell(people, text, kind="approval", request=row.pk)


def check_copies(file: int | None, people: Iterable[int], name: str = "copies") -> None:
    """A copy names the customer, so it goes only to people who may see that there is such a file."""
    view = files.view(file) if file is not None else None
    out = access.outside(people, view) if view is not None else []
    if out:
        names = "、".join(org.names_of(out).values())
        raise Invalid({name: f"{names}看不到这份客户档案，不能抄送。可改选看得到的人，或请对方先申请查阅。"})


def _copy(row: Request, people: list[int], deed: Deed, name: str) -> None:
    assert deed.by is not None
    check_copies(row.file, people, name)
    made = service.copy_to(row.pk, people, by=deed.by, command=deed.command, sink=deed.events)
    told = [watcher.person_id for watcher in made]
    effects.tell(told, f"{deed.by.name}抄送给您：{row.title}", kind="approval", request=row.pk)


def ids_in(given: Any, name: str) -> list[int]:
    """Persons' ids in a list that was typed or posted; Invalid at the field for anything else."""
    values = [] if given in (None, "") else given if isinstance(given, list) else [given]
    if not all(isinstance(each, (int, str)) and str(each).isdecimal() for each in values):
        raise Invalid({name: "所选人员不存在或已停用。"})
    known = [int(each) for each in values]
    if org.active_people().filter(pk__in=known).count() != len(set(known)):
        raise Invalid({name: "所选人员不存在或已停用。"})
    return list(dict.fromkeys(known))


def _execute(pk: int) -> None:
    from kedang.kernel.actions.executing import execute

    execute(pk)


# ---- on paper ----------------------------------------------------------------------------------------------------


@action("approval.print", "打印审批单", args=[REQUEST], about="", needs="none", public=False)
def print_approval(*, deed: Deed, request: int) -> str:
    """Put a request on paper; its number. The paper itself is made by whoever asked, with his field rights."""
    from kedang.kernel.approvals import announce, selectors

    assert deed.by is not None
    row = selectors.get_request(deed.by, request)
    deed.events.append(announce.printed(row, deed.by, deed.command))
    return row.number
