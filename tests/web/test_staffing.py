"""Passwords by single-use link, the staff list merged, departments moved and closed: what administrators do for people."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kedang.customers.models import Customer
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import CommandKey
from kedang.kernel.org import changes, links
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Appointment, PasswordLink, Person, StaffDraft, Unit
from kedang.kernel.org.roster import sheets
from kedang.kernel.workdays import calendar
from tests.web.conftest import HTMX, Office

Sign = Callable[[str], Client]
GOOD = "三岔口的老槐树-71"


def secret_of(text: str) -> str:
    return re.search(r"/account/claim/([\w-]+)/", text)[1]


def reset(office: Office, client: Client, login: str = "wang") -> str:
    """The secret of a link that the administrator has just made."""
    return secret_of(client.post(f"/manage/people/{office[login].pk}/link/", {"key": f"k-{login}"}).content.decode())


def choose(secret: str, password: str = GOOD, again: str | None = None) -> object:
    return Client().post(
        f"/account/claim/{secret}/", {"new_password1": password, "new_password2": password if again is None else again}
    )


def card(answer: object) -> str:
    return re.search(r"<main.*</main>", answer.content.decode(), re.S)[0]


# ---- passwords ------------------------------------------------------------------------------------------------------


def test_a_reset_ends_every_session_and_the_person_sets_a_password_nobody_else_knows(office: Office, as_: Sign) -> None:
    wang, admin = as_("wang"), as_("admin")
    assert wang.get("/").status_code == 200
    secret = reset(office, admin)
    assert wang.get("/").status_code == 302
    assert not Person.objects.get(username="wang").has_usable_password()
    shown = Client().get(f"/account/claim/{secret}/")
    assert shown.status_code == 200 and "wang" in shown.content.decode() and "no-store" in shown["Cache-Control"]
    assert choose(secret)["Location"] == "/login/"
    assert Person.objects.get(username="wang").check_password(GOOD)
    whole = str(list(Event.objects.values_list("data", flat=True))) + str(list(CommandKey.objects.values()))
    assert secret not in whole and GOOD not in whole
    said = [event.data.get("what", event.data.get("how")) for event in Event.objects.order_by("pk")]
    assert said == ["重设王晓芸的密码，原密码和登录全部作废", "重设"]


def test_a_link_works_once_and_only_in_time_and_made_up_ones_look_the_same(office: Office, as_: Sign) -> None:
    secret = reset(office, as_("admin"))
    assert choose(secret).status_code == 302
    spent, invented = Client().get(f"/account/claim/{secret}/"), Client().get("/account/claim/nothing-like-it/")
    assert spent.status_code == invented.status_code == 404
    assert card(spent) == card(invented) and "链接无效" in card(spent)
    late = reset(office, as_("admin"), "li")
    office.clock.move_to(clock.now() + timedelta(hours=73))
    assert choose(late).status_code == 404 and not Person.objects.get(username="li").has_usable_password()


def test_a_suspended_person_cannot_use_a_link(office: Office, as_: Sign) -> None:
    secret = reset(office, as_("admin"))
    office.do("org.suspend", "admin", person=office["wang"].pk, reason="离岗")
    assert choose(secret).status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "said"), [("short", None, "太短"), (GOOD, "other", "不一样"), ("1234567890123", None, "数字")]
)
def test_a_weak_password_is_refused_and_the_link_stays_good(
    office: Office, as_: Sign, password: str, again: str | None, said: str
) -> None:
    secret = reset(office, as_("admin"))
    answer = choose(secret, password, again)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert choose(secret).status_code == 302


def test_nobody_but_the_administrator_resets_and_not_his_own(office: Office, as_: Sign) -> None:
    assert as_("zheng").get(f"/manage/people/{office['wang'].pk}/link/").status_code == 404
    with pytest.raises(Refused):
        office.do("org.reset_password", "zheng", person=office["wang"].pk, digest="0" * 64)
    with pytest.raises(Invalid, match="修改密码"):
        office.do("org.reset_password", "admin", person=office["admin"].pk, digest="0" * 64)
    with pytest.raises(Invalid):
        office.do("org.reset_password", "admin", person=office["wang"].pk, digest="not-a-digest")


def test_a_link_is_nobody_elses(office: Office, as_: Sign) -> None:
    reset(office, as_("admin"))
    with pytest.raises(NotFound):
        perform("account.set_password", by=office["li"], link=PasswordLink.objects.get().pk, password=GOOD)


def test_links_for_all_who_have_no_password_come_in_one_sheet(office: Office, as_: Sign) -> None:
    people = [changes.create_person(username=f"n{number}", name=f"新人{number}") for number in range(3)]
    answer = as_("admin").post("/manage/links/")
    rows = sheets.rows_of(b"".join(answer.streaming_content) if answer.streaming else answer.content)
    assert [row[0] for row in rows[1:]] == [one.name for one in people] and PasswordLink.objects.count() == 3
    assert choose(secret_of(rows[2][3])).status_code == 302
    assert Person.objects.get(username="n1").check_password(GOOD)
    assert as_("zheng").post("/manage/links/").status_code == 404


# ---- the staff list -------------------------------------------------------------------------------------------------

LIST = """姓名,工号,登录名,部门,上级部门,岗位,手机
王晓芸,W1,wang,业务二部,,业务员,13800138002
陈思源,,chen,业务一部,,业务员,
新来的,N1,,培训部,业务一部,员工,
"""


def upload(client: Client, text: str = LIST) -> object:
    return client.post("/manage/staff/", {"file": SimpleUploadedFile("名单.csv", text.encode("gb18030"))})


def digest_of(client: Client, address: str) -> str:
    return re.search(r'name="seen" value="(\w+)"', client.get(address).content.decode())[1]


def merge(client: Client, address: str) -> object:
    return client.post(address, {"key": "m1", "seen": digest_of(client, address)})


def test_a_list_is_previewed_then_merged_as_a_whole(office: Office, as_: Sign) -> None:
    admin = as_("admin")
    answer = upload(admin)
    assert answer.status_code == 302
    page = admin.get(answer["Location"]).content.decode()
    for said in (
        "改为陈思源",
        "免去业务一部业务员，任业务二部业务员",
        "培训部",
        "登录名 xinlaide",
        "工号改为 W1",
        "名单中没有",
        "周敏",
    ):
        assert said in page, said
    assert org.units_of(office["wang"]) == {office.company.units["业务一部"].pk}, "a preview changes nothing"
    assert merge(admin, answer["Location"]).status_code == 302
    assert org.units_of(office["wang"]) == {office.company.units["业务二部"].pk}
    assert Person.objects.get(username="chen").name == "陈思源"
    fresh = Person.objects.get(username="xinlaide")
    assert not fresh.has_usable_password() and Unit.objects.get(name="培训部").parent.name == "业务一部"
    assert Appointment.objects.filter(org.current(), person=office["zhou"]).exists(), "who is not in the list stays"
    again = admin.post(answer["Location"], {"key": "m2", "seen": "x"})
    assert again.status_code == 422 and "已经并入" in again.content.decode()


def test_faults_are_listed_by_cell_and_nothing_is_kept(office: Office, as_: Sign) -> None:
    bad = LIST + "坏的,,,业务一部,,业务员,12\n别人,,wang,业务一部,,业务员,\n"
    page = upload(as_("admin"), bad)
    text = page.content.decode()
    assert page.status_code == 422 and "第 5 行" in text and "电话号码不对" in text and "与第 2 行的王晓芸重复" in text
    assert not StaffDraft.objects.exists()


def test_a_preview_that_is_no_longer_true_is_not_merged(office: Office, as_: Sign) -> None:
    admin = as_("admin")
    address = upload(admin)["Location"]
    seen = digest_of(admin, address)
    Person.objects.filter(username="li").update(employee_no="W1")
    answer = admin.post(address, {"key": "m1", "seen": seen})
    assert answer.status_code == 422 and "新的预览" in answer.content.decode()
    assert org.units_of(office["wang"]) == {office.company.units["业务一部"].pk}


def test_others_have_no_such_pages_and_no_such_deeds(office: Office, as_: Sign) -> None:
    zheng = as_("zheng")
    for path in ("/manage/staff/", "/manage/staff/template/", "/manage/staff/1/"):
        assert zheng.get(path).status_code == 404
    with pytest.raises(Refused):
        office.do("org.load_staff", "zheng", rows=[1])
    with pytest.raises(Refused):
        office.do("org.merge_staff", "zheng", draft=1, seen="x")


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"PK\x03\x04junk"])
def test_a_file_that_is_no_list_is_said_so(office: Office, as_: Sign, content: bytes) -> None:
    answer = as_("admin").post("/manage/staff/", {"file": SimpleUploadedFile("x.xlsx", content)})
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()


def test_the_template_has_its_columns(office: Office, as_: Sign) -> None:
    answer = as_("admin").get("/manage/staff/template/")
    assert tuple(sheets.rows_of(answer.content)[0]) == sheets.COLUMNS and "attachment" in answer["Content-Disposition"]
    assert io.BytesIO(answer.content).read(2) == b"PK"


# ---- people, departments, posts, the calendar ----------------------------------------------------------------------


def test_a_persons_data_are_corrected_and_history_keeps_the_old_name(office: Office, as_: Sign) -> None:
    client, wang = as_("admin"), office["wang"]
    form = client.get(f"/manage/do/org.edit_person/{wang.pk}/", headers=HTMX).content.decode()
    assert 'value="王晓芸"' in form
    given = {"name": "王小芸", "employee_no": "W9", "phone": "13800138009", "email": ""}
    assert client.post(f"/manage/do/org.edit_person/{wang.pk}/", given).status_code == 302
    wang.refresh_from_db()
    assert (wang.name, wang.employee_no, wang.sort_key.partition("|")[0].replace(" ", "")) == (
        "王小芸",
        "W9",
        "wangxiaoyun",
    )
    assert "王晓芸" in Event.objects.get(kind="org.changed").data["what"]
    with pytest.raises(Invalid, match="没有改动"):
        office.do("org.edit_person", "admin", person=wang.pk, **given)
    with pytest.raises(Invalid, match="已有人使用"):
        office.do("org.edit_person", "admin", person=office["li"].pk, name="李倩", employee_no="W9")
    with pytest.raises(Refused):
        office.do("org.edit_person", "zhou", person=wang.pk, name="别的")


def test_a_department_is_moved_and_closed_only_when_it_is_empty(office: Office) -> None:
    one, root = office.company.units["业务一部"], office.company.units["市场推广部"]
    small = office.do("org.add_unit", "admin", name="小组", parent=one.pk)
    office.do("org.move_unit", "admin", unit=small, parent=root.pk)
    assert Unit.objects.get(pk=small).parent == root
    with pytest.raises(Invalid, match="下级"):
        office.do("org.move_unit", "admin", unit=root.pk, parent=small)
    office.do("org.appoint", "admin", person=office["wang"].pk, post="staff", unit=small)
    with pytest.raises(Invalid, match="还有人在任：王晓芸"):
        office.do("org.close_unit", "admin", unit=small)
    office.do("org.end_appointment", "admin", appointment=Appointment.objects.get(unit=small).pk)
    office.do("org.close_unit", "admin", unit=small)
    assert Unit.objects.get(pk=small).closed_on == clock.today()
    with pytest.raises(Invalid, match="已经撤销"):
        office.do("org.close_unit", "admin", unit=small)
    with pytest.raises(Invalid, match="按名称提到"):
        office.do("org.close_unit", "admin", unit=one.pk)
    with pytest.raises(Refused):
        office.do("org.close_unit", "zhou", unit=one.pk)


def test_a_department_that_still_holds_files_is_not_closed_and_says_how_many(office: Office) -> None:
    small = office.do("org.add_unit", "admin", name="小组", parent=office.company.units["市场推广部"].pk)
    held = Customer.objects.get(pk=office.customer())
    Customer.objects.filter(pk=held.pk).update(unit_id=small)
    with pytest.raises(Invalid, match="小组还有 1 份客户档案"):
        office.do("org.close_unit", "admin", unit=small)
    Customer.objects.filter(pk=held.pk).update(unit_id=held.unit_id)
    office.do("org.close_unit", "admin", unit=small)


def test_a_post_is_made_once_and_a_primary_appointment_chosen(office: Office, as_: Sign) -> None:
    office.do("org.add_post", "admin", name="区域经理", code="area_manager", is_head=True)
    with pytest.raises(Invalid, match="已存在"):
        office.do("org.add_post", "admin", name="区域经理", code="area_manager")
    assert "area_manager" in as_("admin").get("/manage/?tab=posts").content.decode()
    second = office.do(
        "org.appoint", "admin", person=office["wang"].pk, post="area_manager", unit=office.company.units["业务二部"].pk
    )
    office.do("org.set_primary", "admin", appointment=second)
    assert org.primary_appointment(office["wang"]).pk == second
    with pytest.raises(Invalid, match="已经是主岗"):
        office.do("org.set_primary", "admin", appointment=second)


def test_a_year_is_confirmed_once(office: Office) -> None:
    year = next(year for year in range(2027, 2040) if not calendar.load().confirmed(clock.today().replace(year=year)))
    office.do("calendar.confirm_year", "admin", year=year)
    assert calendar.load().confirmed(clock.today().replace(year=year))
    with pytest.raises(Invalid, match="已经确认"):
        office.do("calendar.confirm_year", "admin", year=year)
    with pytest.raises(Refused):
        office.do("calendar.confirm_year", "zhou", year=year + 1)


def test_a_secret_is_long_and_its_digest_is_what_is_kept(office: Office) -> None:
    secret = links.new_secret()
    assert len(secret) >= 43 and links.digest_of(secret) != secret and links.running(secret) is None
