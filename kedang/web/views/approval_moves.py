"""The moves on a request: one tap in the bar, or a dialog where more is to be said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kedang.kernel import fields
from kedang.kernel.actions import approving as kernel_approving
from kedang.kernel.actions import executing, voting
from kedang.kernel.actions import forms as kernel_forms
from kedang.kernel.approvals import chain, rows, selectors
from kedang.kernel.approvals.models import Request
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.fields import Field
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.web import approving
from kedang.web.forms.bound import Form, typed
from kedang.web.outcomes import attempt, of_error
from kedang.web.replies import go, is_fragment
from kedang.web.views import permits
from kedang.web.views.approvals import DIALOGS, OPINION, PHRASES, context_of

VOTES = ("agree", "reject", "add_after")
SEVERAL = ("add_before", "add_after", "add_beside", "consult", "copy")
ONE = ("transfer", "delegate")
OPINIONS = {
    "consult": Field("opinion", "要问什么", "long_text", required=True),
    "advise": Field("opinion", "您的意见", "long_text", required=True),
    "reject": Field("opinion", "意见", "long_text", required=True),
    "return": Field("opinion", "退回原因", "long_text", required=True),
    "transfer": Field("opinion", "说明", "long_text"),
    "delegate": Field("opinion", "说明", "long_text"),
    "add_before": Field("opinion", "请对方看什么", "long_text"),
    "add_beside": Field("opinion", "请对方看什么", "long_text"),
}
NO_OPINION = ("copy", "resubmit", "remind", "retry", "take_back", "remove_signer")
# The page draws these two itself, with what is wrong beneath them.
DRAWN = frozenset({"to", "copies"})
TO = Field("to", "给谁", "person", required=True)
COPIES = Field("copies", "抄送", "person")
FORM = "form."


@dataclass
class Dialog:
    """One move that asks for more than a word."""

    one: Request
    kind: str
    label: str
    consequence: str
    form: Form
    form_name: str = ""
    several: str = ""
    """Name of the input in which several people may be chosen: people or copies."""
    several_label: str = ""
    chosen: list[tuple[int, str]] = field(default_factory=list)
    targets: list[tuple[str, str]] = field(default_factory=list)
    steps: list[chain.ChainStep] = field(default_factory=list)
    refusal: Any = None
    problem: str = ""

    @property
    def plain(self) -> list[Any]:
        """The fields but those of the step's form and the choices drawn by hand."""
        return [b for b in self.form if not b.field.id.startswith(FORM) and b.field.id not in ("step", "then")]

    @property
    def answers(self) -> list[Any]:
        """The fields of the step's form."""
        return [b for b in self.form if b.field.id.startswith(FORM)]

    @property
    def said(self) -> dict[str, str]:
        """What was chosen of `step` and `then`."""
        return {name: str(self.form.raw.get(name, "")) for name in ("step", "then")}


def move(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """GET: the dialog of a move. POST: make it, then go on to the next request that waits."""
    one = selectors.get_request(request.user, pk)
    dialog = _dialog(request, one, kind)
    if request.method != "POST":
        if dialog is None:
            raise NotFound
        return _show(request, dialog, 200)
    form = dialog.form if dialog else Form.of(request, [OPINIONS.get(kind, OPINION)])
    done = attempt(request, form, "approval.move", raw=_raw(request, one, kind, form), request=pk, move=kind)
    if done is None:
        return _again(request, one, dialog, form)
    return go(request, _next(request, pk), _said(request, one, kind))


def _again(request: HttpRequest, one: Request, dialog: Dialog | None, form: Form) -> HttpResponse:
    # The bar posts votes on steps without a form; everything else comes from its dialog.
    from_bar = request.POST.get("bar") == "yes"
    if dialog is not None and not from_bar:
        return _show(request, dialog, 422)
    if is_fragment(request) and not from_bar:
        # The dialog was opened before somebody else moved the request: there is no such move any more.
        said = "；".join(form.errors.values()) or "这份申请的情况已经变了。"
        return render(request, "approvals/stale.html", {"one": one, "said": said, "form": form}, status=422)
    template = "approvals/detail.html#bar" if is_fragment(request) else "approvals/detail.html"
    return render(request, template, context_of(request, one, form), status=422)


def _show(request: HttpRequest, dialog: Dialog, status: int) -> HttpResponse:
    template = "approvals/move.html#form" if is_fragment(request) else "approvals/move.html"
    context = {"dialog": dialog, "form": dialog.form, "one": dialog.one, "steps": dialog.steps}
    context["phrases"] = PHRASES.get(dialog.kind, ())
    return render(request, template, context, status=status)


# ---- what a dialog asks ------------------------------------------------------------------------------------------


def _dialog(request: HttpRequest, one: Request, kind: str) -> Dialog | None:
    """The dialog of a move that this person has now; None when it has none, or not now."""
    offered = {key: (label, text) for key, label, text in selectors.allowed_moves(request.user, one)}
    if kind not in DIALOGS and kind not in VOTES:
        return None
    if kind not in offered:
        return None
    if kind == "resubmit":
        return _resubmission(request, one, *offered[kind])
    asked: list[Field] = []
    name = ""
    if kind in VOTES and (made := approving.ballot_form(one, kernel_approving.active_spec(one))):
        name, known = made
        asked += [_prefixed(each) for each in known]
    asked += [TO] if kind in ONE else [_removable(one, request.user)] if kind == "remove_signer" else []
    asked += [] if kind in NO_OPINION else [OPINIONS.get(kind, OPINION)]
    asked += [Field("step", "退回到", "text"), Field("then", "之后", "text")] if kind == "return" else []
    dialog = Dialog(one, kind, *offered[kind], Form.of(request, asked, drawn=DRAWN), name)
    if kind == "return":
        dialog.targets = [("" if at is None else str(at), text) for at, text in selectors.return_targets(one)]
    if kind in SEVERAL or kind == "agree":
        dialog.several = "copies" if kind == "agree" else "people"
        dialog.several_label = {"agree": "同时抄送", "copy": "抄送给", "consult": "征询谁"}.get(kind, "加签谁")
        dialog.chosen = _people(request.POST.getlist(dialog.several))
    return dialog


def _prefixed(one: Field) -> Field:
    return Field(**{**one.__dict__, "id": f"{FORM}{one.id}"})


def _removable(one: Request, person: Person) -> Field:
    """Whom he added and may take out again."""
    seats = [
        seat for step in rows.state_of(one).steps if step.status in ("active", "waiting") for seat in step.spec.seats
    ]
    added = {each for seat in seats if seat.added_by == person.pk for each in seat.people}
    names = {str(key): name for key, name in org.names_of(added).items()}
    return Field("to", "减去谁", "choice", required=True, values=names)


def _people(given: list[str]) -> list[tuple[int, str]]:
    return list(org.names_of([int(text) for text in given if text.isdecimal() and len(text) < 19]).items())


def _raw(request: HttpRequest, one: Request, kind: str, form: Form) -> dict[str, Any]:
    """What goes to the kernel of what was posted."""
    raw = {key: value for key, value in form.raw.items() if value != "" and not key.startswith((FORM, "args."))}
    # Read from what was sent and not from the dialog: the second of two clicks finds no dialog any more, and must still
    # be the very same deed.
    answers = {key.removeprefix(FORM): request.POST.getlist(key) for key in request.POST if key.startswith(FORM)}
    if answers:
        raw["form"] = {key: texts[0] if len(texts) == 1 else texts for key, texts in answers.items()}
    for name, sent in (("people", "people"), ("watchers", "copies")):
        if chosen := [text for text in request.POST.getlist(sent) if text]:
            raw[name] = chosen
    if kind == "resubmit":
        raw = _changed(one, request.user, form)
    return raw


# ---- 再次提交 ----------------------------------------------------------------------------------------------------


def _resubmission(request: HttpRequest, one: Request, label: str, consequence: str) -> Dialog:
    """What was asked, to be changed or left; and the route as it would be now."""
    known, values = _asked_before(one, request.user)
    form = Form.of(request, known, initial=values)
    form.picks = {**form._named(), **form.picks}
    dialog = Dialog(one, "resubmit", label, consequence, form)
    try:
        dialog.steps = executing.preview_again(one)
    except Refused as error:
        dialog.refusal = of_error(error, request.user)
    except Invalid as error:
        dialog.problem = str(error)
    return dialog


def _asked_before(one: Request, person: Person) -> tuple[list[Field], dict[str, Any]]:
    """The command's own fields that may be changed, with what they say."""
    found = regulations().form(one.args.get("form", "")) if one.action == "form.file" else None
    if found:
        known, values = kernel_forms.fields_of(*found), one.args.get("data") or {}
    else:
        spec = vocabulary.actions.get(one.action)
        known = [each for each in spec.args if each.id not in approving.UNSAID] if spec else []
        known = permits.fields_again(one, person, known)
        values = one.args
    known = [each for each in known if each.type not in ("json", "file")]
    return known, {each.id: fields.from_json(each, values.get(each.id)) for each in known}


def _changed(one: Request, person: Person, form: Form) -> dict[str, Any]:
    """Only what was typed differently: what stays as it was must not look like a change."""
    _, before = _asked_before(one, person)
    by_id = {each.id: each for each in form.fields}
    differing = {
        key: value
        for key, value in form.raw.items()
        if (
            value != typed(by_id[key].type, before.get(key))
            if not isinstance(value, list)
            else value != (before.get(key) or [])
        )
    }
    if not differing:
        return {}
    return {"args": {"data": differing} if one.action == "form.file" else differing}


# ---- after it ----------------------------------------------------------------------------------------------------


def _said(request: HttpRequest, one: Request, kind: str) -> str:
    """What was done, and whether it can be taken back."""
    one.refresh_from_db()
    word = voting.MOVES.get(kind, "提交")
    said = f"已{word}：{one.title}"
    if kind in ("agree", "add_after"):
        moves = {key for key, _, _ in selectors.allowed_moves(request.user, one)}
        if "take_back" in moves:
            return f"{said}。下一位审批人看到之前，您可以拿回。"
        if one.status == "failed":
            return f"{said}，但没有执行：{one.cause}"
        if one.status == "pending" and "agree" in moves:
            return f"已附条件同意：{one.title}。条件办好后生效。"
    if kind == "retry":
        return f"已执行：{one.title}" if one.status == "executed" else f"仍没有执行：{one.cause}"
    return said


def _next(request: HttpRequest, done: int) -> str:
    """The next request that waits for this person; the same one when nothing waits, or it still waits for him."""
    waiting = selectors.pending_for(request.user)
    if waiting.filter(pk=done).exists():
        return reverse("approval", args=[done])
    following = waiting.values_list("pk", flat=True).first()
    return reverse("approval", args=[done if following is None else following])
