"""销毁: after the period, by two, under a third person's eyes; then nothing of the content is left anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from kedang.customers.models import Customer
from kedang.customers.selectors.listing import scope_files
from kedang.kernel import clock, filebound, ledger
from kedang.kernel.actions import perform, perform_read
from kedang.kernel.errors import Gone, Invalid, NotFound, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty
from kedang.records import selectors, states
from kedang.records.models import Destruction, Item
from tests.records.archive_pack import ARCHIVE
from tests.records.conftest import Keeping
from tests.support.company import found, in_force


def expired(keeping: Keeping) -> None:
    keeping.fill()
    keeping.archive()
    keeping.clock.move_to(keeping.clock.at.replace(year=2029))


def approved(keeping: Keeping) -> None:
    expired(keeping)
    keeping.agree(keeping.asked("record.destroy", "何内勤", reason="保管期满"), "周经理", "郑总")


def close(keeping: Keeping, by: str = "何内勤", **args: object) -> object:
    given = {"method": "碎纸并删除电子件", "supervisor": keeping.company["周经理"].pk, **args}
    return keeping.do("record.close_destruction", by, **given)


def test_a_file_whose_period_runs_is_not_destroyed(keeping: Keeping) -> None:
    keeping.fill()
    keeping.archive()
    with pytest.raises(Refused) as error:
        keeping.do("record.destroy", "何内勤", reason="占地方")
    assert error.value.decision.clauses == ["4"]
    keeping.clock.move_to(keeping.clock.at.replace(year=2029, day=1, hour=23))
    with pytest.raises(Refused):
        keeping.do("record.destroy", "何内勤", reason="占地方")


def test_head_then_general_manager_agree_and_only_then_it_may_be_carried_out(keeping: Keeping) -> None:
    expired(keeping)
    with pytest.raises(Invalid, match="尚未获得批准"):
        close(keeping)
    request = keeping.asked("record.destroy", "何内勤", reason="保管期满")
    assert (keeping.pending("周经理"), keeping.pending("郑总")) == (1, 0)
    keeping.agree(request, "周经理")
    with pytest.raises(Invalid, match="尚未获得批准"):
        close(keeping)
    keeping.agree(request, "郑总")
    line = Destruction.objects.get()
    assert [each["name"] for each in line.approvals] == ["周经理", "郑总"]
    assert (line.number, line.items, line.executed_at) == ("XH-2029-0001", 1, None)
    assert states.of(keeping.file) == "到期待销毁"


def test_the_record_names_method_and_supervisor_and_he_is_not_the_executor(keeping: Keeping) -> None:
    approved(keeping)
    for wrong, field in (
        ({"method": ""}, "method"),
        ({"supervisor": None}, "supervisor"),
        ({"supervisor": keeping.company["何内勤"].pk}, "supervisor"),
    ):
        with pytest.raises(Invalid) as error:
            close(keeping, **wrong)
        assert list(error.value.errors) == [field]
    assert states.of(keeping.file) == "到期待销毁"


def test_nobody_keeps_a_destroyed_file_so_no_count_misses_it(keeping: Keeping) -> None:
    approved(keeping)
    keeper = keeping.company["何内勤"]
    assert [line.customer_id for line in selectors.kept_by(keeper)] == [keeping.file]
    close(keeping)
    assert selectors.kept_by(keeper) == [] and not selectors.keeps(keeper)
    line = Destruction.objects.get()
    assert {selectors.destroyed_as(one) for one in (line.number, line.number.lower(), line.file_number)} == {
        keeping.file
    }
    with pytest.raises(Invalid, match="没有保管的档案"):
        perform("inventory.count", by=keeper, counted_on="2029-01-01", found=["x"])


def test_a_lent_file_is_neither_agreed_to_nor_destroyed(keeping: Keeping) -> None:
    approved(keeping)
    keeping.agree(keeping.asked("record.borrow", "小赵", purpose="续约"), "周经理", "郑总")
    keeping.do("record.register_loan", "何内勤")
    with pytest.raises(Invalid, match="借出未还"):
        close(keeping)
    keeping.do("record.return_loan", "何内勤")
    close(keeping)
    assert states.of(keeping.file) == "已销毁"


def test_agreed_to_once_and_destroyed_once(keeping: Keeping) -> None:
    approved(keeping)
    again = keeping.asked("record.destroy", "何内勤", reason="再来一次")
    keeping.agree(again, "周经理", "郑总")
    assert Destruction.objects.count() == 1
    close(keeping)
    with pytest.raises(Gone):
        close(keeping)


def test_afterwards_every_path_says_destroyed_to_who_knew_and_not_found_to_who_did_not(keeping: Keeping) -> None:
    approved(keeping)
    item = Item.objects.get().pk
    close(keeping)
    for name in ("小王", "周经理", "何内勤"):
        with pytest.raises(Gone):
            keeping.do("contact.record", name, kind="电话", content="x")
        for action, more in (
            ("file.open", {}),
            ("record.open_item", {"item": item}),
            ("record.copy_item", {"item": item}),
        ):
            with pytest.raises(Gone):
                perform_read(action, by=keeping.company[name], every=True, customer=keeping.file, **more)
    with pytest.raises(NotFound):
        perform_read("file.open", by=keeping.company["小李"], customer=keeping.file)
    assert not scope_files(keeping.company["郑总"], "all").exists()


def test_the_record_of_destruction_stays_and_names_nobody_outside(keeping: Keeping) -> None:
    approved(keeping)
    close(keeping)
    line = selectors.destruction_of(keeping.file)
    assert (line.method, line.supervisor.name, line.executed_by.name) == ("碎纸并删除电子件", "周经理", "何内勤")
    assert (line.file_number, line.category, line.archived_on.isoformat()) == (
        line.customer.number,
        "未成交",
        "2026-03-02",
    )
    assert Customer.objects.get(pk=keeping.file).name == f"已销毁档案{line.file_number}"
    assert Event.objects.filter(kind="record.destroyed", file=keeping.file).count() == 1


def test_every_app_has_said_how_its_rows_go(keeping: Keeping) -> None:
    assert [share.name for share in filebound.shares()] == ["customers", "engagement", "kernel", "records", "trade"]


# ---- nothing is left -------------------------------------------------------------------------------------------------

CANARIES = {
    "name": "金丝雀餐饮甲", "phone": "13911110001", "address": "金丝雀路乙号", "contact": "金丝雀丙", "said": "金丝雀丁说的话",
    "title": "金丝雀戊合同", "bytes": "金丝雀己正文", "form": "金丝雀庚跟踪", "purpose": "金丝雀辛用途", "reason": "金丝雀壬理由",
    "plan": "金丝雀癸拜访", "file": "金丝雀子文件名", "opinion": "金丝雀丑意见", "contract": "金丝雀寅协议", "former": "金丝雀卯旧名",
    "asked": "金丝雀辰原因", "extended": "金丝雀巳延期", "corrected": "金丝雀午更正",
}  # fmt: skip


@pytest.fixture
def full(transactional_db: None, folder: Path) -> Iterator[Keeping]:
    """A file with a canary in every place that takes text, destroyed in real transactions."""
    c = CANARIES
    with clock.frozen("2026-03-02 10:00") as held:
        made = found()
        with in_force(ARCHIVE):
            file = made.do(
                "customer.register",
                "小王",
                name=c["former"],
                phone=c["phone"],
                address=c["address"],
                contact_name=c["contact"],
            )
            it = Keeping(made, held, file)
            it.do("customer.update", "小王", name=c["name"], reason=c["reason"])
            it.do(
                "contact.record",
                "小王",
                kind="电话",
                content=c["said"],
                with_person=c["contact"],
                next_at="2026-03-09 10:00",
            )
            it.do("visit.plan", "小王", planned_on="2026-03-20", purpose=c["plan"], reason=c["asked"])
            perform(
                "duty.extend",
                by=made["小王"],
                duty=Duty.objects.get(norm__endswith="call-back").pk,
                reason=c["extended"],
            )
            entry = Event.objects.get(kind="visit.planned").pk
            perform("event.correct", by=made["小王"], entry=entry, reason=c["corrected"])
            it.do("contract.register", "小王", name=c["contract"], signed_on="2026-03-01", amount="100")
            perform("form.file", by=made["小王"], form="keeping.basic", customer=file, data={"progress": c["form"]})
            it.do(
                "record.attach",
                "小王",
                kind="licence",
                title=c["title"],
                issued_on="2026-02-01",
                files=[it.upload(name=f"{c['file']}.txt", data=c["bytes"].encode())],
            )
            it.archive()
            borrowed = it.asked("record.borrow", "小赵", purpose=c["purpose"])
            perform("approval.move", by=made["周经理"], request=borrowed, move="agree", opinion=c["opinion"])
            it.agree(borrowed, "郑总")
            it.do("record.register_loan", "何内勤")
            it.do("record.return_loan", "何内勤", note=c["reason"])
            held.move_to(held.at.replace(year=2029))
            yield it


def everything(folder: Path) -> bytes:
    """All bytes of the database (its journal included) and of the store."""
    held = b""
    if connection.vendor == "sqlite":
        name = Path(connection.settings_dict["NAME"])
        for path in (name, Path(f"{name}-wal")):
            held += path.read_bytes() if path.exists() else b""
    else:
        held = "".join(str(cell) for rows in rows_of_all_tables().values() for row in rows for cell in row).encode()
    return held + b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def rows_of_all_tables() -> dict[str, list[object]]:
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = cursor.fetchall()
    return found


def spellings(word: str) -> list[str]:
    """As it is, and as SQLite's JSON columns hold it."""
    return [word, json.dumps(word)[1:-1]]


def tables_with(word: str) -> list[str]:
    texts = {table: "".join(str(cell) for row in rows for cell in row) for table, rows in rows_of_all_tables().items()}
    return [table for table, text in texts.items() if any(each in text for each in spellings(word))]


def found_in(held: bytes) -> set[str]:
    return {name for name, word in CANARIES.items() if any(each.encode() in held for each in spellings(word))}


@pytest.mark.django_db(transaction=True)
def test_no_canary_survives_in_any_table_in_the_database_file_or_in_the_store(full: Keeping, folder: Path) -> None:
    held = everything(folder)
    assert found_in(held) == set(CANARIES)
    full.agree(full.asked("record.destroy", "何内勤", reason="保管期满"), "周经理", "郑总")
    close(full)
    left = {name: tables_with(word) for name, word in CANARIES.items()}
    assert {name: tables for name, tables in left.items() if tables} == {}
    held = everything(folder)
    assert found_in(held) == set()
    assert not list((folder / "blobs").glob("??/*"))


@pytest.mark.django_db(transaction=True)
def test_the_chain_of_the_ledger_holds_after_a_destruction(full: Keeping) -> None:
    ledger.seal()
    full.agree(full.asked("record.destroy", "何内勤", reason="保管期满"), "周经理", "郑总")
    close(full)
    ledger.seal()
    assert ledger.verify().ok


@pytest.mark.django_db(transaction=True)
def test_a_destruction_that_fails_half_way_has_destroyed_nothing(
    full: Keeping, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full.agree(full.asked("record.destroy", "何内勤", reason="保管期满"), "周经理", "郑总")
    before = rows_of_all_tables()

    def breaks(file: int, at: object) -> int:
        raise RuntimeError

    monkeypatch.setitem(filebound._bound, "zz-last", filebound.FileBound("zz-last", "最后", breaks))
    with pytest.raises(RuntimeError):
        close(full)
    assert rows_of_all_tables() == before
    assert list((folder / "blobs").glob("??/*"))
