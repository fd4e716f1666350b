"""下属逾期: one view of what one's people left undone, and 转办 and 延期 of what is ticked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from kedang.kernel import tick
from kedang.kernel.norms.models import Duty
from tests.web.conftest import HTMX, Office


@pytest.fixture
def late(office: Office) -> Office:
    """Filings of 王晓芸 and 李倩 that were due a week ago."""
    for login, names in (("wang", ("晨光机械厂", "永兴纺织厂")), ("li", ("别处的机械厂",))):
        for name in names:
            pk = office.customer(name, by=login)
            office.do("contact.record", login, customer=pk, kind="电话", content="谈")
    office.clock.move_to(datetime(2026, 3, 18, 10))
    tick.tick()
    # What this regulation asks goes with the owner of the file; one duty here is his own and may be passed on.
    first = Duty.objects.filter(bearer=office["wang"], state="open").order_by("pk").first()
    Duty.objects.filter(pk=first.pk if first else 0).update(follows_owner=False)
    return office


def test_a_head_sees_his_own_people_by_name_and_nobody_elses(late: Office, as_: Callable[[str], Client]) -> None:
    text = as_("zhou").get("/home/overdue/").content.decode()
    assert "下属逾期" in text and late["wang"].name in text and "晨光机械厂" in text
    assert late["li"].name not in text and "别处的机械厂" not in text
    assert text.count("data-pick-row") == len(re.findall(r"<tr data-row>", text)) > 0
    own = as_("wang").get("/home/overdue/").content.decode()
    assert "晨光机械厂" in own and "data-pick-row" not in own, "nobody passes on what is his own to do"


def test_one_person_or_department_may_be_asked_for(late: Office, as_: Callable[[str], Client]) -> None:
    wang = late["wang"].pk
    text = as_("zheng").get(f"/home/overdue/?scope=all&person={wang}").content.decode()
    assert "晨光机械厂" in text and "别处的机械厂" not in text
    unit = late.company.units["业务二部"].pk
    text = as_("zheng").get(f"/home/overdue/?scope=all&unit={unit}").content.decode()
    assert "别处的机械厂" in text and "晨光机械厂" not in text
    assert as_("zheng").get("/home/overdue/?person=x&unit=9999999999999999999999").status_code == 200


def test_the_bar_offers_what_the_regulation_allows_and_names_the_clause_that_does_not(
    late: Office, as_: Callable[[str], Client]
) -> None:
    ids = ",".join(str(duty.pk) for duty in Duty.objects.filter(bearer=late["wang"], state="open"))
    text = as_("zhou").post("/home/overdue/picked/", {"ids": ids}, headers=HTMX).content.decode()
    assert "已选中" in text and 'aria-disabled="true"' in text
    assert "没有规定这一事项可以延期" in text and "第1." in text
    assert text.count('aria-disabled="true"') == 1, "one of the ticked duties may be passed on"
    assert as_("wang").post("/home/overdue/picked/", {"ids": ids}).content == b""
    assert as_("li").post("/home/overdue/picked/", {"ids": ids}).content == b""


def test_ticked_duties_are_passed_on_each_by_itself_and_refused_ones_are_told_with_their_clause(
    late: Office, as_: Callable[[str], Client]
) -> None:
    duties = list(Duty.objects.filter(bearer=late["wang"], state="open").order_by("pk"))
    bound = {duty.pk for duty in duties if duty.follows_owner}
    ids = ",".join(str(duty.pk) for duty in duties)
    client, sent = as_("zhou"), {"ids": ids, "go": "yes", "key": "k1"}
    wrong = client.post("/home/overdue/do/duty.reassign/", {**sent, "to": late["chen"].pk}, headers=HTMX)
    assert wrong.status_code == 422 and Duty.objects.filter(bearer=late["chen"]).count() == 0
    done = client.post(
        "/home/overdue/do/duty.reassign/", {**sent, "to": late["chen"].pk, "reason": "王晓芸出差"}, headers=HTMX
    )
    assert done.status_code == 200
    moved = set(Duty.objects.filter(bearer=late["chen"], state="open").values_list("pk", flat=True))
    assert moved == {duty.pk for duty in duties} - bound
    assert moved and bound
    assert "由客户的负责人承担" in done.content.decode()
    again = client.post(
        "/home/overdue/do/duty.reassign/", {**sent, "to": late["chen"].pk, "reason": "王晓芸出差"}, headers=HTMX
    )
    assert again.status_code in (200, 422)
    assert set(Duty.objects.filter(bearer=late["chen"], state="open").values_list("pk", flat=True)) == moved


def test_only_ones_own_people_stand_in_the_list_of_receivers(late: Office, as_: Callable[[str], Client]) -> None:
    ids = ",".join(str(duty.pk) for duty in Duty.objects.filter(bearer=late["wang"], state="open"))
    answer = as_("zhou").post("/home/overdue/do/duty.reassign/", {"ids": ids}, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200 and 'name="to"' in text
    assert late["chen"].name in text and late["li"].name not in text
    assert as_("zhou").post("/home/overdue/do/duty.finish/", {"ids": ids}).status_code == 404


def test_the_list_leaves_the_system_on_record(late: Office, as_: Callable[[str], Client]) -> None:
    sent = {"purpose": "例会", "format": "csv"}
    out = as_("zhou").post("/lists/overdue/export/?scope=below", sent)
    told = b"".join(out.streaming_content).decode("utf-8-sig")
    assert "晨光机械厂" in told and "别处的机械厂" not in told
