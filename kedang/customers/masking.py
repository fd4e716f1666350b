"""What a reader without the full right sees of a value. Pages, fragments, search and exports all ask here."""

from __future__ import annotations

HIDDEN = ""


def mask(value: str, kind: str = "text") -> str:
    """A value with its telling part starred: 138****8000, 张**, w***@…; '' stays ''."""
    if not value:
        return value
    if kind == "phone":
        return value[:3] + "****" + value[-4:] if len(value) >= 9 else "****"
    if kind == "email":
        name, _, host = value.partition("@")
        return f"{name[:1]}***@{host}"
    if kind in ("credit_code", "id_number"):
        return value[:4] + "*" * (len(value) - 8) + value[-4:] if len(value) > 8 else "*" * len(value)
    if kind == "address":
        return value[:6] + "****" if len(value) > 6 else "****"
    return value[0] + "*" * min(len(value) - 1, 4) if len(value) > 1 else "*"


def shown(value: str, right: str, kind: str = "text") -> str:
    """A value as a reader with this right (show, mask, hide) may see it."""
    if right == "show":
        return value
    return mask(value, kind) if right == "mask" else HIDDEN
