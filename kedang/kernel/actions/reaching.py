"""How people are reached: what each wants to be told by which way, the robots of chat groups, sending again, the calendar.

Addresses of robots are secrets: whoever may post to one speaks in the group. They are sealed before they come here, so that
no key, frozen command or event holds one, and are shown to nobody again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from kedang.kernel import clock, outbound, vault
from kedang.kernel.actions.admin import administrator, unit_of
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.delivery import payloads
from kedang.kernel.delivery.models import Channel, Delivery, DeliveryState, Feed, Preference, Robot, RobotKind
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger import EventKind, kinds
from kedang.kernel.models import Notice

SEALED_MAX = 4000

kinds.register(
    EventKind("account.reached", "通知设置", "{actor}改通知设置：{what}", {"what": "text"}),
    EventKind("account.feed", "日历订阅", "{actor}{what}", {"what": "text"}),
    EventKind("robot.changed", "群机器人", "{actor}{what}", {"what": "text"}),
    EventKind(
        "delivery.resent", "重发通知", "{actor}重发未送达的通知给{name}", {"delivery": "integer", "name": "text"}
    ),
)


# ---- one's own settings ------------------------------------------------------------------------------------------


@action(
    "account.reach",
    "通知设置",
    args=[
        Field("mail", "邮件", "bool", default=False),
        Field("robot", "群机器人", "bool", default=False),
        Field("digest", "每日摘要", "bool", default=False),
        Field("quiet_from", "免打扰开始", "time"),
        Field("quiet_until", "免打扰结束", "time"),
    ],
    about="",
    needs="none",
    events=("account.reached",),
    public=False,
)
def reach(
    *, deed: Deed, mail: bool | None = None, robot: bool | None = None, digest: bool | None = None,
    quiet_from: time | None = None, quiet_until: time | None = None,
) -> int:  # fmt: skip
    """By which ways the person himself wants to be told, and when not."""
    person = deed.by
    if person is None or deed.on_behalf_of is not None:
        raise NotFound
    if (quiet_from is None) != (quiet_until is None):
        raise Invalid({"quiet_until" if quiet_until is None else "quiet_from": "开始和结束要一起填，或都不填"})
    if quiet_from is not None and quiet_from == quiet_until:
        raise Invalid({"quiet_until": "结束时间要与开始时间不同"})
    wish = {"mail": bool(mail), "robot": bool(robot), "digest": bool(digest)}
    Preference.objects.update_or_create(
        person=person, defaults={**wish, "quiet_from": quiet_from, "quiet_until": quiet_until}
    )
    names = {"mail": "邮件", "robot": "群机器人", "digest": "每日摘要"}
    said = "、".join(label for key, label in names.items() if wish[key]) or "只在系统内"
    quiet = f"，{quiet_from:%H:%M}–{quiet_until:%H:%M} 免打扰" if quiet_from and quiet_until else "，不设免打扰"
    deed.record("account.reached", subject=f"person:{person.pk}", data={"what": said + quiet})
    return person.pk


# ---- one's calendar ----------------------------------------------------------------------------------------------


@action(
    "account.feed",
    "订阅待办日历",
    args=[Field("digest", "链接摘要", "text", required=True, pattern=r"[0-9a-f]{64}")],
    about="",
    needs="none",
    events=("account.feed",),
    public=False,
)
def renew_feed(*, deed: Deed, digest: str) -> int:
    """A new address for the person's calendar; the one before answers no more."""
    person = deed.by
    if person is None or deed.on_behalf_of is not None:
        raise NotFound
    renewed = Feed.objects.filter(person=person).exists()
    Feed.objects.update_or_create(person=person, defaults={"digest": digest, "made_at": clock.now(), "used_at": None})
    said = "更换待办日历的订阅地址，原地址作废" if renewed else "开启待办日历订阅"
    deed.record("account.feed", subject=f"person:{person.pk}", data={"what": said})
    return person.pk


@action("account.unfeed", "停用待办日历", args=[], about="", needs="none", events=("account.feed",), public=False)
def end_feed(*, deed: Deed) -> int:
    """The address of the person's calendar answers no more."""
    person = deed.by
    if person is None or deed.on_behalf_of is not None or not Feed.objects.filter(person=person).delete()[0]:
        raise NotFound("没有在用的日历订阅。")
    deed.record("account.feed", subject=f"person:{person.pk}", data={"what": "停用待办日历订阅"})
    return person.pk


# ---- robots ------------------------------------------------------------------------------------------------------


@administrator(
    "robot.add",
    "添加群机器人",
    [
        Field("name", "名称", required=True, max=60),
        Field("kind", "平台", "choice", required=True, values=dict(RobotKind.choices)),
        Field("unit", "部门", "unit"),
        Field("address", "网址", "text", required=True, max=SEALED_MAX),
        Field("secret", "加签密钥", "text", max=SEALED_MAX),
    ],
    "robot.changed",
)
def add_robot(
    *, deed: Deed, name: str, kind: str, address: str, unit: int | None = None, secret: str | None = None
) -> int:
    """A robot of a chat group; `address` and `secret` come sealed. Which people it reaches follows from the department."""
    where = unit_of(unit) if unit else None
    plain, key = _opened(address, secret or "")
    host = _checked(kind, plain)
    if where is not None and where.closed_on:
        raise Invalid({"unit": f"{where.name}已撤销"})
    taken = Robot.objects.filter(unit=where, ended_at=None).first()
    if taken is not None:
        raise Invalid({"unit": f"{where.name if where else '全公司'}已有机器人“{taken.name}”，请先停用"})
    row = Robot.objects.create(
        name=name,
        kind=kind,
        unit=where,
        address=address,
        host=host,
        secret=(secret or "") if key else "",
        made_at=clock.now(),
    )
    whom = where.name if where else "全公司"
    said = f"添加{row.get_kind_display()}群机器人“{name}”（{whom}）"
    deed.record("robot.changed", subject=f"robot:{row.pk}", data={"what": said})
    return row.pk


def _opened(address: str, secret: str) -> tuple[str, str]:
    try:
        return vault.unseal(address).strip(), vault.unseal(secret).strip()
    except vault.Lost as error:
        raise Invalid({"address": str(error)}) from error


def _checked(kind: str, address: str) -> str:
    """The host of an address of the platform's own, or of one that the operator has named."""
    try:
        parts = outbound.check(address)
    except outbound.Forbidden as error:
        raise Invalid({"address": str(error)}) from error
    host = (parts.hostname or "").lower()
    own = payloads.HOSTS[RobotKind(kind)]
    if host not in own and not outbound.named(parts):
        raise Invalid({"address": f"{RobotKind(kind).label}机器人的网址应在 {own[0]} 上，请核对平台和网址"})
    return host


ROBOT = Field("robot", "机器人", "integer", required=True)


def _robot(pk: int) -> Robot:
    row = Robot.objects.select_for_update().filter(pk=pk, ended_at=None).first()
    if row is None:
        raise NotFound
    return row


@administrator("robot.end", "停用群机器人", [ROBOT], "robot.changed")
def end_robot(*, deed: Deed, robot: int) -> int:
    """A robot is used no more; its address is forgotten, and what waited for it ends as not delivered."""
    row = _robot(robot)
    row.ended_at, row.address, row.secret = clock.now(), "", ""
    row.save(update_fields=["ended_at", "address", "secret"])
    deed.record("robot.changed", subject=f"robot:{row.pk}", data={"what": f"停用群机器人“{row.name}”"})
    return row.pk


@administrator("robot.test", "发送测试消息", [ROBOT], "robot.changed")
def test_robot(*, deed: Deed, robot: int) -> int:
    """A message to oneself by this robot, sent by the worker like any other; what becomes of it stands in 通知发送."""
    row = _robot(robot)
    now, person = deed.now, deed.by
    assert person is not None
    notice = Notice.objects.create(
        person=person, kind="notice", text=f"群机器人“{row.name}”测试", at=now, planned_at=now
    )
    made = Delivery.objects.create(
        person=person, channel=Channel.ROBOT, robot=row, notice=notice, urgent=True, due_at=now, made_at=now
    )
    said = f"向群机器人“{row.name}”发送测试消息"
    deed.record("robot.changed", subject=f"robot:{row.pk}", data={"what": said})
    return made.pk


@administrator("delivery.resend", "重发", [Field("delivery", "通知", "integer", required=True)], "delivery.resent")
def resend(*, deed: Deed, delivery: int) -> int:
    """What was given up is tried again from the beginning, by the robot that serves the person's department now."""
    row = Delivery.objects.select_for_update().select_related("person").filter(pk=delivery).first()
    if row is None:
        raise NotFound
    if row.state != DeliveryState.FAILED:
        raise Invalid("只有未送达的通知可以重发。")
    changes: Mapping[str, Any] = {
        "state": DeliveryState.WAITING, "attempts": 0, "error": "", "due_at": deed.now, "finished_at": None,
        "leased_until": None, "robot_id": _present_robot(row),
    }  # fmt: skip
    Delivery.objects.filter(pk=row.pk).update(**changes)
    deed.record("delivery.resent", subject=f"delivery:{row.pk}", data={"delivery": row.pk, "name": row.person.name})
    return row.pk


def _present_robot(row: Delivery) -> int | None:
    from kedang.kernel.delivery import ways

    if row.channel != Channel.ROBOT:
        return None
    if row.robot is not None and row.robot.ended_at is None:
        return row.robot_id
    found = ways.robots_of([row.person_id]).get(row.person_id)
    if found is None:
        raise Invalid("机器人已停用，且没有别的机器人可用。")
    return found.pk
