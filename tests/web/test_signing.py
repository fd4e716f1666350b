"""制度告知: whoever a regulation binds signs that he has read it; amendments anew, newcomers on appointment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client

from kedang.kernel import clock, tick
from kedang.kernel.actions import adoption, perform
from kedang.kernel.errors import Invalid, NeedsApproval, NotFound, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Acknowledgement, Duty, DutyState, PackVersion, Proposal
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import changes
from tests.web.conftest import Office

Sign = Callable[[str], Client]
PACK = "customer-registry"
BOUND = {"zhou", "wang", "chen", "xu", "sun", "li", "liu"}
"""Of 业务一部 and 业务二部; beside them who holds a role of the regulation."""


def adopt(office: Office, number: int, **more: object) -> None:
    """市场推广部 puts a version forward, 总经理 agrees."""
    with pytest.raises(NeedsApproval) as needs:
        office.do("pack.adopt", "han", pack=PACK, version=number, **more)
    office.do("approval.move", "zheng", request=needs.value.request.pk, move="agree")


def amend(office: Office) -> int:
    """A new version with three days instead of five, put in force by 总经理."""
    number = office.do(
        "pack.draft", "han", pack=PACK, clause="1.4.1", text="缩短备案期限",
        changes={"parameters": {"filing_period": "3 working_days"}},
    )  # fmt: skip
    adopt(office, number)
    return number


@pytest.fixture
def signing(office: Office) -> Office:
    """The running version is to be signed."""
    PackVersion.objects.filter(pack=PACK).update(notify=True)
    adoption.ask_all()
    return office


def logins(rows: object) -> set[str]:
    return set(rows.values_list("person__username", flat=True))


def test_everybody_in_scope_gets_a_duty_and_nobody_else(signing: Office) -> None:
    asked = logins(Acknowledgement.objects.filter(pack=PACK))
    assert asked >= BOUND | {"zheng", "lin", "wu"}, "departments, and the roles it names"
    assert not asked & {"ma", "zhao", "qian", "ding", "admin"}
    duty = Duty.objects.get(bearer=signing["wang"], norm="customer-registry.adoption")
    assert duty.title == "阅读并签收《客户登记备案、查阅与维护管理办法》第 1 版"
    assert clock.local(duty.due_at).date() == date(2026, 3, 9)
    assert adoption.ask_all() == 0 and Acknowledgement.objects.count() == len(asked), "asked once"


def test_the_page_shows_the_text_ones_own_duties_and_takes_the_signature(signing: Office, as_: Sign) -> None:
    wang = as_("wang")
    assert f"/rules/{PACK}/sign/" in wang.get("/").content.decode()
    page = wang.get(f"/rules/{PACK}/sign/").content.decode()
    assert regulations().version(PACK).clause_text("1.4.1") in page and "您的义务" in page and "备案" in page
    assert wang.post(f"/rules/{PACK}/sign/", {"key": "s1"})["Location"] == "/"
    row = Acknowledgement.objects.get(person=signing["wang"], pack=PACK)
    assert row.signed_at == clock.now() and Duty.objects.get(pk=row.duty).state == DutyState.DONE
    event = Event.objects.get(kind="pack.acknowledged")
    assert event.data["digest"] == PackVersion.objects.get(pack=PACK).digest
    assert "您已在" in wang.get(f"/rules/{PACK}/sign/").content.decode()


def test_nobody_signs_twice_for_another_or_what_is_not_his(signing: Office) -> None:
    signing.do("pack.acknowledge", "wang", pack=PACK, version=1)
    with pytest.raises(Invalid, match="签收过"):
        signing.do("pack.acknowledge", "wang", pack=PACK, version=1)
    with pytest.raises(NotFound):
        signing.do("pack.acknowledge", "ma", pack=PACK, version=1)
    with pytest.raises(NotFound):
        signing.do("pack.acknowledge", "wang", pack=PACK, version=9)
    with pytest.raises((Invalid, Refused)):
        perform("pack.acknowledge", by=signing["xu"], on_behalf_of=signing["chen"], reason="请假", pack=PACK, version=1)
    assert Acknowledgement.objects.exclude(signed_at=None).count() == 1


def test_it_is_not_closed_by_hand(signing: Office) -> None:
    duty = Duty.objects.get(bearer=signing["wang"], norm="customer-registry.adoption")
    with pytest.raises(Invalid, match="办结"):
        signing.do("duty.finish", "wang", duty=duty.pk)


def test_who_has_not_signed_is_reminded_each_working_day_and_late_after_the_time(signing: Office) -> None:
    signing.do("pack.acknowledge", "chen", pack=PACK, version=1)
    for day in (5, 6, 9, 10):
        signing.clock.move_to(datetime(2026, 3, day, 9, 5))
        tick.tick()
    told = Notice.objects.filter(kind="reminder", norm="customer-registry.adoption")
    assert told.filter(person=signing["wang"]).count() == 3, "the 6th, the 9th, the 10th"
    assert not told.filter(person=signing["chen"]).exists()
    duty = Duty.objects.get(bearer=signing["wang"], norm="customer-registry.adoption")
    assert duty.breached_at is not None
    signing.do("pack.acknowledge", "wang", pack=PACK, version=1)
    duty.refresh_from_db()
    assert duty.state == DutyState.LATE


def test_an_amendment_is_signed_anew_and_the_difference_is_shown(signing: Office, as_: Sign) -> None:
    signing.do("pack.acknowledge", "wang", pack=PACK, version=1)
    amend(signing)
    rows = Acknowledgement.objects.filter(person=signing["wang"], pack=PACK).order_by("version")
    assert [(row.version, row.signed_at is not None) for row in rows] == [(1, True), (2, False)]
    chen = Acknowledgement.objects.get(person=signing["chen"], version=1)
    assert chen.ended_at and Duty.objects.get(pk=chen.duty).state == DutyState.VOID, "the old one is owed no more"
    page = as_("wang").get(f"/rules/{PACK}/sign/").content.decode()
    assert "比您签过的第 1 版改了什么" in page and "备案期限" in page and "3 个工作日" in page.replace("3个", "3 个")
    assert "比您签过的" not in as_("chen").get(f"/rules/{PACK}/sign/").content.decode()


def test_a_version_adopted_for_later_is_signed_from_that_day(signing: Office) -> None:
    number = signing.do("pack.draft", "han", pack=PACK, clause="1.4.1", text="改", changes={})
    adopt(signing, number, since=date(2026, 3, 16))
    assert not Acknowledgement.objects.filter(version=number).exists()
    signing.clock.move_to(datetime(2026, 3, 16, 8))
    tick.tick()
    assert logins(Acknowledgement.objects.filter(version=number)) >= BOUND


def test_newcomers_are_asked_on_appointment_and_leavers_let_off(signing: Office) -> None:
    unit = signing.company.units["业务一部"].pk
    new = signing.do("org.add_person", "admin", username="newbie", name="新人", post="salesperson", unit=unit)
    assert Acknowledgement.objects.filter(person=new, signed_at=None).count() == 1
    for row in signing["chen"].appointments.all():
        changes.end_appointment(row)
    adoption.ask_all()
    row = Acknowledgement.objects.get(person=signing["chen"])
    assert row.ended_at and Duty.objects.get(pk=row.duty).state == DutyState.VOID
    signing.do("org.appoint", "admin", person=signing["chen"].pk, post="salesperson", unit=unit)
    row.refresh_from_db()
    assert row.ended_at is None and Duty.objects.get(pk=row.duty).state == DutyState.OPEN, "asked again"


def test_without_notice_nobody_is_asked(office: Office) -> None:
    number = office.do("pack.draft", "han", pack=PACK, clause="1.4.1", text="改", changes={})
    adopt(office, number, notify=False)
    tick.tick()
    assert not Acknowledgement.objects.exists()


def test_the_register_shows_everybody_to_who_looks_after_it_and_to_others_those_below_them(
    signing: Office, as_: Sign
) -> None:
    signing.do("pack.acknowledge", "wang", pack=PACK, version=1)
    page = as_("zheng").get(f"/rules/{PACK}/signatures/").content.decode()
    assert all(name in page for name in ("王晓芸", "孙立新", "未签收", "催签"))
    zhou = as_("zhou").get(f"/rules/{PACK}/signatures/").content.decode()
    assert "王晓芸" in zhou and "李倩" not in zhou and "催签" not in zhou
    open_only = as_("zheng").get(f"/rules/{PACK}/signatures/?show=open").content.decode()
    assert "王晓芸" not in open_only and "陈思远" in open_only


def test_only_who_looks_after_it_urges(signing: Office, as_: Sign) -> None:
    before = Notice.objects.filter(person=signing["wang"]).count()
    assert as_("zheng").post(f"/rules/{PACK}/signatures/urge/").status_code == 302
    assert Notice.objects.filter(person=signing["wang"]).count() == before + 1
    with pytest.raises(Refused):
        signing.do("pack.urge", "wang", pack=PACK)


def test_a_proposal_says_whether_the_person_knew(signing: Office, as_: Sign) -> None:
    def suggest(login: str) -> Proposal:
        return Proposal.objects.create(
            pack=PACK, norm="customer-registry.x", clause="1.8.2", kind="points", title="建议扣分", person=signing[login],
            subject=f"person:{signing[login].pk}", points=2, opened_at=clock.now(),
        )  # fmt: skip

    signing.do("pack.acknowledge", "wang", pack=PACK, version=1)
    signing.clock.move_to(datetime(2026, 3, 3, 9))
    knew, not_knew = suggest("wang"), suggest("chen")
    signing.clock.move_to(datetime(2026, 3, 3, 10))
    signing.do("pack.acknowledge", "chen", pack=PACK, version=1)
    assert "已于 2026-03-02 10:00 签收第 1 版" in as_("zheng").get(f"/proposals/{knew.pk}/").content.decode()
    assert "行为发生前没有签收过" in as_("zheng").get(f"/proposals/{not_knew.pk}/").content.decode()


def test_a_regulation_that_is_not_in_force_has_no_page(signing: Office, as_: Sign) -> None:
    assert as_("wang").get("/rules/nothing/sign/").status_code == 404
    assert as_("wang").get("/rules/nothing/signatures/").status_code == 404
