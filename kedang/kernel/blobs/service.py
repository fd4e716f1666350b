"""Taking uploads in, keeping them with the deed that names them, erasing them, sweeping what nobody named."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q

from kedang.kernel import clock
from kedang.kernel.blobs import names, samples, store, types
from kedang.kernel.blobs.models import Blob
from kedang.kernel.blobs.store import Incoming
from kedang.kernel.errors import Invalid
from kedang.kernel.locks import take
from kedang.kernel.org.models import Person

DAY = 24 * 3600
BATCH = 500
UNKNOWN = "找不到这个文件，请重新上传"
_followers: list[Callable[[list[str]], object]] = []


def draft(incoming: Incoming, name: str, by: Person) -> Blob:
    """Take a received file in as a draft of its uploader; Invalid (with what to do) when its content is refused.

    The content is on the disk under its address before the row that names it is written.
    """
    try:
        kind = types.kind_of(incoming.file, incoming.size)
        incoming.finish()
        with transaction.atomic():
            # Held against the sweep and against erasure of the same bytes elsewhere.
            take([_lock(incoming.sha256)])
            sha256, size = incoming.sha256, incoming.size
            incoming.settle()
            return Blob.objects.create(
                sha256=sha256,
                size=size,
                type=kind.mime,
                name=names.safe_name(name, kind.extension),
                by=by,
                at=clock.now(),
            )
    finally:
        incoming.discard()


def received(chunks: Iterable[bytes], name: str, by: Person) -> Blob:
    """Take in bytes that come from elsewhere than a web form (imports, the demo company)."""
    incoming = Incoming()
    for chunk in chunks:
        incoming.write(chunk)
    return draft(incoming, name, by)


def sample(name: str, by: Person) -> Blob:
    """A tiny real file of the kind that the name says, for scenarios and the demo company."""
    return received([samples.content(name)], name, by)


def _lock(sha256: str) -> str:
    return f"blob:{sha256}"


def usable(ids: Collection[int], by: int | None, file: int | None) -> dict[int, Blob]:
    """The named rows that a deed may use: a person's own drafts, and what this file keeps already. Others are missing."""
    mine = Q(by=by, kept_at=None)
    kept = Q(kept_at__isnull=False, file=file) if file else Q(kept_at__isnull=False, by=by, file=None)
    rows = Blob.objects.filter(mine | kept, pk__in=set(ids), gone_at=None)
    return {row.pk: row for row in rows}


def keep(ids: Collection[int], file: int | None, at: datetime) -> None:
    """The deed that names these drafts is done: they belong to its file now. One statement, in the deed's transaction."""
    if ids:
        Blob.objects.filter(pk__in=set(ids), kept_at=None).update(kept_at=at, file=file)
    if ids and file:
        # Asked for first and carried out later: a registration knows its file only then.
        Blob.objects.filter(pk__in=set(ids), file=None).update(file=file)


def shown(ids: Iterable[int]) -> dict[int, Blob]:
    """Rows by id, for showing names and sizes; one query."""
    return Blob.objects.in_bulk(list(ids))


# ---- going -----------------------------------------------------------------------------------------------------


def erase(rows: Iterable[Blob], at: datetime) -> int:
    """Blank these rows for good and take their contents away once the deed has committed; how many."""
    found = list(rows)
    Blob.objects.filter(pk__in=[row.pk for row in found]).update(gone_at=at, name="", size=0, sha256="")
    addresses = sorted({row.sha256 for row in found if row.sha256})
    # Robust: the deed has committed and must not be answered as failed; the sweep takes what could not be removed.
    transaction.on_commit(lambda: _let_go(addresses), robust=True)
    return len(found)


def follow(run: Callable[[list[str]], object]) -> None:
    """Have `run` told the addresses of destroyed contents, once they have left the store."""
    _followers.append(run)


def _let_go(addresses: Sequence[str]) -> None:
    gone = _released(addresses)
    for run in _followers:
        run(gone)


def release(addresses: Sequence[str]) -> int:
    """Remove contents that no row names any more; how many. Safe to repeat, and the sweep does so after a crash."""
    return len(_released(addresses))


def _released(addresses: Sequence[str]) -> list[str]:
    gone = []
    for sha256 in addresses:
        with transaction.atomic():
            take([_lock(sha256)])
            if not Blob.objects.filter(sha256=sha256, gone_at=None).exists():
                store.remove(sha256)
                gone.append(sha256)
    return gone


def sweep(now: datetime | None = None) -> int:
    """Drop drafts older than a day that no deed named, and contents older than a day without a row; how many contents."""
    stale = Blob.objects.filter(kept_at=None, gone_at=None, at__lt=(now or clock.now()) - timedelta(seconds=DAY))
    addresses = sorted(set(stale.values_list("sha256", flat=True)[:BATCH]))
    Blob.objects.filter(kept_at=None, pk__in=list(stale.values_list("pk", flat=True)[:BATCH])).delete()
    gone = release(addresses)
    # Files carry the machine's time, not the frozen clock's.
    limit = time.time() - DAY
    store.clear_incoming(limit)
    waiting = store.contents(limit)
    while part := list(islice(waiting, BATCH)):
        known = set(Blob.objects.filter(sha256__in=part, gone_at=None).values_list("sha256", flat=True))
        gone += release([sha256 for sha256 in part if sha256 not in known])
    return gone


def check(ids: Collection[int], by: int | None, file: int | None) -> None:
    """Invalid unless the person may name all of these files here."""
    if ids and len(usable(ids, by, file)) < len(set(ids)):
        raise Invalid(UNKNOWN)
