"""What wants a look: customers long forgotten or soon in 公海, conflicts to settle, loans not returned, files due."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from kedang.customers.claims.models import Conflict
from kedang.customers.models import POOL, Customer, FileSummary
from kedang.customers.selectors.columns import days_left, dropping
from kedang.customers.selectors.listing import pool_due
from kedang.customers.visibility import visible_files
from kedang.kernel import clock, inbox, kept
from kedang.kernel.norms.models import Clock
from kedang.kernel.norms.store import regulations
from kedang.records.models import Archive, Loan
from kedang.records.models.archive import ORIGINAL
from kedang.reports.home.lens import Lens, along

FORGOTTEN = (7, 15, 30)
DEFAULT = 15
POOL_DAYS = 7
MOST = 1000
SHOWN = 8


@dataclass(frozen=True)
class Forgotten:
    """One customer that nobody has followed up for long, or that drops into the pool soon."""

    id: int
    name: str
    owner: str
    last: datetime | None
    days: int
    """Since the last follow-up, or since it was registered when there was none."""
    pool_days: int | None
    """Days until it drops into the pool; None when nothing does that."""


@dataclass(frozen=True)
class Reminder:
    """遗忘提醒: how many by days, the ones that waited longest, and the addresses of all of them."""

    days: int
    counts: tuple[tuple[int, int], ...]
    rows: tuple[Forgotten, ...]
    query: str
    pool: int | None
    """Files that drop into the pool within a week; None where no regulation releases."""
    pool_query: str


def forgotten_filter(days: int) -> str:
    """As the address of 客户列表 carries it: not since then, or never and registered before then."""
    older = str(days - 1) if days > 1 else "1"
    never = [["last_contact", "empty"], ["registered", "older", older], ["status", "not", POOL]]
    return json.dumps(
        {"m": "any", "g": [{"m": "all", "c": [["last_contact", "older", older], ["status", "not", POOL]]}, {"m": "all", "c": never}]},
        ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip


def forgotten_files(lens: Lens, days: int) -> tuple[QuerySet[FileSummary], QuerySet[FileSummary]]:
    """(never followed up, not followed up for so many days): together the files of `forgotten_filter`, apart and from their
    summaries because there the index by last follow-up finds either without reading the others."""
    seen = lens.dealt & lens.listed & lens.scoped_files() & ~Q(status=POOL)
    rows = FileSummary.objects.filter(along(seen, "customer"))
    if lens.few_files is not None:
        rows = rows.filter(customer_id__in=lens.few_files)
    before = clock.today() - timedelta(days=days - 1)
    never = rows.filter(last_contact_at=None, customer__registered_on__lt=before)
    long_ago = rows.filter(last_contact_at__lt=clock.at_time(before, time()))
    return never.order_by("customer_id"), long_ago.order_by("last_contact_at", "customer_id")


def _how_many(lens: Lens, days: int) -> int:
    """Capped; 1000+ is not counted again for some minutes."""
    key = ("forgotten", lens.person.pk, lens.scope, days, clock.today())
    return kept.large(key, lambda: _counted(lens, days), int, above=MOST)[0]


def _counted(lens: Lens, days: int) -> int:
    return min(MOST + 1, sum(part.order_by()[: MOST + 1].count() for part in forgotten_files(lens, days)))


def _longest(lens: Lens, days: int) -> list[int]:
    """The ids that waited longest, those never followed up first; two queries. Of more than `MOST` that were never followed up
    the engine gives the ones it finds first: putting all of them in order would take longer the more there are."""
    never, long_ago = (part.values_list("customer_id", flat=True) for part in forgotten_files(lens, days))
    return [*sorted(never.order_by()[:MOST])[:SHOWN], *long_ago[:SHOWN]][:SHOWN]


def reminder(lens: Lens, days: int) -> Reminder:
    """The card; a fixed number of queries."""
    days = days if days in FORGOTTEN else DEFAULT
    counts = tuple((each, _how_many(lens, each)) for each in FORGOTTEN)
    ids = _longest(lens, days)
    known = Customer.objects.select_related("owner", "summary").in_bulk(ids)
    drops = pool_due(ids, regulations())
    rows = tuple(_forgotten(known[pk], drops.get(pk)) for pk in ids if pk in known)
    query = urlencode({"scope": lens.scope, "adv": forgotten_filter(days)})
    return Reminder(days, counts, rows, query, _pool(lens), urlencode({"scope": lens.scope, "adv": POOL_FILTER}))


POOL_FILTER = json.dumps(
    {"m": "all", "g": [{"m": "all", "c": [["pool", "le", str(POOL_DAYS)]]}]}, separators=(",", ":")
)


def _pool(lens: Lens) -> int | None:
    """Files of the scope that drop into the pool within a week, found by the clocks that will do it."""
    norms = dropping(regulations())
    if not norms:
        return None
    until = clock.now() + timedelta(days=POOL_DAYS + 1)
    due = Clock.objects.filter(fired_at=None, norm__in=norms, due_at__lt=until).values("file")
    seen = lens.listed & lens.scoped_files()
    return Customer.objects.filter(seen, pk__in=due).order_by()[: MOST + 1].count()


def _forgotten(row: Customer, drops: datetime | None) -> Forgotten:
    last = row.summary.last_contact_at
    since = clock.local(last).date() if last else row.registered_on
    left = days_left(drops) if drops is not None else None
    return Forgotten(row.pk, row.name, row.owner.name if row.owner else "", last, (clock.today() - since).days, left)


# ---- 待处理 ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wait:
    """One thing that wants a look, how many of it, and where."""

    key: str
    label: str
    count: int
    icon: str
    hint: str
    hot: bool = False

    @property
    def text(self) -> str:
        """The number, counted no further than makes a difference."""
        return f"{MOST}+" if self.count > MOST else str(self.count)


def open_conflicts(lens: Lens) -> QuerySet[Conflict]:
    """待裁定撞单 about files that the reader may know of."""
    return Conflict.objects.filter(along(lens.listed, "customer"), winner=None)


def loans_out(lens: Lens) -> QuerySet[Loan]:
    """借出未还 of files of the scope that the reader opens, and his own."""
    out = Q(registered_at__isnull=False, returned_at=None)
    return Loan.objects.filter(out, lens.opened | Q(borrower_id=lens.person.pk)).order_by("due_at", "id").distinct()


def files_due(lens: Lens) -> QuerySet[Archive]:
    """档案到期 this month or before: files of the scope that the reader opens, whose keeping ends."""
    month = clock.today().replace(day=1)
    after = (month + timedelta(days=32)).replace(day=1)
    return Archive.objects.filter(lens.opened, expires_on__lt=after).order_by("expires_on", "id")


def waiting(lens: Lens) -> list[Wait]:
    """待处理: what there is of each, in a fixed number of queries; what nobody has is left out."""
    loans, now = loans_out(lens), clock.now()
    numbers = inbox.counts(lens.person)
    found = [
        Wait("ballots", "待我审批", numbers.ballots, "rubber-stamp", "等您表决的申请"),
        Wait("proposals", "待我裁定的建议", numbers.proposals, "gavel", "制度交由您裁定的建议"),
        Wait("conflicts", "待裁定撞单", _count(open_conflicts(lens)), "scale", "两人以上登记了同一客户，还没有裁定"),
        Wait("loans", "借出未还", _count(loans), "archive", "已登记借出、还没有归还的档案", loans.filter(medium=ORIGINAL, due_at__lt=now).exists()),
        Wait("files_due", "本月到期档案", _count(files_due(lens)), "calendar-due", "保管期限到本月底为止届满的档案"),
    ]  # fmt: skip
    return [one for one in found if one.count]


def _count(rows: QuerySet[Conflict] | QuerySet[Loan] | QuerySet[Archive]) -> int:
    return rows.order_by()[: MOST + 1].count()


def may_know(lens: Lens, ids: set[int]) -> dict[int, str]:
    """Names of the files among these that the reader may know of; one query."""
    rows = visible_files(lens.person, who=lens.who).filter(pk__in=ids)
    return dict(rows.order_by().values_list("pk", "name"))
