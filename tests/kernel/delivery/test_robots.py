"""Robots of groups say that something waits, never about whom."""

import base64
import hashlib
import hmac
import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from kedang.kernel import clock, tick, vault
from kedang.kernel.actions import perform
from kedang.kernel.delivery import planning, sending, ways
from kedang.kernel.delivery.models import Delivery, Robot
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.models import Notice
from tests.kernel.conftest import register
from tests.kernel.delivery.support import only_robot, robot, states, tell
from tests.support.company import Company
from tests.support.outside import MailServer, Target


def test_a_wecom_robot_is_sent_text_that_rings_the_phone(company: Company, outside: Target) -> None:
    only_robot(company)
    robot(company, outside)
    row = tell(company)
    sending.round_of()
    assert outside.got[0]["query"] == {"key": "K"}
    body = outside.bodies[0]
    assert body["msgtype"] == "text"
    assert body["text"]["mentioned_mobile_list"] == [company["小王"].phone]
    assert "小王" in body["text"]["content"]
    assert f"/to/notice/{row.pk}/" in body["text"]["content"]
    assert states() == ["sent"]


def test_a_dingtalk_robot_is_sent_signed_markdown(company: Company, outside: Target) -> None:
    only_robot(company)
    robot(company, outside, "dingtalk", secret="SECabc")
    tell(company)
    sending.round_of()
    query, body = outside.got[0]["query"], outside.bodies[0]
    wanted = hmac.new(b"SECabc", f"{query['timestamp']}\nSECabc".encode(), hashlib.sha256).digest()
    assert query["sign"] == base64.b64encode(wanted).decode()
    assert int(query["timestamp"]) == int(clock.now().timestamp() * 1000)
    assert body["msgtype"] == "markdown"
    assert body["at"]["atMobiles"] == [company["小王"].phone]
    assert f"@{company['小王'].phone}" in body["markdown"]["text"]


def test_a_feishu_robot_is_sent_a_signed_post(company: Company, outside: Target) -> None:
    only_robot(company)
    outside.answer = {"code": 0, "msg": "success"}
    robot(company, outside, "feishu", secret="S")
    tell(company)
    sending.round_of()
    body = outside.bodies[0]
    wanted = hmac.new(f"{body['timestamp']}\nS".encode(), b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(wanted).decode()
    line = body["content"]["post"]["zh_cn"]["content"][0]
    assert (line[0]["tag"], line[1]["tag"]) == ("text", "a")
    assert states() == ["sent"]


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_what_a_group_reads_names_no_customer_and_quotes_nobody(
    company: Company, outside: Target, held: clock.Frozen, kind: str
) -> None:
    only_robot(company)
    outside.answer = {"errcode": 0, "code": 0}
    robot(company, outside, kind)
    register(company, "晨光精密机械厂")
    for day in (3, 4, 5):
        held.move_to(datetime(2026, 3, day, 9, 0))
        tick.tick()
        tell(company, text="意见：对方法人欠债")
        sending.round_of()
        held.move_to(datetime(2026, 3, day, 9, 1))
    everything = json.dumps(outside.bodies, ensure_ascii=False)
    assert "登记后拜访" in everything
    assert "晨光" not in everything
    assert "欠债" not in everything


def test_many_at_once_are_one_post_and_never_more_than_twenty_a_minute(
    company: Company, outside: Target, held: clock.Frozen
) -> None:
    only_robot(company)
    robot(company, outside)
    for number in range(15):
        tell(company, text=f"第{number}件")
    sending.round_of()
    assert len(outside.got) == 1 + 0
    start = clock.now()
    for second in range(50):
        held.move_to(start + timedelta(seconds=1 + second))
        tell(company)
        sending.round_of()
    assert len(outside.got) <= 20
    held.move_to(start + timedelta(minutes=3))
    for _ in range(10):
        sending.round_of()
    assert set(states()) == {"sent"}


def test_a_long_bundle_is_cut_to_what_the_platform_takes(company: Company, outside: Target) -> None:
    only_robot(company)
    robot(company, outside)
    for name in ("小王", "小赵", "周经理"):
        for _ in range(20):
            tell(company, name)
    while Delivery.objects.filter(state="waiting").exists() or Notice.objects.filter(planned_at=None).exists():
        before = len(outside.got)
        sending.round_of()
        assert len(outside.got) == before + 1
    assert all(len(body["text"]["content"].encode()) <= 2048 for body in outside.bodies)
    assert sum(body["text"]["content"].count("/to/notice/") for body in outside.bodies) == 60


@pytest.mark.parametrize(
    ("status", "answer", "state", "attempts"),
    [
        (200, {"errcode": 93000, "errmsg": "invalid webhook url"}, "waiting", 1), (500, {}, "waiting", 1), (302, {"errcode": 0}, "waiting", 1),
        (200, b"<html>", "waiting", 1), (200, {"errcode": 45009, "errmsg": "freq"}, "waiting", 0), (429, {}, "waiting", 0),
    ],
)  # fmt: skip
def test_what_a_platform_does_not_take_stays_and_says_why(
    company: Company, outside: Target, status: int, answer: Any, state: str, attempts: int
) -> None:
    only_robot(company)
    robot(company, outside)
    outside.status, outside.answer = status, answer
    tell(company)
    sending.round_of()
    row = Delivery.objects.get()
    assert (row.state, row.attempts) == (state, attempts)
    assert row.due_at > clock.now()
    assert bool(row.error) == bool(attempts)


def test_a_robot_that_hangs_holds_up_no_mail(
    company: Company, outside: Target, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kedang.kernel import outbound

    monkeypatch.setattr(outbound, "TIMEOUT", 0.5)
    monkeypatch.setattr(outbound.post, "__kwdefaults__", {"timeout": 0.5})
    robot(company, outside)
    outside.hang = 3
    tell(company)
    before = time.monotonic()
    sending.round_of()
    assert time.monotonic() - before < 2.5
    assert len(post.letters) == 1
    assert sorted(states()) == ["sent", "waiting"]


def test_a_robot_of_the_nearest_department_speaks_else_the_companys(company: Company, outside: Target) -> None:
    own = robot(company, outside)
    whole = Robot.objects.create(
        name="全员群", kind="wecom", address=vault.seal(outside.url), host="x", made_at=clock.now()
    )
    found = ways.robots_of([company["小王"].pk, company["小李"].pk])
    assert found == {company["小王"].pk: own, company["小李"].pk: whole}


def test_robots_are_the_administrators_and_their_secrets_are_kept_sealed(company: Company, outside: Target) -> None:
    from kedang.kernel.ledger.models import Event
    from kedang.kernel.models import CommandKey

    with pytest.raises(Refused):
        perform(
            "robot.add",
            by=company["小王"],
            name="群",
            kind="wecom",
            address=vault.seal("https://qyapi.weixin.qq.com/x?key=TOPSECRET"),
        )
    made = company.do(
        "robot.add",
        "何内勤",
        name="群",
        kind="wecom",
        address=vault.seal("https://qyapi.weixin.qq.com/x?key=TOPSECRET"),
    )
    row = Robot.objects.get(pk=made)
    assert row.host == "qyapi.weixin.qq.com"
    kept = [str(list(model.objects.values())) for model in (Robot, Event, CommandKey)]
    assert not any("TOPSECRET" in text for text in kept)
    with pytest.raises(Invalid, match="已有机器人"):
        company.do(
            "robot.add", "何内勤", name="群二", kind="wecom", address=vault.seal("https://qyapi.weixin.qq.com/y")
        )
    company.do("robot.end", "何内勤", robot=made)
    with pytest.raises(NotFound):
        company.do("robot.end", "何内勤", robot=made)
    row.refresh_from_db()
    assert (row.address, row.secret) == ("", "")


@pytest.mark.parametrize(
    ("kind", "url", "why"),
    [
        ("wecom", "https://oapi.dingtalk.com/robot/send?access_token=1", "核对平台"), ("dingtalk", "http://oapi.dingtalk.com/robot", "https"),
        ("feishu", "https://10.0.0.1/hook", "内网"), ("feishu", "不是网址", "网址"), ("wecom", "https://qyapi.weixin.qq.com.evil.test/x", "核对平台"),
    ],
)  # fmt: skip
def test_an_address_that_is_not_the_platforms_is_refused_at_the_field(
    company: Company, kind: str, url: str, why: str
) -> None:
    with pytest.raises(Invalid) as error:
        company.do("robot.add", "何内勤", name="群", kind=kind, address=vault.seal(url))
    assert why in error.value.errors["address"]


def test_a_test_message_is_sent_to_the_robot_asked_for(company: Company, outside: Target) -> None:
    made = robot(company, outside)
    company.do("robot.test", "何内勤", robot=made.pk)
    sending.round_of()
    assert "何内勤" in outside.bodies[0]["text"]["content"]


def test_a_worker_that_died_with_messages_in_hand_is_stood_in_for(
    company: Company, post: MailServer, held: clock.Frozen
) -> None:
    from uuid import uuid4

    tell(company)
    planning.plan()
    assert len(sending._take(uuid4())) == 1
    sending.round_of()
    assert post.letters == []
    held.move_to(clock.now() + timedelta(minutes=6))
    sending.round_of()
    assert len(post.letters) == 1
