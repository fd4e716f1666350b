"""The ledger keeps what it is given: the database refuses changes, and verification finds what got past it."""

import json
import threading
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from kedang.cli import main as _main
from kedang.kernel import clock, ledger
from kedang.kernel.ledger import kinds, triggers
from kedang.kernel.ledger.models import Event, Seal, Value
from kedang.kernel.ledger.recording import EventDraft, ValueDraft
from kedang.kernel.org import changes
from kedang.kernel.org.models import Person

pytestmark = pytest.mark.django_db
SPENT = ledger.EventKind(
    "test.spent",
    "测试报销",
    "{actor}于{day}为{customer}报销 {amount} 元（{note}）",
    data={"amount": "money", "day": "date", "note": "text?"},
    personal={"phone": "电话"},
)


@pytest.fixture(scope="module", autouse=True)
def _kind() -> Iterator[None]:
    kinds.register(SPENT)
    yield
    kinds._kinds.pop("test.spent", None)


@pytest.fixture
def person() -> Person:
    return changes.create_person(username="wang", name="小王")


def spend(amount: str = "12.5", file: int = 7, values: list[ValueDraft] | None = None, **more: object) -> Event:
    data = {"amount": Decimal(amount), "day": date(2026, 3, 2)}
    return ledger.record("test.spent", command=uuid.uuid4(), file=file, data=data, values=values or [], **more)


def test_an_event_carries_who_when_and_typed_data(person: Person) -> None:
    with clock.frozen("2026-03-03T09:00"):
        event = spend(actor=person, occurred_at=datetime(2026, 3, 2, 10), clause="1.4.1", pack="p", norm="n")
    event = Event.objects.get(pk=event.pk)
    assert event.data == {"amount": "12.50", "day": "2026-03-02"}
    assert clock.local(event.occurred_at).isoformat() == "2026-03-02T10:00:00+08:00"
    assert clock.local(event.recorded_at).isoformat() == "2026-03-03T09:00:00+08:00"
    assert ledger.sentence(event, customer="晨光厂") == "小王于2026-03-02为晨光厂报销 12.50 元（—）"
    assert ledger.label(event) == "测试报销"


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"amount": 1}, "missing data"),
        ({"amount": 1, "day": date(2026, 3, 2), "typo": 1}, "unknown data"),
        ({"amount": 1, "day": date(2026, 3, 2), "phone": "138"}, "personal"),
        ({"amount": "much", "day": date(2026, 3, 2)}, "金额"),
    ],
)
def test_data_that_does_not_fit_the_kind_is_a_bug(data: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        ledger.record("test.spent", command=uuid.uuid4(), data=data)
    assert not Event.objects.exists()


def test_an_unregistered_kind_is_a_bug_and_a_kind_cannot_change_its_meaning() -> None:
    with pytest.raises(KeyError, match="not registered"):
        ledger.record("test.unknown", command=uuid.uuid4())
    with pytest.raises(ValueError, match="twice"):
        kinds.register(ledger.EventKind("test.spent", "另一", ""))
    with pytest.raises(ValueError, match="unknown type"):
        kinds.register(ledger.EventKind("test.other", "x", "", data={"a": "colour"}))


def test_events_in_bulk_get_rising_ids_and_cost_as_many_statements_as_a_few(
    django_assert_max_num_queries: object,
) -> None:
    data = {"amount": 1, "day": "2026-03-02"}
    drafts = [
        EventDraft("test.spent", uuid.uuid4(), file=n, data=data, values=[ValueDraft("phone", new="13800138000")])
        for n in range(50)
    ]
    with django_assert_max_num_queries(3):  # type: ignore[operator]  # SQLite asks for the keys beforehand
        events = ledger.record_many(drafts)
    ids = [event.pk for event in events]
    assert ids == sorted(set(ids))
    assert [Event.objects.get(pk=event.pk).file for event in events] == list(range(50))
    assert Value.objects.count() == 50


def test_the_timeline_pages_backwards_and_filters_by_kind(person: Person) -> None:
    events = [spend(str(n)) for n in range(1, 6)]
    spend("9", file=8)
    first = ledger.timeline(7, limit=2)
    assert [event.pk for event in first] == [events[4].pk, events[3].pk]
    assert [event.pk for event in ledger.timeline(7, before_id=first[-1].pk)] == [event.pk for event in events[2::-1]]
    assert ledger.timeline(7, kinds=["other.kind"]) == []


def refused(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError:
        return True
    return False


def test_the_database_refuses_to_change_or_delete_events_and_seals() -> None:
    spend()
    ledger.seal()
    for table in ("ledger_event", "ledger_seal"):
        assert refused(f"DELETE FROM {table}"), table
    assert refused("UPDATE ledger_event SET clause = 'x'")
    assert refused("UPDATE ledger_seal SET digest = 'x'")
    assert Event.objects.get().clause == ""
    assert Seal.objects.count() == 1


def test_personal_values_can_only_be_blanked() -> None:
    spend(values=[ValueDraft("phone", old="13800138000", new="13900139000")])
    assert refused("DELETE FROM ledger_value")
    assert refused("UPDATE ledger_value SET new = '13800138000'")
    assert refused("UPDATE ledger_value SET old = '', new = ''")  # the salt must go as well
    assert refused("UPDATE ledger_value SET old = '', new = '', salt = '', field = 'x'")
    ledger.seal()
    assert ledger.blank_values(file=7) == 1
    row = Value.objects.get()
    assert (row.old, row.new, row.salt) == ("", "", "")
    stored = json.dumps(Event.objects.get().data)
    assert "13800138000" not in stored and "13900139000" not in stored
    assert ledger.verify().ok


def test_an_undeclared_personal_value_is_a_bug() -> None:
    with pytest.raises(ValueError, match="not declared personal"):
        spend(values=[ValueDraft("id_number", new="x")])


def test_seals_chain_and_cover_every_event() -> None:
    for _ in range(3):
        spend()
    first = ledger.seal()
    assert ledger.seal() is None
    spend()
    second = ledger.seal()
    assert first and second
    assert (second.first_id, second.previous) == (first.last_id + 1, first.digest)
    spend()
    result = ledger.verify([ledger.head()])
    assert (result.ok, result.events, result.seals, result.unsealed) == (True, 5, 2, 1)


def _tampered(*statements: str) -> list[str]:
    with triggers.lifted(connection), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return ledger.verify().problems


@pytest.fixture
def sealed() -> list[int]:
    """Ids of six events under two seals."""
    ids = [spend(str(n)).pk for n in range(1, 4)]
    ledger.seal()
    ids += [spend(str(n)).pk for n in range(4, 7)]
    ledger.seal()
    assert ledger.verify().ok
    return ids


def test_verification_finds_a_flipped_value(sealed: list[int]) -> None:
    assert _tampered(f"UPDATE ledger_event SET clause = '9' WHERE id = {sealed[1]}") != []
    assert f"封印 {Seal.objects.earliest('id').first_id}" in ledger.verify().problems[0]


def test_verification_finds_changed_json(sealed: list[int]) -> None:
    changed = json.dumps({"amount": "1000.00", "day": "2026-03-02"})
    assert any("内容" in one for one in _tampered(f"UPDATE ledger_event SET data = '{changed}' WHERE id = {sealed[4]}"))


def test_verification_finds_a_deleted_event(sealed: list[int]) -> None:
    assert any(
        "应有 3 条事件，现有 2 条" in one for one in _tampered(f"DELETE FROM ledger_event WHERE id = {sealed[0]}")
    )


def test_verification_finds_an_inserted_event(sealed: list[int]) -> None:
    # Ids are made room for by deleting a sealed one and putting a forged one at its place.
    copy = (
        "INSERT INTO ledger_event (id, kind, file, subject, command, occurred_at, recorded_at, norm, clause, pack, origin, data) "
        f"SELECT {sealed[1]}, kind, file, subject, command, occurred_at, recorded_at, norm, clause, pack, origin, data "
        f"FROM ledger_event WHERE id = {sealed[2]}"
    )
    assert any("内容" in one for one in _tampered(f"DELETE FROM ledger_event WHERE id = {sealed[1]}", copy))


def test_verification_finds_reordered_events(sealed: list[int]) -> None:
    a, b = sealed[0], sealed[2]
    swap = [f"UPDATE ledger_event SET id = {new} WHERE id = {old}" for old, new in [(a, 10**9), (b, a), (10**9, b)]]
    assert any("内容" in one for one in _tampered(*swap))


def test_verification_finds_a_removed_seal(sealed: list[int]) -> None:
    first = Seal.objects.earliest("id")
    assert any("前面缺少封印" in one for one in _tampered(f"DELETE FROM ledger_seal WHERE id = {first.pk}"))


def test_verification_finds_a_changed_personal_value(sealed: list[int]) -> None:
    spend(values=[ValueDraft("phone", new="13800138000")])
    assert any("个人信息" in one for one in _tampered("UPDATE ledger_value SET new = '13900139000'"))


def test_verification_finds_a_removed_personal_value(sealed: list[int]) -> None:
    spend(values=[ValueDraft("phone", new="13800138000")])
    assert any("有增删" in one for one in _tampered("DELETE FROM ledger_value"))


def test_truncation_and_a_rewritten_tail_show_only_against_a_kept_head(sealed: list[int], tmp_path: Path) -> None:
    kept = tmp_path / "heads.jsonl"
    ledger.export_head(kept)
    last = Seal.objects.latest("id")
    assert (
        _tampered(
            f"DELETE FROM ledger_event WHERE id >= {last.first_id}", f"DELETE FROM ledger_seal WHERE id = {last.pk}"
        )
        == []
    )
    assert any("被截断或重写" in one for one in ledger.verify(ledger.read_heads(kept)).problems)
    spend("99")
    ledger.seal()
    assert ledger.verify().ok
    assert not ledger.verify(ledger.read_heads(kept)).ok


def test_a_head_file_that_is_none_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "heads.jsonl"
    broken.write_text("nonsense\n")
    with pytest.raises(ValueError, match="第 1 行不是台账头"):
        ledger.read_heads(broken)


def test_the_command_line_verifies_and_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spend()
    ledger.seal()
    kept = str(tmp_path / "head.jsonl")
    assert _main(["ledger", "head", "--export", kept]) == 0
    assert _main(["ledger", "verify", "--head", kept]) == 0
    assert "台账完好" in capsys.readouterr().out
    _tampered("UPDATE ledger_event SET clause = '9'")
    assert _main(["ledger", "verify"]) == 1
    assert "×" in capsys.readouterr().out
    assert _main(["ledger", "verify", "--head", str(tmp_path / "none")]) == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_writer_held_open_across_a_seal_is_waited_for() -> None:
    """The open writer has a lower id than a committed one; a seal in between would shut it out for ever."""
    wrote, finish = threading.Event(), threading.Event()
    ids: list[int] = []

    def write_slowly() -> None:
        with transaction.atomic():
            ids.append(spend("1").pk)
            wrote.set()
            finish.wait(10)
        connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert wrote.wait(10)
    later = spend("2").pk
    assert later > ids[0]
    assert ledger.seal() is None  # the lock is held; next minute again
    finish.set()
    writer.join()
    sealed = ledger.seal()
    assert sealed is not None
    assert (sealed.count, sealed.last_id) == (2, later)
    assert ledger.verify().ok


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_sealing_leaves_the_lock_timeout_of_the_connection_alone_and_truncate_is_refused() -> None:
    spend()
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SHOW lock_timeout")
        before = cursor.fetchone()
        assert ledger.seal() is not None
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == before
    assert refused("TRUNCATE ledger_event CASCADE")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_committing_test_starts_empty_and_with_the_triggers_in_place(turn: int) -> None:
    assert not Event.objects.exists()
    spend()
    assert refused("DELETE FROM ledger_event")
