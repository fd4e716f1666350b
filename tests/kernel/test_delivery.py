"""Messages go out by mail and robot, after quiet hours, once, worded for their receiver; what fails is tried again."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from kedang.kernel import clock, tick, vault
from kedang.kernel.actions import effects, perform
from kedang.kernel.delivery import planning, sending, ways, wording
from kedang.kernel.delivery.models import Delivery, Preference, Robot
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.models import Notice, Pulse
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import regulations
from kedang.kernel.org.models import Person
from tests.kernel.conftest import register
from tests.support.company import Company
from tests.support.outside import MailServer, Target, mail_server, target, text_of

Under = Callable[..., Company]
PACK = """
pack: telling
version: 1
title: 通知测试办法
issuer: 示例公司
effective: 2026-01-01
roles:
  sales: {name: 业务员, post: salesperson}
  head: {name: 部门经理, post: head, of: file.unit}
  gm: {name: 总经理, post: general_manager}
access:
  sales: {list: 本人, open: 本人}
  head: {list: 本部门, open: 本部门}
  gm: {list: 全部, open: 全部}
clauses:
  "1": {text: 登记后两个工作日内拜访。}
  "2": {text: 逾期未拜访的，上报直接上级。}
  "3": {text: 建档须经部门经理同意。}
  "4": {text: 放入公海立即通知。}
routes:
  head_only: [{role: head}]
norms:
  - {id: visit, clause: "1", kind: duty, name: 登记后拜访, opens: {event: customer.registered}, bearer: file.owner, done: {event: visit.recorded, for: customer}, due: {within: 2 working_days}, remind: [1 working_day]}
  - {id: up, clause: "2", kind: consequence, breach: visit, do: [{escalate: superior}, {notify: bearer}]}
  - {id: agree, clause: "3", kind: approval, action: customer.update, route: head_only, then: run}
  - {id: pool, clause: "4", kind: consequence, event: customer.released, do: [{notify: head, urgent: true}]}
"""


@pytest.fixture
def company(under: Under) -> Company:
    made = under(PACK)
    for number, person in enumerate(made.people.values()):
        Person.objects.filter(pk=person.pk).update(email=f"p{number}@corp.test", phone=f"1380000{number:04d}")
        person.refresh_from_db()
    Person.objects.filter(pk=made["何内勤"].pk).update(is_admin=True)
    made["何内勤"].refresh_from_db()
    Notice.objects.all().delete()
    Pulse.objects.create(name=planning.PULSE, at=clock.now(), through=clock.today())  # this morning's digest is out
    return made


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    """A mail server in use."""
    with mail_server() as made:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 1
        settings.SITE_URL = "https://kd.corp.test"
        yield made


@pytest.fixture
def outside(settings: Any) -> Iterator[Target]:
    with target() as made:
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        yield made


def robot(company: Company, outside: Target, kind: str = "wecom", unit: str = "业务一部", secret: str = "") -> Robot:
    args = {"name": "一部群", "kind": kind, "unit": company.units[unit].pk, "address": vault.seal(f"{outside.url}/robot?key=K"), "secret": vault.seal(secret)}  # fmt: skip
    return Robot.objects.get(pk=company.do("robot.add", "何内勤", **args))


def prefer(person: Person, **more: Any) -> None:
    Preference.objects.update_or_create(person=person, defaults=more)


def tell(company: Company, name: str = "小王", text: str = "请看一下", **more: Any) -> Notice:
    effects.tell([company[name].pk], text, **more)
    return Notice.objects.latest("id")


def states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


# ---- mail --------------------------------------------------------------------------------------------------------


def test_a_notice_goes_out_once_by_mail_with_a_link_to_the_deed(company: Company, post: MailServer) -> None:
    row = tell(company)
    for _ in range(3):
        sending.round_of()
    assert len(post.letters) == 1
    assert post.letters[0]["To"] == company["小王"].email
    assert "请看一下" in text_of(post.letters[0])
    assert f"https://kd.corp.test/to/notice/{row.pk}/" in text_of(post.letters[0])
    assert states() == ["sent"]
    row.refresh_from_db()
    assert row.delivered_at is not None


def test_what_a_rolled_back_deed_would_have_said_is_not_sent(company: Company, post: MailServer) -> None:
    from django.db import transaction

    with transaction.atomic():
        tell(company)
        transaction.set_rollback(True)
    sending.round_of()
    assert post.letters == []


def test_several_notices_of_one_round_are_one_letter(company: Company, post: MailServer) -> None:
    for number in range(3):
        tell(company, text=f"第{number}件")
    sending.round_of()
    assert len(post.letters) == 1
    assert all(f"第{number}件" in text_of(post.letters[0]) for number in range(3))


def test_without_a_mail_server_or_address_nothing_is_planned(company: Company, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    tell(company)
    sending.round_of()
    assert states() == []
    assert not Notice.objects.filter(planned_at=None).exists()


def test_a_mail_server_that_is_down_is_tried_again_with_longer_pauses_and_given_up_visibly(
    company: Company, post: MailServer, settings: Any, held: clock.Frozen
) -> None:
    prefer(company["小王"], quiet_from=None, quiet_until=None)
    good, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    tell(company)
    pauses = []
    for _ in range(20):
        sending.round_of()
        row = Delivery.objects.get()
        if row.state != "waiting":
            break
        pauses.append((row.due_at - clock.now()).total_seconds() / 60)
        held.move_to(row.due_at)
    assert pauses == [1, 5, 15, 60, 180, 360, 720]
    assert (row.state, row.attempts) == ("failed", 8)
    assert "邮件服务器连接不上" in row.error
    settings.EMAIL_PORT = good
    with pytest.raises(Refused):
        perform("delivery.resend", by=company["小王"], delivery=row.pk)
    company.do("delivery.resend", "何内勤", delivery=row.pk)
    sending.round_of()
    assert len(post.letters) == 1
    with pytest.raises(Invalid, match="未送达"):
        company.do("delivery.resend", "何内勤", delivery=row.pk)


def test_a_mail_server_that_hangs_costs_one_time_limit_for_everybody(company: Company, post: MailServer) -> None:
    post.mute = True
    for name in ("小王", "小赵", "小李", "周经理"):
        tell(company, name)
    before = time.monotonic()
    sending.round_of()
    assert time.monotonic() - before < 3
    assert post.sessions == 1
    assert states() == ["waiting"] * 4
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}
    assert Delivery.objects.exclude(error="邮件服务器没有按时答复").count() == 0


@pytest.mark.parametrize(("code", "state"), [(550, "failed"), (451, "waiting")])
def test_a_refused_mailbox_ends_it_for_good_a_busy_one_does_not(
    company: Company, post: MailServer, code: int, state: str
) -> None:
    post.refuse = code
    tell(company)
    sending.round_of()
    assert states() == [state]
    assert f"（{code}）" in Delivery.objects.get().error


def test_a_line_break_in_a_text_makes_no_header(company: Company, post: MailServer) -> None:
    tell(company, text="一\r\nBcc: evil@x.test\r\n\r\n二")
    sending.round_of()
    assert post.letters[0]["Bcc"] is None
    assert len(post.letters) == 1


# ---- quiet hours -------------------------------------------------------------------------------------------------


def test_at_night_it_waits_until_the_morning_unless_the_regulation_says_urgent(
    company: Company, post: MailServer, held: clock.Frozen
) -> None:
    held.move_to(datetime(2026, 3, 2, 22, 30))
    tell(company, text="不急")
    tell(company, "小赵", text="很急", urgent=True)
    sending.round_of()
    assert [letter["To"] for letter in post.letters] == [company["小赵"].email]
    held.move_to(datetime(2026, 3, 3, 7, 59))
    sending.round_of()
    assert len(post.letters) == 1
    held.move_to(datetime(2026, 3, 3, 8, 0))
    sending.round_of()
    assert len(post.letters) == 2


def test_only_the_pack_makes_a_message_urgent(company: Company, post: MailServer, held: clock.Frozen) -> None:
    file = register(company, "晨光精密机械厂")
    Notice.objects.all().delete()
    held.move_to(datetime(2026, 3, 2, 23, 0))
    company.do("customer.release", "郑总", customer=file, reason="无人跟进")
    sending.round_of()
    assert [letter["To"] for letter in post.letters] == [company["周经理"].email]


def test_a_retry_does_not_fall_into_the_night(
    company: Company, post: MailServer, held: clock.Frozen, settings: Any
) -> None:
    held.move_to(datetime(2026, 3, 2, 20, 59, 30))
    settings.EMAIL_PORT = 1
    tell(company)
    sending.round_of()
    assert f"{clock.local(Delivery.objects.get().due_at):%m-%d %H:%M}" == "03-03 08:00"


@pytest.mark.parametrize(
    ("start", "end", "at", "wanted"),
    [
        ("21:00", "08:00", "2026-03-02 20:59", "2026-03-02 20:59"), ("21:00", "08:00", "2026-03-02 21:00", "2026-03-03 08:00"),
        ("21:00", "08:00", "2026-03-03 03:00", "2026-03-03 08:00"), ("21:00", "08:00", "2026-03-03 08:00", "2026-03-03 08:00"),
        ("12:00", "14:00", "2026-03-03 13:00", "2026-03-03 14:00"), ("12:00", "14:00", "2026-03-03 14:00", "2026-03-03 14:00"),
    ],
)  # fmt: skip
def test_when_somebody_may_be_disturbed_next(start: str, end: str, at: str, wanted: str) -> None:
    wish = Preference(
        quiet_from=datetime.strptime(start, "%H:%M").time(), quiet_until=datetime.strptime(end, "%H:%M").time()
    )
    there = datetime.fromisoformat(at)
    moment = clock.at_time(there.date(), there.time())
    assert f"{clock.local(ways.quiet_until(wish, moment)):%Y-%m-%d %H:%M}" == wanted


# ---- what is said ------------------------------------------------------------------------------------------------


def test_a_letter_names_the_file_only_while_its_reader_may_list_it(company: Company, post: MailServer) -> None:
    file = register(company, "晨光精密机械厂")
    Notice.objects.all().delete()
    for name in ("小王", "小赵"):
        Notice.objects.create(person=company[name], text="请核对（晨光精密机械厂）", file=file, at=clock.now())
    sending.round_of()
    said = {letter["To"]: text_of(letter) + str(letter["Subject"]) for letter in post.letters}
    assert "晨光精密机械厂" in said[company["小王"].email]
    assert "晨光" not in said[company["小赵"].email]
    assert "您有一条新通知" in said[company["小赵"].email]


def test_rights_are_those_of_the_moment_of_sending(company: Company, post: MailServer, held: clock.Frozen) -> None:
    file = register(company, "晨光精密机械厂")
    Notice.objects.all().delete()
    held.move_to(datetime(2026, 3, 2, 22, 0))
    Notice.objects.create(person=company["小王"], text="请核对（晨光精密机械厂）", file=file, at=clock.now())
    sending.round_of()
    company.do("customer.transfer", "郑总", customer=file, to=company["小李"].pk, reason="调整")
    Notice.objects.exclude(person=company["小王"]).delete()
    Notice.objects.filter(kind="notice", norm__gt="").delete()
    held.move_to(datetime(2026, 3, 3, 8, 0))
    sending.round_of()
    assert post.letters
    assert not any("晨光" in text_of(letter) for letter in post.letters if letter["To"] == company["小王"].email)


def test_what_was_read_or_done_meanwhile_is_not_sent(company: Company, post: MailServer, held: clock.Frozen) -> None:
    held.move_to(datetime(2026, 3, 2, 22, 0))
    row = tell(company)
    sending.round_of()
    Notice.objects.filter(pk=row.pk).update(read_at=clock.now())
    held.move_to(datetime(2026, 3, 3, 9, 0))
    sending.round_of()
    assert post.letters == []
    assert (states(), Delivery.objects.get().error) == (["dropped"], "本人已在系统内看过")


def test_nobody_who_is_suspended_is_told_anything(company: Company, post: MailServer, held: clock.Frozen) -> None:
    held.move_to(datetime(2026, 3, 2, 22, 0))
    tell(company)
    sending.round_of()
    Person.objects.filter(pk=company["小王"].pk).update(is_active=False)
    held.move_to(datetime(2026, 3, 3, 9, 0))
    sending.round_of()
    assert (post.letters, states()) == ([], ["dropped"])


def test_who_is_asked_to_vote_is_told_and_not_when_it_is_decided_already(company: Company, post: MailServer) -> None:
    from kedang.kernel.errors import NeedsApproval

    file = register(company, "晨光精密机械厂")
    Notice.objects.all().delete()
    with pytest.raises(NeedsApproval) as asked:
        company.do("customer.update", "小王", customer=file, name="晨光精密机械二厂")
    row = Notice.objects.get(kind="ballot")
    assert row.person == company["周经理"]
    sending.round_of()
    assert [letter["To"] for letter in post.letters] == [company["周经理"].email]
    assert f"/to/notice/{row.pk}/" in text_of(post.letters[0])
    Delivery.objects.update(state="waiting")
    company.do("approval.move", "周经理", request=asked.value.request.pk, move="agree")
    sending.round_of()
    assert Delivery.objects.get(notice=row).error == "审批已处理或转由他人处理"


def test_who_stands_in_for_a_voter_is_told_too(company: Company, post: MailServer) -> None:
    from kedang.kernel.errors import NeedsApproval
    from kedang.kernel.org import changes

    file = register(company, "晨光精密机械厂")
    changes.delegate(company["周经理"], company["吴经理"], start=clock.today(), end=clock.today())
    Notice.objects.all().delete()
    with pytest.raises(NeedsApproval):
        company.do("customer.update", "小王", customer=file, name="晨光精密机械二厂")
    sending.round_of()
    said = {letter["To"]: text_of(letter) for letter in post.letters}
    assert set(said) == {company["周经理"].email, company["吴经理"].email}
    assert "晨光" not in said[company["吴经理"].email], "he may vote on it but not list the file"


# ---- the ladder --------------------------------------------------------------------------------------------------


def test_reminder_then_breach_reaches_the_bearer_and_his_superior(
    company: Company, post: MailServer, held: clock.Frozen
) -> None:
    file = register(company, "晨光精密机械厂")
    assert Duty.objects.get(file=file).bearer == company["小王"]
    for day in (3, 4, 5):
        held.move_to(datetime(2026, 3, day, 9, 0))
        tick.tick()
        sending.round_of()
    told = [(letter["To"], text_of(letter)) for letter in post.letters]
    reminders = [text for to, text in told if to == company["小王"].email and "请办理" in text]
    assert reminders
    above = [
        text
        for to, text in told
        if (to == company["周经理"].email and "登记后拜访" in text)
        or ("晨光" in text and to == company["周经理"].email)
    ]
    assert above, told
    assert not any(to == company["吴经理"].email for to, _ in told)


# ---- the digest --------------------------------------------------------------------------------------------------


def test_at_half_past_eight_one_digest_each_on_working_days_and_none_when_empty(
    company: Company, post: MailServer, held: clock.Frozen
) -> None:
    register(company, "晨光精密机械厂")
    held.move_to(datetime(2026, 3, 3, 8, 29))
    sending.round_of()
    post.letters.clear()
    held.move_to(datetime(2026, 3, 3, 8, 30))
    for _ in range(3):
        sending.round_of()
    assert [letter["To"] for letter in post.letters] == [company["小王"].email]
    body = text_of(post.letters[0])
    assert "七天内 1 件" in body
    assert "晨光精密机械厂" in body
    assert f"/to/duty/{Duty.objects.get().pk}/" in body
    held.move_to(datetime(2026, 3, 5, 8, 30))
    tick.tick()
    Notice.objects.all().delete()
    post.letters.clear()
    sending.round_of()
    said = {letter["To"]: text_of(letter) for letter in post.letters}
    assert "逾期 1 件" in said[company["小王"].email]
    assert "下属逾期 1 件" in said[company["周经理"].email]
    held.move_to(datetime(2026, 3, 7, 8, 30))
    post.letters.clear()
    sending.round_of()
    assert post.letters == []


def test_the_digest_is_caught_up_the_same_day_only_and_may_be_turned_off(
    company: Company, post: MailServer, held: clock.Frozen
) -> None:
    register(company, "晨光精密机械厂")
    Notice.objects.all().delete()
    held.move_to(datetime(2026, 3, 3, 18, 0))
    sending.round_of()
    assert post.letters == []
    prefer(company["小王"], digest=False)
    held.move_to(datetime(2026, 3, 4, 14, 0))
    sending.round_of()
    assert company["小王"].email not in [letter["To"] for letter in post.letters]


def test_a_digest_names_no_file_that_its_reader_may_not_list(company: Company) -> None:
    file = register(company, "晨光精密机械厂")
    Duty.objects.filter(file=file).update(bearer=company["小赵"])
    made = wording.digest_of(company["小赵"], regulations())
    assert made.counts["七天内"] == 1
    assert "晨光" not in "".join(line.text for line in made.lines)


# ---- robots ------------------------------------------------------------------------------------------------------


def only_robot(company: Company) -> None:
    for person in company.people.values():
        prefer(person, mail=False, digest=False)


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


# ---- one's own settings ------------------------------------------------------------------------------------------


def test_own_settings_are_saved_checked_and_on_record(company: Company) -> None:
    from kedang.kernel.ledger.models import Event

    company.do("account.reach", "小王", mail=True, robot=False, digest=True, quiet_from="20:00", quiet_until="07:30")
    row = Preference.objects.get()
    assert (row.mail, row.robot, f"{row.quiet_from:%H:%M}") == (True, False, "20:00")
    assert "20:00–07:30" in Event.objects.get(kind="account.reached").data["what"]
    with pytest.raises(Invalid) as error:
        company.do("account.reach", "小王", mail=True, quiet_from="20:00")
    assert "quiet_until" in error.value.errors
    with pytest.raises(Invalid):
        company.do("account.reach", "小王", mail=True, quiet_from="20:00", quiet_until="20:00")
