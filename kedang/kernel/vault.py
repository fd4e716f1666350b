"""Secrets that the product must use again (addresses and keys of robots, second factors): sealed before they reach a table.

The key is derived from SECRET_KEY, which lies outside the database: whoever gets hold of a dump alone reads nothing. With
another SECRET_KEY the secrets are lost, and whoever entered them has to enter them anew.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Lost(Exception):
    """Sealed with another key, or no sealed text at all."""


def seal(text: str) -> str:
    """The text, unreadable without SECRET_KEY; '' stays ''."""
    return _fernet().encrypt(text.encode()).decode("ascii") if text else ""


def unseal(sealed: str) -> str:
    """The text again; Lost when it cannot be read."""
    if not sealed:
        return ""
    from cryptography.fernet import InvalidToken

    try:
        return _fernet().decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, UnicodeError) as error:
        raise Lost("密钥已更换，原来保存的内容无法读取。") from error


def _fernet() -> Fernet:
    from cryptography.fernet import Fernet  # most pages and deeds keep no secret

    key = hashlib.sha256(b"kedang vault\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
