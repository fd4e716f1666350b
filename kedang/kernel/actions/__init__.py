"""One way in: every deed goes through `perform`, every reading of content through `perform_read`."""

from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action

__all__ = ["Deed", "action"]
