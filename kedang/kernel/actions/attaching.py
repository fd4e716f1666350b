"""Uploaded files that a command names (fields of type `file`): whose they are, and that they stay once it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kedang.kernel.blobs import service as blobs
from kedang.kernel.errors import Invalid

if TYPE_CHECKING:
    from kedang.kernel.actions.forms import Filing
    from kedang.kernel.actions.orders import Order


def _named(order: Order) -> Iterator[tuple[str, list[int]]]:
    """(where an error would stand, ids) of every filled field of type `file`."""
    for spec in order.action.args:
        if spec.type == "file" and order.args.get(spec.id):
            yield spec.id, order.args[spec.id]
    for made, prefix in [(order.filing, ""), *((each, f"{each.id}.") for each in order.attached)]:
        if made is not None:
            yield from ((prefix + key, ids) for key, ids in _of_form(made))


def _of_form(made: Filing) -> Iterator[tuple[str, list[int]]]:
    for spec in made.form.fields:
        if spec.type == "file" and made.data.get(spec.id):
            yield spec.id, made.data[spec.id]
    for spec in made.form.rows.fields if made.form.rows else []:
        if spec.type == "file":
            yield from (
                (f"rows.{number}.{spec.id}", row[spec.id])
                for number, row in enumerate(made.rows, start=1)
                if row.get(spec.id)
            )


def check(order: Order) -> None:
    """Invalid at the field when a file is not the person's own upload, or not there any more."""
    named = dict(_named(order)) if order.by is not None else {}
    if not named or order.by is None:
        return
    wanted = {one for ids in named.values() for one in ids}
    known = blobs.usable(wanted, order.by.pk, order.view.id if order.view else None)
    errors = {key: blobs.UNKNOWN for key, ids in named.items() if not known.keys() >= set(ids)}
    if errors:
        raise Invalid(errors)


def keep(order: Order, at: Any) -> None:
    """The files belong to the customer file that the deed was about, or that it has made."""
    ids = {one for _, named in _named(order) for one in named}
    if not ids:
        return
    made = next((event.file for event in order.deed.events if event.file), None) if order.deed else None
    blobs.keep(ids, order.view.id if order.view else made, at)
