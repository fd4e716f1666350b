"""申请查阅: asking to read or to take along a file, some of its fields, or what was filed on a form on some days; and
taking back early what was granted. What is approved becomes a grant; the deed itself reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from kedang.kernel import clock, files
from kedang.kernel.actions import access, effects, grants, reading
from kedang.kernel.actions.access import COPY, GROUPS, READ
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.approvals.models import Request
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.models import Grant
from kedang.kernel.norms.schema import ApprovalNorm
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.workdays import deadlines

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order

ASKS = ("file.ask", "form.ask")
NO_ROUTE = "现行制度没有规定这份申请由谁批准，没有提交。请向制度主管部门反映。"
VERB = Field("verb", "申请做什么", "choice", values=grants.VERBS, default=READ)
UNTIL = Field("until", "用到哪一天", "date")
PURPOSE = Field("purpose", "用途", "text", required=True, min=2, max=200)
DAYS = [
    Field("since", "自", "date", required=True),
    Field("through", "至", "date", required=True),
    Field("of", "填报人", "person"),
]


# ---- asking ------------------------------------------------------------------------------------------------------------


@action(
    "file.ask",
    "申请查阅档案",
    args=[
        Field("customer", "客户", "customer", required=True),
        VERB,
        Field("fields", "栏目", "choices"),
        UNTIL,
        PURPOSE,
        Field("relation", "业务关联编号", "text"),
    ],
    needs="list",
    public=False,
)
def ask_file(*, deed: Deed, customer: int, **asked: Any) -> None:
    """Reached only when no regulation says who approves: what is approved becomes a grant instead."""
    raise Invalid(NO_ROUTE)


@action(
    "form.ask",
    "申请查阅表单",
    args=[Field("form", "表单", "text", required=True), VERB, *DAYS, UNTIL, PURPOSE],
    about="",
    needs="none",
    public=False,
)
def ask_forms(*, deed: Deed, form: str, **asked: Any) -> None:
    """As for a file."""
    raise Invalid(NO_ROUTE)


def check(order: Order) -> None:
    """What cannot be asked for: days gone by, fields that do not exist, what he may do already."""
    if order.action.name not in ASKS or order.dry or order.by is None:
        return
    until = order.args.get("until")
    if until is not None and until < clock.today():
        raise Invalid({"until": "不能早于今天"})
    if order.action.name == "file.ask":
        _check_fields(order.args.get("fields") or ())
        if _has(order):
            field = "fields" if order.args.get("fields") else "verb"
            raise Invalid({field: "您本来就可以，不用申请"})
    elif order.reading is not None and reading.secrecy(order.reading.form) is None:
        raise Invalid({"form": f"《{order.reading.form.name}》不保密，不用申请"})


def _check_fields(wanted: Sequence[str]) -> None:
    unknown = [each for each in wanted if each not in GROUPS and each not in vocabulary.bindings]
    if unknown:
        raise Invalid({"fields": f"没有“{unknown[0]}”这个栏目"})


def _has(order: Order) -> bool:
    """Whether he can do without a grant what he asks for."""
    from kedang.kernel.actions.orders import decision_of, prepare

    view, who, fields = order.view, order.who, order.args.get("fields") or []
    if view is None or who is None or not access.own_right(who, view):
        return False
    copying = order.args.get("verb") == COPY
    bare = access.Standing(person=who.person, units=who.units, rows=who.rows, _grants=[])
    for deed in vocabulary.actions.values():
        wanted = deed.copies and deed.about == "customer" if copying else deed.name == "file.open"
        if not wanted:
            continue
        said = decision_of(prepare(deed, {"customer": view.id}, by=order.by, dry=True, who=bare))
        if said.verdict != "allow" or said.depends:
            return False
    rights = access.field_rights(bare, view, GROUPS)
    return all(rights.get(_group(each)) == "show" for each in fields)


def _group(name: str) -> str:
    return name if name in GROUPS else vocabulary.bindings[name].group


def check_span(order: Order, findings: Iterable[Finding]) -> None:
    """The last day asked for: needed where the norm grants up to it, and no later than the norm allows."""
    if order.deed is None:
        return
    until = order.args.get("until")
    for found in findings:
        spec = found.norm.norm.grant if found.norm and isinstance(found.norm.norm, ApprovalNorm) else None
        if spec is None:
            continue
        verb = str(order.args.get("verb") or READ)
        if spec.verbs != "asked" and verb not in spec.given:
            raise Invalid({"verb": f"第{found.clause}条只能批准{grants.verb_words(sorted(spec.given))}"})
        if spec.lasts == "asked" and until is None:
            raise Invalid({"until": "请填写用到哪一天"})
        if spec.max and until is not None:
            last = grants.span_end([], [found.pack, spec.max], order.deed.now)
            if deadlines.end_of(until) > last:
                raise Invalid({"until": f"最晚到 {last.date().isoformat()}（第{found.clause}条规定的最长期限）"})


def title_of(order: Order) -> str:
    """What the request is called; '' for other deeds."""
    if order.action.name not in ASKS:
        return ""
    verb = grants.VERBS[str(order.args.get("verb") or READ)]
    if order.reading is not None:
        return f"申请{verb}{order.reading.words}"
    fields = order.args.get("fields") or []
    return f"申请{verb}{grants.field_words(fields)}" if fields else f"申请{verb}档案"


def digest_of(row: Request) -> list[tuple[str, str]]:
    """What an approver is told of such a request: what for, what of, how long; never the content itself."""
    args = row.args
    lines = [("申请做什么", grants.VERBS.get(str(args.get("verb") or READ), ""))]
    if args.get("form"):
        lines.append(("表单", grants.form_name(str(args["form"]))))
        lines.append(("日期", grants.days_words(_day(args.get("since")), _day(args.get("through"))) or "全部"))
        if args.get("of"):
            lines.append(("填报人", org.names_of([int(args["of"])]).get(int(args["of"]), "")))
    else:
        lines.append(("范围", grants.field_words(args.get("fields") or [])))
    if args.get("relation"):
        lines.append(("业务关联编号", str(args["relation"])))
    lines.append(("用途", str(args.get("purpose") or row.reason)))
    lines.append(("用到哪一天", str(args.get("until") or "按制度规定的期限")))
    return lines


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


# ---- taking back -------------------------------------------------------------------------------------------------------


def _locks(args: Mapping[str, Any]) -> Iterable[str]:
    """A grant that is taken back waits for what is being done by it."""
    row = Grant.objects.filter(pk=args["grant"]).values_list("file", flat=True).first()
    return [f"grant:{args.get('grant')}", *([f"file:{row}"] if row else [])]


@action(
    "access.revoke",
    "收回授权",
    args=[
        Field("grant", "授权", "integer", required=True),
        Field("reason", "事由", "text", required=True, min=2, max=200),
    ],
    about="",
    needs="none",
    locks=_locks,
    events=("access.revoked",),
)
def revoke(*, deed: Deed, grant: int, reason: str) -> int:
    """End a grant now. Whoever approved it, the owner of the file and the person himself may."""
    row = Grant.objects.select_for_update().filter(pk=grant).first()
    if row is None:
        raise NotFound
    if row.ended_at is not None or row.valid_until <= deed.now:
        raise Invalid("这份授权已经结束，不用再收回。")
    row.ended_at, row.ended_by, row.end_reason = deed.now, deed.by, reason
    row.save(update_fields=["ended_at", "ended_by", "end_reason"])
    grants.note(deed, "access.revoked", row, reason=reason)
    if deed.by is None or deed.by.pk != row.person_id:
        text = f"授权 {row.number}（{grants.scope_words(row)}）已收回：{reason}"
        effects.tell([row.person_id], text)
    return row.pk


def revokers(grant: Grant) -> set[int]:
    """Who may take a grant back."""
    view = files.view(grant.file) if grant.file else None
    given = grants.approvers(grant.request) if grant.request else set()
    return {each for each in (grant.person_id, grant.granted_by_id, view.owner if view else None, *given) if each}


def may_see(person: int, grant: Grant) -> bool:
    """Who may know of a grant: its parties, whose file it is, who opens the file or keeps the form."""
    if person in revokers(grant):
        return True
    who = access.standing(person)
    view = files.view(grant.file) if grant.file else None
    if view is not None:
        return access.own_right(who, view)
    regs = regulations()
    found = regs.form(grant.form)
    return found is not None and reading.keeps(who, *found, regs)


def revoking_objections(order: Order) -> list[Finding]:
    """Taking back is for those who gave, whose file it is, and the person himself; for the others it does not exist."""
    if order.action.name != "access.revoke" or order.by is None or not order.args.get("grant"):
        return []
    grant = Grant.objects.filter(pk=order.args["grant"]).first()
    if grant is None or not may_see(order.by.pk, grant):
        raise NotFound
    able = revokers(grant)
    if order.by.pk in able:
        return []
    message = "授权由批准它的人、档案负责人收回，或由被授权人自己交还。"
    return [
        Finding("", "授权", "", "", "refuse", message, "请批准人或负责人收回", tuple(sorted(able - {grant.person_id})))
    ]
