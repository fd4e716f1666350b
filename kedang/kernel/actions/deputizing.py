"""代理: who is away names somebody who votes and types for him meanwhile; an administrator does it for whoever cannot."""

from __future__ import annotations

from datetime import date, timedelta

from kedang.kernel import clock
from kedang.kernel.actions import effects
from kedang.kernel.actions.admin import PERSON, administrator, changed, locked_person
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger import EventKind, kinds
from kedang.kernel.org import changes
from kedang.kernel.org.models import Delegation, Person

LONGEST = timedelta(days=366)
"""A year typed wrongly must not lend a voice for decades."""
TO = Field("to", "代理人", "person", required=True)
START = Field("start", "开始日期", "date")
END = Field("end", "结束日期（含当日）", "date", required=True)
NOTE = Field("note", "说明", "text", max=200)
DELEGATION = Field("delegation", "代理", "integer", required=True)

kinds.register(EventKind("account.deputy", "代理", "{actor}{what}", {"what": "text"}))


@action(
    "account.deputize",
    "设置代理",
    args=[TO, START, END, NOTE],
    about="",
    needs="none",
    events=("account.deputy",),
    public=False,
)
def deputize(*, deed: Deed, to: int, end: date, start: date | None = None, note: str | None = None) -> int:
    """Another votes and types for the person himself on these days."""
    if deed.by is None or deed.on_behalf_of is not None:
        raise NotFound
    row = _lend(locked_person(deed.by.pk), to, start, end, note or "")
    deed.record("account.deputy", subject=_subject(row), data={"what": f"请{row.delegate.name}代理，{_days(row)}"})
    effects.tell([row.delegate_id], f"{row.principal.name}请您代理：{_days(row)}，审批和录入由您代办。")
    return row.pk


@action(
    "account.undeputize",
    "收回代理",
    args=[DELEGATION],
    about="",
    needs="none",
    events=("account.deputy",),
    public=False,
)
def undeputize(*, deed: Deed, delegation: int) -> int:
    """The person speaks for himself alone again, at once."""
    row = _running(delegation)
    if deed.by is None or deed.on_behalf_of is not None or row.principal_id != deed.by.pk:
        raise NotFound
    changes.revoke_delegation(row)
    deed.record("account.deputy", subject=_subject(row), data={"what": f"收回{row.delegate.name}的代理"})
    effects.tell([row.delegate_id], f"{row.principal.name}已收回代理，即日起不再由您代办。")
    return row.pk


@administrator("org.deputize", "登记代理", [PERSON, TO, START, END, NOTE], "org.changed")
def deputize_other(
    *, deed: Deed, person: int, to: int, end: date, start: date | None = None, note: str | None = None
) -> int:
    """The same for somebody who cannot do it himself any more; both of them are told."""
    row = _lend(locked_person(person), to, start, end, note or "")
    changed(deed, f"登记{row.delegate.name}代理{row.principal.name}，{_days(row)}", _subject(row))
    effects.tell([row.delegate_id], f"请您代理{row.principal.name}：{_days(row)}，审批和录入由您代办。")
    effects.tell([row.principal_id], f"管理员登记由{row.delegate.name}代理您：{_days(row)}。")
    return row.pk


@administrator("org.undeputize", "收回代理", [DELEGATION], "org.changed")
def undeputize_other(*, deed: Deed, delegation: int) -> int:
    """Take somebody's delegation back for him."""
    row = _running(delegation)
    changes.revoke_delegation(row)
    changed(deed, f"收回{row.delegate.name}对{row.principal.name}的代理", _subject(row))
    people = [row.delegate_id, row.principal_id]
    effects.tell(people, f"{row.delegate.name}对{row.principal.name}的代理已由管理员收回。")
    return row.pk


def _lend(principal: Person, to: int, start: date | None, end: date, note: str) -> Delegation:
    delegate, today = Person.objects.filter(pk=to).first(), clock.today()
    begin = start or today
    if delegate is None:
        raise Invalid({"to": "没有这个人"})
    if principal.left_on or not principal.is_active:
        raise Invalid(f"{principal.name}已停权或离职，不能设置代理。")
    if begin < today:
        raise Invalid({"start": "不能早于今天"})
    if end - begin > LONGEST:
        raise Invalid({"end": "代理一次最长一年，到期可以再设"})
    standing = Delegation.objects.filter(principal=principal, delegate=delegate, revoked_at=None)
    if standing.filter(start__lte=end, end__gte=begin).exists():
        raise Invalid({"to": f"这些日子里{delegate.name}已经是代理人"})
    return changes.delegate(principal, delegate, start=begin, end=end, note=note)


def _running(pk: int) -> Delegation:
    """A delegation that is not over, locked."""
    rows = Delegation.objects.select_for_update(of=("self",)).select_related("principal", "delegate")
    row = rows.filter(pk=pk, revoked_at=None, end__gte=clock.today()).first()
    if row is None:
        raise NotFound
    return row


def _subject(row: Delegation) -> str:
    return f"person:{row.principal_id}"


def _days(row: Delegation) -> str:
    return f"{row.start:%Y-%m-%d} 至 {row.end:%Y-%m-%d}"
