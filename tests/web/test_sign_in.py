"""Signing in, being locked out, the list of devices, the password."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from kedang.kernel.org.models import Person
from kedang.web.models import SignIn
from tests.web.conftest import HTMX, Office

PASSWORD = "a-test-password-1"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"


def sign_in(client: Client, login: str = "wang", password: str = PASSWORD, **more: str):
    return client.post("/login/", {"username": login, "password": password, **more}, headers={"User-Agent": FIREFOX})


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    for person in office.company.people.values():
        Person.objects.filter(pk=person.pk).update(must_change_password=False)


def test_the_right_password_leads_to_the_tasks_and_notes_the_device() -> None:
    client = Client()
    assert sign_in(client)["Location"] == "/start/"
    page = client.get("/account/sessions/").content.decode()
    assert "Windows · Firefox" in page and "本设备" in page


def test_a_wrong_password_and_an_unknown_name_get_the_same_words() -> None:
    wrong = sign_in(Client(), password="nope").content.decode()
    unknown = sign_in(Client(), login="nobody").content.decode()
    said = "登录名或密码不对"
    assert said in wrong and said in unknown


def test_what_is_missing_is_said_as_everywhere_else() -> None:
    page = sign_in(Client(), login="", password="").content.decode()
    assert page.count("此项必填") == 2
    client = Client()
    sign_in(client)
    assert "此项必填" in client.post("/account/password/", {}).content.decode()


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one() -> None:
    client = Client()
    for _ in range(5):
        last = sign_in(client, password="nope")
    assert last.status_code == 429 and "锁定 15 分钟" in last.content.decode()
    assert sign_in(client).status_code == 429


def test_a_suspended_person_is_refused_with_no_hint() -> None:
    Person.objects.filter(username="wang").update(is_active=False)
    page = sign_in(Client())
    assert page.status_code == 200 and "登录名或密码不对" in page.content.decode()


def test_a_person_ends_the_other_devices_and_only_those() -> None:
    here, there = Client(), Client()
    sign_in(here), sign_in(there)
    assert here.post("/account/sessions/end-others/").status_code == 302
    assert there.get("/")["Location"].startswith("/login/")
    assert here.get("/").status_code == 200


def test_nobody_ends_a_device_of_somebody_else(as_: Callable[[str], Client]) -> None:
    sign_in(Client())
    theirs = SignIn.objects.get(person__username="wang")
    assert as_("zhou").post(f"/account/sessions/{theirs.pk}/end/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.ended_at is None


def test_an_initial_password_must_be_changed_before_anything_else(office: Office) -> None:
    Person.objects.filter(username="wang").update(must_change_password=True)
    client = Client()
    sign_in(client)
    assert client.get("/customers/")["Location"] == "/account/password/"
    new = "another-password-2"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/account/password/", fields)["Location"] == "/account/sessions/"
    assert client.get("/customers/").status_code == 200
    assert Person.objects.get(username="wang").check_password(new)


def test_a_weak_password_is_refused_in_chinese(as_: Callable[[str], Client]) -> None:
    fields = {"old_password": PASSWORD, "new_password1": "12345", "new_password2": "12345"}
    page = as_("wang").post("/account/password/", fields).content.decode()
    assert "密码太短，至少 10 个字符" in page and "密码只包含数字" in page


@pytest.mark.parametrize(
    "path", ["/", "/customers/", "/customers/1/", "/approvals/", "/rules/", "/manage/", "/pick/person/"]
)
def test_every_page_sends_a_stranger_to_the_sign_in_page(path: str) -> None:
    assert Client().get(path)["Location"].startswith("/login/?next=")


def test_a_fragment_asked_for_after_the_session_ended_sends_the_whole_page() -> None:
    answer = Client().get("/customers/counts/", headers={**HTMX, "HX-Current-URL": "http://testserver/customers/"})
    assert answer.status_code == 204 and answer["HX-Redirect"] == "/login/?next=/customers/"


def test_whoever_was_submitting_keeps_the_page_and_signs_in_beside_it() -> None:
    here = {**HTMX, "HX-Current-URL": "http://testserver/customers/new/"}
    answer = Client().post("/customers/new/", {"name": "晨光精密机械厂"}, headers=here)
    assert answer.status_code == 403 and answer["HX-Retarget"] == "#why-body" and "HX-Redirect" not in answer
    text = answer.content.decode()
    assert "登录已过期" in text and 'href="/login/?next=/customers/new/"' in text and "还在这一页" in text


def test_a_part_of_a_page_with_an_old_token_is_given_the_new_one(office: Office) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(Person.objects.get(username="wang"), backend="django.contrib.auth.backends.ModelBackend")
    client.get("/customers/new/")
    sent = {"name": "晨光精密机械厂", "term-category": "potential", "key": "k1"}
    old = client.post("/customers/new/", sent, headers={**HTMX, "X-CSRFToken": "x" * 64})
    told = json.loads(old["HX-Trigger"])["renewed"]
    assert old.status_code == 403 and old["HX-Reswap"] == "none" and told["person"] == office["wang"].pk
    again = client.post("/customers/new/", sent, headers={**HTMX, "X-CSRFToken": told["token"]})
    assert again["HX-Redirect"].startswith("/customers/")


def test_a_stranger_with_an_old_token_is_told_to_sign_in_and_gets_no_token() -> None:
    answer = Client(enforce_csrf_checks=True).post("/customers/new/", {}, headers=HTMX)
    assert answer.status_code == 403 and "HX-Trigger" not in answer and "登录已过期" in answer.content.decode()


def test_nobody_is_sent_to_another_site_after_signing_in() -> None:
    assert sign_in(Client(), next="https://evil.example/")["Location"] == "/start/"
