"""Two hundred people at work on PostgreSQL: they browse, search, file contacts and vote, each with a pause to read and think."""

from __future__ import annotations

import os
import random
import statistics
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from itertools import count
from urllib.parse import quote, urlencode

from django.db import connections

from bench.company import FIRST, REGISTRY, SECOND, Company
from bench.measures import FRAGMENT, Figure, session_of
from bench.serving import Client, Server
from kedang.customers.models import Customer
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.approvals.models import Ballot
from kedang.kernel.errors import NeedsApproval
from kedang.kernel.org.models import Person

PEOPLE, PAUSE = 200, 10.0
"""How many, and how many seconds they read on average between two clicks."""
AIM = 25
PEOPLE_FLOOR = "floor: 50 rows, alone"
TOKEN = "b" * 32
RUN = f"people-{os.getpid()}"
IDLE = 20.0
"""Seconds after which a browser opens a new connection: the server closes what has been silent for half a minute."""
SHARES = {"browse": 55, "open": 20, "search": 15, "file": 7, "vote": 3}


@dataclass
class Office:
    """What the people share: the files of each, the votes that wait, and what came of it all."""

    files: dict[int, list[int]]
    ballots: list[int]
    head: Client
    until: float = 0.0
    keys: count[int] = field(default_factory=count)
    lock: threading.Lock = field(default_factory=threading.Lock)
    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)


def people(company: Company, times: int) -> list[Figure]:
    """A quarter of a minute of warming up is not counted; then a minute, or four seconds a round when there are few rounds."""
    sellers, crowd = company.sellers[REGISTRY], min(PEOPLE, company.sizes.customers // 5)
    sellers = [sellers[number % len(sellers)] for number in range(crowd)]
    lasting, warming = min(60.0, times * 4.0), min(15.0, times * 4.0)
    head, ballots = _requests(company, max(10, crowd // 2))
    files = {
        seller.pk: list(Customer.objects.filter(owner=seller).values_list("pk", flat=True)[:100]) for seller in sellers
    }
    cookies = [session_of(seller) for seller in sellers]
    with Server("bench.floor.wsgi:application") as bare, Server("kedang.config.wsgi:application", workers=2) as product:
        client = Client(bare.port)
        floor = statistics.median(client.get("/?unit=3")[0] for _ in range(60))
        office = Office(files, ballots, _client(product, session_of(head)))
        connections.close_all()
        office.until = time.monotonic() + lasting + warming
        threads = [
            threading.Thread(target=_work, args=(office, seller, _client(product, cookie), number))
            for number, (seller, cookie) in enumerate(zip(sellers, cookies, strict=True))
        ]
        for thread in threads:
            thread.start()
        time.sleep(warming)
        office.taken.clear()
        busy = _busy(product, threads)
    return _figures(office, crowd, floor, lasting, busy)


def _busy(product: Server, threads: list[threading.Thread]) -> float:
    """How many processors the product and its database kept busy until all have gone home. Asked every second: a process
    of the database that ends takes its count along."""
    first, begun = product.processor.by_process(), time.monotonic()
    latest = dict(first)
    for thread in threads:
        while thread.is_alive():
            thread.join(1)
            latest |= product.processor.by_process()
    return sum(taken - first.get(pid, 0.0) for pid, taken in latest.items()) / (time.monotonic() - begun)


def _figures(office: Office, crowd: int, floor: float, lasting: float, busy: float) -> list[Figure]:
    if office.errors:
        raise RuntimeError(f"errors while people worked: {office.errors.most_common(5)}")
    every = [one for kind in office.taken.values() for one in kind]
    found = [Figure(PEOPLE_FLOOR, 0.0, 1.0, None, f"{floor * 1000:.1f} ms by the clock, nobody else at work")]
    for name, times in [("all", every), *sorted(office.taken.items())]:
        late = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        what = "95th percentile" if name == "all" else f"95th percentile, {name}"
        note = f"{late * 1000:.0f} ms by the clock; {len(times)} requests in {lasting:.0f} s, no error"
        if name == "all":
            note += f"; {len(every) / lasting:.0f} a second take {busy:.1f} processors: that is the bound"
        found.append(Figure(f"{crowd} people, {what}", 0.0, late / floor, AIM if name == "all" else None, note))
    return found


def _requests(company: Company, many: int) -> tuple[Person, list[int]]:
    """(who votes, requests to read other people's files that wait for him)."""
    asker, others = company.sellers[REGISTRY][0], company.sellers[REGISTRY][-1]
    until = clock.today() + timedelta(days=20)
    for number, file in enumerate(Customer.objects.filter(owner=others).values_list("pk", flat=True)[:many]):
        try:
            perform(
                "file.ask",
                by=asker,
                key=f"{RUN}-ask-{number}",
                customer=file,
                verb="read",
                purpose="准备投标资料",
                until=until,
            )
        except NeedsApproval:
            continue
    ballots = list(Ballot.objects.filter(status="pending").select_related("person", "step").order_by("pk"))
    if not ballots:
        raise RuntimeError("nothing to vote on: this would measure no votes")
    voter = ballots[0].person
    return voter, [one.step.request_id for one in ballots if one.person_id == voter.pk]


def _client(server: Server, cookie: str) -> Client:
    headers = {"Cookie": f"sessionid={cookie}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN, "Accept-Language": "zh-CN"}
    return Client(server.port, headers)


def _work(office: Office, seller: Person, client: Client, number: int) -> None:
    """One person's day: a click, a pause, a click."""
    dice = random.Random(number)
    time.sleep(dice.uniform(0, PAUSE))
    spoken = 0.0
    while time.monotonic() < office.until:
        kind = dice.choices(list(SHARES), list(SHARES.values()))[0]
        begun = time.monotonic()
        if begun - spoken > IDLE:
            client.connection.close()
        try:
            status = _click(office, seller, client, kind, dice)
        except (OSError, HTTPException) as error:
            status = type(error).__name__
            client.connection.close()
        spoken = time.monotonic()
        taken = spoken - begun
        with office.lock:
            office.taken[kind].append(taken)
            if status not in (200, 204, 302):
                office.errors[f"{kind}: {status}"] += 1
        time.sleep(dice.expovariate(1 / PAUSE))


def _click(office: Office, seller: Person, client: Client, kind: str, dice: random.Random) -> int | str:
    own = office.files[seller.pk]
    if kind == "browse":
        path = dice.choice(
            ["/", "/customers/?scope=all&size=50", "/customers/?scope=mine&size=50", f"/rules/{REGISTRY}/"]
        )
        return client.ask("GET", path, headers=FRAGMENT if "?" in path else None)[0]
    if kind == "open":
        return client.ask("GET", f"/customers/{dice.choice(own)}/")[0]
    if kind == "search":
        text = dice.choice(FIRST) + dice.choice(SECOND)
        return client.ask("GET", f"/customers/?q={quote(text)}&size=50", headers=FRAGMENT)[0]
    with office.lock:
        key, ballot = f"{RUN}-{next(office.keys)}", office.ballots.pop() if kind == "vote" and office.ballots else None
    if ballot is not None:
        return _voted(office, ballot, key)
    sent = {"kind": "电话", "content": "谈了报价和交期，下周再联系", "key": key}
    return _posted(client, f"/customers/{dice.choice(own)}/do/contact.record/", sent)


def _voted(office: Office, request: int, key: str) -> int | str:
    with office.lock:  # he votes on one at a time
        return _posted(office.head, f"/approvals/{request}/agree/", {"key": key, "bar": "yes"})


def _posted(client: Client, path: str, sent: dict[str, str]) -> int | str:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, text = client.ask("POST", path, urlencode(sent), form)
    return status if status in (200, 204, 302) else f"{status} {text[:200]}"
