"""建议与裁定: who sees a proposal, its evidence, the other side heard, the decision with its reason; nothing changes by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from kedang.kernel import clock, inbox, ledger, proposals
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty, Proposal
from tests.web.conftest import HTMX, Office, queries

PACK = "customer-registry"
Sign = Callable[[str], Client]


@pytest.fixture
def unit_case(office: Office) -> int:
    """Two points against 业务一部 for a customer of 王晓芸, with a filed form and a duty behind it."""
    customer = office.customer()
    office.do("contact.record", "wang", customer=customer, kind="电话", content="谈")
    office.clock.move_to(datetime(2026, 3, 12, 9))
    office.do(
        "form.file",
        "lin",
        customer=customer,
        form=f"{PACK}.urge_record",
        data={"urged_on": "2026-03-12", "result": "承诺补办"},
    )
    record = Event.objects.get(kind="form.filed").data["record"]
    duty = Duty.objects.get(norm=f"{PACK}.file-in-time")
    return open_case(
        office, unit=office.company.units["业务一部"], file=customer, evidence=[{"record": record}, {"duty": duty.pk}]
    )


def open_case(office: Office, **more: object) -> int:
    row = Proposal.objects.create(
        **{
            "pack": PACK, "norm": f"{PACK}.urged-in-vain", "clause": "1.8.2", "kind": "points", "title": "拖延备案，建议扣分",
            "subject": f"case:{Proposal.objects.count()}", "points": 2, "opened_at": clock.now(), **more,
        }
    )  # fmt: skip
    return row.pk


def page(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_a_departments_case_waits_for_the_superior_of_its_head(office: Office, unit_case: int) -> None:
    assert [row.pk for row in inbox.proposals_for(office["zheng"])] == [unit_case]
    assert inbox.counts(office["zheng"]).proposals == 1
    for other in ("zhou", "sun", "wang", "han"):
        assert not inbox.proposals_for(office[other]).exists()


def test_a_persons_case_waits_for_his_head_and_a_heads_own_for_the_one_above(office: Office) -> None:
    about_wang = open_case(office, person=office["wang"])
    about_zhou = open_case(office, person=office["zhou"])
    assert [row.pk for row in inbox.proposals_for(office["zhou"])] == [about_wang]
    assert [row.pk for row in inbox.proposals_for(office["zheng"])] == [about_zhou]


def test_the_list_and_the_single_check_agree_for_everybody(office: Office, unit_case: int) -> None:
    open_case(office, person=office["wang"])
    open_case(office, person=office["zheng"])
    for person in office.company.people.values():
        listed = {row.pk for row in inbox.proposals_for(person)}
        single = {row.pk for row in Proposal.objects.all() if proposals.may_settle(person, row)}
        assert listed == single, person.name


def test_the_page_shows_points_clause_evidence_and_the_legal_note(office: Office, as_: Sign, unit_case: int) -> None:
    text = page(as_("zheng"), f"/proposals/{unit_case}/")
    assert "2 分" in text and "第1.8.2条" in text and "晨光精密机械厂" in text
    assert "仅为建议，由有权人裁定，不自动扣减工资" in text
    assert "/forms/record/" in text and "《备案催办记录》" in text and "提交《客户基本信息表》备案" in text
    assert (
        as_("zheng").get(text.split('href="/forms/record/')[1].split('"')[0].join(["/forms/record/", ""])).status_code
        == 200
    )


def test_the_other_side_is_heard_before_the_decision(office: Office, as_: Sign, unit_case: int) -> None:
    response = as_("zhou").post(f"/proposals/{unit_case}/hear/", {"text": "客户资料迟迟没有寄来"})
    assert response.status_code == 302
    assert "客户资料迟迟没有寄来" in page(as_("zheng"), f"/proposals/{unit_case}/")
    assert as_("zheng").post(f"/proposals/{unit_case}/hear/", {"text": "不是当事人"}).status_code == 404


@pytest.mark.parametrize(("adopt", "state", "word"), [("yes", "adopted", "已采纳"), ("no", "rejected", "未采纳")])
def test_the_decision_is_kept_with_its_reason_and_cannot_be_taken_twice(
    office: Office, as_: Sign, unit_case: int, adopt: str, state: str, word: str
) -> None:
    client = as_("zheng")
    assert client.post(f"/proposals/{unit_case}/settle/", {"adopt": adopt, "reason": "三次催办属实"}).status_code == 302
    row = Proposal.objects.get(pk=unit_case)
    assert (row.state, row.reason, row.decided_by) == (state, "三次催办属实", office["zheng"])
    assert word in page(client, "/proposals/?tab=done")
    assert ledger.told(Event.objects.get(kind="proposal.settled"))["reason"] == "三次催办属实"
    again = client.post(f"/proposals/{unit_case}/settle/", {"adopt": "no", "reason": "再想想"})
    assert again.status_code == 422 and "已经裁定" in again.content.decode()


def test_a_decision_without_reason_or_verdict_is_not_taken_and_keeps_what_was_typed(as_: Sign, unit_case: int) -> None:
    client = as_("zheng")
    response = client.post(f"/proposals/{unit_case}/settle/", {"adopt": "yes", "reason": " "})
    assert response.status_code == 422 and "此项必填" in response.content.decode()
    response = client.post(f"/proposals/{unit_case}/settle/", {"adopt": "maybe", "reason": "写好的理由"}, headers=HTMX)
    assert response.status_code == 422 and "写好的理由" in response.content.decode()
    assert Proposal.objects.get(pk=unit_case).state == "open"


def test_nobody_decides_about_himself(office: Office) -> None:
    mine = open_case(office, person=office["zhou"])
    with pytest.raises(Invalid, match="涉及自己"):
        office.do("proposal.settle", "zhou", proposal=mine, adopt=True, reason="我看可以")


@pytest.mark.parametrize("login", ["wang", "chen", "sun", "zhao"])
def test_to_everybody_else_there_is_no_such_proposal(office: Office, as_: Sign, unit_case: int, login: str) -> None:
    client = as_(login)
    assert client.get(f"/proposals/{unit_case}/").status_code == 404
    assert client.post(f"/proposals/{unit_case}/settle/", {"adopt": "yes", "reason": "x"}).status_code == 404
    assert "拖延备案" not in page(client, "/proposals/?tab=waiting")
    with pytest.raises(NotFound):
        office.do("proposal.settle", login, proposal=unit_case, adopt=True, reason="x")


def test_the_regulations_owner_reads_but_does_not_decide(office: Office, as_: Sign, unit_case: int) -> None:
    text = page(as_("han"), f"/proposals/{unit_case}/")
    assert "拖延备案" in text and "等待有权人裁定" in text
    assert "拖延备案" in page(as_("han"), "/proposals/?tab=waiting")


@pytest.mark.parametrize(
    ("tab", "word"),
    [
        ("open", "没有等您裁定的建议"),
        ("mine", "没有涉及您的建议"),
        ("waiting", "没有待裁定的建议"),
        ("done", "还没有裁定过的建议"),
    ],
)
def test_every_empty_list_says_so(as_: Sign, tab: str, word: str) -> None:
    assert word in page(as_("wang"), f"/proposals/?tab={tab}")


def test_ten_times_the_proposals_and_evidence_cost_no_more_queries(office: Office, as_: Sign, unit_case: int) -> None:
    client = as_("zheng")
    few, one = queries(client, "/proposals/"), queries(client, f"/proposals/{unit_case}/")
    for number in range(10):
        open_case(office, person=office["zhou"], file=office.customer(f"第{number}机械厂"))
    row = Proposal.objects.get(pk=unit_case)
    row.evidence = [
        *row.evidence,
        *({"duty": duty} for duty in Duty.objects.values_list("pk", flat=True)),
        *({"event": event} for event in Event.objects.values_list("pk", flat=True)[:10]),
    ]
    row.save()
    # The first case about a person asks where he belongs, however many there are.
    assert queries(client, "/proposals/") <= few + 1 <= 26
    # The first file and the first event as evidence ask for names and for what was said.
    assert queries(client, f"/proposals/{unit_case}/") <= one + 4 <= 45
