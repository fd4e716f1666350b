"""Whether two regulations speak about one matter. Pure."""

from __future__ import annotations

from kedang.kernel.norms.binding import as_list
from kedang.kernel.norms.schema import DutyNorm, Trigger


def same_matter(a: DutyNorm, pack_a: str, b: DutyNorm, pack_b: str) -> bool:
    """Two duties that one event may open and one deed close."""
    return bool(named(a.opens, pack_a) & named(b.opens, pack_b) and named(a.done, pack_a) & named(b.done, pack_b))


def named(trigger: Trigger, pack: str) -> set[str]:
    """Events by name, a form by its full id, a state by its words."""
    if trigger.form:
        return {trigger.form if "." in trigger.form else f"{pack}.{trigger.form}"}
    return {f"state {trigger.state}"} if trigger.state else set(as_list(trigger.event))
