"""更正 and 代录: both entries stay visible, what norms made of the wrong one is undone; who types for another is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from kedang.customers.models import FileSummary
from kedang.engagement.facts import contacts_by
from kedang.engagement.models import ContactRecord, VisitPlan
from kedang.kernel import clock, ledger, tick
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NeedsApproval, NotFound, Refused
from kedang.kernel.ledger.models import Correction, Event
from kedang.kernel.norms.models import Duty, DutyState, FileTerm
from kedang.kernel.org import changes
from kedang.trade.models import ExpenseClaim
from tests.web.conftest import HTMX, Office

Sign = Callable[[str], Client]
FILING = "customer-registry.file-in-time"


def newest(kind: str) -> int:
    return Event.objects.filter(kind=kind).latest("pk").pk


def contact(office: Office, customer: int, by: str = "wang", **more: Any) -> int:
    """A contact; its entry."""
    office.do("contact.record", by, customer=customer, content="谈了价格", **more)
    return newest("contact.recorded")


def fix(office: Office, entry: int, by: str = "wang", reason: str = "记错了客户") -> dict[str, list[str]]:
    return office.do("event.correct", by, entry=entry, reason=reason)


# ---- what is undone -------------------------------------------------------------------------------------------------


def test_a_corrected_contact_counts_no_more_and_its_duty_is_void(office: Office) -> None:
    customer = office.customer()
    entry = contact(office, customer)
    duty = Duty.objects.get(norm=FILING, file=customer)
    assert (FileSummary.objects.get(pk=customer).contact_count, contacts_by(office["wang"].pk)) == (1, 1)
    done = fix(office, entry)
    duty.refresh_from_db()
    assert duty.state == DutyState.VOID and duty.breach_check_at is None and done["undone"] and done["left"]
    row = FileSummary.objects.get(pk=customer)
    assert (row.contact_count, row.last_contact_at, contacts_by(office["wang"].pk)) == (0, None, 0)
    assert Event.objects.filter(pk=entry).exists() and ContactRecord.objects.get().corrected_at == clock.now()
    office.clock.move_to(clock.now() + timedelta(days=30))
    tick.tick()
    assert not Event.objects.filter(kind="norm.breached", subject=f"duty:{duty.pk}").exists()


def test_where_the_first_was_wrong_the_next_one_is_the_first_and_counts_from_its_own_day(office: Office) -> None:
    customer = office.customer()
    wrong = contact(office, customer)
    office.clock.move_to(datetime(2026, 3, 4, 10))
    contact(office, customer)
    fix(office, wrong)
    duty = Duty.objects.get(norm=FILING, file=customer, state=DutyState.OPEN)
    assert clock.local(duty.due_at).date() == date(2026, 3, 11), "five working days from the second contact"
    assert FileSummary.objects.get(pk=customer).contact_count == 1


def test_a_duty_that_a_wrong_visit_had_closed_is_open_again_with_its_old_time(office: Office) -> None:
    customer = office.customer()
    office.do("visit.plan", "wang", customer=customer, planned_on=date(2026, 3, 3))
    duty = Duty.objects.get(norm="customer-registry.visit-as-planned", file=customer)
    due = duty.due_at
    office.do("visit.record", "wang", customer=customer, content="见了采购")
    duty.refresh_from_db()
    assert duty.state == DutyState.DONE
    done = fix(office, newest("visit.recorded"))
    duty.refresh_from_db()
    assert (duty.state, duty.due_at, duty.done_by, duty.done_at) == (DutyState.OPEN, due, None, None)
    assert any("重新打开" in line for line in done["undone"]) and VisitPlan.objects.get().record is None
    office.clock.move_to(datetime(2026, 3, 20, 10))
    tick.tick()
    duty.refresh_from_db()
    assert duty.breached_at is not None, "it is late now, though it had counted as done"


def test_a_later_deed_that_would_have_closed_the_duty_closes_it(office: Office) -> None:
    customer = office.customer()
    office.do("visit.plan", "wang", customer=customer, planned_on=date(2026, 3, 3))
    office.do("visit.record", "wang", customer=customer, content="记错的")
    wrong = newest("visit.recorded")
    office.clock.move_to(datetime(2026, 3, 4, 10))
    office.do("visit.record", "wang", customer=customer, content="真的")
    fix(office, wrong)
    duty = Duty.objects.get(norm="customer-registry.visit-as-planned", file=customer)
    assert duty.state == DutyState.DONE and duty.done_by == newest("visit.recorded")


def test_a_class_goes_back_unless_it_was_changed_since(office: Office) -> None:
    customer = office.customer()
    term = {"customer": customer, "term": "category"}
    office.do("customer.classify", "wang", **term, value="target")
    first = newest("customer.classified")
    office.do("customer.classify", "wang", **term, value="potential")
    assert "后来又改过" in fix(office, first)["left"][0]
    second = Event.objects.filter(kind="customer.classified", correction=None).latest("pk").pk
    fix(office, second)
    assert FileTerm.objects.get(file=customer, term="customer-registry.category").value == "target"


def test_a_claim_not_paid_is_void_and_a_paid_one_is_listed_as_left(office: Office) -> None:
    customer = office.customer(by="zhao")
    office.do("expense.submit", "zhao", customer=customer, amount="300")
    done = fix(office, newest("expense.submitted"), by="zhao")
    claim = ExpenseClaim.objects.get()
    assert claim.state == "作废" and FileSummary.objects.get(pk=customer).expense_fen == 0 and not done["left"]
    office.do("expense.submit", "zhao", customer=customer, amount="50")
    ExpenseClaim.objects.filter(state="待审").update(state="已报销")
    assert "财务" in fix(office, newest("expense.submitted"), by="zhao")["left"][0]


def test_what_is_counted_leaves_corrected_entries_out(office: Office) -> None:
    customer = office.customer()
    entry = contact(office, customer)
    assert ledger.counted().filter(kind="contact.recorded").count() == 1
    fix(office, entry)
    assert ledger.counted().filter(kind="contact.recorded").count() == 0
    assert Event.objects.filter(kind="contact.recorded").count() == 1
    ledger.seal()
    assert ledger.verify().ok


# ---- who may --------------------------------------------------------------------------------------------------------


def test_nobody_corrects_anothers_entry_but_his_superior(office: Office) -> None:
    customer = office.customer()
    entry = contact(office, customer)
    with pytest.raises(Refused):
        fix(office, entry, by="chen")
    with pytest.raises((Refused, NotFound)):
        fix(office, entry, by="zhao")
    assert not Correction.objects.exists()
    assert fix(office, entry, by="zhou")["undone"]


def test_after_seven_days_ones_own_correction_needs_the_superior(office: Office) -> None:
    entry = contact(office, office.customer())
    office.clock.move_to(datetime(2026, 3, 9, 10))
    with pytest.raises(NeedsApproval) as needs:
        fix(office, entry)
    assert not Correction.objects.exists()
    office.do("approval.move", "zhou", request=needs.value.request.pk, move="agree")
    assert Correction.objects.filter(event=entry).exists()


def test_neither_twice_nor_a_correction_nor_what_other_deeds_undo(office: Office) -> None:
    customer = office.customer()
    entry = contact(office, customer)
    fix(office, entry)
    with pytest.raises(Invalid, match="已经更正过"):
        fix(office, entry)
    with pytest.raises(Invalid, match="不能再更正"):
        fix(office, newest("event.corrected"))
    with pytest.raises(Invalid, match="不能用更正撤销"):
        fix(office, newest("customer.registered"))
    with pytest.raises(Invalid):
        fix(office, entry, reason="")
    with pytest.raises(NotFound):
        fix(office, 999_999)


# ---- the page -------------------------------------------------------------------------------------------------------


def test_the_timeline_strikes_it_through_and_links_both_ways(office: Office, as_: Sign) -> None:
    customer = office.customer()
    entry = contact(office, customer)
    page = as_("wang").get(f"/customers/{customer}/").content.decode()
    assert f"/do/event.correct/?entry={entry}" in page
    assert f"/do/event.correct/?entry={entry}" not in as_("chen").get(f"/customers/{customer}/").content.decode()
    form = as_("wang").get(f"/do/event.correct/?entry={entry}", headers=HTMX)
    assert form.status_code == 200 and "更正理由" in form.content.decode()
    answer = as_("wang").post("/do/event.correct/", {"entry": entry, "reason": "记错了客户", "key": "c1"})
    assert answer.status_code == 302 and answer["Location"] == f"/customers/{customer}/"
    page = as_("wang").get(f"/customers/{customer}/").content.decode()
    by = newest("event.corrected")
    assert (
        f'id="e-{entry}" class="blue corrected"' in page and f'href="#e-{by}"' in page and f'href="#e-{entry}"' in page
    )
    assert page.count("未能撤销：对方已经收到的联系无法收回") == 1 and "其他：" not in page


def test_an_entry_out_of_sight_is_not_found(office: Office, as_: Sign) -> None:
    entry = contact(office, office.customer())
    assert as_("zhao").get(f"/do/event.correct/?entry={entry}").status_code == 404
    assert as_("wang").get("/do/event.correct/?entry=999999").status_code == 404


# ---- 代录 ------------------------------------------------------------------------------------------------------------


def behalf(office: Office, by: str, other: str, action: str = "contact.record", **args: Any) -> Any:
    given = {"reason": "外出拜访，电话口述", **args}
    return perform(action, by=office[by], on_behalf_of=office[other], **given)


def test_what_a_clerk_types_is_the_persons_own_and_the_clerk_is_shown(office: Office, as_: Sign) -> None:
    customer = office.customer()
    behalf(office, "xu", "wang", customer=customer, content="谈了价格")
    event = Event.objects.get(kind="contact.recorded")
    assert (event.actor, event.on_behalf_of) == (office["xu"], office["wang"])
    assert event.appointment.person == office["wang"], "whose right was used"
    assert Duty.objects.get(norm=FILING).bearer == office["wang"]
    assert ContactRecord.objects.get().by == office["wang"] and contacts_by(office["wang"].pk) == 1
    page = as_("wang").get(f"/customers/{customer}/").content.decode()
    assert "徐佳代王晓芸录入“写跟进”，理由：外出拜访，电话口述" in page and "代 王晓芸" in page


def test_only_whom_the_packs_name_types_for_another(office: Office) -> None:
    customer = office.customer()
    for by, other in (("chen", "wang"), ("xu", "li"), ("zhou", "wang"), ("wang", "zhou")):
        with pytest.raises(Refused):
            behalf(office, by, other, customer=customer, content="x")
    assert not ContactRecord.objects.exists()


def test_a_delegate_types_for_his_principal_while_the_delegation_runs(office: Office) -> None:
    customer = office.customer()
    changes.delegate(office["wang"], office["chen"], start=date(2026, 3, 2), end=date(2026, 3, 3))
    behalf(office, "chen", "wang", customer=customer, content="x")
    office.clock.move_to(datetime(2026, 3, 4, 9))
    with pytest.raises(Refused):
        behalf(office, "chen", "wang", customer=customer, content="x")


def test_typing_for_another_needs_a_reason_and_a_person_who_is_there(office: Office) -> None:
    customer = office.customer()
    with pytest.raises(Invalid, match="理由"):
        behalf(office, "xu", "wang", customer=customer, content="x", reason="")
    office.do("org.suspend", "admin", person=office["chen"].pk, reason="x")
    office["chen"].refresh_from_db()
    with pytest.raises(Invalid, match="停权"):
        behalf(office, "xu", "chen", customer=customer, content="x")


def test_nobody_votes_or_administers_for_another(office: Office) -> None:
    entry = contact(office, office.customer())
    office.clock.move_to(datetime(2026, 3, 9, 10))
    with pytest.raises(NeedsApproval) as needs:
        fix(office, entry)
    with pytest.raises(Refused):
        behalf(office, "xu", "zhou", "approval.move", request=needs.value.request.pk, move="agree")
    with pytest.raises(Refused):
        behalf(office, "xu", "admin", "org.add_unit", name="新部门")


def test_the_page_offers_it_only_to_whom_may_and_keeps_what_was_typed(office: Office, as_: Sign) -> None:
    customer = office.customer()
    address = f"/customers/{customer}/do/contact.record/"
    assert "代别人录入" in as_("xu").get(address).content.decode()
    assert "代别人录入" not in as_("chen").get(address).content.decode()
    given = {"kind": "电话", "content": "谈了价格", "on_behalf_of": office["wang"].pk, "behalf_reason": "", "key": "b1"}
    wrong = as_("xu").post(address, given)
    assert (
        wrong.status_code == 422 and "代录须说明理由" in wrong.content.decode() and "谈了价格" in wrong.content.decode()
    )
    assert as_("xu").post(address, {**given, "behalf_reason": "电话口述", "key": "b2"}).status_code == 302
    assert ContactRecord.objects.get().typed_by == office["xu"]
