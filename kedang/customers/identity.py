"""查重: is this customer here already? The same check stands before forms, imports, the API and a registration itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from kedang.customers import search
from kedang.customers.models import INDIVIDUAL, VOID, Customer, FormerName, PhoneDigits
from kedang.customers.visibility import find_right, visible_files
from kedang.kernel.names import normalize_name
from kedang.kernel.org.models import Person
from kedang.kernel.picking import pick

SAME, SIMILAR = "重复", "相似"
LIKE = 75
"""Ratio (0–100) from which two normalised names are called similar."""
MAX_ROWS = 20
MAX_SAME = 500
"""Namesakes looked at before a registration; only of people can there be more than one."""


@dataclass
class Match:
    """One file that may be the same customer, with what it agrees in (名称, 曾用名, 信用代码, 电话)."""

    customer: Customer
    verdict: str
    agrees: list[str] = field(default_factory=list)
    score: float = 100.0
    in_scope: bool = False

    def revealed(self) -> dict[str, Any]:
        """What the searcher may be shown: the id only when the file itself may be opened from the list."""
        row = self.customer
        return {
            "customer": row.pk if self.in_scope else None,
            "name": row.name,
            "number": row.number if self.in_scope else "",
            "owner": row.owner.name if row.owner else "",
            "unit": row.unit.name,
            "status": row.status,
            "verdict": self.verdict,
            "agrees": self.agrees,
        }


def find_duplicates(
    person: Person, *, name: str = "", credit_code: str = "", phone: str = "", exclude: int | None = None
) -> list[dict[str, Any]]:
    """Files that may be this customer, as far as the person's access row lets 查重 reveal them; same before similar."""
    found = matches(name=name, credit_code=credit_code, phone=phone, exclude=exclude)
    return [match.revealed() for match in allowed(person, found)]


def allowed(person: Person, found: list[Match]) -> list[Match]:
    """The matches this person may learn of: those in his list, and beyond it what `find` grants."""
    ids = [match.customer.pk for match in found]
    in_scope = set(visible_files(person, "list").filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    right = find_right(person)
    kept = []
    for match in found:
        match.in_scope = match.customer.pk in in_scope
        if match.in_scope or right == "similar" or (right == "exact" and match.verdict == SAME):
            kept.append(match)
    return kept


def matches(*, name: str = "", credit_code: str = "", phone: str = "", exclude: int | None = None) -> list[Match]:
    """Every file that may be this customer, whoever asks; for the rule itself, never for a screen."""
    agrees: dict[int, list[str]] = {}
    scores: dict[int, float] = {}
    normalized = normalize_name(name)
    for label, ids in _same(normalized, credit_code, phone):
        for pk in ids:
            agrees.setdefault(pk, []).append(label)
    similar = _similar(normalized) if normalized else {}
    for pk, score in similar.items():
        if pk not in agrees:
            scores[pk] = score
    return _as_matches(agrees, scores, exclude)


def _same(normalized: str, credit_code: str, phone: str) -> Iterable[tuple[str, list[int]]]:
    if normalized:
        yield "名称", list(Customer.objects.filter(normalized_name=normalized).values_list("pk", flat=True)[:MAX_ROWS])
        former = FormerName.objects.filter(normalized_name=normalized)
        yield "曾用名", list(former.values_list("customer_id", flat=True).distinct()[:MAX_ROWS])
    if credit_code:
        yield "统一社会信用代码", list(Customer.objects.filter(credit_code=credit_code).values_list("pk", flat=True))
    if phone:
        yield "电话", search.ids_by_phone(phone)[:MAX_ROWS]


def _similar(normalized: str) -> dict[int, float]:
    ids = search.candidate_ids(normalized)
    names = Customer.objects.filter(pk__in=ids).values_list("pk", "normalized_name")
    scored = {pk: likeness(normalized, other) for pk, other in names}
    best = sorted((pk for pk, score in scored.items() if score >= LIKE), key=lambda pk: (-scored[pk], pk))
    return {pk: scored[pk] for pk in best[:MAX_ROWS]}


def likeness(one: str, other: str) -> float:
    """How alike two normalised names are, 0–100; a name that holds the other whole counts as 90."""
    short, long = sorted((one, other), key=len)
    if len(short) >= 3 and short in long:
        return 90.0
    from rapidfuzz import fuzz  # only a registration compares names

    return float(fuzz.ratio(one, other))


def _as_matches(agrees: dict[int, list[str]], scores: dict[int, float], exclude: int | None) -> list[Match]:
    ids = [pk for pk in (*agrees, *scores) if pk != exclude]
    rows = Customer.objects.select_related("owner", "unit").exclude(status=VOID).in_bulk(ids)
    found = [
        Match(rows[pk], SAME if pk in agrees else SIMILAR, agrees.get(pk, ["名称相近"]), scores.get(pk, 100.0))
        for pk in ids
        if pk in rows
    ]
    return sorted(found, key=lambda match: (match.verdict != SAME, -match.score, match.customer.pk))[:MAX_ROWS]


def blocking(
    *, name: str, kind: str, credit_code: str | None, phone: str | None, exclude: int | None = None
) -> dict[str, Match]:
    """What stops a registration or renaming: field -> the file that has this code or name already.

    Two people may share a name: for 个人 it stops only when neither has a phone to tell them apart, or both the same.
    """
    normalized = normalize_name(name)
    same = Q(normalized_name=normalized)
    if credit_code:
        same |= Q(credit_code=credit_code)
    others = Customer.objects.filter(same).exclude(pk=exclude) if exclude else Customer.objects.filter(same)
    found: dict[str, Match] = {}
    for row in others.order_by("pk")[:MAX_SAME]:
        if credit_code and row.credit_code == credit_code:
            found.setdefault("credit_code", Match(row, SAME, ["统一社会信用代码"]))
        if row.normalized_name == normalized and row.status != VOID and not _another_person(row, kind, phone):
            found.setdefault("name", Match(row, SAME, ["名称"]))
    return found


@dataclass(frozen=True)
class Held:
    """Of some names and codes, those that a file has."""

    names: frozenset[str]
    codes: frozenset[str]

    def maybe(self, name: str, credit_code: str | None) -> bool:
        """Whether `blocking` has anything to look at; nearly always not."""
        return credit_code in self.codes or (bool(self.names) and normalize_name(name) in self.names)


def held(names: Iterable[str], codes: Iterable[str] = ()) -> Held:
    """Ask for many names and codes at once whether any file has them."""
    return Held(_held("normalized_name", {normalize_name(name) for name in names}), _held("credit_code", set(codes)))


def _held(column: str, wanted: set[str]) -> frozenset[str]:
    return frozenset(value for (value,) in pick(Customer, (column,), **{column: sorted(wanted)}))


def _another_person(row: Customer, kind: str, phone: str | None) -> bool:
    if kind != INDIVIDUAL or row.kind != INDIVIDUAL or not phone:
        return False
    from kedang.customers.history import main_digits

    held = set(PhoneDigits.objects.filter(customer=row).values_list("digits", flat=True))
    return bool(held) and main_digits(phone) not in held


def messages(person: Person | None, found: dict[str, Match]) -> dict[str, str]:
    """The Chinese text at each field; names the existing file only to those who may know of it."""
    known = (
        {id(match) for match in allowed(person, list(found.values()))} if person else {id(m) for m in found.values()}
    )
    return {field: _message(match, id(match) in known) for field, match in found.items()}


def _message(match: Match, may_know: bool) -> str:
    what = "、".join(match.agrees)
    if not may_know:
        return f"重复：已有客户使用相同的{what}，您无权查看，请联系客户管理部门。"
    row = match.customer
    owner = f"负责人 {row.owner.name}" if row.owner else "在公海"
    number = f"（{row.number}）" if match.in_scope else ""
    return f"重复：{what}与已有档案“{row.name}”{number}相同，{row.unit.name}，{owner}。"
