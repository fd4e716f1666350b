"""Plain functions that change the organisation. The actions layer calls them; nothing here checks rights or records."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q

from kedang.kernel import clock, once
from kedang.kernel.errors import Invalid
from kedang.kernel.names import sort_key
from kedang.kernel.org.models import Appointment, Delegation, Person, Post, Unit


def create_person(
    *,
    username: str,
    name: str,
    password: str | None = None,
    employee_no: str = "",
    phone: str = "",
    email: str = "",
    is_admin: bool = False,
    must_change_password: bool = False,
) -> Person:
    """A new person; username and employee number are taken once only."""
    username, name = username.strip(), name.strip()
    _required(username=username, name=name)
    if Person.objects.filter(username__iexact=username).exists():
        raise Invalid({"username": f"登录名“{username}”已有人使用"})
    if employee_no and Person.objects.filter(employee_no=employee_no).exists():
        raise Invalid({"employee_no": f"工号“{employee_no}”已有人使用"})
    return Person.objects.create_user(
        username,
        password,
        name=name,
        employee_no=employee_no,
        phone=phone,
        email=email,
        sort_key=sort_key(name),
        is_admin=is_admin,
        must_change_password=must_change_password,
    )


def rename_person(person: Person, name: str) -> None:
    """Change a person's name and the key lists sort by."""
    _required(name=name.strip())
    person.name = name.strip()
    person.sort_key = sort_key(person.name)
    person.save(update_fields=["name", "sort_key"])
    once.forget()


def edit_person(person: Person, **given: str) -> list[str]:
    """Change name, employee number, phone or email; the fields that did change."""
    if "name" in given:
        _required(name=given["name"].strip())
    number = given.get("employee_no")
    if number and Person.objects.filter(employee_no=number).exclude(pk=person.pk).exists():
        raise Invalid({"employee_no": f"工号“{number}”已有人使用"})
    changed = [key for key, value in given.items() if value.strip() != getattr(person, key)]
    for key in changed:
        setattr(person, key, given[key].strip())
    if "name" in changed:
        person.sort_key = sort_key(person.name)
    if changed:
        person.save(update_fields=[*changed, *(["sort_key"] if "name" in changed else [])])
        once.forget()
    return changed


def close_unit(unit: Unit, on: date) -> None:
    """撤销: no appointments or open departments may be left in it after that day."""
    below = Unit.objects.filter(path__startswith=unit.path, closed_on=None).exclude(pk=unit.pk)
    if below.exists():
        raise Invalid({"unit": f"请先撤销或移走下级部门：{'、'.join(below.values_list('name', flat=True)[:5])}。"})
    staying = Appointment.objects.filter(Q(end=None) | Q(end__gt=on), unit=unit).select_related("person")
    if names := [one.person.name for one in staying[:6]]:
        raise Invalid(
            {"unit": f"还有人在任：{'、'.join(names)}{'等' if len(names) > 5 else ''}；请先任命到别的部门并免去。"}
        )
    unit.closed_on = on
    unit.save(update_fields=["closed_on"])
    once.forget()


def suspend(person: Person) -> None:
    """停权: access ends with the next request."""
    Person.objects.filter(pk=person.pk).update(is_active=False)
    person.is_active = False
    once.forget()


def restore(person: Person) -> None:
    """Undo 停权; refused for someone who has left."""
    if person.left_on:
        raise Invalid({"person": "该人员已离职，不能恢复登录"})
    Person.objects.filter(pk=person.pk).update(is_active=True)
    person.is_active = True
    once.forget()


def leave(person: Person, on: date) -> list[Appointment]:
    """离职: recorded at once; ends the appointments with that day and stops sign-in once the day has come.

    Returns the appointments that were ended.
    """
    with transaction.atomic():
        running = list(Appointment.objects.filter(Q(end=None) | Q(end__gt=on), person=person))
        for appointment in running:
            end_appointment(appointment, last_day=on)
        person.left_on = on
        person.is_active = person.is_active and on > clock.today()
        person.save(update_fields=["left_on", "is_active"])
        once.forget()
    return running


def create_unit(name: str, parent: Unit | None = None, sort: int = 0) -> Unit:
    """A new unit at the end of its siblings."""
    _required(name=name.strip())
    if Unit.objects.filter(parent=parent, name=name.strip()).exists():
        raise Invalid({"name": f"同一上级下已有部门“{name.strip()}”"})
    with transaction.atomic():
        path = _free_path(parent)
        once.forget()
        return Unit.objects.create(name=name.strip(), parent=parent, path=path, sort=sort)


def _free_path(parent: Unit | None) -> str:
    """The next free segment under a parent; numbers of closed or moved units are not given out again."""
    prefix = parent.path if parent else ""
    siblings = Unit.objects.filter(parent=parent).values_list("path", flat=True)
    taken = [int(path[len(prefix) :].rstrip(".")) for path in siblings]
    return f"{prefix}{max(taken, default=0) + 1:03d}."


def rename_unit(unit: Unit, name: str) -> None:
    """Change a unit's name; it must stay unique among its siblings."""
    _required(name=name.strip())
    if Unit.objects.filter(parent=unit.parent, name=name.strip()).exclude(pk=unit.pk).exists():
        raise Invalid({"name": f"同一上级下已有部门“{name.strip()}”"})
    unit.name = name.strip()
    unit.save(update_fields=["name"])
    once.forget()


def move_unit(unit: Unit, parent: Unit | None) -> None:
    """Hang a unit with all below it under another parent."""
    if parent and parent.path.startswith(unit.path):
        raise Invalid({"parent": "不能移到自己或自己的下级部门之下"})
    with transaction.atomic():
        old, new = unit.path, _free_path(parent)
        below = list(Unit.objects.select_for_update().filter(path__startswith=old))
        for one in below:
            one.path = new + one.path[len(old) :]
        Unit.objects.bulk_update(below, ["path"])
        unit.path, unit.parent = new, parent
        unit.save(update_fields=["path", "parent"])
        once.forget()


def create_post(key: str, name: str, *, is_head: bool = False) -> Post:
    """A new post; packs refer to it by its key."""
    _required(key=key.strip(), name=name.strip())
    if Post.objects.filter(key=key.strip()).exists():
        raise Invalid({"code": f"岗位代号“{key.strip()}”已存在"})
    return Post.objects.create(key=key.strip(), name=name.strip(), is_head=is_head)


def appoint(
    person: Person,
    post: Post,
    unit: Unit,
    *,
    start: date | None = None,
    end: date | None = None,
    primary: bool | None = None,
) -> Appointment:
    """Give a person a post from a day on; the first running appointment becomes the primary one by itself."""
    begin = start or clock.today()
    if end and end < begin:
        raise Invalid({"end": "结束日期不能早于开始日期"})
    same = Appointment.objects.filter(_meets(begin, end), person=person, post=post, unit=unit)
    if same.exists():
        raise Invalid({"post": f"{person.name}在此期间已任{unit.name}{post.name}"})
    with transaction.atomic():
        others = Appointment.objects.filter(_meets(begin, end), person=person, primary=True)
        if primary is None:
            primary = not others.exists()
        elif primary:
            others.update(primary=False)
        once.forget()
        return Appointment.objects.create(person=person, post=post, unit=unit, start=begin, end=end, primary=primary)


def _meets(start: date, end: date | None) -> Q:
    """Appointments that share a day with a stretch."""
    overlap = Q(end=None) | Q(end__gte=start)
    return overlap & Q(start__lte=end) if end else overlap


def end_appointment(appointment: Appointment, *, last_day: date | None = None) -> None:
    """End an appointment with a day (default: yesterday, that is, at once). One that never began vanishes from every day."""
    end = last_day or clock.today() - timedelta(days=1)
    appointment.end = end
    appointment.save(update_fields=["end"])
    once.forget()


def transfer(person: Person, post: Post, unit: Unit, *, on: date | None = None) -> Appointment:
    """调岗: the primary appointment ends the day before, the new one starts on the day."""
    day = on or clock.today()
    with transaction.atomic():
        running = Appointment.objects.filter(_meets(day, None), person=person, primary=True)
        for appointment in running:
            end_appointment(appointment, last_day=day - timedelta(days=1))
        return appoint(person, post, unit, start=day, primary=True)


def delegate(principal: Person, to: Person, *, start: date, end: date, note: str = "") -> Delegation:
    """代理: `to` may act for the principal through `end`."""
    if principal.pk == to.pk:
        raise Invalid({"to": "不能委托给自己"})
    if end < start:
        raise Invalid({"end": "结束日期不能早于开始日期"})
    if to.left_on or not to.is_active:
        raise Invalid({"to": f"{to.name}已停权或离职，不能代理"})
    return Delegation.objects.create(principal=principal, delegate=to, start=start, end=end, note=note)


def revoke_delegation(delegation: Delegation) -> None:
    """Take a delegation back at once; a second time changes nothing."""
    Delegation.objects.filter(pk=delegation.pk, revoked_at=None).update(revoked_at=clock.now())
    delegation.refresh_from_db()


def _required(**texts: str) -> None:
    missing = {key: "此项必填" for key, text in texts.items() if not text}
    if missing:
        raise Invalid(missing)
