"""元 at the edges, integer 分 in the database."""

from __future__ import annotations

from decimal import Decimal


def to_fen(yuan: Decimal) -> int:
    """元 (two decimals at most, as fields clean them) to 分."""
    return int(yuan * 100)


def to_yuan(fen: int) -> Decimal:
    """分 to 元 with two decimals."""
    return Decimal(fen).scaleb(-2)
