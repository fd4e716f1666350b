"""Content of files: written durably under the name of its SHA-256, known by a row, gone for good when it is destroyed.

`draft` takes an upload in; the deed that names it keeps it (`keep`); what no deed names within a day is swept. A draft is
not yet part of any file: only who uploaded it can name it. Bytes reach a reader only through an action that records it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedang.kernel.blobs.models import Blob as Blob
    from kedang.kernel.blobs.service import draft as draft
    from kedang.kernel.blobs.service import erase as erase
    from kedang.kernel.blobs.service import keep as keep
    from kedang.kernel.blobs.service import sample as sample
    from kedang.kernel.blobs.service import shown as shown
    from kedang.kernel.blobs.service import sweep as sweep
    from kedang.kernel.blobs.service import usable as usable
    from kedang.kernel.blobs.store import Incoming as Incoming
    from kedang.kernel.blobs.store import reader as reader

_HOME = {
    "Blob": "models",
    "Incoming": "store",
    "draft": "service",
    "erase": "service",
    "keep": "service",
    "reader": "store",
    "sample": "service",
    "shown": "service",
    "sweep": "service",
    "usable": "service",
}


def __getattr__(name: str) -> Any:
    # Models cannot be imported while Django is still starting.
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
