"""At night nobody is disturbed; the morning brings what waited, in one digest."""

from datetime import datetime
from typing import Any

import pytest

from kedang.kernel import clock, tick
from kedang.kernel.delivery import sending, ways, wording
from kedang.kernel.delivery.models import Delivery, Preference
from kedang.kernel.errors import Invalid
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import regulations
from tests.kernel.conftest import register
from tests.kernel.delivery.support import prefer, tell
from tests.support.company import Company
from tests.support.outside import MailServer, text_of


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
