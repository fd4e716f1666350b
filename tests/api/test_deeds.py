"""Deeds by API: the same answers as on the pages, as JSON."""

from __future__ import annotations

import pytest

from kedang.customers.models import Customer
from kedang.kernel.approvals.models import Request
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import CommandKey
from tests.api.support import machine
from tests.support.company import Company, in_force

STRICT = """
pack: strict
version: 1
title: 测试用审批规定
issuer: 示例公司
effective: 2026-01-01
roles:
  gm: {name: 总经理, post: general_manager}
clauses:
  "1": {text: 转移客户须经总经理批准。}
  "2": {text: 不得登记现款合同。}
  "3": {text: 终止合同须说明理由。}
  "4": {text: 大额合同应留意。}
routes:
  by_gm: [{role: gm}]
norms:
  - {id: transfer, kind: approval, clause: "1", action: customer.transfer, route: by_gm, then: run}
  - {id: cash, kind: prohibition, clause: "2", action: contract.register, when: "amount < 100", effect: refuse}
"""


def test_a_customer_is_registered_and_the_answer_names_command_and_events(company: Company) -> None:
    made = machine(company["小王"]).act("customer.register", name="南京云锦织造厂", phone="13800138001")
    assert made.status_code == 200, made.content.decode()
    body = made.json()
    assert Customer.objects.get(pk=body["value"]).name == "南京云锦织造厂"
    assert (
        Event.objects.filter(pk__in=body["events"], command=body["command"], origin="api").count()
        == len(body["events"])
        > 0
    )


def test_bad_input_is_422_with_a_chinese_message_at_the_field(company: Company) -> None:
    answer = machine(company["小王"]).act("customer.register", name="", phone="12", colour="red")
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"name", "phone", "colour"}
    assert answer.json()["errors"]["name"] == "此项必填"


def test_the_same_key_gets_the_same_answer_and_another_body_is_409(company: Company) -> None:
    wang = machine(company["小王"])
    first = wang.act("customer.register", key="k1", name="南京云锦织造厂")
    again = wang.act("customer.register", key="k1", name="南京云锦织造厂")
    other = wang.act("customer.register", key="k1", name="苏州云锦织造厂")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert Customer.objects.filter(name="南京云锦织造厂").count() == 1
    assert (other.status_code, other.json()["code"]) == (409, "key_used")
    reasoned = wang.act("customer.register", key="k1", name="南京云锦织造厂", options={"reason": "补"})
    assert reasoned.status_code == 409
    other_person = machine(company["小李"]).act("customer.register", key="k1", name="扬州漆器厂")
    assert other_person.status_code == 200, "keys are a person's own"


def test_a_write_without_a_key_is_refused(company: Company) -> None:
    answer = machine(company["小王"]).post(
        "/actions/customer.register", {"args": {"name": "甲乙丙厂"}}, **{"Idempotency-Key": ""}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "key_missing")


def test_a_hidden_file_and_one_that_is_not_there_answer_alike(company: Company, factory: int) -> None:
    stranger = machine(company["小李"])
    for name, args in {"contact.record": {"content": "谈"}, "customer.transfer": {"to": company["小李"].pk}}.items():
        hidden = stranger.act(name, customer=factory, **args)
        absent = stranger.act(name, customer=factory + 999, **args)
        assert hidden.status_code == absent.status_code == 404
        assert hidden.content == absent.content


def test_refused_is_403_with_clause_reason_and_facts_and_stays_so_under_its_key(company: Company, factory: int) -> None:
    with in_force(STRICT):
        wang = machine(company["小王"])
        first = wang.act("contract.register", key="c", customer=factory, name="现款", amount="12.00")
        again = wang.act("contract.register", key="c", customer=factory, name="现款", amount="12.00")
    assert first.status_code == 403, first.content.decode()
    assert first.json()["clauses"][0]["number"] == "2"
    assert first.json()["facts"]
    assert "不得登记现款合同" in first.json()["message"]
    assert first.json() == again.json()
    assert Event.objects.filter(kind="norm.refused").count() == 1


def test_what_a_key_keeps_of_a_refusal_goes_with_the_file(company: Company, factory: int) -> None:
    from kedang.kernel.actions.answers import forget

    with in_force(STRICT):
        machine(company["小王"]).act("contract.register", key="c", customer=factory, name="现款", amount="12.00")
    row = CommandKey.objects.get(outcome="refused")
    assert "晨光" in str(row.result)
    assert forget(factory) == 1
    row.refresh_from_db()
    assert row.result == {"clauses": ["2"]}


def test_what_needs_approval_is_202_with_the_request_and_its_route(company: Company, factory: int) -> None:
    with in_force(STRICT):
        wang = machine(company["小王"])
        checked = wang.post(
            "/actions/customer.transfer/check", {"args": {"customer": factory, "to": company["小李"].pk}}
        ).json()
        first = wang.act("customer.transfer", key="t", customer=factory, to=company["小李"].pk)
        again = wang.act("customer.transfer", key="t", customer=factory, to=company["小李"].pk)
        assert first.status_code == 202, first.content.decode()
        assert first.json() == again.json()
        asked = Request.objects.get()
        assert first.json()["request"]["id"] == asked.pk
        assert (
            [step["role"] for step in first.json()["route"]]
            == ["总经理"]
            == [step["role"] for step in checked["route"]]
        )
        assert (checked["verdict"], checked["label"]) == ("needs", "须审批")
        gm = machine(company["郑总"])
        assert gm.get("/inbox/ballots").json()["items"][0]["request"] == asked.pk
        voted = gm.post(f"/approvals/{asked.pk}/moves", {"args": {"move": "agree"}})
        assert voted.status_code == 200, voted.content.decode()
    assert Customer.objects.get(pk=factory).owner == company["小李"]


def test_asking_beforehand_changes_nothing_and_leaves_no_trace(company: Company, factory: int) -> None:
    before = Event.objects.count()
    with in_force(STRICT):
        wang = machine(company["小王"])
        before = Event.objects.count()
        said = wang.post("/actions/contract.register/check", {"args": {"customer": factory, "amount": "1.00"}}).json()
        fine = wang.post(
            "/actions/contract.register/check", {"args": {"customer": factory, "name": "甲", "amount": "900.00"}}
        ).json()
    assert (said["verdict"], said["missing"]) == ("refuse", ["name"])
    assert said["clauses"][0]["number"] == "2"
    assert fine["verdict"] == "allow"
    assert Event.objects.count() == before


def test_somebody_else_saved_first_is_409_with_both_versions(company: Company, factory: int) -> None:
    wang = machine(company["小王"])
    version = wang.get(f"/customers/{factory}").json()["head"]["version"]
    assert (
        wang.post(
            f"/customers/{factory}", {"args": {"version": version, "address": "新址一号"}}, method="patch"
        ).status_code
        == 200
    )
    late = wang.post(f"/customers/{factory}", {"args": {"version": version, "address": "新址二号"}}, method="patch")
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert late.json()["conflict"][0]["theirs"] == "新址一号"


@pytest.mark.parametrize(
    "body",
    [
        "{", "[]", '"a"', "null", '{"args": []}', '{"args": {"name": NaN}}', '{"args": {"name": "\\ud800"}}', "[" * 3000, '{"a":' * 900,
        '{"args": {"name": "a\\u0000b"}}', '{"args": {"by": 1, "name": "x"}}', '{"args": {"name": 1' + "0" * 5000 + "}}", b"\xff\xfe",
        '{"args": {"name": "甲乙丙", "terms": {"\\u0000": 1}}}', '{"args": {"name": "甲", "reason": {"a": 1}}}', '{"reason": {"a": 1}}',
        '{"on_behalf_of": 99999999999999999999}', '{"copies": [1e999]}', '{"extra": 1}', '{"args": {"\\u0000": 1}}',
    ],
)  # fmt: skip
def test_hostile_bodies_are_422_in_chinese(company: Company, body: str | bytes) -> None:
    answer = machine(company["小王"]).post("/actions/customer.register", body)
    assert answer.status_code == 422, answer.content.decode()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in answer.json()["message"])


@pytest.mark.parametrize("terms", [5, "key", [1], {"category": ["key"]}])
def test_classes_that_are_no_object_are_422_at_their_field(company: Company, terms: object) -> None:
    answer = machine(company["小王"]).act("customer.register", name="绍兴印染厂", terms=terms)
    assert answer.status_code == 422, answer.content.decode()
    assert set(answer.json()["errors"]) <= {"terms", "category"}
