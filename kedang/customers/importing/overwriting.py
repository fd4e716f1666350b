"""Writing a row over the file that is here already: only what the row says and the file says otherwise, by ordinary deeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kedang.customers.importing.checking import Checked
from kedang.customers.importing.models import ImportRow, RowState
from kedang.customers.importing.targets import TERM
from kedang.customers.models import Contact
from kedang.kernel.actions.many import RowResult

if TYPE_CHECKING:
    from kedang.customers.importing.loading import Loading

FIELDS = ("name", "kind", "credit_code", "phone", "address", "nature", "parent_unit", "source")
Steps = dict[str, dict[str, Any]]


def overwrite(
    loading: Loading, rows: Mapping[int, Checked], files: Mapping[int, int], made: Mapping[int, ImportRow]
) -> None:
    """Update each file, then its classes, then its contact; a row has failed when one of its deeds has.

    The owner and the department are left alone: who owns a file changes by 转移, not by a list.
    """
    told: dict[int, list[tuple[str, RowResult]]] = {line: [] for line in rows}
    for action, steps in _steps(rows, files):
        for name, result in loading.many(action, steps).items():
            told[int(name.partition(":")[0])].append((name.partition(":")[2], result))
    for line, one in rows.items():
        _settle(loading, made[line], one, files[line], told[line])


def _steps(rows: Mapping[int, Checked], files: Mapping[int, int]) -> list[tuple[str, Steps]]:
    updates: Steps = {}
    classes: Steps = {}
    for line, one in rows.items():
        args = one.read.args
        given = {key: args[key] for key in FIELDS if key in args}
        updates[f"{line}:update"] = {"customer": files[line], **given}
        for term, value in (args.get("terms") or {}).items():
            classes[f"{line}:{TERM}{term}"] = {"customer": files[line], "term": term, "value": value}
    added, changed = _contacts(rows, files)
    steps = [("customer.update", updates), ("customer.classify", classes)]
    return [pair for pair in (*steps, ("customer.add_contact", added), ("customer.update_contact", changed)) if pair[1]]


def _contacts(rows: Mapping[int, Checked], files: Mapping[int, int]) -> tuple[Steps, Steps]:
    """A contact of that name is brought up to date; another name is another contact."""
    held = {
        (customer, name): (pk, post, phone)
        for pk, customer, name, post, phone in Contact.objects.filter(
            customer__in=set(files.values()), left_at=None
        ).values_list("pk", "customer_id", "name", "post", "phone")
    }
    added: Steps = {}
    changed: Steps = {}
    for line, one in rows.items():
        args = one.read.args
        name = str(args.get("contact_name") or "")
        if not name:
            continue
        given = {key: args[f"contact_{key}"] for key in ("post", "phone") if args.get(f"contact_{key}")}
        found = held.get((files[line], name))
        if found is None:
            added[f"{line}:contact"] = {"customer": files[line], "name": name, **given}
        elif any(given.get(key, now) != now for key, now in zip(("post", "phone"), found[1:], strict=True)):
            changed[f"{line}:contact"] = {"customer": files[line], "contact": found[0], **given}
    return added, changed


def _settle(loading: Loading, row: ImportRow, one: Checked, file: int, told: list[tuple[str, RowResult]]) -> None:
    row.customer = file
    wrong = next((pair for pair in told if pair[1].state not in ("ok", "needs")), None)
    waits = next((pair for pair in told if pair[1].state == "needs"), None)
    step, chosen = wrong or waits or told[0]
    loading.settle(row, replace(chosen, errors=_placed(step, chosen.errors)), RowState.UPDATED, one)
    row.customer = file
    if wrong is not None and any(result.state == "ok" for _, result in told):
        row.message = f"{row.message}{'；' if row.message else ''}这一行的其他内容已经写入"


def _placed(step: str, errors: Mapping[str, str]) -> dict[str, str]:
    """Errors of a contact or a class under the columns they came from."""
    if step == "contact":
        return {f"contact_{key}" if key in ("name", "post", "phone") else key: text for key, text in errors.items()}
    return {step if step.startswith(TERM) and key in ("term", "value") else key: text for key, text in errors.items()}
