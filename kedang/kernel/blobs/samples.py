"""Tiny real files by name, for scenarios and the demo company: each passes the same checks as an upload."""

from __future__ import annotations

import base64
import io
import zipfile

_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg=="
)
_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////"
    "////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n"
)
_PARTS = {
    "docx": ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
    "pptx": (
        "ppt/presentation.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    ),
}


def content(name: str) -> bytes:
    """Content of the kind that the name's extension says; the name stands in it, so that two names differ."""
    extension = name.rpartition(".")[2].lower()
    if extension in ("png", "jpg", "jpeg"):
        return (_PNG if extension == "png" else _JPEG) + name.encode()
    if extension in _PARTS:
        return _office(name, *_PARTS[extension])
    if extension == "pdf":
        return _PDF + b"% " + name.encode() + b"\n%%EOF\n"
    return f"{name}\n".encode()


def _office(name: str, part: str, kind: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override PartName="/{part}" ContentType="{kind}"/></Types>')
        archive.writestr(part, f"<doc>{name}</doc>")
    return packed.getvalue()
