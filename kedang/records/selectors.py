"""Reading custody, handovers and counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, Q

from kedang.kernel.blobs.models import Blob
from kedang.kernel.blobs.types import BY_MIME
from kedang.kernel.org.models import Person
from kedang.records import rules, states
from kedang.records.models import (
    Archive,
    Catalogue,
    Custody,
    Destruction,
    Handover,
    InventoryLine,
    Item,
    ItemBlob,
    ItemVersion,
    Loan,
)
from kedang.records.models.archive import ORIGINAL


def keeping_of(file: int) -> dict[str, Any]:
    """Custodian, custody history, archive line and handovers of one file; three queries."""
    custody = list(Custody.objects.filter(customer=file).select_related("custodian", "received_from"))
    handovers = Handover.objects.filter(customer=file).select_related("handed_by", "received_by")[:20]
    return {
        "custodian": next((line.custodian for line in custody if line.end is None), None),
        "custody": custody,
        "archive": Archive.objects.filter(customer=file).select_related("by", "custodian").first(),
        "handovers": list(handovers),
    }


def kept_by(person: Person) -> list[Custody]:
    """What a person keeps, for a count; one query."""
    rows = Custody.objects.filter(custodian=person, end=None).select_related("customer")
    return list(rows.order_by("customer__number"))


def keeps(person: Person) -> bool:
    """Whether a person keeps any file; one query."""
    return Custody.objects.filter(custodian=person, end=None).exists()


def missing_lines(person: Person) -> list[InventoryLine]:
    """Files missing at a person's counts and not found since."""
    rows = InventoryLine.objects.filter(count__by=person, present=False, found_at=None)
    return list(rows.select_related("customer", "count"))


def borrowed_originals(ids: Iterable[int]) -> dict[int, str]:
    """{file: who has its original}; one query."""
    out = states.loans_out().filter(customer__in=list(ids), medium=ORIGINAL)
    return dict(out.values_list("customer_id", "borrower__name"))


def missing_at(file: int) -> InventoryLine | None:
    """The count at which the file was missing, as long as it has not been found; one query."""
    rows = InventoryLine.objects.filter(customer=file, present=False, found_at=None)
    return rows.select_related("count__by").order_by("-id").first()


# ---- items and catalogue ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Content:
    """One file of an item as a page shows it."""

    blob: int
    name: str
    size: int
    label: str
    picture: bool


@dataclass(frozen=True)
class Line:
    """One line of the catalogue."""

    item: int
    number: int
    title: str
    kind: str
    responsible: str
    issued_on: date
    pages: int | None
    secrecy: str
    version: int
    by: str
    at: datetime
    contents: tuple[Content, ...]
    personal: bool = False
    twin: int | None = None
    voided_at: datetime | None = None
    void_reason: str = ""


@dataclass(frozen=True)
class CatalogueView:
    """案卷目录 of a file."""

    rows: tuple[Line, ...]
    revision: int = 0
    revised_at: datetime | None = None
    why: str = ""

    @property
    def valid(self) -> list[Line]:
        """What has not been voided."""
        return [row for row in self.rows if row.voided_at is None]

    @property
    def pages(self) -> int:
        """Pages of all valid items."""
        return sum(row.pages or 0 for row in self.valid)


def in_order(items: Iterable[Any]) -> list[Any]:
    """By issue date, ties by number: the order of the catalogue, and of the table's index."""
    return sorted(items, key=lambda item: (item.issued_on, item.number))


def catalogue(file: int) -> CatalogueView:
    """All items of a file in order; four queries however many."""
    files = Prefetch("files", ItemBlob.objects.select_related("blob"))
    versions = Prefetch("versions", ItemVersion.objects.prefetch_related(files))
    items = Item.objects.filter(customer=file).select_related("by", "twin").prefetch_related(versions)
    line = Catalogue.objects.filter(customer=file).first()
    rows = tuple(_line(item) for item in items.order_by("issued_on", "number"))
    return CatalogueView(rows, line.revision, line.revised_at, line.why) if line else CatalogueView(rows)


def _line(item: Item) -> Line:
    held = next((each for each in item.versions.all() if each.number == item.version), None)
    return Line(
        item.pk, item.number, item.title, rules.kind_label(item.kind), item.responsible, item.issued_on, item.pages,
        item.secrecy, item.version, item.by.name, item.at,
        tuple(content(each.blob) for each in held.files.all() if each.blob.gone_at is None) if held else (),
        item.consent_id is not None, item.twin.number if item.twin else None, item.voided_at, item.void_reason,
    )  # fmt: skip


def content(blob: Blob) -> Content:
    """A file as a page shows it."""
    kind = BY_MIME.get(blob.type)
    return Content(blob.pk, blob.name, blob.size, kind.label if kind else "文件", bool(kind and kind.picture))


def item_versions(item: Item) -> list[ItemVersion]:
    """Versions, newest first, with their files; three queries."""
    files = Prefetch("files", ItemBlob.objects.select_related("blob"))
    return list(item.versions.select_related("by").prefetch_related(files).order_by("-number"))


# ---- the archive -----------------------------------------------------------------------------------------------------


def archive_of(file: int) -> dict[str, Any]:
    """Class with its history, period, state and loans of one file."""
    line = Archive.objects.filter(customer=file).select_related("by", "custodian").first()
    moves = list(line.moves.select_related("by")) if line else []
    term = line.term if line else ""
    return {
        "archive": line,
        "class": rules.class_label(line.term, line.value) if line else "",
        "moves": [(rules.class_label(term, each.old), rules.class_label(term, each.new), each) for each in moves],
        "state": states.of(file),
        "until": states.expiries([file]).get(file),
        "loans": list(
            Loan.objects.filter(customer=file).select_related("borrower", "registered_by", "received_by")[:50]
        ),
        "destruction": destruction_of(file),
    }


def destruction_of(file: int) -> Destruction | None:
    """The record of destruction, agreed to or carried out."""
    rows = Destruction.objects.select_related("asked_by", "supervisor", "executed_by", "customer")
    return rows.filter(customer=file).first()


def destroyed_as(number: str) -> int | None:
    """The file that was destroyed under a number, its own or that of the record of its destruction; one query."""
    either = Q(number__iexact=number) | Q(file_number__iexact=number)
    return Destruction.objects.filter(either).exclude(executed_at=None).values_list("customer_id", flat=True).first()
