"""What the rows of a filed form do, each: an action that norms may run, with arguments out of the row (`rows.each`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kedang.kernel.actions import locks
from kedang.kernel.actions.deed import Deed
from kedang.kernel.errors import Invalid
from kedang.kernel.norms.expressions import FactStore
from kedang.kernel.norms.schema import RowDeed
from kedang.kernel.norms.store import env_of, fact_store, regulations
from kedang.kernel.norms.vocabulary import vocabulary

if TYPE_CHECKING:
    from kedang.kernel.actions.forms import Filing


def run(made: Filing, deed: Deed) -> None:
    """Do each row's action in the deed that files the form; what is wrong with one is said at its row."""
    each = made.form.rows.each if made.form.rows else None
    if each is None or not made.rows:
        return
    facts = fact_store()
    wanted = [(n, args(each, made, row)) for n, row in enumerate(made.rows, start=1) if _asked(each, made, row, facts)]
    spec = vocabulary.actions[each.do]
    # All locks at once and in order: two registers that name the same customers must not wait for each other.
    locks.take([name for _, given in wanted for name in spec.locks(given)])
    errors: dict[str, str] = {}
    for number, given in wanted:
        errors |= _do(each, number, given, deed)
    if errors:
        raise Invalid(errors)


def _asked(each: RowDeed, made: Filing, row: Mapping[str, Any], facts: FactStore) -> bool:
    condition = made.version.regulation.field_exprs.get(made.id, {}).get("rows", {}).get("each")
    if condition is None:
        return True
    return condition.evaluate(env_of(made.version, {**made.variables(), **row}, facts)).truth is True


def args(each: RowDeed, made: Filing, row: Mapping[str, Any]) -> dict[str, Any]:
    """The action's arguments: the row's own fields before those of the form."""
    values = {**made.data, **row}
    found: dict[str, Any] = {}
    for name, source in each.with_.items():
        if isinstance(source, str):
            found[name] = values.get(source)
        else:
            found[name] = {key: values.get(one) for key, one in source.items()}
    return {name: value for name, value in found.items() if value is not None}


def _do(each: RowDeed, number: int, given: dict[str, Any], deed: Deed) -> dict[str, str]:
    from kedang.kernel.actions.performing import system_command

    try:
        system_command(each.do, deed, regulations(), **given)
    except Invalid as error:
        return {f"rows.{number}.{_field(each, key)}": f"第{number}行：{text}" for key, text in error.errors.items()}
    return {}


def _field(each: RowDeed, argument: str) -> str:
    """The row's field at which an argument's fault is shown."""
    for name, source in each.with_.items():
        if isinstance(source, dict) and argument in source:
            return source[argument]
        if name == argument:
            return source if isinstance(source, str) else next(iter(source.values()))
    first = next(iter(each.with_.values()))
    return first if isinstance(first, str) else next(iter(first.values()))
