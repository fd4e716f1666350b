"""What a superior does about the duties of his people: 转办 to another of them, 延期 where the regulation lets him.

Both are decided before they are done, so that a list of duties can say beforehand which of them are refused, by which
clause, and why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kedang.kernel.actions import access, adoption, leaving, sharing, timing
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.handling import DUTY, concerns
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger import ValueDraft, kinds
from kedang.kernel.ledger.kinds import EventKind
from kedang.kernel.norms import engine
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.schema import DutyNorm, Extend, ScheduleNorm
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order

kinds.register(
    EventKind(
        "duty.reassigned",
        "转办",
        "{actor}将“{title}”由{former}转办给{name}",
        {"duty": "integer", "title": "text", "former": "text", "person": "person", "name": "text"},
        {"reason": "理由"},
    )
)


JUDGED = ("duty.reassign", "duty.extend")


def answering(person: Person) -> Callable[[Duty], bool]:
    """Whether a duty is one of somebody below the person, or of a department below him that nobody has taken yet; who is
    below him is looked up once."""
    people, units = org.subordinates(person), org.unit_subtree(org.headed_units(person))

    def answers(duty: Duty) -> bool:
        who = duty.taken_by_id or duty.bearer_id
        return who in people if who else duty.unit_id in units

    return answers


def answers_for(person: Person, duty: Duty) -> bool:
    """The same for one duty."""
    return answering(person)(duty)


def candidates(person: Person) -> list[Person]:
    """To whom he may pass a duty: himself and everybody below him who is here."""
    return list(org.active_people().filter(pk__in={person.pk, *org.subordinates(person)}))


def _file_of(args: Any) -> int | None:
    return Duty.objects.filter(pk=args.get("duty")).values_list("file", flat=True).first()


def _lock(args: Any) -> list[str]:
    return [f"duty:{args.get('duty')}"]


@action(
    "duty.reassign",
    "转办",
    args=[
        DUTY,
        Field("to", "转办给", "person", required=True),
        Field("reason", "转办理由", "long_text", required=True, max=500),
    ],
    about="",
    needs="none",
    events=("duty.reassigned",),
    file_of=_file_of,
    locks=_lock,
)
def reassign_duty(*, deed: Deed, duty: int, to: int, reason: str) -> int:
    """Pass an open duty of one's people on to another of them (or to oneself); its deadline stays what it was."""
    row = Duty.objects.select_for_update().filter(pk=duty, state=DutyState.OPEN).first()
    receiver = org.active_people().filter(pk=to).first()
    if row is None or deed.by is None or not answers_for(deed.by, row):
        raise NotFound
    if receiver is None:
        raise Invalid({"to": "没有这个人，或已停权、离职。"})
    former = org.names_of([row.taken_by_id or row.bearer_id])
    row.bearer, row.taken_by = receiver, None
    row.save(update_fields=["bearer", "taken_by"])
    deed.record(
        "duty.reassigned",
        file=row.file,
        subject=f"duty:{row.pk}",
        data={
            "duty": row.pk, "title": row.title, "former": next(iter(former.values()), "部门"), "person": receiver.pk,
            "name": receiver.name,
        },
        values=[ValueDraft("reason", new=reason)],
        norm=row.norm,
        clause=row.clause,
        pack=row.pack,
    )  # fmt: skip
    return row.pk


# ---- what the product says about them before they are done ---------------------------------------------------------------


def check_known(order: Order) -> None:
    """A duty of nobody below the person (nor, for 延期, his own) is not found, whether it exists or not."""
    if order.action.name in JUDGED and order.by is not None and order.args.get("duty") is not None:
        duty = _duty_of(order)
        own = order.action.name == "duty.extend" and duty is not None and concerns(duty, order.by)
        if duty is None or not (own or answers_for(order.by, duty)):
            raise NotFound


def objections(order: Order) -> list[Finding]:
    """Why a superior may not pass on or extend this duty; nothing about one's own duties, of which the deeds speak."""
    if order.action.name not in JUDGED or order.by is None:
        return []
    duty = _duty_of(order)
    if duty is None or (order.action.name == "duty.extend" and concerns(duty, order.by)):
        return []
    if order.action.name == "duty.extend":
        return _of_extending(duty)
    return _of_passing(duty, order) or _of_receiver(duty, order)


def _duty_of(order: Order) -> Duty | None:
    return Duty.objects.filter(pk=int(order.args.get("duty") or 0), state=DutyState.OPEN).first()


def _of_passing(duty: Duty, order: Order) -> list[Finding]:
    found = regulations().norm(duty.norm, duty.version)
    if duty.norm == f".{leaving.NORM}" or adoption.is_notice(duty):
        return [_say(duty, "签收和交接须由本人办理，不能转办。", "请本人办理；离职人员的事项在交接时一并移交")]
    if duty.follows_owner:
        return [_say(duty, "这一事项由客户的负责人承担，不能单独转办。", "转移客户，事项随负责人转走")]
    if found is not None and sharing.MARK in duty.subject and sharing.each_for_himself(found[1]):
        return [_say(duty, "这一事项要求每个人各自办理，不能转办。", "请本人办理")]
    return []


def _of_receiver(duty: Duty, order: Order) -> list[Finding]:
    """The receiver, once he is known: one of the actor's people, another one, and one who may know of the customer."""
    to = order.args.get("to")
    if to is None or order.by is None:
        return []
    if to != order.by.pk and to not in org.subordinates(order.by):
        return [_say(duty, "只能转办给您的下属或您本人。", "选择本部门的人；跨部门请由共同的上级转办")]
    if to == (duty.taken_by_id or duty.bearer_id):
        return [_say(duty, "这一事项已经由他承担。", "选择另一个人")]
    if order.view is not None and access.outside([to], order.view):
        return [_say(duty, "接收人按数据权限不能知道这一客户。", "先添加他为协作人，或选择另一个人")]
    return []


def _of_extending(duty: Duty) -> list[Finding]:
    spec, found = extension_of(duty), regulations().norm(duty.norm, duty.version)
    if spec is None or found is None:
        return [_say(duty, "制度没有规定这一事项可以延期。", "按原期限办理；确有特殊情况的，由责任人说明")]
    if not spec.superior:
        return [_say(duty, "制度只许责任人在到期前自己延期，没有许上级延期。", "由责任人在到期前办理延期")]
    try:
        timing.extend(duty, *found, superior=True)  # of a copy that nobody saves
    except Invalid as error:
        return [_say(duty, str(error), "按现在的期限办理")]
    return []


def extension_of(duty: Duty) -> Extend | None:
    """What the regulation says about extending a duty."""
    found = regulations().norm(duty.norm, duty.version)
    rule = found[1].norm if found else None
    return rule.due.extend if isinstance(rule, (DutyNorm, ScheduleNorm)) else None


def _say(duty: Duty, message: str, lift: str) -> Finding:
    version = regulations().version(duty.pack, duty.version) or regulations().version(duty.pack)
    if version is None or not duty.clause:
        return Finding("", "待办", "", "", "refuse", message, lift)
    return engine.clause_finding(version, duty.clause, "refuse", message, lift)
