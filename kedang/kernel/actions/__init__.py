"""One way in: every deed goes through `perform`, every reading of content through `perform_read`.

Names are looked up when first used: apps register their actions while Django is still starting.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedang.kernel.actions.deed import Deed as Deed
    from kedang.kernel.actions.opening import perform_read as perform_read
    from kedang.kernel.actions.performing import Result as Result
    from kedang.kernel.actions.performing import dry_run as dry_run
    from kedang.kernel.actions.performing import perform as perform
    from kedang.kernel.actions.registry import action as action

_HOME = {
    "Deed": "deed",
    "Result": "performing",
    "action": "registry",
    "dry_run": "performing",
    "perform": "performing",
    "perform_many": "many",
    "perform_read": "opening",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
