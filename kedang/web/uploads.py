"""Uploads on their way in: streamed into the attachment store, hashed and cut at the limit; never held in memory.

What is refused on the way (too large, disk full, nobody signed in) leaves the other fields of the form as they were sent:
the file is skipped, and the reason stands at `request.upload_errors` under the field's name.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from kedang.kernel.blobs.names import safe_name
from kedang.kernel.blobs.store import Incoming, StorageFailed, TooLarge
from kedang.kernel.errors import Invalid

# All files of one request together may have so many times the size of one.
REQUEST_LIMIT = 4


class Received(UploadedFile):
    """A file that has come in whole; `incoming` is what the store takes over."""

    def __init__(self, incoming: Incoming, name: str, content_type: str, charset: str | None) -> None:
        super().__init__(incoming.file, safe_name(name), content_type, incoming.size, charset)
        self.incoming = incoming
        self.raw_name = name

    def close(self) -> None:
        """At the end of the request: what no draft took over is dropped."""
        self.incoming.discard()


class ToStore(FileUploadHandler):
    """The one upload handler."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.incoming: Incoming | None = None
        self.total = self.announced = 0

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        """How much the request says will come: far too much is not begun with."""
        self.announced = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(*args, **kwargs)
        if not getattr(getattr(self.request, "user", None), "is_authenticated", True):
            raise StopUpload(connection_reset=True)
        self.incoming = None
        if self.announced > REQUEST_LIMIT * settings.UPLOAD_LIMIT:
            self._refuse(TooLarge(settings.UPLOAD_LIMIT))
        try:
            self.incoming = Incoming()
        except Invalid as error:
            self._refuse(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """The next bytes go to the disk."""
        assert self.incoming is not None
        self.total += len(raw_data)
        if self.total > REQUEST_LIMIT * settings.UPLOAD_LIMIT:
            self._refuse(TooLarge(settings.UPLOAD_LIMIT))
        try:
            self.incoming.write(raw_data)
        except Invalid as error:
            self._refuse(error)

    def file_complete(self, file_size: int) -> Received | None:
        """Everything has come."""
        if self.incoming is None:
            return None
        self.incoming.file.seek(0)
        found, self.incoming = self.incoming, None
        return Received(found, self.file_name or "", self.content_type or "", self.charset)

    def upload_interrupted(self) -> None:
        """The connection broke."""
        self._drop()

    def _refuse(self, error: Invalid) -> None:
        self._drop()
        self.request.storage_failed = isinstance(error, StorageFailed)
        kept = getattr(self.request, "upload_errors", None) or {}
        kept.setdefault(self.field_name, str(error))
        self.request.upload_errors = kept
        raise SkipFile

    def _drop(self) -> None:
        if self.incoming is not None:
            self.incoming.discard()
            self.incoming = None
