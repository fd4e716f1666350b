#!/usr/bin/env python3
"""Verify an exported ledger without Kedang, its database or any library: python3 verify_ledger.py LEDGER [HEAD]

LEDGER is what `kedang ledger export` wrote: each event as a JSON array on a line of its own, in the order of their numbers,
and behind the last event of each sealed range the seal, a JSON object. HEAD is what `kedang ledger head` printed at some time
and was kept elsewhere, one JSON object a line; any number of them. A seal's digest is SHA-256 over

    the digest of the seal before (empty for the first), a line feed, "first-last", a line feed, and the lines of its events.

Says 完好 or the first bad place; the exit status is 0 when intact, 1 when not, 2 when a file cannot be read. Events behind the
last seal are counted and named: nothing protects them yet.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple


class Bad(Exception):
    """The first bad place."""


class Verified(NamedTuple):
    """What was gone through."""

    events: int
    seals: int
    unsealed: int
    digests: dict[int, str]


def runs(file: BinaryIO) -> Iterator[tuple[list[bytes], dict | None]]:
    """The events up to each seal, with the seal; at the end what is not sealed, with None."""
    events: list[bytes] = []
    for line in file:
        if line.startswith(b"["):
            events.append(line)
        else:
            yield events, seal_of(line)
            events = []
    yield events, None


def seal_of(line: bytes) -> dict:
    """A seal, or Bad when the line is none."""
    try:
        seal = json.loads(line)
        for name, kind in (("first_id", int), ("last_id", int), ("count", int), ("digest", str), ("previous", str)):
            if type(seal[name]) is not kind:
                raise ValueError(name)
    except (ValueError, KeyError, TypeError):
        raise Bad(f"既不是事件也不是封印的一行：{line[:80]!r}") from None
    return seal


def number(line: bytes) -> int:
    """The number of an event."""
    try:
        return int(line[1 : line.index(b",")])
    except ValueError:
        raise Bad(f"没有编号的事件：{line[:80]!r}") from None


def check_order(events: list[bytes], after: int, upto: int | None) -> int:
    """Numbers rise and stay within the range; the last one."""
    for line in events:
        this = number(line)
        if this <= after:
            raise Bad(f"事件 {this}：编号重复或次序颠倒（排在 {after} 号之后）")
        if upto is not None and this > upto:
            raise Bad(f"事件 {this}：不在其后封印的范围内（至 {upto} 号）")
        after = this
    return after


def check_seal(events: list[bytes], seal: dict, previous: str, next_id: int) -> None:
    """One seal against its events and the seal before."""
    first, last = seal["first_id"], seal["last_id"]
    where = f"封印 {first}–{last}"
    if first != next_id or last < first:
        raise Bad(f"{where}：应从 {next_id} 号事件开始，前面缺少封印或区间重叠")
    if seal["previous"] != previous:
        raise Bad(f"{where}：与上一封印不相连")
    if len(events) != seal["count"]:
        raise Bad(f"{where}：应有 {seal['count']} 条事件，现有 {len(events)} 条")
    running = hashlib.sha256(f"{previous}\n{first}-{last}\n".encode())
    running.update(b"".join(events))
    if running.hexdigest() != seal["digest"]:
        check_order(events, first - 1, last)  # what the digest holds for is in order as it was sealed
        raise Bad(f"{where}：事件内容与封印不符")


def verify(ledger: BinaryIO, heads: list[tuple[int, str]]) -> Verified:
    """Go through the export once; Bad names the first bad place."""
    previous, next_id, count, digests = "", 1, 0, {}
    for events, seal in runs(ledger):
        count += len(events)
        if seal is None:
            check_order(events, next_id - 1, None)
            found = Verified(count, len(digests), len(events), digests)
            break
        check_seal(events, seal, previous, next_id)
        previous, next_id = seal["digest"], seal["last_id"] + 1
        digests[seal["last_id"]] = previous
    for last, digest in heads:
        if last not in digests:
            raise Bad(f"留存的台账头（至 {last} 号）在导出的台账中不存在：台账被截断或重写")
        if digests[last] != digest:
            raise Bad(f"留存的台账头（至 {last} 号）与导出的封印不符：台账被重写")
    return found


def heads_of(path: str) -> list[tuple[int, str]]:
    """The heads kept in a file; one of an empty ledger says nothing."""
    with open(path, encoding="utf-8") as file:
        kept = [json.loads(line) for line in file if line.strip()]
    return [(int(one["last_id"]), str(one["digest"])) for one in kept if int(one["last_id"])]


def main(arguments: list[str]) -> int:
    """Read the files named, say what was found."""
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        heads = heads_of(arguments[1]) if len(arguments) == 2 else []
        with open(arguments[0], "rb") as ledger:
            found = verify(ledger, heads)
    except Bad as error:
        print(f"台账有问题：{error}")
        return 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"读不了文件：{error}", file=sys.stderr)
        return 2
    print(
        f"台账完好：事件 {found.events} 条，封印 {found.seals} 个，核对台账头 {len(heads)} 个，尚未封印 {found.unsealed} 条"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
