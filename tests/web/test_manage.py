"""管理: for administrators only; people, departments, appointments, the calendar, packs from disk, the clock of rules, sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from kedang.kernel import clock, tick
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Parked, Pulse
from kedang.kernel.norms import store
from kedang.kernel.norms.models import PackVersion
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Appointment, Person, Unit
from kedang.kernel.workdays import calendar
from tests.web.conftest import HTMX, Office, queries

Sign = Callable[[str], Client]
PERSON = {
    "username": "guan",
    "name": "关小月",
    "phone": "13800138000",
    "is_admin": "false",
}


def page(client: Client, path: str, **headers: str) -> str:
    return client.get(path, headers=headers).content.decode()


def unit(office: Office, name: str) -> int:
    return office.company.units[name].pk


# ---- only administrators -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/manage/", "/manage/?tab=packs", "/manage/people/1/", "/manage/packs/customer-registry/1/check/"]
)
def test_to_others_there_is_no_such_page(as_: Sign, path: str) -> None:
    assert as_("zheng").get(path).status_code == 404


DEEDS = [
    ("org.add_person", {"username": "x", "name": "某人"}), ("org.add_unit", {"name": "新部门"}), ("calendar.set_day", {"day": "2026-10-01", "kind": "work"}),
    ("pack.load", {"folder": "/nowhere"}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "args"), DEEDS)
def test_others_are_refused_whatever_their_post(office: Office, action: str, args: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        office.do(action, "zheng", **args)
    finding = refused.value.decision.findings[0]
    assert "系统管理员" in finding.message and finding.lift and office["admin"].pk in finding.ask
    assert Event.objects.filter(kind="norm.refused", subject=action).count() == 1


def test_who_is_no_administrator_finds_no_page_to_administer_on(as_: Sign) -> None:
    response = as_("zheng").post("/manage/do/org.add_unit/", {"name": "新设部门"})
    assert response.status_code == 404 and not Unit.objects.filter(name="新设部门").exists()


@pytest.mark.parametrize(
    "about",
    [
        ("org.suspend", "person"),
        ("org.restore", "person"),
        ("org.appoint", "person"),
        ("org.rename_unit", "unit"),
        ("org.end_appointment", "appointment"),
    ],
)
def test_deeds_about_somebody_are_refused_too(office: Office, about: tuple[str, str]) -> None:
    more = {
        "org.suspend": {"reason": "x"},
        "org.appoint": {"post": "clerk", "unit": unit(office, "业务一部")},
        "org.rename_unit": {"name": "x"},
    }
    with pytest.raises(Refused):
        office.do(about[0], "zhou", **{about[1]: 1}, **more.get(about[0], {}))


# ---- people --------------------------------------------------------------------------------------------------------


def test_a_person_is_added_with_post_and_without_a_password(office: Office, as_: Sign) -> None:
    response = as_("admin").post(
        "/manage/do/org.add_person/", {**PERSON, "post": "salesperson", "unit": str(unit(office, "业务一部"))}
    )
    assert response.status_code == 302, response.content.decode()
    person = Person.objects.get(username="guan")
    assert not person.has_usable_password() and not person.is_admin
    assert org.units_of(person) == {unit(office, "业务一部")}
    event = Event.objects.get(kind="org.changed")
    assert event.data["what"] == "添加人员关小月，任业务一部业务员"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"username": "wang"}, "已有人使用"), ({"username": "有空 格"}, "格式不对"), ({"name": ""}, "此项必填"),
        ({"phone": "abc"}, "号码"), ({"post": "salesperson"}, "一起填写"), ({"unit": "99999"}, "一起填写"),
    ],
)  # fmt: skip
def test_bad_input_is_named_at_its_field_and_what_was_typed_stays(
    as_: Sign, change: dict[str, str], message: str
) -> None:
    response = as_("admin").post("/manage/do/org.add_person/", {**PERSON, **change})
    text = response.content.decode()
    assert response.status_code == 422 and message in text
    assert change.get("name", "关小月") in text and not Person.objects.filter(name="关小月").exists()


def test_a_suspended_person_is_out_with_the_next_click_and_back_when_restored(office: Office, as_: Sign) -> None:
    wang, client = as_("wang"), as_("admin")
    assert wang.get("/").status_code == 200
    response = client.post(f"/manage/do/org.suspend/{office['wang'].pk}/", {"reason": "手机遗失"})
    assert response.status_code == 302 and "手机遗失" in Event.objects.get(kind="org.changed").data["what"]
    assert wang.get("/").status_code == 302
    client.post(f"/manage/do/org.restore/{office['wang'].pk}/")
    assert as_("wang").get("/").status_code == 200


def test_nobody_suspends_himself_and_a_reason_is_needed(office: Office) -> None:
    with pytest.raises(Invalid, match="自己"):
        office.do("org.suspend", "admin", person=office["admin"].pk, reason="x")
    with pytest.raises(Invalid) as error:
        office.do("org.suspend", "admin", person=office["wang"].pk, reason=" ")
    assert "reason" in error.value.errors
    with pytest.raises(NotFound):
        office.do("org.suspend", "admin", person=99999, reason="x")


def test_appointing_and_ending_change_what_a_person_may_see(office: Office, as_: Sign) -> None:
    customer, chen = office.customer(), office["li"]
    client = as_("admin")
    client.post(
        f"/manage/do/org.appoint/{chen.pk}/",
        {"post": "head", "unit": str(unit(office, "业务一部")), "start": "", "end": ""},
    )
    held = Appointment.objects.get(person=chen, post__key="head")
    assert held.start == date(2026, 3, 2)
    assert customer and f"/manage/do/org.end_appointment/{held.pk}/" in page(client, f"/manage/people/{chen.pk}/")
    client.post(f"/manage/do/org.end_appointment/{held.pk}/", {"last_day": ""})
    held.refresh_from_db()
    assert held.end == date(2026, 3, 1) and "免去" in Event.objects.filter(kind="org.changed").last().data["what"]  # type: ignore[union-attr]
    again = client.post(f"/manage/do/org.end_appointment/{held.pk}/", {"last_day": ""})
    assert again.status_code == 422 and "已经结束" in again.content.decode()


def test_people_are_found_by_name_login_and_pinyin(as_: Sign) -> None:
    client = as_("admin")
    for text in ("王晓", "wang", "wang xiao", "wangxiaoyun", "wxy"):
        found = page(client, f"/manage/?q={text}")
        assert "王晓芸" in found and "赵宁" not in found, text
    assert "没有符合的人员" in page(client, "/manage/?q=不存在的人")


@pytest.mark.parametrize(
    "path",
    [
        "/manage/people/99999/",
        "/manage/do/org.suspend/99999/",
        "/manage/do/org.suspend/",
        "/manage/do/org.add_unit/1/",
        "/manage/do/customer.release/1/",
        "/manage/do/none/",
        "/manage/packs/none/1/check/",
    ],
)
def test_what_does_not_exist_is_not_found(as_: Sign, path: str) -> None:
    assert as_("admin").get(path).status_code == 404


# ---- departments ---------------------------------------------------------------------------------------------------


def test_a_new_department_below_one_in_scope_lies_in_scope_at_once(office: Office, as_: Sign) -> None:
    response = as_("admin").post(
        "/manage/do/org.add_unit/", {"name": "业务一部三组", "parent": str(unit(office, "业务一部"))}
    )
    assert response.status_code == 302
    made = Unit.objects.get(name="业务一部三组")
    assert (
        made.parent_id == unit(office, "业务一部") and made.pk in store.regulations().version("customer-registry").units
    )  # type: ignore[union-attr,operator]
    again = as_("admin").post(
        "/manage/do/org.add_unit/", {"name": "业务一部三组", "parent": str(unit(office, "业务一部"))}
    )
    assert again.status_code == 422 and "已有部门" in again.content.decode()


def test_a_department_that_a_regulation_names_keeps_its_name(office: Office) -> None:
    with pytest.raises(Invalid, match="按名称提到"):
        office.do("org.rename_unit", "admin", unit=unit(office, "业务一部"), name="销售一部")
    office.do("org.rename_unit", "admin", unit=unit(office, "总经办"), name="总裁办")
    assert Unit.objects.filter(name="总裁办").exists()


# ---- calendar ------------------------------------------------------------------------------------------------------


def test_the_month_shows_holidays_make_up_days_and_the_companys_own(office: Office, as_: Sign) -> None:
    client = as_("admin")
    text = page(client, "/manage/?tab=calendar&month=2026-10")
    assert "2026年10月" in text and "国庆节" in text and "调休上班" in text
    assert calendar.load().is_workday(date(2026, 10, 12))
    response = client.post("/manage/do/calendar.set_day/", {"day": "2026-10-12", "kind": "rest", "name": "厂庆"})
    assert response.status_code == 302 and response["Location"] == "/manage/?tab=calendar&month=2026-10"
    assert not calendar.load().is_workday(date(2026, 10, 12))
    assert "厂庆" in page(client, "/manage/?tab=calendar&month=2026-10") and "公司设定" in page(
        client, "/manage/?tab=calendar&month=2026-10"
    )
    assert Event.objects.get(kind="calendar.changed").data["day"] == "2026-10-12"


def test_an_unpublished_year_is_marked_provisional(as_: Sign) -> None:
    assert "暂定" in page(as_("admin"), "/manage/?tab=calendar&month=2031-05")
    assert as_("admin").get("/manage/?tab=calendar&month=9999-12").status_code == 200


@pytest.mark.parametrize(
    "bad", [{"day": "2026-02-30", "kind": "rest"}, {"day": "", "kind": "rest"}, {"day": "2026-10-12", "kind": "half"}]
)
def test_a_day_that_is_none_is_not_set(as_: Sign, bad: dict[str, str]) -> None:
    assert as_("admin").post("/manage/do/calendar.set_day/", {**bad, "name": "写了一半"}).status_code == 422
    assert not Event.objects.filter(kind="calendar.changed").exists()


# ---- packs ---------------------------------------------------------------------------------------------------------


def amended(tmp_path: Path, **replace: str) -> Path:
    """A copy of 客户备案 as version 2, with texts replaced in its header."""
    source = Path(settings.BASE_DIR) / "packs" / "customer-registry"
    for file in source.glob("*.yaml"):
        text = (
            file.read_text(encoding="utf-8").replace("version: 1\n", "version: 2\n", 1)
            if file.name == "pack.yaml"
            else file.read_text(encoding="utf-8")
        )
        for old, new in replace.items():
            text = text.replace(old, new)
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_pack_is_loaded_checked_and_waits_for_adoption(as_: Sign, tmp_path: Path) -> None:
    client = as_("admin")
    response = client.post("/manage/packs/load/", {"folder": str(amended(tmp_path))})
    assert response.status_code == 302 and response["Location"] == "/rules/customer-registry/versions/2/"
    assert PackVersion.objects.get(pack="customer-registry", version=2).state == "checked"
    assert "已检查" in page(client, "/manage/?tab=packs")
    assert "没有错误" in page(client, "/manage/packs/customer-registry/2/check/", **HTMX)


def test_a_pack_with_an_error_is_not_loaded_and_the_running_one_stays(as_: Sign, tmp_path: Path) -> None:
    folder = str(amended(tmp_path, **{"done: {form: customer_basic": "done: {form: no_such_form"}))
    response = as_("admin").post("/manage/packs/load/", {"folder": folder})
    text = response.content.decode()
    assert response.status_code == 422 and "norms.yaml:" in text and folder in text
    assert (
        not PackVersion.objects.filter(version=2).exists()
        and store.regulations().version("customer-registry").number == 1
    )  # type: ignore[union-attr]


def test_a_version_in_force_need_not_be_loaded_again(as_: Sign) -> None:
    response = as_("admin").post(
        "/manage/packs/load/", {"folder": str(Path(settings.BASE_DIR) / "packs" / "sales-files")}
    )
    assert response.status_code == 422 and "不必再载入" in response.content.decode()
    assert not Event.objects.filter(kind="pack.drafted").exists()


@pytest.mark.parametrize("folder", ["", "/nowhere/at/all"])
def test_a_folder_without_a_pack_is_named_at_the_field(as_: Sign, folder: str) -> None:
    response = as_("admin").post("/manage/packs/load/", {"folder": folder})
    assert response.status_code == 422 and ("此项必填" if not folder else "没有 pack.yaml") in response.content.decode()


# ---- the clock of rules, sessions ----------------------------------------------------------------------------------


def test_a_stopped_clock_and_parked_rows_are_shown(office: Office, as_: Sign) -> None:
    client = as_("admin")
    assert "规则时钟还没有走过" in page(client, "/manage/?tab=health")
    tick.tick()
    assert "规则时钟正常" in page(client, "/manage/?tab=health")
    Parked.objects.create(step="remind", row="17", error="除数为零", number="0302-ABCD", at=clock.now())
    office.clock.move_to(datetime(2026, 3, 2, 11, 30))
    text = page(client, "/manage/?tab=health")
    assert "规则时钟已停 90 分钟" in text and "0302-ABCD" in text and "除数为零" in text
    assert Pulse.objects.exists()


def test_an_administrator_sees_who_is_signed_in_and_ends_a_device(office: Office) -> None:
    admin, wang = Client(), Client()
    for client, login in ((admin, "admin"), (wang, "wang")):
        assert client.post("/login/", {"username": login, "password": "a-test-password-1"}).status_code == 302
    text = page(admin, "/manage/?tab=sessions")
    assert "王晓芸" in text and "本设备" in text
    device = office["wang"].sign_ins.get().pk
    assert wang.post(f"/manage/people/{office['wang'].pk}/devices/{device}/end/").status_code == 404
    assert admin.post(f"/manage/people/{office['wang'].pk}/devices/{device}/end/").status_code == 302
    assert wang.get("/").status_code == 302
    assert admin.post(f"/manage/people/{office['wang'].pk}/devices/{device}/end/").status_code == 404


# ---- speed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["people", "units", "calendar", "packs", "gaps", "health", "sessions"])
def test_ten_times_the_rows_cost_no_more_queries(office: Office, as_: Sign, tab: str) -> None:
    client, path = as_("admin"), f"/manage/?tab={tab}"
    few = queries(client, path)
    parent = unit(office, "总经办")
    for number in range(10):
        below = office.do("org.add_unit", "admin", name=f"第{number}组", parent=parent)
        office.do("org.add_person", "admin", username=f"p{number}", name=f"新人{number}", post="staff", unit=below)
        Parked.objects.create(step="remind", row=str(number), error="x", number=str(number), at=clock.now())
        PackVersion.objects.create(
            pack=f"p{number}",
            version=1,
            title="x",
            effective_from=date(2026, 1, 1),
            sources={},
            digest="x",
            loaded_at=clock.now(),
        )
    assert queries(client, path) <= few + 1 <= 26
