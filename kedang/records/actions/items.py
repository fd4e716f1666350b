"""Items of a file: put in, replaced with a reason, voided, read, taken along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Max

from kedang.customers import history
from kedang.customers.models import Customer
from kedang.kernel import files as directory
from kedang.kernel.actions import Deed, action
from kedang.kernel.actions.content import note
from kedang.kernel.blobs.models import Blob
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.records import rules
from kedang.records.actions.keeping import CUSTOMER, custody_of, doer, file_lock
from kedang.records.models import Archive, Catalogue, Item, ItemBlob, ItemVersion
from kedang.records.models.items import INTERNAL, SECRECY

ITEM = F("item", "件", "integer", required=True)
FILES = F("files", "文件", "file", required=True)


@action(
    "record.attach",
    "存入档案件",
    events=("record.item_added",),
    locks=file_lock,
    args=[
        CUSTOMER,
        FILES,
        F("kind", "材料种类", "text", max=120),
        F("title", "题名", "text", max=200),
        F("issued_on", "成文日期", "date", required=True),
        F("responsible", "责任者", "text", max=120),
        F("pages", "页数", "integer", min=1, max=100_000),
        F("secrecy", "密级", "choice", values=SECRECY),
        F("purpose", "收集目的", "text", max=200),
        F("consent", "同意凭证", "file"),
        F("reason", "重复存入的理由（内容与已有的件相同时填写）", "text", max=200),
    ],
)
def attach(
    *,
    deed: Deed,
    customer: int,
    files: list[int],
    issued_on: date,
    kind: str | None = None,
    title: str | None = None,
    responsible: str | None = None,
    pages: int | None = None,
    secrecy: str | None = None,
    purpose: str | None = None,
    consent: list[int] | None = None,
    reason: str | None = None,
) -> dict[str, int]:
    """Put an item into a file; its id and number. Bytes that the file holds already need a reason to come in again."""
    row = history.locked(customer)
    if issued_on > deed.now.date():
        raise Invalid({"issued_on": "成文日期不能晚于今天"})
    known = _kind(row, kind)
    _check_personal(known, purpose, consent)
    twin = _twin(row, files, reason)
    item = Item.objects.create(
        customer=row,
        number=_next_number(row),
        title=title or (known.spec.name if known else _first_name(files)),
        kind=known.qid if known else "",
        issued_on=issued_on,
        responsible=responsible or "",
        pages=pages,
        secrecy=secrecy or (known.spec.secrecy if known and known.spec.secrecy else INTERNAL),
        purpose=purpose or "",
        consent_id=consent[0] if consent else None,
        twin=twin,
        twin_reason=(reason or "") if twin else "",
        by=doer(deed),
        at=deed.now,
    )
    _add_version(deed, item, files, "")
    _note_order(deed, item)
    deed.record(
        "record.item_added",
        file=row.pk,
        subject=f"item:{item.pk}",
        data={"item": item.pk, "number": item.number, "kind": item.kind or None, "twin": twin.pk if twin else None},
        values=[ValueDraft("title", new=item.title)],
    )
    return {"item": item.pk, "number": item.number}


def _kind(row: Customer, name: str | None) -> rules.Kind | None:
    if not name:
        return None
    view = directory.view(row.pk)
    known = rules.kind_named(view, name) if view else None
    if known is None:
        raise Invalid({"kind": f"现行制度没有“{name}”这种材料"})
    return known


def _check_personal(known: rules.Kind | None, purpose: str | None, consent: list[int] | None) -> None:
    """What shows a natural person comes in with its purpose and the evidence of consent (PIPL 13, 17, 28)."""
    if known is None or not known.spec.personal:
        return
    errors = {}
    if not purpose:
        errors["purpose"] = f"{known.spec.name}是个人信息，须写明收集目的"
    if not consent:
        errors["consent"] = f"{known.spec.name}是个人信息，须附上本人的同意凭证"
    if errors:
        raise Invalid(errors)


def _twin(row: Customer, ids: Sequence[int], reason: str | None) -> Item | None:
    """An item of this file with one of these contents; Invalid unless it is put in twice on purpose."""
    wanted = Blob.objects.filter(pk__in=ids).values("sha256")
    held = ItemBlob.objects.filter(
        version__item__customer=row, version__item__voided_at=None, blob__sha256__in=wanted, blob__gone_at=None
    )
    line = held.select_related("version__item").order_by("version__item__number").first()
    if line is None:
        return None
    twin = line.version.item
    if not reason:
        said = f"与第{twin.number}件《{twin.title}》的内容完全相同；确需重复存入的，请写明理由"
        raise Invalid({"files": said, "reason": "请写明重复存入的理由"})
    return twin


def _first_name(ids: Sequence[int]) -> str:
    name = Blob.objects.filter(pk=ids[0]).values_list("name", flat=True).first() or "未命名"
    return name.rpartition(".")[0] or name


def _next_number(row: Customer) -> int:
    return (Item.objects.filter(customer=row).aggregate(n=Max("number"))["n"] or 0) + 1


def _add_version(deed: Deed, item: Item, ids: Sequence[int], reason: str) -> None:
    made = ItemVersion.objects.create(item=item, number=item.version, by=doer(deed), at=deed.now, reason=reason)
    ItemBlob.objects.bulk_create(
        ItemBlob(version=made, position=place, blob_id=pk) for place, pk in enumerate(ids, start=1)
    )


def _note_order(deed: Deed, item: Item) -> None:
    """An item issued before one that stands in the catalogue already goes in between: the catalogue is revised."""
    later = Item.objects.filter(customer=item.customer, voided_at=None, issued_on__gt=item.issued_on)
    if later.exists():
        revise(deed, item.customer_id, f"插入第{item.number}件（成文日期{item.issued_on}）")


def revise(deed: Deed, customer: int, why: str) -> None:
    """Mark the catalogue as changed after the fact; what was printed before is out of date."""
    line, _ = Catalogue.objects.get_or_create(customer_id=customer)
    line.revision, line.revised_at, line.why = line.revision + 1, deed.now, why[:200]
    line.save(update_fields=["revision", "revised_at", "why"])


def item_of(customer: int, pk: int) -> Item:
    """An item of a file; NotFound otherwise, also for the number of another file's item."""
    item = Item.objects.filter(pk=pk, customer=customer).select_related("customer").first()
    if item is None:
        raise NotFound
    return item


def _changeable(deed: Deed, customer: int, pk: int) -> Item:
    """The item, if it may be changed by this person: after archiving only by the custodian."""
    row = history.locked(customer)
    item = item_of(customer, pk)
    if item.voided_at is not None:
        raise Invalid({"item": "这一件已作废"})
    held = custody_of(row)
    if Archive.objects.filter(customer=row).exists() and (held is None or held.custodian_id != doer(deed).pk):
        keeper = held.custodian.name if held else "保管人"
        raise Invalid({"item": f"档案已归档，档案件只能由保管人{keeper}替换或作废"})
    return item


@action(
    "record.replace_item",
    "替换档案件",
    events=("record.item_replaced",),
    locks=file_lock,
    args=[CUSTOMER, ITEM, FILES, F("reason", "替换理由", "text", required=True, max=200)],
)
def replace_item(*, deed: Deed, customer: int, item: int, files: list[int], reason: str) -> int:
    """Put new content in an item's place; the old version stays readable. The number of the new version."""
    row = _changeable(deed, customer, item)
    row.version += 1
    row.save(update_fields=["version"])
    _add_version(deed, row, files, reason)
    revise(deed, customer, f"替换第{row.number}件")
    deed.record(
        "record.item_replaced",
        file=customer,
        subject=f"item:{row.pk}",
        data={"item": row.pk, "number": row.number, "version": row.version},
        values=[ValueDraft("reason", new=reason)],
    )
    return row.version


@action(
    "record.void_item",
    "作废档案件",
    events=("record.item_voided",),
    locks=file_lock,
    args=[CUSTOMER, ITEM, F("reason", "作废理由", "text", required=True, max=200)],
)
def void_item(*, deed: Deed, customer: int, item: int, reason: str) -> int:
    """Take an item out of the catalogue; it stays, struck out, with the reason. Its number is not given again."""
    row = _changeable(deed, customer, item)
    row.voided_at, row.voided_by, row.void_reason = deed.now, doer(deed), reason
    row.save(update_fields=["voided_at", "voided_by", "void_reason"])
    revise(deed, customer, f"作废第{row.number}件")
    deed.record(
        "record.item_voided",
        file=customer,
        subject=f"item:{row.pk}",
        data={"item": row.pk, "number": row.number},
        values=[ValueDraft("reason", new=reason)],
    )
    return row.pk


# ---- reading ---------------------------------------------------------------------------------------------------------

READ = [CUSTOMER, ITEM, F("blob", "文件", "integer"), F("purpose", "用途", "text")]


@action("record.open_item", "查看档案件", args=READ, reads=True, events=("record.item_opened",))
def open_item(
    *, deed: Deed, customer: int, item: int, blob: int | None = None, purpose: str | None = None
) -> dict[str, Any]:
    """Read an item on the page; recorded with the digest of what was shown."""
    row = item_of(customer, item)
    shown = content_of(row, blob)
    data = {"item": row.pk, "number": row.number, "sha256": shown.sha256}
    deed.record("record.item_opened", file=customer, subject=f"item:{row.pk}", data=data)
    return {"item": row.pk, "blob": shown.pk}


@action("record.copy_item", "下载档案件", args=READ, reads=True, copies=True, events=("file.copied",))
def copy_item(
    *, deed: Deed, customer: int, item: int, blob: int | None = None, purpose: str | None = None
) -> dict[str, Any]:
    """Take an item along."""
    row = item_of(customer, item)
    taken = content_of(row, blob)
    note(deed, "file.copied", customer, taken.pk)
    return {"item": row.pk, "blob": taken.pk}


def content_of(item: Item, blob: int | None) -> Blob:
    """One file of an item, of any version (and its evidence of consent); the first of the present one when none is
    named. NotFound when it is not the item's, or destroyed."""
    if blob is not None and blob == item.consent_id:
        found = item.consent
    else:
        lines = ItemBlob.objects.filter(version__item=item).select_related("blob")
        lines = lines.filter(blob=blob) if blob is not None else lines.filter(version__number=item.version)
        line = lines.first()
        found = line.blob if line else None
    if found is None or found.gone_at is not None:
        raise NotFound
    return found
