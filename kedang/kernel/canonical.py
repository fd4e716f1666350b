"""JSON in one form only: compact, keys sorted, nothing escaped that need not be."""

from __future__ import annotations

import json
from json import encoder
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is no JSON")


# What JSONEncoder makes anew for each value: the same, made once.
_made = getattr(encoder, "c_make_encoder", None)
_pieces = _made and _made(None, _refuse, encoder.encode_basestring, None, ":", ",", True, False, True)


def text(value: Any) -> str:
    """A value's canonical JSON."""
    return "".join(_pieces(value, 0)) if _pieces is not None else _encode(value)
