"""Leaving: access ends at once, what was held gets receivers, three sign, the account closes last, history keeps the name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client

from kedang.customers.models import Collaborator, Customer
from kedang.engagement.models import VisitPlan
from kedang.kernel import files, tick
from kedang.kernel.actions import access, handingover, leaving, perform
from kedang.kernel.actions.performing import dry_run
from kedang.kernel.errors import Invalid, NeedsApproval, NotFound, Refused
from kedang.kernel.jobs import run_pending
from kedang.kernel.jobs.models import Job, JobState
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty, DutyState, Grant
from kedang.kernel.org import changes
from kedang.kernel.org.models import Delegation, Handover, HandoverReceipt, Person
from kedang.records.models import Custody
from tests.web.conftest import Office

Sign = Callable[[str], Client]


def leave(office: Office, login: str = "wang", **more: Any) -> Handover:
    office.do("org.leave", "admin", person=office[login].pk, reason="合同到期", **more)
    return Handover.objects.get(person=office[login])


def step(office: Office, by: str, what: str, login: str = "wang", **args: Any) -> Any:
    return office.do(f"handover.{what}", by, person=office[login].pk, **args)


@pytest.fixture
def holding(office: Office) -> list[int]:
    """王晓芸 owns two files, helps on one, plans a visit, and bears a duty of her own."""
    files = [office.customer("晨光厂"), office.customer("大禹厂")]
    helped = office.customer("远山厂", by="chen")
    office.do("customer.add_collaborator", "chen", customer=helped, person=office["wang"].pk)
    office.do("visit.plan", "wang", customer=files[0], planned_on=date(2026, 3, 6))
    return [*files, helped]


def through(office: Office, heir: str = "chen", login: str = "wang") -> None:
    """All the signatures."""
    step(office, "zhou", "assign", login, receiver=office[heir].pk)
    step(office, "zhou", "sign", login, absent="已离开公司")
    due = leaving.expected(Handover.objects.get(person=office[login]), office[heir])
    step(office, heir, "confirm", login, counted=due)


# ---- 离职 -----------------------------------------------------------------------------------------------------------


def test_leaving_is_on_record_at_once_and_access_ends_with_the_next_click(
    office: Office, as_: Sign, holding: list[int]
) -> None:
    wang = as_("wang")
    assert wang.get("/").status_code == 200
    changes.delegate(office["chen"], office["wang"], start=date(2026, 3, 2), end=date(2026, 4, 2))
    row = leave(office)
    person = Person.objects.get(username="wang")
    assert person.left_on == date(2026, 3, 2) and not person.is_active and row.supervisor == office["zhou"]
    assert wang.get("/").status_code == 302
    assert Delegation.objects.get().revoked_at is not None
    assert Event.objects.filter(kind="person.left", subject=f"person:{person.pk}").count() == 1
    assert Event.objects.filter(kind="customer.owner_left").count() == 2
    kinds = set(row.lines.values_list("kind", flat=True))
    assert kinds >= {"files", "collaborations", "visits"}


def test_a_last_day_ahead_lets_him_work_until_then(office: Office, as_: Sign, holding: list[int]) -> None:
    leave(office, on=date(2026, 3, 6))
    assert as_("wang").get("/").status_code == 200
    office.clock.move_to(datetime(2026, 3, 7, 0, 1))
    tick.tick()
    assert not Person.objects.get(username="wang").is_active


def test_leaving_is_the_administrators_deed_and_done_once(office: Office) -> None:
    with pytest.raises(Refused):
        office.do("org.leave", "zhou", person=office["wang"].pk, reason="x")
    with pytest.raises(Invalid, match="自己"):
        office.do("org.leave", "admin", person=office["admin"].pk, reason="x")
    leave(office)
    with pytest.raises(Invalid, match="已于"):
        leave(office)
    with pytest.raises(Invalid):
        office.do("org.restore", "admin", person=office["wang"].pk)


# ---- 交接 -----------------------------------------------------------------------------------------------------------


def test_nothing_is_closed_before_everything_has_a_receiver_and_the_list_is_named(
    office: Office, holding: list[int]
) -> None:
    leave(office)
    with pytest.raises(Invalid, match="没有接收人.*晨光厂"):
        step(office, "zhou", "close")
    with pytest.raises(Invalid, match="没有接收人"):
        step(office, "zhou", "sign", absent="已离开")


def test_three_sign_and_everything_passes_on(office: Office, holding: list[int]) -> None:
    row = leave(office)
    count = row.lines.count()
    step(office, "zhou", "assign", receiver=office["chen"].pk)
    with pytest.raises(Invalid, match="还缺"):
        step(office, "zhou", "carry_out")
    with pytest.raises(Invalid, match="不在场"):
        step(office, "zhou", "sign")
    step(office, "zhou", "sign", absent="已离开公司")
    assert Duty.objects.filter(bearer=office["chen"], norm=".handover", state=DutyState.OPEN).exists()
    assert step(office, "chen", "confirm", counted=count) is True
    assert step(office, "zhou", "carry_out")["left"] == 0
    files = Customer.objects.filter(pk__in=holding[:2])
    assert {row.owner for row in files} == {office["chen"]}
    assert not Collaborator.objects.filter(person=office["wang"], until=None).exists()
    assert VisitPlan.objects.get().person == office["chen"]
    assert not Duty.objects.filter(bearer=office["wang"], state=DutyState.OPEN).exclude(norm=".handover").exists()


def test_what_changes_after_the_first_signature_voids_the_signatures(office: Office, holding: list[int]) -> None:
    row = leave(office, on=date(2026, 3, 10))
    step(office, "zhou", "assign", receiver=office["chen"].pk)
    step(office, "wang", "sign")
    step(office, "chen", "confirm", counted=row.lines.count())
    office.customer("新来的厂")
    with pytest.raises(Invalid, match="作废"):
        step(office, "zhou", "sign")
    # What is refused is rolled back with its refreshed list; the next look finds the same.
    step(office, "zhou", "assign", receiver=office["chen"].pk)
    row.refresh_from_db()
    assert row.giver_signed_at is None and not HandoverReceipt.objects.exists()


def test_another_receiver_voids_the_signatures(office: Office, holding: list[int]) -> None:
    row = leave(office)
    through(office)
    step(office, "zhou", "assign", receiver=office["zhou"].pk, kind="files")
    row.refresh_from_db()
    assert not row.digest and row.supervisor_signed_at is None
    assert set(row.lines.values_list("receiver__username", flat=True)) == {"chen", "zhou"}


def test_a_count_that_differs_is_recorded_and_stands_in_the_way(office: Office, holding: list[int]) -> None:
    row = leave(office)
    step(office, "zhou", "assign", receiver=office["chen"].pk)
    step(office, "zhou", "sign", absent="已离开")
    with pytest.raises(Invalid, match="差异"):
        step(office, "chen", "confirm", counted=1)
    assert step(office, "chen", "confirm", counted=1, note="少一份") is False
    with pytest.raises(Invalid, match="陈思远清点相符"):
        step(office, "zhou", "carry_out")
    assert any("少一份" in event.data["what"] for event in Event.objects.filter(kind="handover.changed"))
    assert step(office, "chen", "confirm", counted=row.lines.count()) is True


def test_only_who_leads_it_assigns_and_only_receivers_count(office: Office, holding: list[int]) -> None:
    leave(office)
    with pytest.raises(Refused):
        step(office, "chen", "assign", receiver=office["chen"].pk)
    with pytest.raises(Refused):
        step(office, "sun", "carry_out")
    with pytest.raises(NotFound):
        step(office, "li", "sign", absent="x")
    step(office, "zheng", "assign", receiver=office["chen"].pk)
    step(office, "zhou", "sign", absent="已离开")
    with pytest.raises(NotFound):
        step(office, "li", "confirm", counted=1)
    with pytest.raises((Invalid, Refused)):
        perform(
            "handover.confirm",
            by=office["xu"],
            on_behalf_of=office["chen"],
            reason="x",
            person=office["wang"].pk,
            counted=1,
        )


def test_a_receiver_must_be_there(office: Office, holding: list[int]) -> None:
    leave(office)
    for nobody in (office["wang"].pk, office["admin"].pk, 99_999):
        with pytest.raises(Invalid):
            step(office, "zhou", "assign", receiver=nobody)


def test_votes_and_custody_pass_on_and_running_requests_are_withdrawn(office: Office) -> None:
    customer = office.customer("晨光厂", by="wang")
    office.do("record.assign_custodian", "he", customer=customer, person=office["zhou"].pk)
    office.do("contact.record", "wang", customer=customer, content="x")
    entry = Event.objects.get(kind="contact.recorded").pk
    office.clock.move_to(datetime(2026, 3, 10, 10))
    with pytest.raises(NeedsApproval) as needs:
        office.do("event.correct", "wang", entry=entry, reason="记错了")
    office.do("org.leave", "admin", person=office["zhou"].pk, reason="退休", supervisor=office["zheng"].pk)
    row = Handover.objects.get(person=office["zhou"])
    assert {"custody", "ballots"} <= set(row.lines.values_list("kind", flat=True))
    step(office, "zheng", "assign", "zhou", receiver=office["sun"].pk)
    step(office, "zheng", "sign", "zhou", absent="已退休")
    step(office, "sun", "confirm", "zhou", counted=row.lines.count())
    assert step(office, "zheng", "carry_out", "zhou")["left"] == 0
    assert Custody.objects.get(end=None).custodian == office["sun"]
    office.do("approval.move", "sun", request=needs.value.request.pk, move="agree")
    assert Event.objects.filter(kind="event.corrected").exists()


# ---- 办结 -----------------------------------------------------------------------------------------------------------


def finish(office: Office) -> None:
    """What regulations ask because of the leaving, and the closing."""
    for duty in leaving.still_owed(Handover.objects.get(person=office["wang"])):
        Duty.objects.filter(pk=duty.pk).update(state=DutyState.DONE)
    if Handover.objects.get(person=office["wang"]).closed_at is None:
        step(office, "zhou", "close")


def test_the_account_closes_last_and_history_still_names_the_person(
    office: Office, as_: Sign, holding: list[int]
) -> None:
    leave(office)
    through(office)
    step(office, "zhou", "carry_out")
    finish(office)
    person = Person.objects.get(username="wang")
    assert not person.is_active and not person.has_usable_password()
    assert Event.objects.filter(kind="handover.closed").count() == 1
    assert not Duty.objects.filter(norm=".handover", state=DutyState.OPEN).exists()
    page = as_("chen").get(f"/customers/{holding[0]}/?tab=owners").content.decode()
    assert "王晓芸" in page and "离职交接：王晓芸" in page
    with pytest.raises(Invalid, match="已经办结"):
        step(office, "zhou", "carry_out")


def test_who_gave_away_reaches_nothing_from_then_on(office: Office, as_: Sign, holding: list[int]) -> None:
    leave(office, on=date(2026, 3, 31))
    through(office)
    Grant.objects.all().delete()
    step(office, "zhou", "carry_out")
    wang = as_("wang")
    assert wang.get("/").status_code == 200, "still employed"
    assert not access.reach(office["wang"].pk, "open").holds(files.view(holding[0]))
    assert dry_run("file.open", by=office["wang"], customer=holding[0]).verdict != "allow"
    with pytest.raises((Refused, NotFound)):
        office.do("customer.update", "wang", customer=holding[0], address="别处")
    with pytest.raises(Invalid, match="最后一天"):
        finish(office)


# ---- the page -------------------------------------------------------------------------------------------------------


def test_the_page_leads_through_it_and_shows_what_was_taken_along(
    office: Office, as_: Sign, holding: list[int]
) -> None:
    with pytest.raises(Refused):
        office.do("customer.export", "wang", scope="all", filters={}, sort="", search="", purpose="看看")
    answer = as_("admin").post(f"/manage/do/org.leave/{office['wang'].pk}/", {"reason": "合同到期", "key": "l1"})
    address = f"/handovers/{office['wang'].pk}/"
    assert answer["Location"] == address
    zhou = as_("zhou")
    assert address in zhou.get("/").content.decode(), "the superior is told"
    page = zhou.get(address).content.decode()
    assert all(text in page for text in ("晨光厂", "未定", "离职前 30 天带出过什么", "导出"))
    wrong = zhou.post(f"{address}sign/", {"absent": "走了", "key": "a"})
    assert wrong.status_code == 422 and "没有接收人" in wrong.content.decode()
    assert zhou.post(f"{address}assign/", {"receiver": office["chen"].pk, "key": "b"}).status_code == 302
    assert zhou.post(f"{address}sign/", {"absent": "走了", "key": "c"}).status_code == 302
    chen = as_("chen")
    assert "由您接收" in chen.get(address).content.decode() and "指定接收人" not in chen.get(address).content.decode()
    count = Handover.objects.get().lines.count()
    assert chen.post(f"{address}confirm/", {"counted": count, "key": "d"}).status_code == 302
    assert zhou.post(f"{address}carry-out/", {"key": "e"}).status_code == 302
    assert as_("li").get(address).status_code == 404
    assert as_("li").post(f"{address}assign/", {"receiver": 1}).status_code == 404


def test_a_long_list_is_finished_in_the_background_and_a_killed_run_goes_on(
    office: Office, holding: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handingover, "PART", 1)
    row = leave(office)
    count = row.lines.count()
    assert count > 2
    step(office, "zhou", "assign", receiver=office["chen"].pk)
    with pytest.raises(Invalid, match="没有开始"):
        step(office, "zhou", "carry_on")
    step(office, "zhou", "sign", absent="已离开公司")
    step(office, "chen", "confirm", counted=count)
    first = step(office, "zhou", "carry_out")
    assert (first["moved"], first["left"], first["waiting"]) == (1, 0, count - 1)
    with pytest.raises(Refused):
        step(office, "chen", "carry_on")
    step(office, "zhou", "carry_on")  # what a killed run had done
    run_pending()
    job = Job.objects.get(kind="handover.carry_out")
    assert (job.state, job.result) == (JobState.DONE, {"moved": count - 2, "left": 0})
    assert not row.lines.filter(moved_at=None).exists()
    assert {file.owner for file in Customer.objects.filter(pk__in=holding[:2])} == {office["chen"]}


def test_what_the_regulation_asks_because_of_it_names_the_customer_and_where_it_is_done(
    office: Office, as_: Sign, holding: list[int]
) -> None:
    leave(office)
    through(office)
    step(office, "zhou", "carry_out")
    page = as_("zhou").get(f"/handovers/{office['wang'].pk}/").content.decode()
    owed = page.split("制度因离职要求的事")[1].split("离职前")[0]
    form = f"/forms/customer-registry.departure_notice/?customer={holding[0]}"
    assert "晨光厂" in owed and f'href="{form}"' in owed and "办完才能办结" in page
    assert form not in as_("chen").get(f"/handovers/{office['wang'].pk}/").content.decode(), "what is zhou's is his"
