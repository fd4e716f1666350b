"""Bytes on their way out: always with a type of our own, never guessed at, never run, never kept in a cache."""

from __future__ import annotations

from django.http import FileResponse
from django.utils.http import content_disposition_header

from kedang.kernel import blobs
from kedang.kernel.blobs.models import Blob
from kedang.kernel.blobs.types import BY_MIME

UNKNOWN = "application/octet-stream"


def send(blob: Blob, *, inline: bool = False) -> FileResponse:
    """The content as a download; `inline` shows pictures, and only pictures, on a page."""
    kind = BY_MIME.get(blob.type)
    shown = inline and kind is not None and kind.picture
    response = FileResponse(blobs.reader(blob.sha256), content_type=kind.mime if kind else UNKNOWN)
    response["Content-Disposition"] = content_disposition_header(not shown, blob.name) or "attachment"
    response["Content-Length"] = blob.size
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response
