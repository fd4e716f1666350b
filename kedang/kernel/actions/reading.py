"""Reading what was filed on a form: whose it is to read, to take along, and by which grant. One source for the register
of a form, for one record of it, and for every copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from kedang.kernel.actions import access, grants
from kedang.kernel.actions.access import COPY, READ, Standing
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.norms import engine
from kedang.kernel.norms.clauses import numbers
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.models import FormRecord, Grant
from kedang.kernel.norms.people import roles_of
from kedang.kernel.norms.schema import Confidential, Form
from kedang.kernel.norms.store import Regulations, Version
from kedang.kernel.norms.vocabulary import vocabulary

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order

VERBS = {"form.open": READ, "form.ask": READ, "form.export": COPY, "form.disclose": COPY}
"""Actions about what was filed on a form, and what they do with it."""


@dataclass(frozen=True)
class Reading:
    """What of a form is wanted: one record, or those of some days, perhaps of one person."""

    version: Version
    id: str
    form: Form
    verb: str
    since: date | None = None
    through: date | None = None
    of: int | None = None
    filed: FormRecord | None = None

    @property
    def qid(self) -> str:
        """pack.form"""
        return f"{self.version.pack}.{self.id}"

    @property
    def words(self) -> str:
        """《客户信息登记表》2026-03-02 至 2026-03-06"""
        if self.filed is not None:
            return f"《{self.form.name}》{self.filed.number or self.filed.on_day.isoformat()}"
        return f"《{self.form.name}》{grants.days_words(self.since, self.through)}"

    def within(self) -> Q:
        """The records that are wanted."""
        if self.filed is not None:
            return Q(pk=self.filed.pk)
        return Q(form=self.qid) & between(self.since, self.through) & (filed_by(self.of) if self.of else Q())


def reading_of(action: str, args: Mapping[str, Any], regs: Regulations) -> Reading | None:
    """What an action wants to read; None for actions that read no forms. Invalid for days that make no span."""
    verb = VERBS.get(action)
    if verb is None:
        return None
    filed = _filed(args.get("filed"))
    name = filed.form if filed is not None else str(args.get("form") or "")
    found = regs.form(name) if name else None
    if found is None:
        if filed is None:
            raise Invalid({"form": f"现行制度中没有表单“{name}”。" if name else "请选择表单"})
        found = _of_another_day(filed, regs)
    since, through = args.get("since"), args.get("through")
    if since and through and since > through:
        raise Invalid({"through": "止日不能早于起日"})
    version, form = found
    bare = name.rpartition(".")[2]
    return Reading(version, bare, form, args.get("verb") or verb, since, through, args.get("of"), filed)


def _filed(pk: int | None) -> FormRecord | None:
    if pk is None:
        return None
    found = FormRecord.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def _of_another_day(filed: FormRecord, regs: Regulations) -> tuple[Version, Form]:
    """A record outlives its regulation: it is read by the version that it was filed under."""
    version = regs.version(filed.pack, filed.version) or regs.version(filed.pack)
    form = version.regulation.pack.forms.get(filed.form.partition(".")[2]) if version else None
    if version is None or form is None:
        raise NotFound
    return version, form


# ---- whose it is -----------------------------------------------------------------------------------------------------


def between(since: date | None, through: date | None) -> Q:
    """Records about these days; the last day belongs to them."""
    found = Q() if since is None else Q(on_day__gte=since)
    return found if through is None else found & Q(on_day__lte=through)


def filed_by(person: int) -> Q:
    """What a person filed himself, and what another filed for him."""
    return Q(on_behalf_of=person) | Q(filed_by=person, on_behalf_of=None)


def secrecy(form: Form) -> Confidential | None:
    """How a form is kept secret; None for one that is not."""
    if isinstance(form.confidential, Confidential):
        return form.confidential
    return Confidential() if form.confidential else None


def keeps(who: Standing, version: Version, form: Form, regs: Regulations) -> bool:
    """Whether a person holds the role that keeps what was filed."""
    secret = secrecy(form)
    return bool(secret and secret.keeper and f"{version.pack}.{secret.keeper}" in roles_of(who.person, regs))


def in_circle(who: Standing, reading: Reading, regs: Regulations) -> bool:
    """Whether a person may know that the form is filed at all: by a role of its regulation, a grant, or his own filing."""
    if any(role.startswith(f"{reading.version.pack}.") for role in roles_of(who.person, regs)):
        return True
    own = Q(filed_by=who.person) | Q(on_behalf_of=who.person)
    return (
        any(each.form == reading.qid for each in who.grants)
        or FormRecord.objects.filter(own, form=reading.qid).exists()
    )


def readable(who: Standing, version: Version, form_id: str, form: Form, verb: str, regs: Regulations) -> Q:
    """The records of a form that a person may read ('copy': take along), as a condition. Lists and single records both
    ask here."""
    qid = f"{version.pack}.{form_id}"
    secret = secrecy(form)
    found = Q(pk__in=[])
    if verb == READ:
        found |= Q(filed_by=who.person) | Q(on_behalf_of=who.person)
    if secret is None and any(role.startswith(f"{version.pack}.") for role in roles_of(who.person, regs)):
        return Q(form=qid)
    if verb == READ and keeps(who, version, form, regs):
        return Q(form=qid)
    for grant in _grants(who, qid, verb):
        found |= within_grant(grant)
    return Q(form=qid) & found


def within_grant(grant: Grant) -> Q:
    """The records that a grant covers."""
    return between(grant.first_day, grant.last_day) & (filed_by(grant.of_person_id) if grant.of_person_id else Q())


def _grants(who: Standing, qid: str, verb: str) -> list[Grant]:
    return [each for each in who.grants if each.form == qid and verb in each.verbs]


def granting(who: Standing, reading: Reading) -> Grant | None:
    """The newest running grant that covers all that is wanted."""
    for grant in reversed(_grants(who, reading.qid, reading.verb)):
        if covers(grant, reading):
            return grant
    return None


def covers(grant: Grant, reading: Reading) -> bool:
    """Whether one grant covers all that is wanted: every day of it, and nobody else's."""
    if grant.form != reading.qid or reading.verb not in grant.verbs:
        return False
    if reading.filed is not None:
        return FormRecord.objects.filter(within_grant(grant), pk=reading.filed.pk).exists()
    return (
        (grant.first_day is None or (reading.since is not None and grant.first_day <= reading.since))
        and (grant.last_day is None or (reading.through is not None and reading.through <= grant.last_day))
        and grant.of_person_id in (None, reading.of)
    )


def own_right(who: Standing, reading: Reading, regs: Regulations) -> bool:
    """Whether it is his to read without a grant: what he filed, what he keeps, what is no secret. Copies never are, of
    what is secret."""
    secret = secrecy(reading.form)
    if secret is None and any(role.startswith(f"{reading.version.pack}.") for role in roles_of(who.person, regs)):
        return True
    if reading.verb != READ:
        return False
    if keeps(who, reading.version, reading.form, regs):
        return True
    if reading.filed is not None:
        return who.person in (reading.filed.filed_by_id, reading.filed.on_behalf_of_id)
    return reading.of == who.person


# ---- what the product says against it ----------------------------------------------------------------------------------


def check_known(order: Order) -> None:
    """Who may not know that a form is filed gets the same answer as for one that does not exist."""
    reading = order.reading
    if reading is None or order.who is None:
        return
    if reading.filed is not None and reading.filed.file is not None:
        if order.view is None or not order.who.reach("list").holds(order.view):
            raise NotFound
    elif not in_circle(order.who, reading, order.regs):
        raise NotFound


def objections(order: Order, decided_by_norm: bool) -> list[Finding]:
    """What is secret is read by the filer, the keeper and whom a grant lets; it is copied by number of a grant alone."""
    reading, who = order.reading, order.who
    if reading is None or who is None or order.action.name == "form.ask" or decided_by_norm:
        return []
    if reading.filed is not None and reading.filed.file is not None:
        return _of_file(order, who)
    if reading.verb == READ:
        allowed = own_right(who, reading, order.regs) or granting(who, reading) is not None
        return [] if allowed else _secret(reading, _read_message(reading), "提交查阅申请，写明用途、范围和期限")
    if own_right(who, reading, order.regs) and not order.args.get("authorisation"):
        return []
    said = grants.objection(who, str(order.args.get("authorisation") or ""), lambda grant: covers(grant, reading))
    return _secret(reading, said, "提交复制导出申请；批准后凭授权编号办理") if said else []


def _of_file(order: Order, who: Standing) -> list[Finding]:
    """A form about a customer is read by who may read the whole file now."""
    from kedang.kernel.actions.orders import decision_of, prepare

    assert order.view is not None
    opening = decision_of(prepare(vocabulary.actions["file.open"], {"customer": order.view.id}, by=order.by, dry=True))
    if opening.verdict == "allow" and access.whole_file(who, order.view):
        return []
    message = "这张表在客户档案里，能查阅整份档案的人才能打开。"
    return opening.refusals or [Finding("", "数据权限", "", "", "refuse", message, "申请查阅这份档案")]


def _read_message(reading: Reading) -> str:
    keeper = reading.form.confidential.keeper if isinstance(reading.form.confidential, Confidential) else None
    name = reading.version.regulation.pack.roles[keeper].name if keeper else ""
    who = f"填报人本人、{name}" if name else "填报人本人"
    return f"《{reading.form.name}》保密，只有{who}和获准查阅的人员在批准的范围内可以查阅。"


def _secret(reading: Reading, message: str, lift: str) -> list[Finding]:
    """One finding a clause that keeps the form secret."""
    secret = secrecy(reading.form)
    clauses: Iterable[str] = numbers(secret.clause) if secret else ()
    named = list(clauses) or numbers(reading.form.clause)
    if not named:
        return [Finding("", "保密表单", "", "", "refuse", message, lift)]
    texts = [message, *([""] * (len(named) - 1))]
    return [
        engine.clause_finding(reading.version, clause, "refuse", text, lift)
        for clause, text in zip(named, texts, strict=True)
    ]
