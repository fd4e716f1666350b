"""An original that is not given back in time: the borrower and the keeper are told, the lists show it (出厂默认 14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from kedang.kernel import tick
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Duty
from kedang.records.models import Loan
from tests.web.conftest import Office

Sign = Callable[[str], Client]


@pytest.fixture
def file(office: Office) -> int:
    """A file of wang's, kept by 何管理员, whose original zhou has until Thursday."""
    pk = office.customer()
    office.do("record.assign_custodian", "he", customer=pk, person=office["he"].pk)
    office.do("record.archive", "he", customer=pk)
    office.do("record.borrow", "zhou", customer=pk, purpose="核对合同", medium="原件")
    office.do("record.register_loan", "he", customer=pk, until="2026-03-05")
    return pk


def until(office: Office, *days: int) -> None:
    for day in days:
        office.clock.move_to(office.clock.at.replace(day=day, hour=9, minute=30))
        tick.tick()


def told(office: Office, login: str) -> list[str]:
    return list(Notice.objects.filter(person=office[login], clause="14").values_list("kind", flat=True))


def test_the_borrower_is_reminded_the_day_before_and_both_are_told_when_it_is_late(office: Office, file: int) -> None:
    duty = Duty.objects.get(norm="baseline.return-loan")
    assert (duty.bearer, duty.due_at) == (office["zhou"], Loan.objects.get().due_at)
    until(office, 4)
    assert (told(office, "zhou"), told(office, "he")) == (["reminder"], [])
    until(office, 5, 6)
    assert (len(told(office, "zhou")), len(told(office, "he"))) == (2, 1)
    said = Notice.objects.get(person=office["he"], clause="14")
    assert "已过应还日期" in said.text and said.file == file


def test_the_file_and_the_list_show_it_until_it_is_given_back(office: Office, file: int, as_: Sign) -> None:
    page = f"/customers/{file}/?tab=keeping"
    assert "逾期未还" not in as_("wang").get(page).content.decode()
    until(office, 5, 6)
    assert "逾期未还" in as_("wang").get(page).content.decode()
    assert "归还借阅的档案原件" in as_("zhou").get("/").content.decode()
    office.do("record.return_loan", "he", customer=file)
    assert "逾期未还" not in as_("wang").get(page).content.decode()
    assert Duty.objects.get(norm="baseline.return-loan").state == "late"


def test_the_notice_goes_out_like_any_other(office: Office, file: int) -> None:
    from kedang.kernel.delivery import planning

    until(office, 5, 6)
    office.clock.move_to(office.clock.at + timedelta(minutes=5))
    assert Notice.objects.filter(clause="14", planned_at=None).exists()
    planning.plan()
    assert not Notice.objects.filter(clause="14", planned_at=None).exists()


def test_given_back_in_time_nobody_hears_of_it(office: Office, file: int) -> None:
    until(office, 4)
    office.do("record.return_loan", "zhou", customer=file)
    until(office, 5, 6)
    assert (told(office, "zhou"), told(office, "he")) == (["reminder"], [])
    assert Duty.objects.get(norm="baseline.return-loan").state == "done"


def test_a_count_says_who_has_an_original_what_it_came_to_and_where_the_missing_is_found_again(
    office: Office, file: int, as_: Sign
) -> None:
    other = office.customer("大禹五金厂", by="zhao")
    office.do("record.assign_custodian", "he", customer=other, person=office["he"].pk)
    he = as_("he")
    assert "/do/inventory.count/" in he.get("/home/").content.decode()
    assert "/do/inventory.count/" not in as_("wang").get("/home/").content.decode()
    page = he.get("/do/inventory.count/").content.decode()
    assert "（原件借给周敏）" in page and 'value="2026-03-02"' in page
    sent = {"counted_on": "2026-03-02", "found": ["KH-2026-00001"], "key": "c"}
    said = he.post("/do/inventory.count/", sent, follow=True).content.decode()
    assert "应有 2 份，实有 1 份，缺失 1 份：KH-2026-00002" in said
    kept = he.get(f"/customers/{other}/?tab=keeping").content.decode()
    assert "盘点未见" in kept and f"/customers/{other}/do/inventory.find/" in kept
    assert (
        f"/customers/{other}/do/inventory.find/"
        not in as_("zhou").get(f"/customers/{other}/?tab=keeping").content.decode()
    )
    back = he.post(f"/customers/{other}/do/inventory.find/", {"note": "在隔壁柜", "key": "f"})
    assert back["Location"] == f"/customers/{other}/?tab=keeping"
    assert "盘点未见" not in he.get(f"/customers/{other}/?tab=keeping").content.decode()


def test_the_next_step_of_keeping_stands_beside_what_it_is_about(office: Office, as_: Sign) -> None:
    made = office.customer("大禹五金厂", by="zhao")
    form = as_("zhao").get(f"/customers/{made}/do/record.hand_over/").content.decode()
    assert "不选就是整份档案" in form and 'type="number"' not in form
    as_("zhao").post(f"/customers/{made}/do/record.hand_over/", {"form": "", "key": "h"})
    page = f"/customers/{made}/?tab=keeping"
    assert f"/customers/{made}/do/record.receive/" in as_("he").get(page).content.decode()
    assert f"/customers/{made}/do/record.receive/" not in as_("zhao").get(page).content.decode()
    office.do("record.receive", "he", customer=made)
    after = as_("he").get(page).content.decode()
    assert f"/customers/{made}/do/record.receive/" not in after
    assert f"/customers/{made}/do/record.assign_custodian/" in after


def test_what_is_done_for_good_is_said_before_it_is_sent(office: Office, file: int, as_: Sign) -> None:
    form = as_("he").get(f"/customers/{file}/do/record.close_destruction/").content.decode()
    assert "真正删除" in form and "data-consequence" in form and "btn-bad" in form
    assert "真正删除" not in as_("he").get(f"/customers/{file}/do/record.return_loan/").content.decode()


def test_whom_a_late_original_is_told_to_is_named(office: Office, file: int, as_: Sign) -> None:
    assert "逾期后将通知责任人、保管人" in as_("zhou").get("/").content.decode()
