"""What administrators change: people, departments, appointments, the calendar, and packs from a folder on disk.

Each of these may be refused by a norm like any deed; on top of that they are the administrator's, whatever the packs say.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kedang.kernel import clock
from kedang.kernel.actions import adoption, packs
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms import store
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.models import PackState
from kedang.kernel.norms.owners import governs, owner_name
from kedang.kernel.norms.problems import PackError
from kedang.kernel.org import changes
from kedang.kernel.org.models import Appointment, Person, Post, Unit
from kedang.kernel.workdays import calendar

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order

Run = TypeVar("Run", bound=Callable[..., Any])
ONLY_ADMIN = "只有系统管理员可以办理系统管理。"
OWNERS_DEEDS = {
    "pack.draft": "起草和颁行",
    "pack.adopt": "起草和颁行",
    "pack.urge": "催签",
    "pack.interpret": "解释",
    "form.retire": "停用表单",
    "form.restore": "恢复表单",
}

PERSON = Field("person", "人员", "person", required=True)
UNIT = Field("unit", "部门", "unit", required=True)


_administered: set[str] = set()


def administrator(name: str, label: str, args: list[Field], event: str, **more: Any) -> Callable[[Run], Run]:
    """An action that only administrators may do; `objections` is the one place that asks."""
    _administered.add(name)
    return action(name, label, args=args, about="", needs="none", events=(event,), public=False, **more)


def objections(order: Order) -> list[Finding]:
    """What the product itself says against a deed of administration, on buttons and in the deed alike."""
    name, person = order.action.name, order.by
    if person is None or person.is_admin:
        return []
    if name in _administered:
        return [
            _objection(
                "系统管理只由系统管理员办理，各部门的制度不能改变这一点。",
                ONLY_ADMIN,
                "请系统管理员办理",
                _administrators(person),
            )
        ]
    pack = order.args.get("pack")
    if name not in OWNERS_DEEDS or not pack:
        return []
    version = order.regs.version(pack)
    if version is not None and governs(person, version):
        return []
    title = version.title if version else pack
    who = "、".join(filter(None, [owner_name(version), "总经理", "系统管理员"])) if version else "系统管理员"
    what = OWNERS_DEEDS[name]
    message = f"《{title}》由{who}{what}。"
    return [_objection(f"制度由归口部门{what}。", message, f"请{who}办理", _administrators(person))]


def _objection(text: str, message: str, lift: str, ask: tuple[int, ...]) -> Finding:
    return Finding("", "系统管理", "", text, "refuse", message, lift, ask)


def _administrators(but: Person) -> tuple[int, ...]:
    rows = Person.objects.filter(is_admin=True, is_active=True).exclude(pk=but.pk)
    return tuple(rows.values_list("pk", flat=True)[:3])


def changed(deed: Deed, what: str, subject: str) -> None:
    """Put a change of the organisation on record."""
    deed.record("org.changed", subject=subject, data={"what": what})


def locked_person(pk: int) -> Person:
    """A person, locked; NotFound when there is none."""
    found = Person.objects.select_for_update().filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def unit_of(pk: int) -> Unit:
    """A department; NotFound when there is none."""
    found = Unit.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


# ---- people --------------------------------------------------------------------------------------------------------


@administrator(
    "org.add_person",
    "添加人员",
    [
        Field("username", "登录名", required=True, max=60, pattern=r"[A-Za-z0-9._@-]+"),
        Field("name", "姓名", required=True, max=60),
        Field("employee_no", "工号", max=30),
        Field("phone", "手机", "phone"),
        Field("email", "邮箱", "email"),
        Field("post", "岗位", "text"),
        Field("unit", "部门", "unit"),
        Field("is_admin", "系统管理员", "bool", default=False),
    ],
    "org.changed",
)
def add_person(
    *,
    deed: Deed,
    username: str,
    name: str,
    employee_no: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    post: str | None = None,
    unit: int | None = None,
    is_admin: bool = False,
) -> int:
    """A new person, with a first appointment when post and unit are given. He sets his password himself, by a link."""
    if bool(post) != bool(unit):
        raise Invalid({"unit" if post else "post": "岗位和部门要一起填写"})
    person = changes.create_person(
        username=username,
        name=name,
        employee_no=employee_no or "",
        phone=phone or "",
        email=email or "",
        is_admin=is_admin,
    )
    said = f"添加人员{person.name}"
    if post and unit:
        held = changes.appoint(person, _post(post), unit_of(unit))
        said += f"，任{held.unit.name}{held.post.name}"
        store.touch()
        adoption.ask_all()
    changed(deed, said, f"person:{person.pk}")
    return person.pk


def _post(key: str) -> Post:
    found = Post.objects.filter(key=key).first()
    if found is None:
        raise Invalid({"post": "没有这个岗位"})
    return found


@administrator(
    "org.suspend",
    "停权",
    [PERSON, Field("reason", "事由", "long_text", required=True)],
    "org.changed",
)
def suspend(*, deed: Deed, person: int, reason: str) -> int:
    """停权: access ends with the next request. Nobody suspends himself, nor the last administrator."""
    row = locked_person(person)
    if deed.by is not None and row.pk == deed.by.pk:
        raise Invalid({"person": "不能停自己的权。"})
    if not row.is_active:
        raise Invalid({"person": f"{row.name}已经停权。"})
    changes.suspend(row)
    changed(deed, f"停{row.name}的权，事由：{reason}", f"person:{row.pk}")
    return row.pk


@administrator(
    "org.restore",
    "恢复登录",
    [PERSON],
    "org.changed",
)
def restore(*, deed: Deed, person: int) -> int:
    """Undo 停权."""
    row = locked_person(person)
    if row.is_active:
        raise Invalid({"person": f"{row.name}没有停权。"})
    changes.restore(row)
    changed(deed, f"恢复{row.name}登录", f"person:{row.pk}")
    return row.pk


# ---- appointments --------------------------------------------------------------------------------------------------


@administrator(
    "org.appoint",
    "任命",
    [
        PERSON,
        Field("post", "岗位", "text", required=True),
        UNIT,
        Field("start", "起", "date"),
        Field("end", "止（含当日）", "date"),
        Field("primary", "主岗", "bool"),
    ],
    "org.changed",
)
def appoint(
    *,
    deed: Deed,
    person: int,
    post: str,
    unit: int,
    start: date | None = None,
    end: date | None = None,
    primary: bool | None = None,
) -> int:
    """Give a person a post in a unit from a day on (today by default)."""
    row = locked_person(person)
    if row.left_on:
        raise Invalid({"person": f"{row.name}已离职，不能任命。"})
    held = changes.appoint(row, _post(post), unit_of(unit), start=start, end=end, primary=primary or None)
    store.touch()
    adoption.ask_all()
    changed(deed, f"任命{row.name}为{held.unit.name}{held.post.name}，自{held.start.isoformat()}起", f"person:{row.pk}")
    return held.pk


@administrator(
    "org.end_appointment",
    "免去任职",
    [Field("appointment", "任职", "integer", required=True), Field("last_day", "最后一天", "date")],
    "org.changed",
)
def end_appointment(*, deed: Deed, appointment: int, last_day: date | None = None) -> int:
    """End an appointment with a day; without one at once, yesterday having been the last day."""
    row = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("person", "unit", "post")
        .filter(pk=appointment)
        .first()
    )
    if row is None:
        raise NotFound
    if row.end is not None and row.end < clock.today():
        raise Invalid({"appointment": "这一任职已经结束。"})
    if last_day is not None and last_day < row.start:
        raise Invalid({"last_day": f"最后一天不能早于任职开始的{row.start.isoformat()}。"})
    changes.end_appointment(row, last_day=last_day)
    store.touch()
    changed(deed, f"免去{row.person.name}的{row.unit.name}{row.post.name}", f"person:{row.person_id}")
    return row.pk


# ---- departments ---------------------------------------------------------------------------------------------------


@administrator(
    "org.add_unit",
    "添加部门",
    [Field("name", "名称", required=True, max=60), Field("parent", "上级部门", "unit")],
    "org.changed",
    locks=lambda args: [f"units-under:{args.get('parent') or 0}"],
)
def add_unit(*, deed: Deed, name: str, parent: int | None = None) -> int:
    """A new department. Packs name departments in their scope, so what is in force is loaded anew."""
    above = unit_of(parent) if parent else None
    unit = changes.create_unit(name, above)
    store.touch()
    changed(deed, f"添加部门{unit.name}" + (f"（隶属{above.name}）" if above else ""), f"unit:{unit.pk}")
    return unit.pk


@administrator(
    "org.rename_unit",
    "部门改名",
    [UNIT, Field("name", "新名称", required=True, max=60)],
    "org.changed",
)
def rename_unit(*, deed: Deed, unit: int, name: str) -> int:
    """Another name; refused while a regulation in force names the department, for its scope would be lost."""
    row = unit_of(unit)
    old = row.name
    if old == name.strip():
        raise Invalid({"name": "名称没有变。"})
    if naming := store.naming(old):
        raise Invalid(
            {"name": f"《{'》《'.join(naming)}》按名称提到“{old}”，改名后这些制度就找不到它；请先颁行改过名称的新版。"}
        )
    changes.rename_unit(row, name)
    store.touch()
    changed(deed, f"将部门“{old}”改名为“{row.name}”", f"unit:{row.pk}")
    return row.pk


# ---- calendar ------------------------------------------------------------------------------------------------------


@administrator(
    "calendar.set_day",
    "设定工作日历",
    [
        Field("day", "日期", "date", required=True),
        Field("kind", "当天", "choice", required=True, values={"work": "上班", "rest": "休息"}),
        Field("name", "说明", "text", max=60),
    ],
    "calendar.changed",
)
def set_day(*, deed: Deed, day: date, kind: str, name: str | None = None) -> str:
    """Say whether the company works on a day; what an administrator said stays when the state publishes its schedule."""
    works = kind == "work"
    calendar.set_day(day, is_workday=works, name=name or "")
    deed.record(
        "calendar.changed", subject=f"day:{day.isoformat()}", data={"day": day, "kind": "上班" if works else "休息"}
    )
    return day.isoformat()


# ---- packs ---------------------------------------------------------------------------------------------------------


@administrator(
    "pack.load",
    "载入制度",
    [Field("folder", "制度文件夹", "text", required=True), Field("units", "适用部门", "json")],
    "pack.drafted",
)
def load_pack(*, deed: Deed, folder: str, units: Any = None) -> int:
    """Check the pack in a folder on this machine and keep it as a checked version; errors are named, nothing is kept then."""
    path = Path(folder).expanduser()
    if not (path / "pack.yaml").is_file():
        raise Invalid({"folder": "这个文件夹里没有 pack.yaml。"})
    try:
        row = packs.load(path, by=deed.by, units=units or None)
    except PackError as error:
        raise Invalid({"folder": str(error)}) from error
    if row.state in (PackState.EFFECTIVE, PackState.SUPERSEDED):
        raise Invalid({"folder": f"《{row.title}》第{row.version}版内容没有变，已经颁行过，不必再载入。"})
    deed.record(
        "pack.drafted",
        subject=f"pack:{row.pack}",
        pack=row.pack,
        data={"pack": row.pack, "title": row.title, "version": row.version},
    )
    return row.pk
