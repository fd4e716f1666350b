"""What is measured, each beside its floor in the same rounds, in processor time, so that a busy machine distorts neither."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from bench.company import FILES, RARE, REGISTRY, TRADES, Company, company_name
from bench.floor import table
from bench.serving import Client, Server, here
from kedang.customers.models import Customer
from kedang.kernel.actions import perform
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty
from kedang.kernel.org.models import Person

FRAGMENT = {"HX-Request": "true"}
LIST_FLOOR, CREATE_FLOOR = "floor: 50 rows", "floor: single-row create"


@dataclass(frozen=True)
class Measure:
    """One operation: how it is done in a round, which floor it stands on, and how many floors it may take."""

    op: str
    run: Callable[[], float]
    floor: str
    aim: float | None
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A median, in seconds, and what it is worth in floors."""

    op: str
    seconds: float
    floors: float
    aim: float | None
    note: str


def session_of(person: Person) -> str:
    """The cookie of a signed-in person."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def client_of(person: Person, server: Server, *, measured: bool = True) -> Client:
    """A browser in which this person is signed in."""
    headers = {"Cookie": f"sessionid={session_of(person)}", "Accept-Language": "zh-CN", "Accept-Encoding": "gzip"}
    return Client(server.port, headers, server.processor if measured else None)


def rounds(measures: list[Measure], times: int, warm: int = 5) -> list[Figure]:
    """Every measure once a round; medians after the warm-up."""
    taken: dict[str, list[float]] = defaultdict(list)
    for number in range(times + warm):
        for measure in measures:
            seconds = measure.run()
            if number >= warm:
                taken[measure.op].append(seconds)
    medians = {op: statistics.median(values) for op, values in taken.items()}
    return [Figure(m.op, medians[m.op], medians[m.op] / medians[m.floor], m.aim, m.note) for m in measures]


# ---- pages -----------------------------------------------------------------------------------------------------------


def pages(company: Company, times: int) -> list[Figure]:
    """The pages and their floor, through HTTP."""
    with Server("bench.floor.wsgi:application") as bare, Server("kedang.config.wsgi:application") as product:
        return rounds(_page_measures(company, Client(bare.port, processor=bare.processor), product), times)


def _page_measures(company: Company, bare: Client, product: Server) -> list[Measure]:
    seller, head = company.sellers[REGISTRY][0], company.heads[REGISTRY]
    assert company.manager is not None
    desk, boss, top = (client_of(person, product) for person in (seller, head, company.manager))
    own = list(Customer.objects.filter(owner=seller).values_list("pk", flat=True))
    turn = count()
    connections.close_all()

    def at(client: Client, path: str, rows: int = 0, headers: dict[str, str] | None = None) -> Callable[[], float]:
        return lambda: _checked(client.get(path, headers), path, rows)

    fifty = min(50, len(own))
    common = min(50, company.sizes.customers // (3 * len(TRADES)))
    return [
        Measure(LIST_FLOOR, lambda: bare.get("/?unit=3")[0], LIST_FLOOR, None, "bare Django: one view, one indexed query, 50 rows"),
        Measure("customer list", at(desk, "/customers/?scope=all&size=50", fifty, FRAGMENT), LIST_FLOOR, 3, "50 rows out of half the company's files, as filters and paging fetch them"),
        Measure("customer list, own", at(desk, "/customers/?scope=mine&size=50", fifty, FRAGMENT), LIST_FLOOR, 3, "50 rows of the files one owns"),
        Measure("customer list, whole page", at(desk, "/customers/?scope=all&size=50", fifty), LIST_FLOOR, None, "with the frame and its badges"),
        Measure("customer list, counts", at(desk, "/customers/counts/", 0, FRAGMENT), LIST_FLOOR, None, "the second fragment, capped at 1000+"),
        Measure("search, 2 characters", at(desk, f"/customers/?q={_quote(RARE)}&size=50", 1, FRAGMENT), LIST_FLOOR, 3, "a firm's name: a few rows"),
        Measure("search, 2 common characters", at(desk, f"/customers/?q={_quote('科技')}&size=50", common, FRAGMENT), LIST_FLOOR, 3, "one file in sixteen matches: 50 rows"),
        Measure("search, suggestions", at(desk, f"/search/?q={_quote(RARE)}", 0, FRAGMENT), LIST_FLOOR, 3, "what typing fetches"),
        Measure("customer page", lambda: _checked(desk.get(f"/customers/{own[next(turn) % len(own)]}/"), "file", 0), LIST_FLOOR, 6, "another file each time: the opening is recorded"),
        Measure("inbox", at(desk, "/"), LIST_FLOOR, 4, "a salesperson's, some hundred open duties"),
        Measure("inbox, head", at(boss, "/"), LIST_FLOOR, 4, "a head of unit's"),
        Measure("regulation", at(desk, f"/rules/{REGISTRY}/"), LIST_FLOOR, 4, "every clause with one's own figures of this month"),
        Measure("regulation, everybody's figures", at(top, f"/rules/{REGISTRY}/"), LIST_FLOOR, 4, "as the general manager sees it"),
        Measure("regulations", at(top, "/rules/"), LIST_FLOOR, 4, "each with how it is kept this month, for the general manager"),
        Measure("home", at(desk, "/home/"), LIST_FLOOR, 4, "a salesperson's, the page before its cards"),
        Measure("home, head", at(boss, "/home/"), LIST_FLOOR, 4, "a head of unit's"),
        Measure("home, general manager", at(top, "/home/"), LIST_FLOOR, 4, "the general manager's"),
        Measure("home, card of rates", at(top, "/home/cards/rate/", 0, FRAGMENT), LIST_FLOOR, 4, "on time by clause, of the whole company"),
        Measure("home, card of breaches", at(top, "/home/cards/breaches/", 0, FRAGMENT), LIST_FLOOR, 4, "missed by clause and day, of the whole company"),
        Measure("home, brief", at(desk, "/home/cards/brief/", 0, FRAGMENT), LIST_FLOOR, 4, "a salesperson's eight figures, each with the one before"),
        Measure("home, brief of all", at(top, "/home/cards/brief/", 0, FRAGMENT), LIST_FLOOR, 4, "the same of the whole company"),
        Measure("home, overdue by department", at(top, "/home/cards/units/", 0, FRAGMENT), LIST_FLOOR, 4, "of the whole company"),
        Measure("home, forgotten customers", at(top, "/home/cards/forgotten/", 0, FRAGMENT), LIST_FLOOR, 4, "of the whole company, counted to 1000+"),
    ]  # fmt: skip


def _checked(answer: tuple[float, str], path: str, rows: int) -> float:
    """A page that answered quickly because it was empty is no measure."""
    seconds, text = answer
    found = text.count('href="/customers/') if rows else 0
    if found < rows:
        raise RuntimeError(f"{path}: {found} links to files instead of {rows}")
    return seconds


def _quote(text: str) -> str:
    from urllib.parse import quote

    return quote(text)


# ---- deeds -----------------------------------------------------------------------------------------------------------


def deeds(company: Company, times: int) -> list[Figure]:
    """customer.register through perform(), beside a single-row create in the same process."""
    numbers = count(company.sizes.customers * 3 + 1)
    register = {pack: _register(company.sellers[pack][0], pack, numbers) for pack in (REGISTRY, FILES)}
    before = Event.objects.count(), Duty.objects.count()
    register[FILES]()
    opened = Duty.objects.count() - before[1]
    told = Event.objects.count() - before[0]
    if not opened or not told:
        raise RuntimeError("customer.register opened no duty or recorded nothing: this would measure nothing")
    measures = [
        Measure(CREATE_FLOOR, lambda: _timed(table.create_one, next(numbers)), CREATE_FLOOR, None, "Model.objects.create in its own transaction"),
        Measure("customer.register", register[FILES], CREATE_FLOOR, 8, f"guards, {told} events, {opened} duty, key, search index"),
        Measure("customer.register, no duty", register[REGISTRY], CREATE_FLOOR, 8, "guards and events; these rules ask for nothing yet"),
    ]  # fmt: skip
    return rounds(measures, times)


def _register(by: Person, pack: str, numbers: Any) -> Callable[[], float]:
    classes = {"category": "potential"} if pack == REGISTRY else {"cooperation": "long", "kind_of_customer": "dealer"}

    def run() -> float:
        number = next(numbers)
        return _timed(
            perform, "customer.register", by=by, key=f"bench-{number}", name=company_name(number), phone=f"139{number:08}",
            address="人民路1号", source="展会", contact_name="李明", contact_phone=f"137{number:08}", terms=classes,
        )  # fmt: skip

    return run


def _timed(work: Callable[..., Any], *args: Any, **named: Any) -> float:
    return here().timed(lambda: work(*args, **named))[0]
