"""The first run of a real company: everything in one transaction, or nothing. No account comes with a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from kedang.kernel import clock
from kedang.kernel.actions import adoption, packs
from kedang.kernel.actions.deed import Deed
from kedang.kernel.errors import Invalid
from kedang.kernel.norms import store
from kedang.kernel.norms.compiled import typed_value
from kedang.kernel.norms.loader import LoadedPack, load_pack
from kedang.kernel.norms.models import PackState, PackVersion
from kedang.kernel.norms.schema_parts import Parameter
from kedang.kernel.org import changes, links, roster, standard
from kedang.kernel.org.models import Person, Post, Unit
from kedang.kernel.org.selectors import root_unit

BASELINE = "baseline"


@dataclass
class Founding:
    """What somebody wants a company to begin with."""

    company: str
    admin: str
    admin_name: str = "系统管理员"
    staff: Sequence[roster.Entry] = ()
    packs: Mapping[Path, list[str]] = field(default_factory=dict)
    """pack folder → departments it acts in ([]: as the regulation itself says)"""
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """pack → parameter → value"""
    resume: bool = False


@dataclass(frozen=True)
class Founded:
    """What came of it."""

    admin: Person
    secret: str
    """Of the administrator's single-use link; '' when he has a password already."""
    changes: tuple[roster.Change, ...]
    regulations: tuple[str, ...]
    hints: tuple[str, ...]


def exists() -> bool:
    """Whether there is a company already."""
    return Person.objects.exists() or Unit.objects.exists()


def open_parameters(loaded: LoadedPack, filled: Mapping[str, str]) -> list[tuple[str, Parameter]]:
    """The parameters of a pack that its text leaves open and nobody has filled in."""
    return [(name, one) for name, one in loaded.pack.parameters.items() if not one.values and name not in filled]


def found(wish: Founding) -> Founded:
    """Make the company, or with `resume` do what is still missing. Invalid names everything that is wrong."""
    with transaction.atomic():
        _check_place(wish)
        deed = Deed(by=None)
        loaded = _checked(wish)
        root = root_unit() or changes.create_unit(wish.company)
        _posts()
        hints = tuple(roster.plan_of(wish.staff).hints)
        done = tuple(roster.apply(wish.staff))
        admin = _administrator(wish, root)
        titles = tuple(title for folder, pack in loaded.items() if (title := _put(wish, folder, pack, deed)))
        secret = ""
        if not admin.has_usable_password():
            secret = links.new_secret()
            links.issue(admin, links.digest_of(secret), by=None)
        what = f"{'继续' if wish.resume else ''}建立公司{root.name}：{len(done)} 项组织变动，制度 {len(titles)} 份"
        deed.record("org.changed", subject=f"unit:{root.pk}", data={"what": what})
        store.touch()
        adoption.ask_all()
    return Founded(admin, secret, done, titles, hints)


def _check_place(wish: Founding) -> None:
    if not wish.company.strip():
        raise Invalid({"company": "请写公司名称。"})
    if not exists():
        return
    root = root_unit()
    if not wish.resume:
        raise Invalid({"company": "数据库里已有公司，不再初始化；要补做没做完的，请加 --continue。"})
    if root is None or root.name != wish.company.strip():
        raise Invalid({"company": f"数据库里的公司是“{root.name if root else '（无）'}”，不是“{wish.company}”。"})


def _checked(wish: Founding) -> dict[Path, LoadedPack]:
    """Every pack read and every open parameter filled, before anything is made."""
    loaded = {folder: load_pack(folder) for folder in wish.packs}
    known = {pack.pack.pack for pack in loaded.values()}
    errors = [f"没有要载入的制度“{name}”，却给了它的参数" for name in wish.parameters if name not in known]
    for pack in loaded.values():
        filled = wish.parameters.get(pack.pack.pack, {})
        errors += [f"《{pack.pack.title}》没有参数“{name}”" for name in filled if name not in pack.pack.parameters]
        for name, one in open_parameters(pack, filled):
            errors.append(f"《{pack.pack.title}》的参数还没有填：{pack.pack.pack}.{name}（{one.name or name}）")
    if errors:
        raise Invalid({"parameters": "；".join(errors)})
    return loaded


def _posts() -> None:
    keys = set(Post.objects.values_list("key", flat=True))
    for key, name, is_head in standard.POSTS:
        if key not in keys:
            changes.create_post(key, name, is_head=is_head)


def _administrator(wish: Founding, root: Unit) -> Person:
    """Somebody of the staff list who is made administrator, or an account of its own."""
    person = Person.objects.filter(username__iexact=wish.admin).first()
    if person is None:
        if wish.resume and (before := Person.objects.filter(is_admin=True, is_active=True).first()):
            return before
        person = changes.create_person(username=wish.admin, name=wish.admin_name, is_admin=True)
        changes.appoint(person, Post.objects.get(key="staff"), root)
    if not person.is_admin:
        person.is_admin = True
        person.save(update_fields=["is_admin"])
    return person


def _put(wish: Founding, folder: Path, loaded: LoadedPack, deed: Deed) -> str:
    """Load one pack and make it effective; '' when it is in force already."""
    name = loaded.pack.pack
    if PackVersion.objects.filter(pack=name, state=PackState.EFFECTIVE).exists():
        return ""
    units = wish.packs[folder]
    missing = [unit for unit in units if not Unit.objects.filter(name=unit, closed_on=None).exists()]
    if missing:
        raise Invalid({"packs": f"《{loaded.pack.title}》的适用部门里，没有这些部门：{'、'.join(missing)}。"})
    row = packs.load(folder, units=units)
    row.parameters = _typed(loaded, wish.parameters.get(name, {}))
    row.notify = name != BASELINE
    row.save(update_fields=["parameters", "notify"])
    since = max(clock.today(), loaded.pack.effective)
    packs.put_in_force(row, since, None)
    data: dict[str, Any] = {"pack": name, "title": row.title, "version": row.version, "since": since}
    deed.record("pack.adopted", subject=f"pack:{name}", pack=name, data=data)
    return row.title


def _typed(loaded: LoadedPack, given: Mapping[str, str]) -> dict[str, str]:
    """Values as they were typed, each of the type that the pack declares."""
    wrong = []
    for name, value in given.items():
        try:
            typed_value(loaded.pack.parameters[name].type, value)
        except (ValueError, Invalid) as error:
            wrong.append(f"{loaded.pack.pack}.{name}“{value}”：{error}")
    if wrong:
        raise Invalid({"parameters": "；".join(wrong)})
    return dict(given)
