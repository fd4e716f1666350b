"""Grants: given with a number, worded, found again by the number, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from kedang.kernel import clock
from kedang.kernel.actions.access import COPY, GROUPS, READ, Standing
from kedang.kernel.actions.deed import Deed
from kedang.kernel.approvals.models import Ballot, BallotStatus, Request
from kedang.kernel.norms.models import Grant
from kedang.kernel.norms.numbers import next_number
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration

PATTERN = "SQ-{year}-{seq:4}"
VERBS = {READ: "查阅", COPY: "复制导出"}
NONE_GIVEN = "要凭复制导出的授权办理，请填写授权编号。"
UNKNOWN = "没有这个授权编号，或者它不是授予您的。"


# ---- in words ----------------------------------------------------------------------------------------------------------


def verb_words(verbs: Iterable[str]) -> str:
    """查阅、复制导出"""
    return "、".join(VERBS.get(each, each) for each in verbs)


def days_words(since: date | None, through: date | None) -> str:
    """'2026-03-02 至 2026-03-06'; '' for all days."""
    if since is None and through is None:
        return ""
    if since == through:
        return since.isoformat() if since else ""
    return f"{since.isoformat() if since else '最早'} 至 {through.isoformat() if through else '最近'}"


def field_words(fields: Sequence[str]) -> str:
    """联系方式、统一社会信用代码; 整份档案 for none."""
    if not fields:
        return "整份档案"
    bindings = vocabulary.bindings
    return "、".join(GROUPS.get(each) or (bindings[each].label if each in bindings else each) for each in fields)


def form_name(qid: str) -> str:
    """《客户信息登记表》; the id when no regulation in force has the form."""
    found = regulations().form(qid)
    return f"《{found[1].name}》" if found else qid


def scope_words(grant: Grant) -> str:
    """What a grant covers: 联系方式 · 《客户信息登记表》2026-03-02 至 2026-03-06，小孙填报."""
    if not grant.form:
        return field_words(grant.fields)
    of = f"，{grant.of_person.name}填报" if grant.of_person else ""
    return f"{form_name(grant.form)}{days_words(grant.first_day, grant.last_day) or '全部日期'}{of}"


# ---- given -------------------------------------------------------------------------------------------------------------


def give(
    deed: Deed,
    file: int | None,
    person: int,
    verbs: list[str],
    until: datetime,
    *,
    request: int | None = None,
    norms: list[Any] | None = None,
    purpose: str = "",
    relation: str = "",
    given_by: int | None = None,
    fields: Sequence[str] = (),
    form: str = "",
    since: date | None = None,
    through: date | None = None,
    of: int | None = None,
) -> Grant:
    """Write a grant under the next number, and its event."""
    grant = Grant.objects.create(
        person_id=person,
        number=next_number("access.grant", PATTERN, deed.now.date()),
        file=file,
        form=form,
        first_day=since,
        last_day=through,
        of_person_id=of,
        fields=list(fields),
        verbs=verbs,
        valid_from=deed.now,
        valid_until=until,
        request=request,
        granted_by_id=given_by or (deed.by.pk if deed.by else None),
        norms=norms or [],
        purpose=purpose,
    )
    note(deed, "access.granted", grant, until=until.strftime("%Y-%m-%d %H:%M"), relation=relation or None)
    return grant


def note(deed: Deed, kind: str, grant: Grant, **more: Any) -> None:
    """Record what became of a grant, under the clause that it was given by."""
    first = (grant.norms or [{}])[0]
    data = {
        "person": grant.person_id,
        "name": org.names_of([grant.person_id]).get(grant.person_id, ""),
        "grant": grant.pk,
        "number": grant.number or None,
        "verbs": verb_words(grant.verbs),
        "scope": scope_words(grant),
        "form": grant.form or None,
    }
    if kind == "access.granted":
        data["request"] = grant.request
    deed.record(
        kind,
        file=grant.file,
        subject=f"grant:{grant.pk}",
        data={**data, **more},
        norm=first.get("norm", ""),
        clause=first.get("clause", ""),
        pack=first.get("pack", ""),
    )


def of_request(row: Request, deed: Deed) -> Grant:
    """The grant that an approved request gives: what was asked for, within what its norms allow."""
    spec, args = row.grant or {}, row.args
    verbs = list(spec.get("verbs", [READ]))
    asked = {READ: READ, COPY: COPY}.get(str(args.get("verb") or READ), READ)
    narrowed = spec.get("range") == "asked"
    form = regulations().form(str(args.get("form") or "")) if row.file is None else None
    return give(
        deed,
        row.file,
        row.on_behalf_of_id or row.requester_id,
        [asked] if verbs == ["asked"] else verbs,
        grant_until(row, deed.now),
        request=row.pk,
        norms=row.norms,
        purpose=row.reason,
        given_by=approver(row),
        fields=list(args.get("fields") or ()) if narrowed and row.file is not None else (),
        form=f"{form[0].pack}.{str(args['form']).rpartition('.')[2]}" if form else "",
        since=_day(args.get("since")) if narrowed else None,
        through=_day(args.get("through")) if narrowed else None,
        of=args.get("of") if narrowed else None,
    )


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def approver(row: Request) -> int | None:
    """Who agreed last: the one who gives."""
    agreed = Ballot.objects.filter(step__request=row, status=BallotStatus.AGREED).order_by("-closed_at", "-id")
    return agreed.values_list("person", flat=True).first()


def approvers(row: int) -> set[int]:
    """All who agreed to a request; each may take back what it gave."""
    agreed = Ballot.objects.filter(step__request=row, status=BallotStatus.AGREED)
    return set(agreed.values_list("person", flat=True))


def grant_until(row: Request, now: datetime) -> datetime:
    """When an approved reading ends: the norm's span from now, the shortest one, or the last day asked for."""
    spec = row.grant or {}
    ends = [span_end(row.norms, span, now) for span in [*spec.get("lasts", []), *spec.get("max", [])] if _says(span)]
    if spec.get("until_day"):
        ends.append(deadlines.end_of(date.fromisoformat(spec["until_day"])))
    return min(ends) if ends else deadlines.end_of(now.date())


def _says(span: Any) -> bool:
    return (span if isinstance(span, str) else span[1]) != "asked"


def span_end(norms: Sequence[Mapping[str, Any]], span: Any, now: datetime) -> datetime:
    """Where a duration, or the parameter of that name, ends; `span` is [pack, text] (text alone: of the first norm)."""
    pack, text = ((norms or [{}])[0].get("pack", ""), span) if isinstance(span, str) else span
    version = regulations().version(pack)
    duration = version.params(now.date()).get(text) if version else None
    return deadlines.due_at(now, duration if duration is not None else Duration.parse(text), calendar.load())


# ---- by its number -----------------------------------------------------------------------------------------------------


def objection(who: Standing, number: str, covers: Callable[[Grant], bool]) -> str:
    """What is wrong with a number that a copy is to be made by, in Chinese; '' when nothing is. A number of another
    person's says no more than one that was never given."""
    text = number.strip().upper()
    if not text:
        return NONE_GIVEN
    grant = Grant.objects.filter(number=text, person=who.person).select_related("of_person").first()
    if grant is None:
        return UNKNOWN
    if grant.ended_at is not None and grant.ended_at < grant.valid_until:
        return f"授权 {grant.number} 已于 {_moment(grant.ended_at)} 收回。"
    if grant.ended_at is not None or grant.valid_until <= clock.now():
        return f"授权 {grant.number} 已于 {_moment(grant.valid_until)} 到期。"
    if COPY not in grant.verbs:
        return f"授权 {grant.number} 只准查阅，不准复制导出。"
    if not covers(grant):
        return f"授权 {grant.number} 的范围是{scope_words(grant)}，不含这次要带出的内容。"
    return ""


def _moment(at: datetime) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M}"


def by_number(number: str) -> Grant | None:
    """The grant of a number."""
    rows = Grant.objects.select_related("person", "granted_by", "of_person", "ended_by")
    return rows.filter(number=number.strip().upper()).exclude(number="").first()
