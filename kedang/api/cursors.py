"""Where a list goes on: opaque to who asks, checked when it comes back."""

from __future__ import annotations

import base64
import json
from typing import Any

from kedang.api.problems import Problem


def write(*parts: Any) -> str:
    """A cursor that holds these parts."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(text: str, *types: type) -> list[Any] | None:
    """Its parts; None for none. Problem 422 when it is not one of ours, or one of another list."""
    if not text:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(parts, list) or len(parts) != len(types):
            raise ValueError
        if any(not isinstance(part, kind) or isinstance(part, bool) for part, kind in zip(parts, types, strict=True)):
            raise ValueError
        if any(isinstance(part, int) and abs(part) >= 2**63 for part in parts):
            raise ValueError
        if any(isinstance(part, str) and ("\x00" in part or not part.isprintable()) for part in parts):
            raise ValueError
    except (ValueError, RecursionError):
        raise Problem(422, "invalid", "cursor：不是本列表给出的游标", {"cursor": "不是本列表给出的游标"}) from None
    return parts
