"""Make the demo company in an empty database."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from kedang.customers.models import Customer
from kedang.demo import company as demo_company
from kedang.demo.keeping import Keeping
from kedang.demo.leasing import Leasing
from kedang.demo.medical import Medical
from kedang.demo.office import Office
from kedang.demo.registry import Registry
from kedang.demo.story import Story
from kedang.kernel import clock
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger import seal
from kedang.kernel.models import Pulse
from kedang.kernel.norms import store
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person, Unit

SEED = 20260701
DAYS = 120
PASSWORD_FILE = "demo-password.txt"  # noqa: S105  (a file's name)
NOT_EMPTY = "数据库里已有数据，演示公司只能建在空库中。"
MARK, LOCK = "demo:loading", "demo.lock"
"""Stands in the database from the first row to the last: half a demo is no demo, and nobody is served one."""


def empty() -> bool:
    """Whether the database holds no company yet."""
    return not Person.objects.exists() and not Customer.objects.exists()


def present() -> bool:
    """Whether the database holds the demo company."""
    return Unit.objects.filter(name=demo_company.ROOT, parent=None).exists()


def unfinished() -> bool:
    """Whether loading has begun and not ended: a process was killed, or an error broke it off."""
    try:
        return Pulse.objects.filter(name=MARK).exists()
    except DatabaseError:
        return False  # no tables yet


@contextmanager
def alone() -> Iterator[None]:
    """One process loads at a time; Invalid for the second. The lock goes with the process."""
    with (Path(settings.DATA_DIR) / LOCK).open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Invalid("另一个进程正在载入演示公司，请等它结束。") from None
        yield


def wipe() -> None:
    """Take half a demo away, and have empty tables again. Only ever of a database in which a demo was begun when it was
    empty: nothing else is in it."""
    if not unfinished():
        raise Invalid("数据库里不是没有载完的演示公司，没有清空。")
    if connection.vendor == "sqlite" and not connection.is_in_memory_db():
        connection.close()
        for more in ("", "-wal", "-shm", "-journal"):
            Path(f"{connection.settings_dict['NAME']}{more}").unlink(missing_ok=True)
    else:
        with connection.cursor() as cursor:
            for name in connection.introspection.table_names(cursor):
                cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)} CASCADE")
    store.forget()
    call_command("migrate", verbosity=0, interactive=False)


def load(password: str, *, customers: int = 300, days: int = DAYS, step: Callable[[date], None] | None = None) -> Story:
    """The company, four months of its life up to this minute, 300 customers. Invalid when there is data already."""
    if not empty():
        raise Invalid(NOT_EMPTY)
    Pulse.objects.create(name=MARK, at=clock.now())
    until = clock.now()
    first = (until - timedelta(days=days)).date()
    with clock.frozen(until) as held:
        story = _tell(password, first, until, customers, held, step)
    seal()
    Pulse.objects.filter(name=MARK).delete()
    return story


def _tell(
    password: str, first: date, until: datetime, customers: int, held: clock.Frozen, step: Callable[[date], None] | None
) -> Story:
    held.move_to(datetime.combine(first, datetime.min.time()).replace(hour=8))
    with transaction.atomic():
        company = demo_company.found(password, first)
        demo_company.put_regulations_in_force(company, first, until.date())
    story = Story(company, first, until, SEED)
    story.clock = held
    registry, medical = Registry(story), Medical(story)
    leasing = Leasing(story, demo_company.leasing_since(first, until.date()))
    old, new = customers * 6 // 10, customers - customers * 6 // 10
    with transaction.atomic():
        registry.open_with(old * 2 // 3)
        medical.open_with(old - old * 2 // 3)
    registry.plan_new(new * 2 // 3)
    medical.plan_new(new - new * 2 // 3)
    scale = customers / 300 * (until.date() - first).days / DAYS
    registry.plan_work(
        contacts=int(360 * scale), visits=int(200 * scale), expenses=int(70 * scale), readings=int(26 * scale),
        changes=int(22 * scale), contracts=int(36 * scale),
    )  # fmt: skip
    medical.plan_work(
        contacts=int(160 * scale), visits=int(50 * scale), borrowings=int(12 * scale), expenses=int(16 * scale)
    )
    leasing.plan()
    Keeping(story, leasing).plan()
    Office(story, registry, leasing).plan()
    story.run(step)
    return story


def new_password() -> str:
    """A password that can be read aloud: no letters that look like digits."""
    letters = "abcdefghjkmnpqrstuvwxyz"
    groups = ["".join(secrets.choice(letters) for _ in range(4)) for _ in range(2)]
    return "-".join([*groups, "".join(secrets.choice("23456789") for _ in range(4))])


def keep_password(password: str) -> Path:
    """Keep the demo's password beside its database, readable by the owner only, for `kedang demo --accounts`."""
    path = Path(settings.DATA_DIR) / PASSWORD_FILE
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    return path


def kept_password() -> str:
    """The demo's password, or '' when it was made elsewhere."""
    path = Path(settings.DATA_DIR) / PASSWORD_FILE
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def accounts() -> list[tuple[str, str, str]]:
    """(login, name, 部门 岗位 …) of everybody, in the order of the departments."""
    rows = []
    for login in [*(login for login, _, _ in demo_company.PEOPLE), demo_company.ADMIN[0]]:
        person = Person.objects.filter(username=login).first()
        if person is None:
            continue
        jobs = [f"{job.unit.name} {job.post.name}" for job in org.appointments_of(person)]
        rows.append((login, person.name, "，".join(jobs) or ("系统管理员" if person.is_admin else "已离职")))
    return rows
