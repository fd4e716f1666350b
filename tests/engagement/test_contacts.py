"""contact.record, visit.plan, visit.record, visit.cancel."""

import pytest

from kedang.customers.models import FileSummary
from kedang.engagement.models import ContactRecord, VisitPlan
from kedang.engagement.selectors import contact_records, visit_plans
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from tests.support.company import Company


def test_a_contact_counts_from_when_it_happened(company: Company, factory: int) -> None:
    company.do("contact.record", "小王", customer=factory, kind="电话", content="问价", occurred_at="2026-02-27 16:00")
    event = Event.objects.get(kind="contact.recorded")
    assert event.occurred_at == clock.local(event.occurred_at)
    assert f"{clock.local(event.occurred_at):%Y-%m-%d %H:%M}" == "2026-02-27 16:00"
    assert "问价" not in str(event.data)
    summary = FileSummary.objects.get(pk=factory)
    assert (summary.contact_count, summary.last_contact_text) == (1, "问价")


def test_a_back_dated_contact_counts_but_does_not_replace_a_later_one(company: Company, factory: int) -> None:
    company.do("contact.record", "小王", customer=factory, content="今天", next_at="2026-03-09 09:00")
    company.do("contact.record", "小王", customer=factory, content="上周", occurred_at="2026-02-24 09:00")
    summary = FileSummary.objects.get(pk=factory)
    assert (summary.contact_count, summary.last_contact_text) == (2, "今天")
    assert summary.next_contact_on.isoformat() == "2026-03-09"
    assert [record.content for record in contact_records(factory)] == ["今天", "上周"]


def test_a_colleague_who_only_knows_of_the_file_may_report_a_contact(company: Company, factory: int) -> None:
    company.do("contact.record", "小赵", customer=factory, content="来电问候")
    with pytest.raises(NotFound):
        company.do("contact.record", "小李", customer=factory, content="来电")


def test_typed_for_another_the_deed_is_the_others_and_the_typist_is_shown(company: Company, factory: int) -> None:
    perform("contact.record", by=company["何内勤"], on_behalf_of=company["小王"], reason="出差代录", customer=factory)
    record = ContactRecord.objects.get()
    assert (record.by, record.typed_by) == (company["小王"], company["何内勤"])


@pytest.mark.parametrize("kind", ["信函", "传真", "长途电话"])
def test_correspondence_without_a_summary_is_refused(company: Company, factory: int, kind: str) -> None:
    with pytest.raises(Invalid) as error:
        company.do("contact.record", "小王", customer=factory, kind=kind)
    assert "内容摘要" in error.value.errors["content"]
    assert not ContactRecord.objects.exists()


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"occurred_at": "2026-03-02 10:01"}, "occurred_at"),
        ({"next_at": "2026-03-02 09:00"}, "next_at"),
        ({"kind": "托梦"}, "kind"),
    ],
)
def test_impossible_times_and_kinds_are_answered_at_the_field(
    company: Company, factory: int, args: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as error:
        company.do("contact.record", "小王", customer=factory, content="内容", **args)
    assert field in error.value.errors


def test_a_plan_is_done_by_its_visit_and_missed_after_three_days(company: Company, factory: int) -> None:
    plan = company.do("visit.plan", "小王", customer=factory, planned_on="2026-03-10", purpose="季度回访")
    with clock.frozen("2026-03-13 23:00"):
        assert visit_plans(factory)[0].state == "计划"
    with clock.frozen("2026-03-14 00:01"):
        assert visit_plans(factory)[0].state == "未执行"
        company.do("visit.record", "小王", customer=factory, visit=plan, content="见到采购经理")
        assert visit_plans(factory)[0].state == "已完成"
        assert FileSummary.objects.get(pk=factory).last_contact_kind == "上门拜访"


def test_a_visit_without_a_named_plan_completes_the_visitors_oldest_one(company: Company, factory: int) -> None:
    first = company.do("visit.plan", "小王", customer=factory, planned_on="2026-03-10")
    company.do("visit.plan", "小王", customer=factory, planned_on="2026-03-20")
    company.do("visit.record", "小王", customer=factory, content="顺路拜访")
    assert VisitPlan.objects.get(pk=first).record is not None
    assert VisitPlan.objects.filter(record=None).count() == 1


def test_a_plan_is_done_once_and_not_after_it_was_called_off(company: Company, factory: int) -> None:
    plan = company.do("visit.plan", "小王", customer=factory, planned_on="2026-03-10")
    company.do("visit.cancel", "小王", customer=factory, visit=plan, reason="客户改期")
    with pytest.raises(Invalid, match="已完成或已取消"):
        company.do("visit.record", "小王", customer=factory, visit=plan, content="去了")


@pytest.mark.parametrize("day", ["2026-03-01", "2028-03-01"])
def test_a_visit_is_planned_from_today_on_within_a_year(company: Company, factory: int, day: str) -> None:
    with pytest.raises(Invalid) as error:
        company.do("visit.plan", "小王", customer=factory, planned_on=day)
    assert "planned_on" in error.value.errors


def test_the_same_plan_twice_is_refused(company: Company, factory: int) -> None:
    company.do("visit.plan", "小王", customer=factory, planned_on="2026-03-10")
    with pytest.raises(Invalid, match="重复"):
        company.do("visit.plan", "小王", customer=factory, planned_on="2026-03-10")
