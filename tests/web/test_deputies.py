"""代理: somebody names who votes and types for him while he is away; an administrator does it for who cannot."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from kedang.kernel import clock
from kedang.kernel.actions import speaking
from kedang.kernel.approvals.models import Ballot
from kedang.kernel.errors import NeedsApproval
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from kedang.kernel.org.models import Delegation
from tests.web.conftest import Office

As = Callable[[str], Client]
PAGE = "/account/deputies/"


def post(client: Client, path: str = PAGE, **fields: Any):
    return client.post(path, {"key": uuid.uuid4().hex, **fields})


def lend(office: Office, client: Client, to: str = "wang", **fields: Any):
    return post(client, to=office[to].pk, **{"start": "2026-03-02", "end": "2026-03-04", "note": "出差", **fields})


def test_a_deputy_votes_for_who_is_away_and_the_chain_says_so(office: Office, as_: As) -> None:
    with pytest.raises(NeedsApproval) as raised:
        office.do("file.open", "chen", customer=office.customer(), purpose="接手项目")
    one, wang = raised.value.request, as_("wang")
    assert lend(office, as_("zhou")).status_code == 302
    said = Notice.objects.get(person=office["wang"], kind="notice").text
    assert said == "周敏请您代理：2026-03-02 至 2026-03-04，审批和录入由您代办。"
    assert "代理人 王晓芸" in as_("chen").get(f"/approvals/{one.pk}/").content.decode()
    assert "代 周敏 审批" in wang.get("/approvals/").content.decode()
    assert "您代 <b>周敏</b> 审批" in wang.get(f"/approvals/{one.pk}/").content.decode()
    assert "代 周敏 审批" not in as_("zhou").get("/approvals/").content.decode()
    assert office["zhou"] in speaking.principals(office["wang"])
    assert post(wang, f"/approvals/{one.pk}/agree/", opinion="同意").status_code == 302
    cast = Ballot.objects.get(status="agreed")
    assert (cast.person, cast.acting_for) == (office["wang"], office["zhou"])
    assert "王晓芸（代 周敏）" in as_("chen").get(f"/approvals/{one.pk}/").content.decode()


def test_the_page_says_who_stands_in_for_whom_and_takes_it_back(office: Office, as_: As) -> None:
    zhou, wang = as_("zhou"), as_("wang")
    assert "现在没有人请您代理" in wang.get(PAGE).content.decode()
    lend(office, zhou)
    mine, his = zhou.get(PAGE).content.decode(), wang.get(PAGE).content.decode()
    for page in (mine, his):
        assert "代理中" in page and "2026-03-02 至 2026-03-04" in page and "出差" in page
    row = Delegation.objects.get()
    assert post(wang, f"{PAGE}{row.pk}/end/").status_code == 404  # only who gave it
    assert post(zhou, f"{PAGE}{row.pk}/end/").status_code == 302
    row.refresh_from_db()
    assert row.revoked_at == clock.now()
    assert "以前的代理" in zhou.get(PAGE).content.decode() and office["zhou"] not in speaking.principals(office["wang"])
    assert Notice.objects.filter(person=office["wang"], text__contains="已收回代理").count() == 1
    assert post(zhou, f"{PAGE}{row.pk}/end/").status_code == 404
    kinds = [event.data["what"] for event in Event.objects.filter(kind="account.deputy").order_by("id")]
    assert kinds == ["请王晓芸代理，2026-03-02 至 2026-03-04", "收回王晓芸的代理"]


@pytest.mark.parametrize(
    ("fields", "where", "words"),
    [
        ({"to": ""}, "to", "此项必填"),
        ({"to": "999999"}, "to", "没有这个人"),
        ({"to": "zhou"}, "to", "不能委托给自己"),
        ({"end": ""}, "end", "此项必填"),
        ({"end": "2026-03-01"}, "end", "结束日期不能早于开始日期"),
        ({"start": "2026-03-01"}, "start", "不能早于今天"),
        ({"end": "2062-03-04"}, "end", "最长一年"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    fields: dict[str, str], where: str, words: str, office: Office, as_: As
) -> None:
    named = {"to": office["zhou"].pk} if fields.get("to") == "zhou" else {}
    sent = {"to": office["wang"].pk, "start": "2026-03-02", "end": "2026-03-04", "note": "出差一周", **fields, **named}
    answer = post(as_("zhou"), **sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and "出差一周" in page
    assert words in page.split(f'id="f-{where}-error"')[1][:300]
    assert not Delegation.objects.exists()


def test_the_same_days_are_lent_once(office: Office, as_: As) -> None:
    zhou = as_("zhou")
    fields = {"to": office["wang"].pk, "start": "2026-03-02", "end": "2026-03-04", "key": "same"}
    assert [zhou.post(PAGE, fields).status_code for _ in range(2)] == [302, 302]  # two clicks are one deed
    again = lend(office, zhou, start="2026-03-04", end="2026-03-09")
    assert again.status_code == 422 and "已经是代理人" in again.content.decode()
    assert lend(office, zhou, start="2026-03-05", end="2026-03-09").status_code == 302
    assert [row.start for row in Delegation.objects.order_by("start")] == [date(2026, 3, 2), date(2026, 3, 5)]


def test_an_administrator_does_it_for_who_cannot(office: Office, as_: As) -> None:
    admin, zhou = as_("admin"), office["zhou"]
    way = f"/manage/do/org.deputize/{zhou.pk}/"
    assert way in admin.get(f"/manage/people/{zhou.pk}/").content.decode()
    assert post(admin, way, to=office["wang"].pk, end="2026-03-04").status_code == 302
    row = Delegation.objects.get()
    assert (row.principal, row.delegate, row.start) == (zhou, office["wang"], date(2026, 3, 2))
    assert "管理员登记由王晓芸代理您" in Notice.objects.get(person=zhou).text
    assert "王晓芸" in admin.get(f"/manage/people/{zhou.pk}/").content.decode()
    assert post(as_("han"), way, to=office["wang"].pk, end="2026-03-09").status_code == 404
    assert post(admin, f"/manage/do/org.undeputize/{row.pk}/").status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None
