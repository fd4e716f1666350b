"""File names as people send them, made safe to show and to offer for download. Never used as a path."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 255
# Path signs, what Windows forbids, and quotes that end a header's value.
_SIGNS = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(raw: str, extension: str = "") -> str:
    """The last part of a name without what misleads or breaks: folders, NUL, line ends, marks that turn the writing
    direction. `extension` is what the content says it is; a name that says otherwise is corrected."""
    text = unicodedata.normalize("NFC", raw or "")
    # Cf holds direction marks and zero-width characters, Cs lone surrogates, Co and Cn what no font shows.
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    text = re.split(r"[/\\]", text.replace("\x00", ""))[-1]
    text = _SIGNS.sub("_", text).strip().strip(".").strip()
    stem, given = _split(text)
    known = SPELLINGS.get(extension, {extension})
    if extension and given.lower() not in known:
        given = extension
        inner, before = _split(stem)
        stem = inner if before.lower() in known else stem
    stem = stem or "未命名"
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    return _fit(stem, f".{given}" if given else "")


SPELLINGS: dict[str, set[str]] = {
    "jpg": {"jpg", "jpeg", "jpe", "jfif"},
    "tif": {"tif", "tiff"},
    "heic": {"heic", "heif"},
    "txt": {"txt", "csv", "md", "log", "eml", "tsv"},
    "doc": {"doc", "wps", "dot", "wpt"},
    "xls": {"xls", "et", "xlt", "ett"},
    "ppt": {"ppt", "dps", "pps", "dpt"},
    "mp4": {"mp4", "m4v", "mov"},
    "m4a": {"m4a", "mp4"},
}
"""Extensions that mean the same content."""


def _split(text: str) -> tuple[str, str]:
    stem, dot, extension = text.rpartition(".")
    if not dot or not re.fullmatch(r"[A-Za-z0-9]{1,8}", extension):
        return text, ""
    return stem.rstrip(". "), extension


def _fit(stem: str, ending: str) -> str:
    """At most 255 bytes, as file systems have it, cut at a whole character."""
    room = LONGEST - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + ending
