"""The ledger's own face: `from kedang.kernel import ledger; ledger.record(...)`.

Names are looked up when first used, because Django imports this package before models may be imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedang.kernel.ledger import kinds as kinds
    from kedang.kernel.ledger.kinds import EventKind as EventKind
    from kedang.kernel.ledger.reading import attach_texts as attach_texts
    from kedang.kernel.ledger.reading import counted as counted
    from kedang.kernel.ledger.reading import free_texts as free_texts
    from kedang.kernel.ledger.reading import has_texts as has_texts
    from kedang.kernel.ledger.reading import label as label
    from kedang.kernel.ledger.reading import sentence as sentence
    from kedang.kernel.ledger.reading import timeline as timeline
    from kedang.kernel.ledger.reading import told as told
    from kedang.kernel.ledger.recording import EventDraft as EventDraft
    from kedang.kernel.ledger.recording import ValueDraft as ValueDraft
    from kedang.kernel.ledger.recording import blank_values as blank_values
    from kedang.kernel.ledger.recording import record as record
    from kedang.kernel.ledger.recording import record_many as record_many
    from kedang.kernel.ledger.sealing import Head as Head
    from kedang.kernel.ledger.sealing import VerifyResult as VerifyResult
    from kedang.kernel.ledger.sealing import export_head as export_head
    from kedang.kernel.ledger.sealing import head as head
    from kedang.kernel.ledger.sealing import read_heads as read_heads
    from kedang.kernel.ledger.sealing import seal as seal
    from kedang.kernel.ledger.sealing import unsealed_since as unsealed_since
    from kedang.kernel.ledger.verifying import export as export
    from kedang.kernel.ledger.verifying import verify as verify

_HOME = {
    "EventKind": "kinds",
    "attach_texts": "reading",
    "counted": "reading",
    "free_texts": "reading",
    "has_texts": "reading",
    "label": "reading",
    "sentence": "reading",
    "timeline": "reading",
    "told": "reading",
    "EventDraft": "recording",
    "ValueDraft": "recording",
    "blank_values": "recording",
    "record": "recording",
    "record_many": "recording",
    "Head": "sealing",
    "VerifyResult": "sealing",
    "export": "verifying",
    "export_head": "sealing",
    "head": "sealing",
    "read_heads": "sealing",
    "seal": "sealing",
    "unsealed_since": "sealing",
    "verify": "verifying",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name == "kinds":
        return import_module(f"{__name__}.kinds")
    raise AttributeError(f"module {__name__} has no attribute {name}")
