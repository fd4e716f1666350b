"""通知设置, the links in messages, the calendar feed, and 管理 › 通知发送."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from kedang.kernel import clock, vault
from kedang.kernel.delivery import sending
from kedang.kernel.delivery.models import Delivery, Feed, Preference, Robot
from kedang.kernel.errors import NeedsApproval
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.schema import DutyNorm
from kedang.kernel.norms.store import regulations
from kedang.kernel.org.models import Person
from kedang.web import tasks
from tests.support.outside import target
from tests.web.conftest import HTMX, Office

As = Callable[[str], Client]


def duty_of(office: Office, login: str = "wang") -> Duty:
    """An open duty about a customer, done by filing a form that a regulation in force has."""
    file = office.customer()
    for version in regulations().in_force():
        for compiled in version.regulation.norms:
            done = getattr(compiled.norm, "done", None)
            if isinstance(compiled.norm, DutyNorm) and done is not None and done.form:
                now = clock.now()
                return Duty.objects.create(
                    pack=version.pack, version=version.number, norm=compiled.qid, clause=compiled.clauses[0], title="交表单（晨光精密机械厂）",
                    file=file, bearer=office[login], opened_at=now, counted_from=now, due_at=now + timedelta(days=2),
                )  # fmt: skip
    raise AssertionError("no regulation of the demo has such a duty")


def settings_post(**more: str) -> dict[str, str]:
    return {"mail": "true", "robot": "false", "digest": "true", "quiet_from": "20:30", "quiet_until": "07:30", **more}


# ---- settings ----------------------------------------------------------------------------------------------------


def test_settings_are_shown_saved_and_shown_again(office: Office, as_: As) -> None:
    client = as_("wang")
    assert "21:00" in client.get(reverse("reaching")).content.decode()
    assert client.post(reverse("reaching"), settings_post()).status_code == 302
    row = Preference.objects.get(person=office["wang"])
    assert (row.mail, row.robot, f"{row.quiet_from:%H:%M}") == (True, False, "20:30")
    assert 'value="20:30"' in client.get(reverse("reaching")).content.decode()


def test_half_a_quiet_time_is_refused_at_the_field_and_kept(office: Office, as_: As) -> None:
    answer = as_("wang").post(reverse("reaching"), settings_post(quiet_until=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "开始和结束要一起填" in page
    assert 'value="20:30"' in page
    assert not Preference.objects.exists()


# ---- links in messages -------------------------------------------------------------------------------------------


def test_the_link_of_a_message_leads_through_the_sign_in_straight_to_the_deed(office: Office, as_: As) -> None:
    duty = duty_of(office)
    row = Notice.objects.create(person=office["wang"], text="请办理", duty=duty.pk, file=duty.file, at=clock.now())
    link = reverse("to_notice", args=[row.pk])
    assert link == f"/to/notice/{row.pk}/"
    stranger = Client()
    answer = stranger.get(link)
    assert answer.status_code == 302
    assert f"next={link}" in answer["Location"]
    signed = stranger.post(answer["Location"], {"username": "wang", "password": "a-test-password-1", "next": link})
    assert signed["Location"] == link
    assert stranger.get(link)["Location"] == tasks.way_of(duty, regulations()).url
    assert stranger.get(tasks.way_of(duty, regulations()).url).status_code == 200
    row.refresh_from_db()
    assert row.read_at is not None


def test_a_duty_that_is_over_says_what_became_of_it(office: Office, as_: As) -> None:
    duty = duty_of(office)
    link = reverse("to_duty", args=[duty.pk])
    for state, word in (("done", "按时办结"), ("void", "作废"), ("waived", "已豁免")):
        Duty.objects.filter(pk=duty.pk).update(state=state, done_at=clock.now())
        page = as_("wang").get(link)
        assert page.status_code == 200
        assert word in page.content.decode()
    Duty.objects.filter(pk=duty.pk).update(state="open", taken_by=office["liu"])
    assert f"现在由{office['liu'].name}办理" in as_("wang").get(link).content.decode()


def test_nobody_elses_notice_duty_or_ballot_is_found(office: Office, as_: As) -> None:
    duty = duty_of(office)
    row = Notice.objects.create(person=office["wang"], text="请办理", duty=duty.pk, at=clock.now())
    for url in (reverse("to_notice", args=[row.pk]), reverse("to_duty", args=[duty.pk]), reverse("to_duty", args=[987654]), reverse("to_approval", args=[987654])):  # fmt: skip
        assert as_("zhao").get(url).status_code == 404


def test_a_duty_over_on_a_file_that_one_may_not_list_any_more_names_nothing(office: Office, as_: As) -> None:
    duty = duty_of(office)
    Notice.objects.create(person=office["zhao"], text="请办理", duty=duty.pk, at=clock.now())
    page = as_("zhao").get(reverse("to_duty", args=[duty.pk])).content.decode()
    assert "晨光" not in page
    assert duty.title not in page


def test_a_ballots_message_leads_to_the_ballot(office: Office, as_: As) -> None:
    with pytest.raises(NeedsApproval) as asked:
        office.do("file.open", "chen", customer=office.customer(), purpose="接手项目")
    request = asked.value.request
    row = Notice.objects.filter(kind="ballot", request=request.pk).first()
    assert row is not None
    client = as_(row.person.username)
    assert client.get(reverse("to_notice", args=[row.pk]))["Location"] == reverse("approval", args=[request.pk])


# ---- the calendar ------------------------------------------------------------------------------------------------


def feed_url(client: Client) -> str:
    page = client.post(reverse("feed_renew")).content.decode()
    return "/" + page.split('value="http://testserver/')[1].split('"')[0]


def test_the_calendar_holds_ones_own_duties_without_a_customers_name(office: Office, as_: As) -> None:
    duty = duty_of(office)
    url = feed_url(as_("wang"))
    answer = Client().get(url)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    entries = {str(one["uid"]): one for one in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert f"duty-{duty.pk}@kedang" in entries
    assert f"/to/duty/{duty.pk}/" in str(entries[f"duty-{duty.pk}@kedang"]["url"])
    text = answer.content.decode().replace("\r\n ", "")
    assert "晨光" not in text
    assert str(office["wang"].name) not in text
    others = Duty.objects.filter(state="open").exclude(bearer=office["wang"]).values_list("pk", flat=True)
    assert not any(f"duty-{pk}@kedang" in entries for pk in others)


def test_the_calendar_is_not_sent_again_while_nothing_changes(office: Office, as_: As) -> None:
    duty = duty_of(office)
    url = feed_url(as_("wang"))
    first = Client().get(url)
    office.clock.move_to(datetime(2026, 3, 2, 11, 0))
    again = Client().get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Duty.objects.filter(pk=duty.pk).update(state="done")
    assert Client().get(url, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_renewed_ended_or_made_up_address_answers_alike(office: Office, as_: As) -> None:
    client = as_("wang")
    first = feed_url(client)
    second = feed_url(client)
    gone, made_up = Client().get(first), Client().get(reverse("calendar_feed", args=["made-up"]))
    assert (gone.status_code, gone.content) == (made_up.status_code, made_up.content) == (404, made_up.content)
    assert Client().get(second).status_code == 200
    assert second.split("/")[-1][:-4] not in str(list(Feed.objects.values()))
    assert client.post(reverse("feed_end")).status_code == 302
    assert Client().get(second).status_code == 404
    assert client.post(reverse("feed_end")).status_code == 404


def test_the_calendar_of_somebody_suspended_is_closed(office: Office, as_: As) -> None:
    url = feed_url(as_("wang"))
    Person.objects.filter(pk=office["wang"].pk).update(is_active=False)
    assert Client().get(url).status_code == 404


# ---- 管理 › 通知发送 ------------------------------------------------------------------------------------------------


def admin_of(office: Office) -> str:
    found = Person.objects.filter(is_admin=True).first()
    assert found is not None
    return found.username


def test_a_robot_is_added_tested_and_its_address_never_shown_again(office: Office, as_: As, settings: Any) -> None:
    client = as_(admin_of(office))
    with target() as outside:
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        url = f"{outside.url}/hook?key=TOPSECRET"
        wrong = client.post(reverse("robot_new"), {"name": "全员群", "kind": "dingtalk", "address": "https://10.0.0.1/?key=TOPSECRET", "secret": "SECRET2"}, headers=HTMX)  # fmt: skip
        assert wrong.status_code == 422
        assert "内网" in wrong.content.decode()
        assert "TOPSECRET" not in wrong.content.decode()
        assert client.post(reverse("robot_new"), {"name": "全员群", "kind": "dingtalk", "address": url, "secret": "SECRET2"}).status_code == 302  # fmt: skip
        row = Robot.objects.get()
        assert vault.unseal(row.address) == url
        page = client.get(reverse("manage"), {"tab": "sending"}).content.decode()
        assert "全员群" in page
        assert "TOPSECRET" not in page
        assert "SECRET2" not in page
        assert client.post(reverse("robot_test", args=[row.pk])).status_code == 302
        sending.round_of()
        assert len(outside.got) == 1
        assert client.post(reverse("robot_end", args=[row.pk])).status_code == 302
        assert client.post(reverse("robot_end", args=[row.pk])).status_code == 404


def test_what_was_given_up_is_shown_with_its_reason_and_sent_again(office: Office, as_: As) -> None:
    notice = Notice.objects.create(
        person=office["wang"], text="请看（晨光精密机械厂）", at=clock.now(), planned_at=clock.now()
    )
    row = Delivery.objects.create(person=office["wang"], channel="mail", notice=notice, state="failed", attempts=8, error="邮件服务器没有按时答复", due_at=clock.now(), made_at=clock.now())  # fmt: skip
    client = as_(admin_of(office))
    page = client.get(reverse("manage"), {"tab": "sending", "state": "failed"}).content.decode()
    assert "邮件服务器没有按时答复" in page
    assert "试了 8 次" in page
    assert "晨光" not in page
    assert client.post(reverse("sending_resend", args=[row.pk])).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)
    assert client.post(reverse("sending_resend", args=[row.pk])).status_code in (400, 422)


def test_only_administrators_come_near_robots_and_sendings(office: Office, as_: As) -> None:
    client = as_("wang")
    assert client.get(reverse("robot_new")).status_code == 404
    for name in ("robot_end", "robot_test", "sending_resend"):
        assert client.post(reverse(name, args=[1])).status_code == 404
