"""What a staff list would change: compared with the organisation as it stands. Reads only."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from kedang.kernel.names import sort_key
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Appointment, Person, Post, Unit
from kedang.kernel.org.roster.reading import Entry, Fault, who

HEAD = "部门经理"
KINDS = {
    "unit": "新部门", "unit_moved": "部门调整上级", "post": "新岗位", "new": "新增人员", "moved": "任职变动", "renamed": "改名",
    "edited": "资料更新", "absent": "名单中没有",
}  # fmt: skip
Job = tuple[str, str]
"""(unit name, post name)"""


@dataclass(frozen=True)
class Change:
    """One line of the preview."""

    kind: str
    what: str
    text: str = ""

    @property
    def label(self) -> str:
        """The kind in words."""
        return KINDS[self.kind]


@dataclass
class Hand:
    """One person of the list: who he is today (None: new) and what he shall be."""

    entries: list[Entry]
    person: Person | None = None
    username: str = ""
    begins: list[tuple[Job, date | None]] = field(default_factory=list)
    ends: list[Appointment] = field(default_factory=list)
    edits: dict[str, str] = field(default_factory=dict)

    @property
    def first(self) -> Entry:
        """The row of the primary post."""
        return self.entries[0]


@dataclass
class Plan:
    """Everything a list would change, the faults that forbid it, and what to mind."""

    units: list[tuple[str, str]] = field(default_factory=list)
    """(new unit, parent name; '' for the company), parents first"""
    moved_units: list[tuple[Unit, str]] = field(default_factory=list)
    posts: list[tuple[str, bool]] = field(default_factory=list)
    hands: list[Hand] = field(default_factory=list)
    absent: list[Person] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """What was looked at before merging: another one means that the organisation has changed meanwhile."""
        lines = "\n".join(f"{one.kind}|{one.what}|{one.text}" for one in self.changes)
        return hashlib.sha256(lines.encode()).hexdigest()

    def of(self, kind: str) -> list[Change]:
        """The changes of one kind."""
        return [change for change in self.changes if change.kind == kind]


def plan_of(entries: Sequence[Entry]) -> Plan:
    """Compare a list with the organisation."""
    plan = Plan()
    _units(plan, entries)
    posts = _posts(plan, entries)
    _people(plan, entries, posts)
    _superiors(plan, entries)
    plan.faults.sort(key=lambda fault: fault.row)
    return plan


def _units(plan: Plan, entries: Sequence[Entry]) -> None:
    known: dict[str, list[Unit]] = defaultdict(list)
    for unit in Unit.objects.filter(closed_on=None).select_related("parent"):
        known[unit.name].append(unit)
    parents = {entry.unit: entry.parent for entry in entries if entry.parent}
    wanted = dict.fromkeys([*(entry.unit for entry in entries), *parents.values()])
    for name in wanted:
        if len(known.get(name, ())) > 1:
            row = next(entry.row for entry in entries if name in (entry.unit, entry.parent))
            plan.faults.append(Fault(row, "部门", f"已有 {len(known[name])} 个部门都叫“{name}”，请先改名"))
        elif name in known:
            unit = known[name][0]
            if parents.get(name) and unit.parent and unit.parent.name != parents[name]:
                plan.moved_units.append((unit, parents[name]))
                plan.changes.append(Change("unit_moved", name, f"由{unit.parent.name}改隶{parents[name]}"))
    fresh = [name for name in wanted if name not in known]
    for name in sorted(fresh, key=lambda name: _depth(name, parents)):
        plan.units.append((name, parents.get(name, "")))
        plan.changes.append(Change("unit", name, f"隶属{parents[name]}" if parents.get(name) else "直属公司"))


def _depth(name: str, parents: dict[str, str]) -> int:
    steps = 0
    while name in parents and steps < len(parents):
        name, steps = parents[name], steps + 1
    return steps


def _posts(plan: Plan, entries: Sequence[Entry]) -> dict[str, tuple[str, bool]]:
    """What each written post is called and whether it heads its unit; unknown ones are new posts."""
    rows = list(Post.objects.all())
    spelled = {post.key: post for post in rows} | {post.name: post for post in rows}
    found = {text: (post.name, post.is_head) for text, post in spelled.items()}
    for entry in entries:
        if entry.post not in found:
            found[entry.post] = (entry.post, bool(entry.head))
            plan.posts.append(found[entry.post])
            plan.changes.append(Change("post", entry.post, "部门负责人" if entry.head else ""))
        elif entry.head is False and found[entry.post][1]:
            text = f"“{entry.post}”就是部门负责人，与“否”矛盾"
            plan.faults.append(Fault(entry.row, "是否负责人", text))
    return found


def _people(plan: Plan, entries: Sequence[Entry], posts: dict[str, tuple[str, bool]]) -> None:
    grouped: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        grouped[who(entry)].append(entry)
    people = list(Person.objects.all())
    running: dict[int, list[Appointment]] = defaultdict(list)
    for row in Appointment.objects.filter(org.current()).select_related("unit", "post"):
        running[row.person_id].append(row)
    taken = {person.username.lower() for person in people} | {entry.username.lower() for entry in entries}
    matched: set[int] = set()
    for rows in grouped.values():
        hand = Hand(rows, _match(rows[0], people))
        if hand.person is not None and not _fit(plan, hand, matched):
            continue
        if hand.person is None and not _log_in(plan, hand, people, taken):
            continue
        _jobs(hand, posts, running.get(hand.person.pk, []) if hand.person else [])
        _say(plan, hand)
        plan.hands.append(hand)
    plan.absent = [
        one for one in people if one.pk in running and one.pk not in matched and not (one.is_admin or one.left_on)
    ]
    plan.changes += [Change("absent", one.name, "、".join(_job(row) for row in running[one.pk])) for one in plan.absent]


def _match(entry: Entry, people: Iterable[Person]) -> Person | None:
    """By number, else by login, else by name and phone or by a name that only one has."""
    for key in ("employee_no", "username"):
        value = getattr(entry, key).lower()
        if value and (found := next((one for one in people if getattr(one, key).lower() == value), None)):
            return found
    named = [one for one in people if one.name == entry.name and not one.left_on]
    # Whose number is known and another one is somebody else of the same name.
    named = [one for one in named if not (entry.employee_no and one.employee_no)]
    if entry.phone and (found := next((one for one in named if one.phone == entry.phone), None)):
        return found
    return named[0] if len(named) == 1 and not entry.username else None


def _fit(plan: Plan, hand: Hand, matched: set[int]) -> bool:
    assert hand.person is not None
    if hand.person.pk in matched:
        plan.faults.append(Fault(hand.first.row, "姓名", f"{hand.first.name}在名单里出现两次，请填工号"))
        return False
    matched.add(hand.person.pk)
    if hand.person.left_on:
        text = f"{hand.person.name}已于 {hand.person.left_on.isoformat()} 离职；再入职请用新的工号和登录名"
        plan.faults.append(Fault(hand.first.row, "姓名", text))
        return False
    return True


def _log_in(plan: Plan, hand: Hand, people: Iterable[Person], taken: set[str]) -> bool:
    """A new person's login: the one written, else the pinyin of the name with the next free number."""
    wanted = next((entry.username for entry in hand.entries if entry.username), "")
    if wanted:
        hand.username = wanted
        return True
    base = sort_key(hand.first.name).replace(" ", "").lower()
    base = "".join(sign for sign in base if sign.isascii() and sign.isalnum()) or "user"
    free = next(name for name in (f"{base}{number or ''}" for number in [0, *range(2, 99_999)]) if name not in taken)
    taken.add(free)
    hand.username = free
    return True


def _jobs(hand: Hand, posts: dict[str, tuple[str, bool]], running: list[Appointment]) -> None:
    wanted: dict[Job, date | None] = {}
    for entry in hand.entries:
        name, heads = posts[entry.post]
        wanted.setdefault((entry.unit, name), entry.start)
        if entry.head and not heads:
            wanted.setdefault((entry.unit, HEAD), entry.start)
    held = {(row.unit.name, row.post.name): row for row in running}
    hand.begins = [(job, start) for job, start in wanted.items() if job not in held]
    hand.ends = [row for job, row in held.items() if job not in wanted]
    if hand.person is not None:
        for key in ("name", "employee_no", "phone", "email"):
            value = next((getattr(entry, key) for entry in hand.entries if getattr(entry, key)), "")
            if value and value != getattr(hand.person, key):
                hand.edits[key] = value


def _say(plan: Plan, hand: Hand) -> None:
    begins = "、".join(f"{unit}{post}" for (unit, post), _ in hand.begins)
    if hand.person is None:
        plan.changes.append(Change("new", hand.first.name, f"{begins}，登录名 {hand.username}"))
        return
    if "name" in hand.edits:
        plan.changes.append(Change("renamed", hand.person.name, f"改为{hand.edits['name']}"))
    if said := "，".join(
        f"{label}改为 {hand.edits[key]}"
        for key, label in (("employee_no", "工号"), ("phone", "手机"), ("email", "邮箱"))
        if key in hand.edits
    ):
        plan.changes.append(Change("edited", hand.first.name, said))
    if hand.begins or hand.ends:
        ends = "、".join(_job(row) for row in hand.ends)
        parts = [f"免去{ends}" if ends else "", f"任{begins}" if begins else ""]
        plan.changes.append(Change("moved", hand.first.name, "，".join(filter(None, parts))))


def _job(row: Appointment) -> str:
    return f"{row.unit.name}{row.post.name}"


def _superiors(plan: Plan, entries: Sequence[Entry]) -> None:
    """Where the list names another superior than the department's head: said, not followed."""
    heads: dict[str, str] = {}
    for hand in plan.hands:
        for (unit, post), _ in hand.begins:
            if post in (HEAD, "总经理") or (post, True) in plan.posts:
                heads.setdefault(unit, hand.first.name)
    names = dict(Unit.objects.filter(closed_on=None).values_list("pk", "name"))
    for pk, holder in org.heads_of_many(names).items():
        heads.setdefault(names[pk], holder.name)
    for entry in entries:
        head = heads.get(entry.unit)
        if entry.superior and head and entry.superior != head and entry.name != head:
            plan.hints.append(
                f"第 {entry.row} 行：{entry.name}的上级按{entry.unit}负责人认定为{head}，不是{entry.superior}"
            )
    for unit in dict.fromkeys(entry.unit for entry in entries):
        if unit not in heads:
            plan.hints.append(f"{unit}没有负责人，须由其负责人审批的事项会转到上一级部门负责人")
