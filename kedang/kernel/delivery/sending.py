"""The worker's round: plan what is new, send what is due, try again later what failed, give up in the open.

No transaction is open while a target is spoken to. A target that does not answer is asked once a round: whatever else waits
for it fails with it and is tried again with it.
"""

from __future__ import annotations

import smtplib
import time as wall
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core import mail as django_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q

from kedang.kernel import clock, once, outbound, vault
from kedang.kernel.delivery import mail, payloads, planning, ways, wording
from kedang.kernel.delivery.models import Channel, Delivery, DeliveryState, Robot
from kedang.kernel.delivery.wording import Said
from kedang.kernel.models import Notice
from kedang.kernel.norms.store import regulations

EVERY = 3.0
A_MINUTE = 20
AT_ONCE = 100
LEASE = timedelta(minutes=5)
BUDGET = 60.0
"""Seconds that a round may take before it ends and what is left waits for the next."""
PAUSES = (1, 5, 15, 60, 180, 360, 720)
"""Minutes until the next try; after as many tries and one more it is given up."""
Rows = Sequence[Delivery]


def round_of(ending: Callable[[], bool] = lambda: False) -> int:
    """Plan, then send what is due; how many were sent."""
    with once.once():
        planning.plan()
        planning.plan_digests(regulations(), ending)
    return send_due(ending)


def send_due(ending: Callable[[], bool] = lambda: False) -> int:
    """Send what is due now; how many went out."""
    batch = uuid4()
    rows = _take(batch)
    if not rows:
        return 0
    started, sent = wall.monotonic(), 0
    letters: dict[int, list[Delivery]] = defaultdict(list)
    posts: dict[int, list[Delivery]] = defaultdict(list)
    for row in rows:
        (posts[row.robot_id or 0] if row.channel == Channel.ROBOT else letters[row.person_id]).append(row)
    with once.once():
        for robot, several in posts.items():
            if ending() or wall.monotonic() - started > BUDGET:
                _put_back(several)
            else:
                sent += _to_robot(robot, several)
        sent += _letters(list(letters.values()), lambda: ending() or wall.monotonic() - started > BUDGET)
    return sent


def _take(batch: UUID) -> list[Delivery]:
    """What is due and in nobody's hand, now in ours: the update is conditional, so two workers never send one."""
    now = clock.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = Delivery.objects.filter(free, state=DeliveryState.WAITING, due_at__lte=now)
    ids = list(due.order_by("due_at", "id").values_list("pk", flat=True)[:AT_ONCE])
    if not ids:
        return []
    due.filter(pk__in=ids).update(batch=batch, leased_until=now + LEASE)
    rows = Delivery.objects.filter(batch=batch, state=DeliveryState.WAITING)
    return list(rows.select_related("person", "notice__person", "robot").order_by("due_at", "id"))


# ---- what becomes of a sending -----------------------------------------------------------------------------------


def _put_back(rows: Rows, until: datetime | None = None) -> None:
    """Not tried: back into the queue as it was, or for a while."""
    changes = {"leased_until": None, **({"due_at": until} if until else {})}
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(**changes)


def _sent(rows: Rows) -> int:
    now = clock.now()
    for row in rows:
        ours = Delivery.objects.filter(pk=row.pk)
        ours.update(
            state=DeliveryState.SENT,
            attempts=row.attempts + 1,
            error="",
            tried_at=now,
            finished_at=now,
            leased_until=None,
        )
    Notice.objects.filter(pk__in=[row.notice_id for row in rows if row.notice_id], delivered_at=None).update(
        delivered_at=now
    )
    return len(rows)


def _dropped(row: Delivery, why: str) -> None:
    Delivery.objects.filter(pk=row.pk).update(
        state=DeliveryState.DROPPED, error=why, finished_at=clock.now(), leased_until=None
    )


def _failed(rows: Rows, why: str, *, for_good: bool = False) -> None:
    """Again after a pause that grows, outside quiet hours; in the end given up, for an administrator to see."""
    now = clock.now()
    wishes = ways.preferences(row.person_id for row in rows)
    for row in rows:
        ours, tries = Delivery.objects.filter(pk=row.pk), row.attempts + 1
        if for_good or tries > len(PAUSES):
            ours.update(
                state=DeliveryState.FAILED, attempts=tries, error=why, tried_at=now, finished_at=now, leased_until=None
            )
            continue
        again = now + timedelta(minutes=PAUSES[tries - 1])
        due = again if row.urgent else ways.quiet_until(wishes[row.person_id], again)
        ours.update(attempts=tries, error=why, tried_at=now, due_at=due, leased_until=None)


def _worded(rows: Iterable[Delivery], *, group: bool) -> list[tuple[Delivery, list[Said], str]]:
    """What each says now; those with nothing to say any more end here."""
    found = []
    for row in rows:
        once.forget()  # with the rights of this moment: letters before may have taken a while
        if not row.person.is_active:
            _dropped(row, "本人已停权或离职")
        elif row.notice is None:
            said = wording.digest_of(row.person, regulations())
            if not said.summary or row.day != clock.today():
                _dropped(row, "没有要说的" if row.day == clock.today() else "当天没有送出")
            else:
                lines = [Said(f"今日摘要：{said.summary}", "/", "去办理")] if group else said.lines
                found.append((row, lines, said.summary))
        else:
            one = wording.of_notice(row.notice, group=group)
            if isinstance(one, str):
                _dropped(row, one)
            else:
                found.append((row, [one], ""))
    return found


# ---- robots ------------------------------------------------------------------------------------------------------


def _to_robot(pk: int, rows: Rows) -> int:
    """One post for all that waits for a robot, as far as it fits; at most A_MINUTE a minute, whoever posts."""
    robot = rows[0].robot
    if robot is None or robot.ended_at is not None:
        _failed(rows, "机器人已停用", for_good=True)
        return 0
    now = clock.now()
    recent = Delivery.objects.filter(robot=pk, channel=Channel.ROBOT, tried_at__gt=now - timedelta(minutes=1))
    if recent.values("batch").distinct().count() >= A_MINUTE:
        _put_back(rows, now + timedelta(seconds=20))
        return 0
    worded = _worded(rows, group=True)
    lines = [
        payloads.Line(row.person.name, row.person.phone, said[0].text, said[0].url, said[0].label)
        for row, said, _ in worded
    ]
    if not lines:
        return 0
    count = payloads.fitting(robot.kind, lines)
    _put_back([row for row, _, _ in worded[count:]])
    going = [row for row, _, _ in worded[:count]]
    result, why = post(robot, lines[:count])
    if result == "ok":
        return _sent(going)
    if result == "slow":
        Delivery.objects.filter(pk__in=[row.pk for row in going]).update(tried_at=now)
        _put_back(going, now + timedelta(minutes=1))
    else:
        _failed(going, why, for_good=result == "never")
    return 0


def post(robot: Robot, lines: Sequence[payloads.Line]) -> tuple[str, str]:
    """('ok' | 'slow' | 'no' | 'never', why)."""
    try:
        address, secret = vault.unseal(robot.address), vault.unseal(robot.secret)
        made = payloads.compose(robot.kind, address, secret, lines, clock.now())
        answer = outbound.post(made.url, made.body, payloads.JSON)
    except (vault.Lost, outbound.Forbidden) as error:
        return "never", str(error)
    except outbound.Unreachable as error:
        return "no", str(error)
    return payloads.verdict(robot.kind, answer.status, answer.body)


# ---- mail --------------------------------------------------------------------------------------------------------


def _letters(bundles: list[list[Delivery]], enough: Callable[[], bool]) -> int:
    """One letter a person for all that waits for him; one connection for all letters."""
    if not bundles:
        return 0
    everything = [row for rows in bundles for row in rows]
    if not ways.mail_ready():
        _failed(everything, "没有配置邮件服务器", for_good=True)
        return 0
    connection: BaseEmailBackend = django_mail.get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        _failed(everything, _mail_said(error))
        return 0
    sent = 0
    try:
        for index, rows in enumerate(bundles):
            if enough():
                _put_back([row for left in bundles[index:] for row in left])
                break
            try:
                sent += _letter(rows, connection)
            except (OSError, smtplib.SMTPServerDisconnected) as error:
                _failed([row for left in bundles[index:] for row in left], _mail_said(error))
                break
    finally:
        with suppress(OSError, smtplib.SMTPException):  # what was accepted is accepted
            connection.close()
    return sent


def _letter(rows: Rows, connection: BaseEmailBackend) -> int:
    person = rows[0].person
    if not person.email:
        _failed(rows, "本人没有邮箱", for_good=True)
        return 0
    worded = _worded(rows, group=False)
    if not worded:
        return 0
    lines = [line for _, said, _ in worded for line in said]
    summary = next((text for _, _, text in worded if text), "")
    digest = any(row.notice_id is None for row, _, _ in worded)
    head = f"客档今日摘要：{summary}" if digest else f"客档：{lines[0].text}"
    subject = head if digest or len(lines) == 1 else f"客档：{len(lines)} 条通知"
    going = [row for row, _, _ in worded]
    try:
        mail.letter(person.email, person.name, subject, lines, summary, connection=connection).send()
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPRecipientsRefused as error:
        code = next((each[0] for each in error.recipients.values()), 0)
        _failed(going, f"邮箱被拒收（{code}）", for_good=500 <= code < 600)
        return 0
    except smtplib.SMTPException as error:
        _failed(going, _mail_said(error))
        return 0
    except ValueError:
        _failed(going, "邮箱写法不对", for_good=True)
        return 0
    return _sent(going)


def _mail_said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "邮件服务器不接受用户名和密码"
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "邮件服务器没有按时答复"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"邮件服务器拒绝（{error.smtp_code}）"
    return f"邮件服务器连接不上（{type(error).__name__}）"
