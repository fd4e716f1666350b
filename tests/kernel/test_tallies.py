"""What is kept counted equals what a count from the rows finds, whatever was done and whenever it was taken up."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from kedang.customers.models import Customer
from kedang.customers.voiding import void_file
from kedang.kernel import clock, ledger, register, tick
from kedang.kernel.actions.deed import Deed
from kedang.kernel.errors import KedangError
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms import tallies, tally_triggers
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.tally_models import DutyChange, Tally, TallyHead
from kedang.kernel.register.figures import FIGURES, KIND_TO_FIGURE, duty_filter, event_filter
from tests.concurrency.test_registering import at_once
from tests.web.conftest import Office, office

__all__ = ["office"]
PACKS, CLAUSES = ("p", "q"), ("1.1", "1.2", "2")
Found = Counter[tuple[str, str, str, str]]


def kept(month: register.Month, packs: tuple[str, ...] = PACKS) -> Found:
    """By regulation, norm, clause and kind of count, as a page reads them."""
    rows = tallies.of_month(packs, *month.span, list(KIND_TO_FIGURE))
    return +Counter({(each.pack, each.norm, each.clause, each.what): each.n for each in rows})


def recounted(month: register.Month, packs: tuple[str, ...] = PACKS) -> Found:
    """The same from the rows themselves, by the filters that list the cases."""
    found: Found = Counter()
    now = clock.now()
    for key in ("opened", "met", "late", "overdue"):
        for row in Duty.objects.filter(duty_filter(FIGURES[key], month, now), pack__in=packs):
            what = {"opened": "opened", "overdue": "due:open"}.get(key, f"done:{row.state}")
            found[row.pack, row.norm, row.clause, what] += 1
    for event in Event.objects.filter(event_filter(KIND_TO_FIGURE, month), pack__in=packs).exclude(clause=""):
        found[event.pack, event.norm, event.clause, f"event:{event.kind}"] += 1
    return found


def fell_due(start: datetime, end: datetime) -> Counter[tuple[str, str, str, int]]:
    """What fell due, in pieces of seven days, from the rows."""
    rows = Duty.objects.filter(due_at__gte=start, due_at__lt=end, paused_at=None, pack__in=PACKS)
    live = rows.exclude(state__in=(DutyState.VOID, DutyState.WAIVED))
    return Counter((row.pack, row.clause, f"due:{row.state}", (row.due_at - start).days // 7) for row in live)


# ---- a walk over every way in which a duty changes ----------------------------------------------------------------------


class Walk:
    """Random changes of duties and events, by every way that writes them."""

    def __init__(self, seed: int, held: clock.Frozen) -> None:
        self.dice, self.clock = random.Random(seed), held

    def step(self) -> None:
        """One change; now and then time passes, or what stands apart is taken up."""
        ways = (
            [self.open] * 5 + [self.close] * 4 + [self.drop, self.pause, self.move, self.reopen, self.swap, self.many]
        )
        ways += [self.tell] * 4 + [self.wait] * 2 + [self.fold, self.gone, self.renumber]
        self.dice.choice(ways)()

    def one(self) -> Duty | None:
        ids = list(Duty.objects.values_list("pk", flat=True).order_by("pk"))
        return Duty.objects.get(pk=self.dice.choice(ids)) if ids else None

    def open(self) -> None:
        now = clock.now()
        due = now + timedelta(hours=self.dice.randint(-900, 900), seconds=self.dice.choice((0, 1, 59)))
        edge = due.replace(hour=15, minute=59, second=59, microsecond=999_999)  # the last instant of a day in Shanghai
        pack, clause = self.dice.choice(PACKS), self.dice.choice(CLAUSES)
        Duty.objects.create(
            pack=pack, version=1, norm=f"{pack}.n{clause}", clause=clause, title="x", counted_from=now,
            opened_at=self.dice.choice((now, now - timedelta(days=20))), due_at=self.dice.choice((due, edge, None)),
        )  # fmt: skip

    def close(self) -> None:
        duty = self.one()
        if duty:
            duty.state, duty.done_at = self.dice.choice(tallies.CLOSED), clock.now()
            duty.save(update_fields=["state", "done_at"])

    def drop(self) -> None:
        duty = self.one()
        if duty:
            Duty.objects.filter(pk=duty.pk).update(state=self.dice.choice(("void", "waived")))

    def pause(self) -> None:
        duty = self.one()
        if duty:
            duty.paused_at = None if duty.paused_at else clock.now()
            duty.save(update_fields=["paused_at"])

    def move(self) -> None:
        duty = self.one()
        if duty and duty.due_at:
            duty.due_at += timedelta(days=self.dice.randint(-9, 9), hours=self.dice.randint(-9, 9))
            duty.save()

    def reopen(self) -> None:
        duty = self.one()
        if duty:
            duty.state, duty.done_at = DutyState.OPEN, None
            duty.save(update_fields=["state", "done_at"])

    def swap(self) -> None:
        """What counts nowhere."""
        duty = self.one()
        if duty:
            Duty.objects.filter(pk=duty.pk).update(title="y", next_remind_at=clock.now())

    def many(self) -> None:
        Duty.objects.filter(state="open", clause=self.dice.choice(CLAUSES), due_at__lt=clock.now()).update(
            state="late", done_at=clock.now()
        )

    def gone(self) -> None:
        duty = self.one()
        if duty:
            Duty.objects.filter(pk=duty.pk).delete()

    def renumber(self) -> None:
        """Another version of the regulation names the same norm under another clause."""
        duty = self.one()
        if duty:
            duty.clause, duty.version = self.dice.choice(CLAUSES), 2
            duty.save(update_fields=["clause", "version"])

    def tell(self) -> None:
        pack, clause = self.dice.choice(PACKS), self.dice.choice((*CLAUSES, ""))
        kind = self.dice.choice(("norm.refused", "norm.breached", "flow.moved", "duty.opened"))
        Event.objects.create(
            kind=kind, pack=pack, norm=f"{pack}.n{clause}", clause=clause, command=f"{self.dice.getrandbits(128):032x}",
            subject=self.dice.choice(("", "duty:1")),
        )  # fmt: skip

    def wait(self) -> None:
        self.clock.move_to(clock.now() + timedelta(minutes=self.dice.choice((1, 50, 700, 3000))))

    def fold(self) -> None:
        if self.dice.random() < 0.7:
            ledger.seal()
        tallies.fold()


@pytest.fixture
def held(db: None) -> Iterator[clock.Frozen]:
    """The clock, on a day late in a month."""
    with clock.frozen("2026-03-27 22:40") as at:
        yield at


@pytest.mark.parametrize("seed", range(6))
def test_after_any_changes_the_figures_equal_a_recount(held: clock.Frozen, seed: int, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(tallies, "CHANGES", 7)
    monkeypatch.setattr(tallies, "EVENTS", 5)
    walk, first, seen = Walk(seed, held), clock.now(), 0
    for number in range(160):
        walk.step()
        if number % 8:
            continue
        for month in (register.Month.of(None), register.Month.of(None).previous):
            found = kept(month)
            assert found == recounted(month), (seed, number)
            seen += found.total()
        start = clock.at_time(clock.local(first).date() - timedelta(days=21), first.min.time())
        pieces = [
            start + timedelta(days=7 * each) for each in range(1, 30) if start + timedelta(days=7 * each) < clock.now()
        ]
        rows = tallies.due(PACKS, start, clock.now(), pieces)
        by_clause: Counter[tuple[str, str, str, int]] = Counter()
        for each in rows:
            by_clause[each.pack, each.clause, each.what, each.part] += each.n
        assert +by_clause == fell_due(start, clock.now()), (seed, number)
        assert tallies.differing() is None
    assert seen > 100
    tallies.fold()
    assert not DutyChange.objects.exists()
    assert not Tally.objects.filter(n=0).exists()
    assert kept(register.Month.of(None)) == recounted(register.Month.of(None))


def test_a_fold_takes_events_only_as_far_as_they_are_sealed(held: clock.Frozen) -> None:
    walk, month = Walk(1, held), register.Month.of(None)
    for _ in range(5):
        walk.tell()
    ledger.seal()
    sealed = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    for _ in range(5):
        walk.tell()
    tallies.fold()
    assert TallyHead.objects.get().upto == sealed
    assert kept(month) == recounted(month)
    assert tallies.first_event(month.span[0]) == Event.objects.order_by("id").values_list("id", flat=True)[0]
    assert tallies.first_event(month.following.span[0]) == sealed + 1


def test_what_was_counted_wrongly_is_found_at_night_and_counted_anew(held: clock.Frozen) -> None:
    walk, month = Walk(2, held), register.Month.of(None)
    for _ in range(20):
        walk.open()
    tallies.fold()
    assert tallies.differing() is None
    with tally_triggers.lifted(connection):
        Duty.objects.filter(clause="1.1").update(state="void")
    assert tallies.differing() is not None
    assert kept(month) != recounted(month)
    tallies.look_over()
    assert tallies.differing() is None
    assert kept(month) == recounted(month)


def test_the_triggers_stand_after_all_migrations(db: None) -> None:
    """A migration that makes the table of duties anew on SQLite drops them: it must install them again."""
    assert tally_triggers.standing(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DROP TRIGGER {tally_triggers.NAMES[1]}" + ("" if connection.vendor == "sqlite" else " ON norms_duty")
        )
    assert not tally_triggers.standing(connection)
    tallies.rebuild()
    assert tally_triggers.standing(connection)


# ---- real deeds ----------------------------------------------------------------------------------------------------------


def test_after_deeds_of_all_kinds_each_clause_shows_what_its_cases_are(office: Office) -> None:
    """Registering, filing, refusals, time passing, correcting, handing on, voiding; folded in between at random."""
    dice, files, done = random.Random(5), list[int](), Counter[str]()
    packs = ("baseline", "customer-registry", "sales-files")
    for number in range(60):
        way = dice.choice(("register", "contact", "claim", "later", "correct", "void", "reassign", "fold"))
        try:
            if way == "register" or not files:
                files.append(office.customer(f"第{number}厂", by=dice.choice(("wang", "li"))))
            elif way == "contact":
                office.do("contact.record", "wang", customer=dice.choice(files), kind="电话", content="谈交期")
            elif way == "claim":
                office.do("expense.submit", "wang", customer=dice.choice(files), kind="招待", amount="800",
                          occurred_on="2026-03-02", note="招待")  # fmt: skip
            elif way == "later":
                office.clock.move_to(clock.now() + timedelta(days=dice.randint(1, 4)))
                tick.tick()
            elif way == "correct":
                entry = (
                    Event.objects.filter(kind="contact.recorded").order_by("-id").values_list("id", flat=True).first()
                )
                office.do("event.correct", "wang", entry=entry, reason="记错了")
            elif way == "void":
                void_file(Customer.objects.get(pk=files.pop(0)), Deed(by=office["han"]), reason="重复登记")
            elif way == "reassign":
                duty = Duty.objects.filter(state="open", bearer=office["wang"]).order_by("?").first()
                office.do("duty.reassign", "zhou", duty=duty.pk if duty else 0, to=office["chen"].pk, reason="出差")
            else:
                ledger.seal()
                tallies.fold()
            done[way] += 1
        except KedangError:
            pass
        assert tallies.differing() is None, way
        month = register.Month.of(None)
        assert kept(month, packs) == recounted(month, packs), way
    assert kept(register.Month.of(None).previous, packs) == recounted(register.Month.of(None).previous, packs)
    assert set(done) >= {"register", "contact", "later", "correct", "void", "reassign", "fold"}, done
    assert Duty.objects.filter(state="void").exists()


# ---- several at once ------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_writers_and_folds_at_once_skip_nothing_and_count_nothing_twice() -> None:
    month = register.Month.of(None)

    def work(number: int) -> int:
        for turn in range(25):
            if number < 2:
                ledger.seal()
                tallies.fold()
                continue
            with transaction.atomic():
                now = clock.now()
                duty = Duty.objects.create(
                    pack="p", version=1, norm="p.n", clause="1", title="x", opened_at=now, counted_from=now, due_at=now
                )
                Event.objects.create(
                    kind="flow.moved", pack="p", norm="p.n", clause="1", command=f"{number:016x}{turn:016x}"
                )
                if turn % 3 == 0:
                    # A transaction that stays open while others, with greater ids, have long been taken up.
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT pg_sleep(0.02)")
                if turn % 2:
                    Duty.objects.filter(pk=duty.pk).update(state="done", done_at=now)
                if turn % 5 == 0:
                    transaction.set_rollback(True)
            found = kept(month, ("p",))
            assert found["p", "p.n", "1", "opened"] <= Duty.objects.count()
        return 1

    assert at_once(work, 8) == [1] * 8
    for _ in range(2):
        assert kept(month, ("p",)) == recounted(month, ("p",))
        assert tallies.differing() is None
        ledger.seal()
        tallies.fold()
    assert not DutyChange.objects.exists()
    assert Duty.objects.count() == 6 * 20
    # Once more while a fold and another count everything anew.
    assert at_once(lambda n: tallies.rebuild() if n % 2 else tallies.fold(), 4) is not None
    assert kept(month, ("p",)) == recounted(month, ("p",))
