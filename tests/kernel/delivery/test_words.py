"""What a message says is what its reader may know at the moment of sending."""

from datetime import datetime

import pytest

from kedang.kernel import clock, tick
from kedang.kernel.delivery import sending
from kedang.kernel.delivery.models import Delivery
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Duty
from kedang.kernel.org.models import Person
from tests.kernel.conftest import register
from tests.kernel.delivery.support import states, tell
from tests.support.company import Company
from tests.support.outside import MailServer, text_of


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
