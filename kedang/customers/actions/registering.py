"""customer.register: one deed opens the file with its number, its first contact and its owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from kedang.customers import bound, history, identity, search
from kedang.customers.models import INDIVIDUAL, ORGANISATION, Contact, Customer, FileSummary, OwnerHistory, PhoneDigits
from kedang.kernel import files
from kedang.kernel.actions import Deed, action, flows
from kedang.kernel.actions.deed import Happening, Task, record_together
from kedang.kernel.actions.registry import one_of
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.names import normalize_name
from kedang.kernel.norms import classes
from kedang.kernel.norms.models import FileTerm
from kedang.kernel.norms.numbers import next_numbers
from kedang.kernel.org.models import Person, Unit
from kedang.kernel.picking import pick
from kedang.kernel.rows import insert, insert_together

PLAIN = ("phone", "address", "nature", "parent_unit", "source")
"""Fields of the file that are text and may be empty."""
NUMBER = "KH-{year}-{seq:5}"
SOURCES = [
    "促销",
    "搜索引擎",
    "广告",
    "转介绍",
    "线上注册",
    "线上咨询",
    "预约上门",
    "陌拜",
    "电话咨询",
    "邮件咨询",
    "展会",
    "其他",
]


def identity_locks(args: Mapping[str, Any]) -> Iterable[str]:
    """Two registrations of one name or code wait for each other, so the second one sees the first."""
    locks = []
    if args.get("name"):
        locks.append(f"identity:{normalize_name(args['name'])}")
    if args.get("credit_code"):
        locks.append(f"identity:code:{args['credit_code']}")
    return locks


FILE_FIELDS = [
    F("credit_code", "统一社会信用代码", "credit_code"),
    F("phone", "联系电话", "phone", personal=True, purpose="业务联络", group="contact"),
    F("address", "地址", "address", max=200),
    F("nature", "企业性质", "text", max=40),
    F("parent_unit", "主管单位", "text", max=120),
    F("source", "来源", "text", max=40),
]


@dataclass(frozen=True)
class _Draft:
    """One file that nothing speaks against, ready to be written."""

    deed: Deed
    args: Mapping[str, Any]
    owner: Person
    unit: int
    classes: Sequence[flows.Class]


def register_many(tasks: Sequence[Task]) -> list[Any]:
    """Open customer files: ids, in order; Invalid in place of one that has something against it. What each asks of the
    database is asked for all together."""
    around = _Around(tasks)
    answers: list[Any] = [_checked(task, around) for task in tasks]
    drafts = [each for each in answers if isinstance(each, _Draft)]
    ids = iter(_open(drafts) if drafts else ())
    return [next(ids) if isinstance(each, _Draft) else each for each in answers]


register_customer = action(
    "customer.register",
    "登记客户",
    needs="none",
    events=("customer.registered",),
    locks=identity_locks,
    many=register_many,
    args=[
        F("name", "客户名称", "text", required=True, min=2, max=120),
        F("kind", "客户性质", "choice", values=[ORGANISATION, INDIVIDUAL], default=ORGANISATION),
        *FILE_FIELDS,
        F("contact_name", "联系人", "text", max=60, personal=True, purpose="业务联络", group="contact"),
        F("contact_post", "联系人职务", "text", max=60),
        F("contact_phone", "联系人电话", "phone", personal=True, purpose="业务联络", group="contact"),
        F("unit", "归属部门", "unit"),
        F("owner", "负责人", "person"),
        F("terms", "分类", "json", shape="object"),
    ],
)(one_of(register_many))
"""Open a customer file and return its id; Invalid at name or credit_code when there is one already.

`terms` are the classes that the regulations over this file know, {id: value or label}; required ones must be there.
"""


# ---- looking: what speaks against it -----------------------------------------------------------------------------------


class _Around:
    """What the checks of these tasks ask of the database, asked once for all of them."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        asked = [task.args for task in tasks]
        self.held = identity.held(
            [args["name"] for args in asked], [args["credit_code"] for args in asked if args.get("credit_code")]
        )
        self.people = Person.objects.in_bulk({args["owner"] for args in asked if args.get("owner") is not None})
        units = {args["unit"] for args in asked if args.get("unit") is not None}
        self.units = (
            set(Unit.objects.filter(pk__in=units, closed_on=None).values_list("pk", flat=True)) if units else set()
        )
        self._terms: dict[int, list[tuple[str, str, Any]]] = {}

    def terms(self, unit: int) -> list[tuple[str, str, Any]]:
        """The classes that regulations know of a file in this unit."""
        if unit not in self._terms:
            self._terms[unit] = list(flows.terms_over(files.FileView(0, "", "", None, unit)))
        return self._terms[unit]


def _checked(task: Task, around: _Around) -> _Draft | Invalid:
    try:
        return _draft(task.deed, task.args, around)
    except Invalid as error:
        return error


def _draft(deed: Deed, args: Mapping[str, Any], around: _Around) -> _Draft:
    if around.held.maybe(args["name"], args.get("credit_code")):
        kind = args.get("kind") or ORGANISATION
        found = identity.blocking(
            name=args["name"], kind=kind, credit_code=args.get("credit_code"), phone=args.get("phone")
        )
        if found:
            raise Invalid(identity.messages(deed.by, found))
    owner = _owner(deed, args.get("owner"), around)
    unit = _unit(args.get("unit"), around) or history.home_unit(owner)
    if not args.get("contact_name") and (args.get("contact_phone") or args.get("contact_post")):
        raise Invalid({"contact_name": "填了联系人职务或电话，须填联系人姓名"})
    return _Draft(deed, args, owner, unit, flows.classes_for(around.terms(unit), args.get("terms") or {}))


def _owner(deed: Deed, owner: int | None, around: _Around) -> Person:
    if owner is not None:
        return history.able(around.people.get(owner), "owner")
    if deed.person is None:
        raise Invalid({"owner": "须指定负责人"})
    return deed.person


def _unit(unit: int | None, around: _Around) -> int | None:
    if unit is not None and unit not in around.units:
        raise Invalid({"unit": "没有这个部门，或部门已撤销"})
    return unit


# ---- writing: one statement a table ------------------------------------------------------------------------------------


def _open(drafts: Sequence[_Draft]) -> list[int]:
    numbers = _numbers(drafts)
    rows = [_row(draft, number) for draft, number in zip(drafts, numbers, strict=True)]
    ids = insert(Customer, rows)
    contacts = _contacts(drafts, ids)
    digits, entries = _looked_for_by(drafts, ids, rows, contacts)
    terms, classed = flows.classes_of_new(
        [(pk, draft.deed, draft.classes) for pk, draft in zip(ids, drafts, strict=True)]
    )
    owners = history.ownerships(
        [(pk, row, draft.deed) for pk, row, draft in zip(ids, rows, drafts, strict=True)], "登记"
    )
    insert_together(
        (FileSummary, [{"customer_id": pk} for pk in ids]),
        (OwnerHistory, owners),
        (PhoneDigits, digits),
        (FileTerm, terms),
        also=search.index_new(entries),
    )
    happenings = [
        (draft.deed, each)
        for pk, draft, row, more in zip(ids, drafts, rows, classed, strict=True)
        for each in (*_events(pk, row, draft.args, contacts.get(pk)), *more)
    ]
    record_together(happenings)
    for pk, draft, row in zip(ids, drafts, rows, strict=True):
        _know(pk, draft, row)
    return ids


def _know(pk: int, draft: _Draft, row: Mapping[str, Any]) -> None:
    """What norms will ask of the file at once need not be read back."""
    files.know(files.FileView(pk, row["name"], row["number"], row["owner_id"], row["unit_id"]))
    classes.know(pk, {full: value for full, _, value in draft.classes})
    named, phone = draft.args.get("contact_name"), draft.args.get("contact_phone") or ""
    bound.know(pk, row, {"name": named, "phone": phone} if named else None)


def _numbers(drafts: Sequence[_Draft]) -> list[str]:
    """Numbers in order; those of one day are taken from its series together."""
    found: list[str] = []
    for day, group in groupby(drafts, key=lambda draft: draft.deed.now.date()):
        found += next_numbers("customer", NUMBER, day, len(list(group)), taken=_taken)
    return found


def _taken(numbers: Sequence[str]) -> set[str]:
    return {number for (number,) in pick(Customer, ("number",), number=list(numbers))}


def _row(draft: _Draft, number: str) -> dict[str, Any]:
    deed, args = draft.deed, draft.args
    return {
        "number": number,
        "name": args["name"],
        **history.name_keys(args["name"]),
        "kind": args.get("kind") or ORGANISATION,
        "credit_code": args.get("credit_code") or None,
        **{name: args.get(name) or "" for name in PLAIN},
        "owner_id": draft.owner.pk,
        "owner_since": deed.now,
        "unit_id": draft.unit,
        "registered_by_id": deed.person.pk if deed.person else None,
        "registered_on": deed.now.date(),
        "updated_at": deed.now,
    }


def _contacts(drafts: Sequence[_Draft], ids: Sequence[int]) -> dict[int, int]:
    """{file: its first contact}"""
    named = [(pk, draft.args) for pk, draft in zip(ids, drafts, strict=True) if draft.args.get("contact_name")]
    made = insert(
        Contact,
        [
            {
                "customer_id": pk,
                "name": args["contact_name"],
                "post": args.get("contact_post") or "",
                "phone": args.get("contact_phone") or "",
                "primary": True,
            }
            for pk, args in named
        ],
    )
    return {pk: contact for (pk, _), contact in zip(named, made, strict=True)}


def _looked_for_by(
    drafts: Sequence[_Draft], ids: Sequence[int], rows: Sequence[Mapping[str, Any]], contacts: Mapping[int, int]
) -> tuple[list[dict[str, Any]], list[search.Entry]]:
    """Phones for 查重, and what the search index knows of each."""
    digits: list[dict[str, Any]] = []
    entries: list[search.Entry] = []
    for pk, draft, row in zip(ids, drafts, rows, strict=True):
        contact, phone = contacts.get(pk), draft.args.get("contact_phone") if pk in contacts else None
        phones = [
            (history.main_digits(number), of) for number, of in ((row["phone"], None), (phone, contact)) if number
        ]
        digits += [{"customer_id": pk, "contact_id": of, "digits": number} for number, of in phones]
        names = [draft.args["contact_name"]] if contact else []
        numbers = [number for number, _ in phones]
        entries.append(search.Entry(pk, row["name"], row["number"], row["credit_code"] or "", names, numbers))
    return digits, entries


def _events(pk: int, row: Mapping[str, Any], args: Mapping[str, Any], contact: int | None) -> Iterable[Happening]:
    yield Happening(
        "customer.registered",
        file=pk,
        data={"number": row["number"], "kind": row["kind"], "source": row["source"] or None},
        values=[ValueDraft(name, new=row[name]) for name in ("name", "phone", "address") if row[name]],
    )
    if contact:
        details = (("name", args["contact_name"]), ("phone", args.get("contact_phone")))
        yield Happening(
            "customer.contact_added",
            file=pk,
            data={"contact": contact},
            values=[ValueDraft(name, new=value) for name, value in details if value],
        )
