"""Messages go out by mail, once; what fails is tried again and given up visibly."""

import time
from typing import Any

import pytest

from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.delivery import sending
from kedang.kernel.delivery.models import Delivery
from kedang.kernel.errors import Invalid, Refused
from kedang.kernel.models import Notice
from tests.kernel.delivery.support import prefer, states, tell
from tests.support.company import Company
from tests.support.outside import MailServer, text_of


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
