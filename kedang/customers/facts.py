"""What norms may ask about a customer file. Every loader answers for many subjects with one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from kedang.customers.models import Contact, Customer, FileSummary
from kedang.kernel import clock, files, ledger
from kedang.kernel.files import FileView
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import FileTerm
from kedang.kernel.norms.vocabulary import Figure, World, fact, register

Subjects = Sequence[tuple[Any, ...]]
ENGAGED = ("contact.recorded", "visit.recorded")


def _ids(subjects: Subjects, place: int = 0) -> set[int]:
    return {int(subject[place]) for subject in subjects if subject[place] is not None}


def _column(name: str, label: str, returns: str, *, path: str = "", total: bool = True, group: str = "base") -> None:
    """A fact that is a column of the customer, by the same name; '' counts as not known."""
    column = path or name.partition(".")[2]

    def load(subjects: Subjects, world: World) -> Mapping[tuple[Any, ...], Any]:
        found = dict(Customer.objects.filter(pk__in=_ids(subjects)).values_list("pk", column))
        return {subject: found.get(subject[0]) or None for subject in subjects}

    fact(name, label, ("customer",), returns, total=total, group=group, column=column)(load)


def _viewed(
    name: str, label: str, returns: str, read: Callable[[FileView], Any], *, column: str, total: bool = True
) -> None:
    """A fact that every deed knows already, for the kernel has looked at the file."""

    def load(subjects: Subjects, world: World) -> Mapping[tuple[Any, ...], Any]:
        views = files.views(_ids(subjects))
        return {subject: read(views[subject[0]]) if subject[0] in views else None for subject in subjects}

    fact(name, label, ("customer",), returns, total=total, group="base", column=column)(load)


_viewed("customer.name", "客户名称", "text", lambda view: view.name, column="name")
_viewed("customer.number", "客户编号", "text", lambda view: view.number, column="number")
_viewed("customer.unit", "档案部门", "unit", lambda view: view.unit, column="unit_id")
_viewed("customer.owner", "负责人", "person", lambda view: view.owner, column="owner_id", total=False)
_column("customer.kind", "客户性质", "text")
_column("customer.status", "档案状态", "text")
_column("customer.registered_on", "登记日期", "date")
_column("customer.assigned_at", "负责起始时间", "datetime", path="owner_since", total=False)
_column("customer.registered_by", "登记人", "person", path="registered_by_id")
_column("customer.credit_code", "统一社会信用代码", "text", total=False, group="credit")
_column("customer.phone", "联系电话", "text", total=False, group="contact")
_column("customer.address", "地址", "text", total=False)
_column("customer.nature", "企业性质", "text", total=False)
_column("customer.parent_unit", "主管单位", "text", total=False)
_column("customer.source", "来源", "text", total=False)


@fact("files_of", "名下客户", ("person",), "set[customer]")
def load_files_of(subjects: Subjects, world: World) -> dict[Any, frozenset[int]]:
    """The files a person owns; for duties that are opened once for each of them."""
    held: dict[int, set[int]] = defaultdict(set)
    for owner, pk in Customer.objects.filter(owner__in=_ids(subjects)).values_list("owner_id", "pk"):
        held[owner].add(pk)
    return {subject: frozenset(held.get(subject[0], ())) for subject in subjects}


@fact("customer.registered_at", "登记时间", ("customer",), "datetime")
def load_registered_at(subjects: Subjects, world: World) -> dict[Any, Any]:
    """When the file was opened: the instant of the event, the start of the day for files that came in otherwise."""
    ids = _ids(subjects)
    days = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "registered_on"))
    found = {pk: clock.at_time(day, time(0)) for pk, day in days.items()}
    rows = Event.objects.filter(kind="customer.registered", file__in=ids).values("file").annotate(at=Min("occurred_at"))
    found |= {row["file"]: clock.local(row["at"]) for row in rows}
    return {subject: found.get(subject[0]) for subject in subjects}


def _counts(
    subjects: Subjects, rows: Iterable[tuple[int, int]], extra: Callable[[int], int] = lambda pk: 0
) -> dict[Any, int]:
    found = dict(rows)
    return {subject: found.get(subject[0], 0) + extra(subject[0]) for subject in subjects}


@fact("customer.contact_count", "联系人数", ("customer",), "number", group="contact")
def load_contact_count(subjects: Subjects, world: World) -> dict[Any, int]:
    """Contacts still in use."""
    rows = Contact.objects.filter(customer__in=_ids(subjects), left_at=None)
    return _counts(subjects, rows.order_by().values_list("customer").annotate(n=Count("pk")))


@fact("customer.contact_name", "联系人", ("customer",), "text", total=False, group="contact")
def load_contact_name(subjects: Subjects, world: World) -> dict[Any, Any]:
    """The primary contact's name."""
    rows = Contact.objects.filter(customer__in=_ids(subjects), primary=True)
    found = dict(rows.values_list("customer_id", "name"))
    return {subject: found.get(subject[0]) for subject in subjects}


@fact("customer.collaborators", "协作人", ("customer",), "set[person]")
def load_collaborators(subjects: Subjects, world: World) -> dict[Any, set[int]]:
    """Who works on the file beside its owner."""
    views = files.views(_ids(subjects))
    return {subject: set(views[subject[0]].collaborators) if subject[0] in views else set() for subject in subjects}


@fact("customer.staff_count", "我方联系人员数", ("customer",), "number")
def load_staff_count(subjects: Subjects, world: World) -> dict[Any, int]:
    """Owner and collaborators together."""
    views = files.views(_ids(subjects))
    return {subject: _staff(views[subject[0]]) if subject[0] in views else 0 for subject in subjects}


def _staff(view: FileView) -> int:
    return len(view.collaborators) + (view.owner is not None)


@fact("is_collaborator", "是协作人", ("person", "customer"), "bool")
def load_is_collaborator(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether a person works on the file beside its owner."""
    views = files.views(_ids(subjects, 1))
    return {subject: subject[1] in views and subject[0] in views[subject[1]].collaborators for subject in subjects}


@fact(
    "customer.last_contact_at",
    "最后跟进时间",
    ("customer",),
    "datetime",
    total=False,
    group="deal",
    column="summary__last_contact_at",
)
def load_last_contact(subjects: Subjects, world: World) -> dict[Any, Any]:
    """When the customer was last in contact, by the time it happened."""
    rows = FileSummary.objects.filter(pk__in=_ids(subjects)).values_list("pk", "last_contact_at")
    found = dict(rows)
    return {subject: found.get(subject[0]) for subject in subjects}


@fact("is_customer_number", "是客户编号", ("text",), "bool")
def load_is_number(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether a text is the number of a file that exists; for rules that ask to name the customer."""
    texts = {subject: str(subject[0] or "").strip() for subject in subjects}
    held = set(Customer.objects.filter(number__in=texts.values()).values_list("number", flat=True))
    return {subject: text in held for subject, text in texts.items()}


# ---- figures ---------------------------------------------------------------------------------------------------------


def orphan_engagement(world: Any = None) -> int:
    """孤立往来: recorded contacts and visits that hang on no file. The table's own keys forbid it; this proves it."""
    return ledger.counted().filter(kind__in=ENGAGED, file=None).count()


def unclassified(term: str, unit: int | None = None, world: Any = None) -> int:
    """待分类: files without a value for a term."""
    return unclassified_rows(term, unit).count()


def unclassified_rows(term: str, unit: int | None = None, world: Any = None) -> Any:
    """The files behind `unclassified`."""
    held = FileTerm.objects.filter(Q(term=term) | Q(term__endswith=f".{term}")).values("file")
    rows = Customer.objects.exclude(pk__in=held)
    return rows.filter(unit=unit) if unit else rows


def registered(unit: int | None = None, since: date | None = None, world: Any = None) -> int:
    """新增建档: files registered since a day (default: the last thirty days)."""
    from kedang.kernel import clock

    rows = Customer.objects.filter(registered_on__gte=since or clock.today() - timedelta(days=30))
    return rows.filter(unit=unit).count() if unit else rows.count()


register(Figure("orphan_engagement", "孤立往来", (), orphan_engagement))
register(Figure("unclassified", "待分类档案", ("text", "unit"), unclassified, unclassified_rows))
register(Figure("registered", "新增建档", ("unit", "date"), registered))
