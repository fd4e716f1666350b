"""The customer list: scope, search, filters, sorting and paging in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from kedang.customers import search
from kedang.customers.masking import shown
from kedang.customers.models import DESTROYED, POOL, VOID, Collaborator, Customer, Star
from kedang.customers.selectors import conditions
from kedang.customers.selectors.columns import days_left, dropping, holding, in_stage, with_value
from kedang.customers.selectors.light import light, light_rows
from kedang.customers.selectors.ordering import UNINDEXED, numbers_of, ordered
from kedang.customers.visibility import find_right, shown_files, visible_files, within
from kedang.kernel import clock, kept
from kedang.kernel.actions import access
from kedang.kernel.actions.access import Standing
from kedang.kernel.files import FileView
from kedang.kernel.norms.models import Clock, Duty, DutyState, FileStage, FileTerm
from kedang.kernel.norms.schema import Flow
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.org.models import Person
from kedang.kernel.picking import pick

MINE, SHARED, BELOW, UNIT, ALL, FREE, STARRED = "mine", "shared", "below", "unit", "all", "pool", "starred"
SCOPES = {
    MINE: "我负责的", SHARED: "我参与的", BELOW: "下属的", UNIT: "本部门", ALL: "全部", FREE: "公海", STARRED: "关注",
}  # fmt: skip
CAP = 1000
PAGE_SIZES = (20, 50, 100)
GROUPS = ("base", "contact", "deal")


@dataclass(frozen=True)
class Row:
    """One file as the list shows it; masked and hidden values are already so."""

    id: int
    number: str
    name: str
    kind: str
    status: str
    owner: str
    unit: str
    phone: str
    last_contact_at: datetime | None
    last_contact_kind: str
    last_contact_text: str
    next_contact_on: date | None
    next_contact_past: bool
    tags: list[tuple[str, str]]
    stages: list[tuple[str, str]]
    open_duties: int
    overdue_duties: int
    next_due_at: datetime | None
    opens: bool
    registered_on: date
    starred: bool = False
    pool_due: datetime | None = None
    pool_days: int | None = None
    completeness: int | None = None

    @property
    def pool_soon(self) -> bool:
        """Whether it drops into the pool within three days."""
        return self.pool_days is not None and self.pool_days < 3


@dataclass(frozen=True)
class Page:
    """A page of rows; `more` says whether there is another one. Counts come apart (`count_capped`)."""

    rows: list[Row] = field(default_factory=list)
    page: int = 1
    page_size: int = 20
    more: bool = False
    sort: str = "-updated"


def customer_list(
    person: Person,
    *,
    scope: str = ALL,
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    sort: str = "-updated",
    page: int = 1,
    page_size: int = 20,
    who: Standing | None = None,
) -> Page:
    """One page of the list. Filters: status, kind, owner, unit, source, term {id: value}, stage {id: value}, overdue,
    next_past, since, until (registered), adv (an advanced filter as its address carries it)."""
    who = who or access.standing(person.pk)
    size = page_size if page_size in PAGE_SIZES else PAGE_SIZES[0]
    number = max(1, page)
    files = found_files(person, scope=scope, search=search, filters=filters, who=who)
    start = (number - 1) * size
    if sort.lstrip("-") in UNINDEXED:
        # Sorting a hundred thousand ids is a quarter of the work of sorting as many whole rows.
        found = light_rows(numbers_of(files, sort, who, start, start + size + 1))
    else:
        found = light(ordered(files, sort, who)[start : start + size + 1])
    return Page(rows_for(found[:size], who), number, size, len(found) > size, sort)


def list_query(
    person: Person, *, scope: str, search: str, filters: Mapping[str, Any] | None, sort: str, who: Standing
) -> QuerySet[Customer]:
    """The files of the list in its order: what a page of it shows and what an export of it takes along."""
    files = found_files(person, scope=scope, search=search, filters=filters, who=who)
    return ordered(files, sort, who)


def found_files(
    person: Person, *, scope: str, search: str, filters: Mapping[str, Any] | None, who: Standing
) -> QuerySet[Customer]:
    """The files of the list in no order: for counting, and for deeds about all that a filter finds."""
    files = filtered(scope_files(person, scope, who=who), filters or {}, who)
    return files.filter(search_condition(person, search, who=who)) if search.strip() else files


def scope_files(person: Person, scope: str, *, who: Standing | None = None) -> QuerySet[Customer]:
    """The files of one scope tab, never more than the person may know of. An unknown scope is 全部."""
    who = who or access.standing(person.pk)
    files = visible_files(person, "list", who=who)
    if scope == FREE:
        # Nobody owns them: the index by owner finds them, in the order of the list.
        return files.filter(owner=None, status=POOL)
    files = files.exclude(status__in=(VOID, DESTROYED))
    if scope == MINE:
        return files.filter(owner_id=person.pk)
    if scope == STARRED:
        return files.filter(pk__in=Star.objects.filter(person_id=person.pk).values("customer_id"))
    if scope == SHARED:
        shared = Collaborator.objects.filter(person_id=person.pk, until=None).values("customer_id")
        return files.filter(pk__in=shared)
    if scope == BELOW:
        return files.filter(owner_id__among=who.subordinates())
    if scope == UNIT:
        return files.filter(unit_id__among=who.units)
    return files


def count_capped(files: QuerySet[Customer], cap: int = CAP) -> int:
    """How many, counted no further than cap + 1 ('1000+')."""
    return files.order_by()[: cap + 1].count()


def scope_counts(person: Person, *, who: Standing | None = None) -> dict[str, int]:
    """Capped counts of the scope tabs, for the fragment that comes after the rows; one query a tab. What is above the cap is
    not counted again for some minutes: it says 1000+ however many come and go."""
    who = who or access.standing(person.pk)
    return {scope: _scope_count(person, scope, who) for scope in SCOPES}


def _scope_count(person: Person, scope: str, who: Standing) -> int:
    key = ("scope", person.pk, scope, who.reach("list"))
    return kept.large(key, lambda: count_capped(scope_files(person, scope, who=who)), int, above=CAP)[0]


# ---- search ----------------------------------------------------------------------------------------------------------


def search_files(person: Person, text: str, *, who: Standing | None = None) -> QuerySet[Customer]:
    """Files in the person's list that match a fragment of name, initials, number, code; phones as far as he may see."""
    who = who or access.standing(person.pk)
    return visible_files(person, "list", who=who).filter(search_condition(person, text, who=who))


def search_condition(person: Person, text: str, *, who: Standing) -> Q:
    """The search as a condition. Contacts' names and fragments of phones find only files the person opens by his own
    right: a masked number must not be found out by trying. A whole number finds what 查重 would tell him."""
    ids = search.matching_ids(text)
    condition = search.matches(text) if ids is None else Q(pk__in=ids)
    opened = within(replace(who.reach("open"), files=frozenset()))
    private = search.matching_ids(text, private=True)
    if private is None:
        condition |= search.matches(text, private=True) & opened
    elif private:
        condition |= Q(pk__in=private) & opened
    if find_right(person, who=who) != "none" and (known := search.ids_by_phone(text)):
        condition |= Q(pk__in=known)
    return condition


# ---- filters and order -----------------------------------------------------------------------------------------------


def filtered(files: QuerySet[Customer], filters: Mapping[str, Any], who: Standing) -> QuerySet[Customer]:
    """Narrow by the filters that are set; unknown keys are ignored, so an old link still opens."""
    plain = {"status": "status", "kind": "kind", "owner": "owner_id", "unit": "unit_id", "source": "source"}
    for key, column in plain.items():
        if filters.get(key):
            files = files.filter(**{column: filters[key]})
    for term, value in (filters.get("term") or {}).items():
        files = files.filter(with_value(term, value))
    for flow, stage in (filters.get("stage") or {}).items():
        files = files.filter(in_stage(flow, stage))
    if filters.get("overdue"):
        late = Duty.objects.filter(file__isnull=False, state=DutyState.OPEN, due_at__lt=clock.now(), paused_at=None)
        files = files.filter(holding(late))
    if filters.get("next_past"):
        files = files.filter(shown_files(who, "deal"), summary__next_contact_on__lt=clock.today())
    if filters.get("since"):
        files = files.filter(registered_on__gte=filters["since"])
    if filters.get("until"):
        files = files.filter(registered_on__lte=filters["until"])
    if filters.get("ids"):
        files = files.filter(pk__in=filters["ids"])
    if filters.get("adv"):
        files = files.filter(conditions.condition_of(conditions.read(filters["adv"]), who))
    return files


# ---- rows ------------------------------------------------------------------------------------------------------------


def rows_for(files: Sequence[Any], who: Standing, *, copying: bool = False) -> list[Row]:
    """Customers (or what has their attributes) as rows, with the reader's field rights (`copying`: as they may leave the
    system with him); a fixed number of queries."""
    ids = [row.pk for row in files]
    views = _views(files)
    regs = regulations()
    terms, stages, duties = tags_of(ids, regs), stages_of(views, regs), duties_of(ids)
    # What only the page shows is not asked for what leaves the system.
    starred, due = (set(), {}) if copying else (stars_of(who.person, ids), pool_due(ids, regs))
    rights_of = _rights(who, copying=copying)
    opening = who.reach("open")
    today = clock.today()
    rows = []
    for row in files:
        rights = rights_of(views[row.pk])
        opens = opening.holds(views[row.pk])
        # How a file goes is its content: of one that he may only know of, a reader sees that it is there and whose it is.
        work = duties[row.pk] if opens else (0, 0, None)
        whole, drops = (row.summary.completeness, due.get(row.pk)) if opens and not copying else (None, None)
        marks = _marks(row.pk in starred, whole, drops)
        rows.append(_row(row, rights, terms[row.pk], stages[row.pk], work, opens, today, marks))
    return rows


def _marks(starred: bool, whole: int | None, drops: datetime | None) -> dict[str, Any]:
    """What the page shows beside the file's own."""
    days = days_left(drops) if drops is not None else None
    return {"starred": starred, "completeness": whole, "pool_due": drops, "pool_days": days}


def _rights(who: Standing, *, copying: bool) -> Callable[[FileView], Mapping[str, str]]:
    """The reader's field rights by file. They hang on owner, unit, helpers and the grants on this very file alone, so that
    alike files are asked about once."""
    known: dict[Any, Mapping[str, str]] = {}

    def of(view: FileView) -> Mapping[str, str]:
        own = view.id if any(who.grants_on(view.id, verb) for verb in (access.READ, access.COPY)) else None
        case = (view.owner, view.unit, who.person in view.collaborators, own)
        if case not in known:
            known[case] = access.field_rights(who, view, GROUPS, copying=copying)
        return known[case]

    return of


def stars_of(person: int, ids: Iterable[int]) -> set[int]:
    """Which of the files the person keeps an eye on; one query."""
    return {file for (file,) in pick(Star, ("customer_id",), person_id=person, customer_id=list(ids))}


def pool_due(ids: Iterable[int], regs: Regulations) -> dict[int, datetime]:
    """When each file drops into the pool unless something happens, from the clocks that will do it; one query, none
    where no rule releases."""
    norms = dropping(regs)
    if not norms:
        return {}
    found: dict[int, datetime] = {}
    for file, at in pick(Clock, ("file", "due_at"), file=list(ids), fired_at=None, norm=norms):
        found[file] = min(found.get(file, at), at)
    return found


def _views(files: Sequence[Any]) -> dict[int, FileView]:
    helpers: dict[int, set[int]] = defaultdict(set)
    shared = pick(Collaborator, ("customer_id", "person_id"), customer_id=[row.pk for row in files], until=None)
    for customer, person in shared:
        helpers[customer].add(person)
    return {
        row.pk: FileView(row.pk, row.name, row.number, row.owner_id, row.unit_id, frozenset(helpers[row.pk]))
        for row in files
    }


def _row(
    row: Any,
    rights: Mapping[str, str],
    tags: list[tuple[str, str]],
    stages: list[tuple[str, str]],
    duties: tuple[int, int, datetime | None],
    opens: bool,
    today: date,
    marks: Mapping[str, Any],
) -> Row:
    summary = row.summary
    deal = rights["deal"] == "show"
    return Row(
        id=row.pk,
        number=row.number,
        name=row.name,
        kind=row.kind,
        status=row.status,
        owner=row.owner.name if row.owner else "",
        unit=row.unit.name,
        phone=shown(row.phone, rights["contact"], "phone"),
        last_contact_at=summary.last_contact_at if deal else None,
        last_contact_kind=summary.last_contact_kind if deal else "",
        last_contact_text=summary.last_contact_text if deal else "",
        next_contact_on=summary.next_contact_on if deal else None,
        next_contact_past=bool(deal and summary.next_contact_on and summary.next_contact_on < today),
        tags=tags,
        stages=stages,
        open_duties=duties[0],
        overdue_duties=duties[1],
        next_due_at=duties[2],
        opens=opens,
        registered_on=row.registered_on,
        **marks,
    )


def tags_of(ids: Iterable[int], regs: Regulations | None = None) -> dict[int, list[tuple[str, str]]]:
    """(term's name, value's label) per file, for the terms of regulations in force; one query."""
    terms = _labels(regs or regulations())
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for file, term, value in pick(FileTerm, ("file", "term", "value"), file=list(ids)):
        if term in terms:
            name, labels = terms[term]
            found[file].append((name, labels.get(value, value)))
    return found


def _labels(regs: Regulations) -> dict[str, tuple[str, Mapping[str, str]]]:
    return {
        f"{version.pack}.{term_id}": (term.name, term.values)
        for version in regs.in_force()
        for term_id, term in version.regulation.pack.terms.items()
    }


def stages_of(views: Mapping[int, FileView], regs: Regulations | None = None) -> dict[int, list[tuple[str, str]]]:
    """(flow's name, stage's name) per file in every flow over it; one query. A file that has not moved stands in the
    first stage, which nothing writes down."""
    known = regs or regulations()
    moved = pick(FileStage, ("file", "flow", "stage"), file=list(views))
    at = {(file, flow): stage for file, flow, stage in moved}
    return {
        file: [
            (flow.name or qid, _stage_name(flow, at.get((file, qid), flow.stages[0].id)))
            for _, qid, flow in known.flows_for(view)
        ]
        for file, view in views.items()
    }


def _stage_name(flow: Flow, stage: str) -> str:
    return next((each.name for each in flow.stages if each.id == stage), stage)


def duties_of(ids: Iterable[int]) -> dict[int, tuple[int, int, datetime | None]]:
    """(open, overdue, next due) per file, counted from the duties themselves, against the clock; one query."""
    now = clock.now()
    found: dict[int, tuple[int, int, datetime | None]] = defaultdict(lambda: (0, 0, None))
    for file, due, paused in pick(Duty, ("file", "due_at", "paused_at"), file=list(ids), state=DutyState.OPEN.value):
        count, late, first = found[file]
        past = due is not None and due < now and paused is None
        found[file] = (count + 1, late + past, due if first is None or (due is not None and due < first) else first)
    return found
