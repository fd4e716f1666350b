"""What a scenario may assert: duties, notices, owners, values, figures, proposals, events, and what a page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kedang.kernel import clock, files
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Duty, DutyState, Proposal
from kedang.kernel.norms.store import fact_store, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person
from kedang.kernel.scenarios.grammar import ScenarioError, moment
from kedang.kernel.scenarios.stage import Cast

Problem = str | None


def check(kind: str, what: Any, cast: Cast, person: Person | None) -> Problem:
    """None when it holds, else what is the matter in Chinese."""
    return CHECKS[kind](what, cast, person)


def clauses_of_norm(qid: str, clause: str) -> set[str]:
    """All clauses of a norm by its full id, and the one given."""
    found = regulations().norm(qid)
    return {clause, *(found[1].clauses if found else ())}


def _subject(what: Mapping[str, Any], cast: Cast) -> dict[str, Any]:
    """Filters for the customer, person or unit named; `about` may be any of them."""
    name = what.get("customer") or what.get("about")
    if name is not None and (file := cast.customer(str(name))) is not None:
        return {"file": file}
    if what.get("customer") is not None:
        raise ScenarioError(f"没有客户“{name}”")
    who = what.get("person") or what.get("about")
    if who is not None and str(who) in cast.people:
        return {"person": cast.people[str(who)].pk}
    unit = what.get("unit") or what.get("about")
    if unit is not None:
        if str(unit) not in cast.units:
            raise ScenarioError(f"没有“{unit}”")
        return {"unit": cast.units[str(unit)].pk}
    return {}


def _duty(what: Mapping[str, Any], cast: Cast, person: Person | None) -> Problem:
    rows = _duties(what, cast)
    state = str(what.get("state", "")) or None
    if state == "none":
        return f"有事项：{_show(rows)}" if rows else None
    if not rows:
        return f"没有第{what.get('clause')}条的事项"
    if any(_duty_fits(row, what, state, cast) for row in rows):
        return None
    return f"期望 {dict(what)}，实际 {_show(rows)}"


def _duties(what: Mapping[str, Any], cast: Cast) -> list[Duty]:
    about = _subject(what, cast)
    rows = Duty.objects.exclude(state=DutyState.VOID) if what.get("state") != "void" else Duty.objects.all()
    if "file" in about:
        rows = rows.filter(file=about["file"])
    if "unit" in about:
        rows = rows.filter(unit=about["unit"])
    found = list(rows.order_by("id"))
    if "person" in about:
        found = [
            d
            for d in found
            if about["person"] in (d.bearer_id, d.taken_by_id) or d.subject == f"person:{about['person']}"
        ]
    if what.get("clause"):
        found = [d for d in found if str(what["clause"]) in clauses_of_norm(d.norm, d.clause)]
    if what.get("norm"):
        found = [d for d in found if d.norm.rpartition(".")[2] == str(what["norm"])]
    return found


def _duty_fits(row: Duty, what: Mapping[str, Any], state: str | None, cast: Cast) -> bool:
    if state == "overdue":
        if row.state != DutyState.OPEN or row.breached_at is None:
            return False
    elif state and row.state != state:
        return False
    if what.get("due") is not None and not _same_time(row.due_at, what["due"]):
        return False
    return what.get("bearer") is None or _bears(row, str(what["bearer"]), cast)


def _bears(row: Duty, name: str, cast: Cast) -> bool:
    if name in cast.people:
        from kedang.kernel.actions.closing import bearers_of

        version = regulations().version(row.pack, row.version)
        variables = {"file": row.file, "customer": row.file} if row.file else {}
        people = bearers_of(version, row, variables, fact_store()) if version else set()
        return cast.people[name].pk in {row.bearer_id, row.taken_by_id, *people}
    if name in cast.units:
        return row.unit_id == cast.units[name].pk
    return row.role.rpartition(".")[2] == name


def _same_time(at: datetime | None, wanted: Any) -> bool:
    """A day matches any instant on it; a time of day must match to the minute."""
    if at is None:
        return False
    here = clock.local(at)
    if isinstance(wanted, date) and not isinstance(wanted, datetime):
        return here.date() == wanted
    text = str(wanted).strip()
    if len(text) == 10:
        return here.date().isoformat() == text
    return here.replace(second=0, microsecond=0) == moment(wanted)


def _show(rows: Iterable[Duty]) -> str:
    return "；".join(
        f"{d.norm} {d.state}{'（已逾期）' if d.breached_at and d.state == 'open' else ''} 期限"
        f"{clock.local(d.due_at).strftime('%Y-%m-%d %H:%M') if d.due_at else '无'}"
        for d in rows
    )


def _told(what: Mapping[str, Any], cast: Cast, person: Person | None) -> Problem:
    who = cast.people[str(what["who"])]
    rows = Notice.objects.filter(person=who).exclude(kind="ballot")
    if what.get("clause"):
        wanted = str(what["clause"])
        rows_found = [n for n in rows if wanted in clauses_of_norm(n.norm, n.clause)]
    else:
        rows_found = list(rows)
    if rows_found:
        return None
    have = "、".join(f"{n.clause}:{n.text[:30]}" for n in rows) or "没有任何通知"
    return f"{what['who']}没有收到第{what.get('clause', '')}条的通知（{have}）"


def _owner(what: Mapping[str, Any], cast: Cast, person: Person | None) -> Problem:
    view = files.view(cast.customer(str(what["customer"])) or 0)
    wanted = cast.people[str(what["is"])].pk if what.get("is") else None
    return None if view is not None and view.owner == wanted else f"负责人不是{what.get('is') or '空'}"


def _value(what: Mapping[str, Any], cast: Cast, person: Person | None) -> Problem:
    from kedang.kernel.norms.computing import compute

    args = {k: _resolve(v, cast) for k, v in dict(what.get("with") or {}).items()}
    found = compute(str(what["compute"]), args)
    return None if _alike(found, what.get("gives")) else f"期望 {what.get('gives')}，算得 {found}"


def _resolve(value: Any, cast: Cast) -> Any:
    if isinstance(value, str):
        if value in cast.people:
            return cast.people[value].pk
        if value in cast.units:
            return cast.units[value].pk
        return cast.customer(value) or value
    return value


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return set(map(str, one)) == set(map(str, other)) and all(_alike(one[k], other[k]) for k in other)
    try:
        return Decimal(_number(one)) == Decimal(_number(other))
    except Exception:
        return str(one) == str(other)


def _number(value: Any) -> str:
    text = str(value).strip()
    return str(Decimal(text[:-1]) / 100) if text.endswith("%") else text


def _figure(what: Mapping[str, Any], cast: Cast, person: Person | None) -> Problem:
    name = str(what["name"])
    if name not in vocabulary.figures:
        raise ScenarioError(f"没有指标“{name}”")
    given = what.get("for")
    args = [_resolve(each, cast) for each in (given if isinstance(given, list) else [] if given is None else [given])]
    found = vocabulary.figures[name].compute(*args)
    return None if _alike(found, what.get("is")) else f"{name} 期望 {what.get('is')}，实际 {found}"


def _proposal(what: Mapping[str, Any], cast: Cast, person: Person | None) -> Problem:
    about = _subject(what, cast)
    names = {"file": "file", "person": "person_id", "unit": "unit_id"}
    rows = list(Proposal.objects.filter(**{names[key]: value for key, value in about.items()}))
    if what.get("clause"):
        rows = [p for p in rows if str(what["clause"]) in clauses_of_norm(p.norm, p.clause)]
    fitting = [p for p in rows if _proposal_fits(p, what)]
    if what.get("count") is not None:
        return None if len(fitting) == int(what["count"]) else f"期望 {what['count']} 条，实际 {len(fitting)} 条"
    if fitting:
        return None
    have = "；".join(f"{p.clause} {p.kind} {p.points} {p.state} 证据{len(p.evidence)}" for p in rows)
    return f"没有这样的建议：{dict(what)}（{have or '一条也没有'}）"


def _proposal_fits(row: Proposal, what: Mapping[str, Any]) -> bool:
    if what.get("points") is not None and row.points != Decimal(str(what["points"])):
        return False
    if what.get("amount") is not None and row.amount_fen != int(Decimal(str(what["amount"])) * 100):
        return False
    if what.get("evidence") is not None and len(row.evidence) != int(what["evidence"]):
        return False
    return what.get("state") is None or str(what["state"]) in (row.state, row.get_state_display())


def _event(what: Mapping[str, Any], cast: Cast, person: Person | None) -> Problem:
    rows = Event.objects.filter(kind=str(what["kind"]))
    about = _subject(what, cast)
    if "file" in about:
        rows = rows.filter(file=about["file"])
    if "person" in about:
        rows = rows.filter(actor=about["person"])
    found = list(rows)
    if what.get("clause"):
        found = [e for e in found if str(what["clause"]) in clauses_of_norm(e.norm, e.clause)]
    wanted = what.get("count")
    if wanted is None:
        return None if found else f"没有事件 {what['kind']}"
    return None if len(found) == int(wanted) else f"事件 {what['kind']} 期望 {wanted} 个，实际 {len(found)} 个"


# ---- pages -------------------------------------------------------------------------------------------------------

NAMED = {"customer", "person", "unit", "owner"}
"""Arguments of a page that name somebody or something; the others are plain text, also when a customer is called so."""
SEES_KEYS = {
    "page",
    "field",
    "value",
    "button",
    "state",
    "rows",
    "count",
    "text",
    "completeness",
    "missing",
    "labels",
    "chip",
    "expect",
}


def _sees(what: Mapping[str, Any], cast: Cast, person: Person | None) -> Problem:
    """Ask the page's own selector; every assertion key must hold."""
    if person is None:
        raise ScenarioError("sees 需要 as")
    name = str(what["page"])
    if name not in vocabulary.pages:
        raise ScenarioError(f"没有页面“{name}”，可用：{'、'.join(sorted(vocabulary.pages))}")
    args = {k: _resolve(v, cast) if k in NAMED else v for k, v in what.items() if k not in SEES_KEYS}
    try:
        view = vocabulary.pages[name].view(person, **args)
    except NotFound:
        return None if what.get("expect") == "not_found" else "页面找不到"
    if what.get("expect") == "not_found":
        return "页面看得到"
    for key, test in SEEN.items():
        if key in what and (problem := test(view, what)) is not None:
            return problem
    return None


def _seen_field(view: Mapping[str, Any], what: Mapping[str, Any]) -> Problem:
    name, wanted = str(what["field"]), str(what.get("value", "shown"))
    value = view.get("fields", {}).get(name)
    masked = name in view.get("masked", ())
    state = "absent" if value in (None, "") else "masked" if masked else "shown"
    if wanted in ("shown", "masked", "absent"):
        return None if state == wanted else f"字段 {name} 是 {state}（{value}），期望 {wanted}"
    return None if str(value) == wanted else f"字段 {name} 是 {value}，期望 {wanted}"


def _seen_button(view: Mapping[str, Any], what: Mapping[str, Any]) -> Problem:
    state = str(view.get("buttons", {}).get(str(what["button"]), "hidden"))
    wanted = {True: "on", False: "off"}.get(what.get("state", "on"), str(what.get("state", "on")))
    return None if state == wanted else f"按钮 {what['button']} 是 {state}，期望 {wanted}"


def rows_at(view: Mapping[str, Any], name: str) -> list[Any]:
    """The list a name means: view[name], view['records'][name], or along a dotted path."""
    for source in (view, view.get("records", {})):
        if name in source:
            return list(source[name])
    here: Any = view
    for part in name.split("."):
        here = here.get(part, []) if isinstance(here, Mapping) else []
    return list(here)


def _seen_rows(view: Mapping[str, Any], what: Mapping[str, Any]) -> Problem:
    rows = rows_at(view, str(what["rows"]))
    if what.get("text") is not None and not _contains(rows, str(what["text"])):
        return f"{what['rows']} 里没有“{what['text']}”：{str(rows)[:200]}"
    if what.get("count") is None:
        return None if rows or what.get("text") else f"{what['rows']} 是空的"
    return None if len(rows) == int(what["count"]) else f"{what['rows']} 有 {len(rows)} 行，期望 {what['count']}"


def _seen_text(view: Mapping[str, Any], what: Mapping[str, Any]) -> Problem:
    if "rows" in what:
        return None
    return None if _contains(view, str(what["text"])) else f"页面上没有“{what['text']}”"


def _contains(value: Any, text: str) -> bool:
    if isinstance(value, str):
        return text in value
    if isinstance(value, Mapping):
        return any(_contains(each, text) for each in value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(_contains(each, text) for each in value)
    if hasattr(value, "__dict__"):
        return any(_contains(each, text) for each in vars(value).values())
    return value is not None and text in str(value)


def _seen_equal(key: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Problem]:
    def test(view: Mapping[str, Any], what: Mapping[str, Any]) -> Problem:
        found, wanted = view.get(key), what[key]
        same = list(found or []) == list(wanted) if isinstance(wanted, list) else str(found) == str(wanted)
        return None if same else f"{key} 是 {found}，期望 {wanted}"

    return test


SEEN: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Problem]] = {
    "field": _seen_field,
    "button": _seen_button,
    "rows": _seen_rows,
    "text": _seen_text,
    "completeness": _seen_equal("completeness"),
    "missing": _seen_equal("missing"),
    "labels": _seen_equal("labels"),
}

CHECKS: dict[str, Callable[[Any, Cast, Person | None], Problem]] = {
    "duty": _duty,
    "told": _told,
    "owner": _owner,
    "value": _value,
    "figure": _figure,
    "proposal": _proposal,
    "event": _event,
    "sees": _sees,
}
