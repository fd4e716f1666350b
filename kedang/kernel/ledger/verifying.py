"""Verifying: every seal recomputed, every personal value held to its digest, the chain held to heads kept elsewhere.

One pass over the events by number, one over the values beside it; nothing is kept but where they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from django.db import connection, transaction
from pydantic_core import from_json

from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.lines import Line, Unreadable, fetched, lines, ordered, ordered_or_raw
from kedang.kernel.ledger.models import Seal
from kedang.kernel.ledger.recording import digest_of
from kedang.kernel.ledger.sealing import Head, VerifyResult, range_digest

_NAMED = f'"{kinds.RESERVED}"'
_END = (1 << 63, "", "")
_AT_ONCE = 1000
Sealed = tuple[int, int, int, str, str]


def verify(heads: Sequence[Head] = ()) -> VerifyResult:
    """Recompute every seal, compare personal values with their digests, and hold the chain to heads kept outside."""
    result = VerifyResult()
    with transaction.atomic():  # one state of both tables
        _go_through(result)
        for kept in heads:
            _check_head(kept, result)
    return result


def _go_through(result: VerifyResult) -> None:
    values = _Values(result)
    events = lines()
    previous, next_id, at = "", 1, next(events, _END)
    try:
        for one in _seals():
            at = _seal(one, previous, next_id, at, events, values, result)
            previous, next_id = one[3], one[1] + 1
            result.seals += 1
        while at is not _END:
            result.unsealed += 1
            values.belong(at)
            at = next(events, _END)
        result.events += result.unsealed
    except Unreadable as error:
        result.problems.append(str(error))
        return
    values.end()


def _seals() -> Iterator[Sealed]:
    return fetched("SELECT first_id, last_id, count, digest, previous FROM ledger_seal ORDER BY first_id, id")


def _seal(
    one: Sealed, previous: str, next_id: int, at: Line, events: Iterator[Line], values: _Values, result: VerifyResult
) -> Line:
    """Check one seal against the events of its range; the first event behind it comes back."""
    first, last, count, digest, before = one
    where = f"封印 {first}–{last}"
    stray = 0
    while at[0] < first:  # before the first seal, or between two
        stray, at = stray + 1, next(events, _END)
    if stray:
        result.problems.append(f"有 {stray} 条事件的编号不在任何封印范围内（小于 {first}）")
    if first != next_id:
        result.problems.append(f"{where}：应从 {next_id} 号事件开始，前面缺少封印或区间重叠")
    if before != previous:
        result.problems.append(f"{where}：与上一封印不相连")
    running, found = hashlib.sha256(f"{before}\n{first}-{last}\n".encode()), 0
    held: list[str] = []
    while at[0] <= last:
        pk, line, data = at
        held.append(line)
        if _NAMED in data or values.due <= pk:
            values.belong(at)
        if len(held) == _AT_ONCE:
            found += _AT_ONCE
            running.update("".join(held).encode())
            held.clear()
        at = next(events, _END)
    found += len(held)
    running.update("".join(held).encode())
    result.events += found
    if found != count:
        result.problems.append(f"{where}：应有 {count} 条事件，现有 {found} 条")
    elif running.hexdigest() != digest and not _by_earlier_version(one):
        result.problems.append(f"{where}：事件内容与封印不符")
    return at


def _by_earlier_version(one: Sealed) -> bool:
    """Whether the digest holds for `data` as versions wrote it on SQLite that did not keep it in order yet."""
    if connection.vendor != "sqlite":
        return False
    try:
        return range_digest(one[0], one[1], one[4], shape=ordered)[1] == one[3]
    except Unreadable:
        return False


class _Values:
    """The personal values, by event, beside the events."""

    def __init__(self, result: VerifyResult) -> None:
        self.result, self.orphans = result, 0
        key = "id" if connection.vendor == "sqlite" else "id::text"  # or the driver makes an object of each
        self.rows = fetched(f"SELECT event_id, {key}, field, old, new, salt FROM ledger_value ORDER BY event_id")  # noqa: S608
        self.at: Any = None
        self.due = 0
        """The event to which the next value says it belongs."""
        self._go_on()

    def _go_on(self) -> None:
        self.at = next(self.rows, None)
        self.due = self.at[0] if self.at is not None else _END[0]

    def belong(self, event: Line) -> None:
        """Hold an event's values to the digests it names; what lies before it belongs to no event."""
        pk, _, data = event
        named = self._named(pk, data) if _NAMED in data else {}
        while self.due < pk:
            self._pass_over()
        if named:
            self._compare(pk, named)

    def _named(self, pk: int, data: str) -> dict[str, str]:
        """{id: digest} as the event names its values; what somebody has made of them may be anything."""
        try:
            return {entry["id"].replace("-", ""): entry["digest"] for entry in from_json(data).get(kinds.RESERVED, [])}
        except (ValueError, KeyError, TypeError, AttributeError):
            self.result.problems.append(f"事件 {pk}：所记的个人信息值不是本系统写下的")
            return {}

    def _compare(self, pk: int, named: dict[str, str]) -> None:
        found = 0
        while self.due == pk:
            _, key, field, old, new, salt = self.at
            told = named.get(key.replace("-", ""))
            found += told is not None
            if told is None:
                self.orphans += 1
            elif digest_of(salt, field, old, new) != told if salt else old or new:
                self.result.problems.append(f"事件 {pk}：个人信息“{field}”与事件记载不符")
            self._go_on()
        if found != len(named):
            self.result.problems.append(f"事件 {pk}：个人信息值有增删")

    def _pass_over(self) -> None:
        self.orphans += 1
        self._go_on()

    def end(self) -> None:
        """What is left belongs to no event either."""
        while self.at is not None:
            self._pass_over()
        if self.orphans:
            self.result.problems.append(f"有 {self.orphans} 条个人信息值不属于任何记录它的事件")


def export(out: BinaryIO) -> int:
    """Write every event's canonical line and, behind the last of its range, each seal as an object; how many events.

    It holds no personal values, only their salted digests; `scripts/verify_ledger.py` reads it without this program.
    """
    count = 0
    with transaction.atomic():
        seals = _seals()
        seal = next(seals, None)
        for pk, line, _ in lines(shape=ordered_or_raw):
            while seal is not None and seal[1] < pk:
                out.write(_seal_line(seal))
                seal = next(seals, None)
            out.write(line.encode())
            count += 1
        while seal is not None:
            out.write(_seal_line(seal))
            seal = next(seals, None)
    return count


def _seal_line(one: Sealed) -> bytes:
    names = ("first_id", "last_id", "count", "digest", "previous")
    return json.dumps(dict(zip(names, one, strict=True))).encode() + b"\n"


def _check_head(kept: Head, result: VerifyResult) -> None:
    if kept.last_id == 0:
        return
    found = Seal.objects.filter(last_id=kept.last_id).first()
    if found is None:
        result.problems.append(f"留存的台账头（至 {kept.last_id} 号）在库中已不存在：台账被截断或重写")
    elif found.digest != kept.digest:
        result.problems.append(f"留存的台账头（至 {kept.last_id} 号）与库中封印不符：台账被重写")
