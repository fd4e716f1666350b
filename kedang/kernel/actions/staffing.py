"""The staff list, people's own passwords, departments moved and closed, posts: administration beyond single appointments.

A secret link never passes through a deed: whoever shows it makes it and hands over its digest, so no table, key or event
could give it away.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from kedang.kernel import clock, files
from kedang.kernel.actions import adoption
from kedang.kernel.actions.admin import PERSON, UNIT, administrator, changed, locked_person, unit_of
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms import store
from kedang.kernel.org import changes, links, roster
from kedang.kernel.org.models import Appointment, PasswordLink, Person, StaffDraft, Unit
from kedang.kernel.workdays import calendar

DIGEST = Field("digest", "链接摘要", "text", required=True, pattern=r"[0-9a-f]{64}")

# ---- people ---------------------------------------------------------------------------------------------------------


@administrator(
    "org.edit_person",
    "修改人员资料",
    [
        PERSON,
        Field("name", "姓名", required=True, max=60),
        Field("employee_no", "工号", max=30),
        Field("phone", "手机", "phone"),
        Field("email", "邮箱", "email"),
    ],
    "org.changed",
)
def edit_person(
    *,
    deed: Deed,
    person: int,
    name: str,
    employee_no: str | None = None,
    phone: str | None = None,
    email: str | None = None,
) -> int:
    """Correct what is known of a person; history keeps the name of its day."""
    row = locked_person(person)
    old = row.name
    given = {"name": name, "employee_no": employee_no or "", "phone": phone or "", "email": email or ""}
    found = changes.edit_person(row, **given)
    if not found:
        raise Invalid("没有改动。")
    labels = {"name": f"姓名（改为{row.name}）", "employee_no": "工号", "phone": "手机", "email": "邮箱"}
    changed(deed, f"修改{old}的{'、'.join(labels[key] for key in found)}", f"person:{row.pk}")
    return row.pk


# ---- passwords ------------------------------------------------------------------------------------------------------


@administrator("org.reset_password", "重设密码", [PERSON, DIGEST], "org.changed")
def reset_password(*, deed: Deed, person: int, digest: str) -> int:
    """Take the password away, end every session by that, and let the person set a new one himself by a link."""
    row = locked_person(person)
    if row.left_on or not row.is_active:
        raise Invalid({"person": f"{row.name}已停权或离职，不能重设密码。"})
    if deed.by is not None and row.pk == deed.by.pk:
        raise Invalid({"person": "自己的密码请在“修改密码”里改。"})
    first = not row.has_usable_password()
    links.take_away(row)
    link = links.issue(row, digest, by=deed.by)
    said = f"给{row.name}签发首次设置密码的链接" if first else f"重设{row.name}的密码，原密码和登录全部作废"
    changed(deed, said, f"person:{row.pk}")
    return link.pk


@administrator("org.issue_links", "签发设密链接", [Field("digests", "链接摘要", "json", required=True)], "org.changed")
def issue_links(*, deed: Deed, digests: Any) -> int:
    """A first link for several people who have no password yet, as {person: digest}; how many."""
    wanted = {int(person): str(digest) for person, digest in dict(digests or {}).items()}
    rows = [row for row in Person.objects.filter(pk__in=wanted, is_active=True, left_on=None) if not has_password(row)]
    if not rows:
        raise Invalid("没有还没设过密码的人。")
    for row in rows:
        links.issue(row, wanted[row.pk], by=deed.by)
    names = "、".join(row.name for row in rows[:5]) + ("等" if len(rows) > 5 else "")
    changed(deed, f"给{names} {len(rows)} 人签发首次设置密码的链接", "people")
    return len(rows)


def has_password(person: Person) -> bool:
    """Whether the person could sign in at all."""
    return person.has_usable_password()


@action(
    "account.set_password",
    "设置密码",
    args=[
        Field("link", "链接", "integer", required=True),
        Field("password", "新密码", "text", required=True, max=128, personal=True, purpose="登录"),
    ],
    about="",
    needs="none",
    events=("account.password_set",),
    public=False,
)
def set_password(*, deed: Deed, link: int, password: str) -> int:
    """The person of a link sets his password; the link is spent."""
    row = PasswordLink.objects.filter(pk=link, person=deed.by).first()
    if row is None or deed.by is None:
        raise NotFound
    try:
        password_validation.validate_password(password, deed.by)
    except ValidationError as error:
        raise Invalid({"password": " ".join(error.messages)}) from error
    if links.use(link, password) is None:
        raise NotFound("这个链接已经用过或过期。")
    deed.record("account.password_set", subject=f"person:{deed.by.pk}", data={"how": row.get_kind_display()})
    return deed.by.pk


# ---- the staff list -------------------------------------------------------------------------------------------------


@administrator(
    "org.load_staff",
    "上传员工名单",
    [Field("rows", "名单", "json", required=True), Field("file_name", "文件名", max=200)],
    "org.changed",
)
def load_staff(*, deed: Deed, rows: Any, file_name: str | None = None) -> int:
    """Keep a list that was read without fault, for its preview; nothing of the organisation changes yet."""
    plan = roster.plan_of(roster.from_json(rows))
    if plan.faults:
        raise Invalid({"file": "；".join(str(fault) for fault in plan.faults[:20])})
    assert deed.by is not None
    draft = StaffDraft.objects.create(
        rows=rows, file_name=(file_name or "员工名单")[:200], loaded_by=deed.by, loaded_at=deed.now
    )
    changed(deed, f"上传员工名单《{draft.file_name}》，{len(rows)} 行，待并入", f"staff:{draft.pk}")
    return draft.pk


@administrator(
    "org.merge_staff",
    "并入员工名单",
    [
        Field("draft", "名单", "integer", required=True),
        Field("seen", "预览摘要", "text", required=True, max=64),
        Field("since", "任职变动自", "date"),
    ],
    "org.changed",
    locks=lambda args: ["staff"],
)
def merge_staff(*, deed: Deed, draft: int, seen: str, since: date | None = None) -> int:
    """Do what the preview said: all of it or nothing; how many changes. `seen` is the digest of that preview."""
    row = StaffDraft.objects.select_for_update().filter(pk=draft).first()
    if row is None:
        raise NotFound
    if row.merged_at is not None:
        raise Invalid({"draft": "这份名单已经并入。"})
    if roster.plan_of(roster.from_json(row.rows)).digest != seen:
        raise Invalid("预览以后组织有了变动，请看过新的预览再并入。")
    done = roster.apply(roster.from_json(row.rows), since=since)
    row.merged_at = deed.now
    row.save(update_fields=["merged_at"])
    store.touch()
    adoption.ask_all()
    for change in done:
        changed(deed, f"按员工名单{change.label}：{change.what}（{change.text}）", f"staff:{row.pk}")
    return len(done)


# ---- departments, posts, the calendar ------------------------------------------------------------------------------


@administrator(
    "org.move_unit",
    "调整上级部门",
    [UNIT, Field("parent", "新的上级部门", "unit", required=True)],
    "org.changed",
    locks=lambda args: ["units"],
)
def move_unit(*, deed: Deed, unit: int, parent: int) -> int:
    """Hang a department with all below it under another one."""
    row, above = unit_of(unit), unit_of(parent)
    if row.parent_id == above.pk:
        raise Invalid({"parent": f"{row.name}已经在{above.name}之下。"})
    if row.parent_id is None:
        raise Invalid({"unit": "公司本身不能移到别的部门之下。"})
    if above.closed_on:
        raise Invalid({"parent": f"{above.name}已撤销。"})
    if Unit.objects.filter(parent=above, name=row.name).exists():
        raise Invalid({"parent": f"{above.name}之下已有部门“{row.name}”。"})
    changes.move_unit(row, above)
    store.touch()
    changed(deed, f"将{row.name}移到{above.name}之下", f"unit:{row.pk}")
    return row.pk


@administrator("org.close_unit", "撤销部门", [UNIT, Field("on", "撤销日期", "date")], "org.changed")
def close_unit(*, deed: Deed, unit: int, on: date | None = None) -> int:
    """A department ends once nobody is appointed in it and it holds no files."""
    row = unit_of(unit)
    if row.closed_on:
        raise Invalid({"unit": f"{row.name}已经撤销。"})
    if row.parent_id is None:
        raise Invalid({"unit": "公司本身不能撤销。"})
    if holds := store.naming(row.name):
        raise Invalid({"unit": f"《{'》《'.join(holds)}》按名称提到“{row.name}”，请先颁行改过的新版。"})
    if held := len(list(files.ids_in_units(frozenset({row.pk})))):
        raise Invalid({"unit": f"{row.name}还有 {held} 份客户档案，请先移交给别的部门的人员。"})
    changes.close_unit(row, on or clock.today())
    store.touch()
    changed(deed, f"撤销部门{row.name}", f"unit:{row.pk}")
    return row.pk


@administrator(
    "org.add_post",
    "新建岗位",
    [
        Field("name", "名称", required=True, max=60),
        Field("code", "代号", required=True, max=60, pattern=r"[a-z][a-z0-9_]*"),
        Field("is_head", "部门负责人", "bool", default=False),
    ],
    "org.changed",
)
def add_post(*, deed: Deed, name: str, code: str, is_head: bool = False) -> int:
    """A post beside the standard ones; regulations refer to it by its key."""
    post = changes.create_post(code, name, is_head=is_head)
    changed(deed, f"新建岗位{post.name}" + ("（部门负责人）" if is_head else ""), f"post:{post.pk}")
    return post.pk


@administrator("org.set_primary", "设为主岗", [Field("appointment", "任职", "integer", required=True)], "org.changed")
def set_primary(*, deed: Deed, appointment: int) -> int:
    """Which of a person's running appointments speaks for him where nothing says otherwise."""
    row = Appointment.objects.select_related("person", "unit", "post").filter(pk=appointment).first()
    if row is None:
        raise NotFound
    if row.end is not None and row.end < clock.today():
        raise Invalid({"appointment": "这一任职已经结束。"})
    if row.primary:
        raise Invalid({"appointment": "已经是主岗。"})
    Appointment.objects.filter(person=row.person, primary=True).update(primary=False)
    Appointment.objects.filter(pk=row.pk).update(primary=True)
    store.touch()
    changed(deed, f"将{row.person.name}的主岗设为{row.unit.name}{row.post.name}", f"person:{row.person_id}")
    return row.pk


@administrator(
    "calendar.confirm_year",
    "确认年度放假安排",
    [Field("year", "年份", "integer", required=True, min=2000, max=2100)],
    "calendar.confirmed",
)
def confirm_year(*, deed: Deed, year: int) -> int:
    """The days of a year are final: deadlines in it are no longer 暂定, and are worked out anew by the next tick."""
    if calendar.load().confirmed(date(year, 1, 1)):
        raise Invalid({"year": f"{year} 年的放假安排已经确认。"})
    calendar.confirm_year(year)
    deed.record("calendar.confirmed", subject=f"year:{year}", data={"year": year})
    return year
