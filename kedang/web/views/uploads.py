"""Uploads of form fields: each file becomes a draft of its uploader at once, and the form then names it by its id."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from kedang.kernel import blobs
from kedang.kernel.blobs.names import safe_name
from kedang.kernel.blobs.store import StorageFailed
from kedang.kernel.errors import Invalid
from kedang.web.forms.bound import told
from kedang.web.uploads import Received

FIELD = re.compile(r"[A-Za-z0-9_.-]{1,80}")


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take the files in; the answer is one line a file, kept or refused with the reason."""
    field = request.POST.get("field", "")
    name = field if FIELD.fullmatch(field) else "files"
    kept, refused = [], []
    for received in request.FILES.getlist("upload"):
        try:
            made = _draft(request, received)
            kept.append((made.pk, told(made)))
        except Invalid as error:
            request.storage_failed = isinstance(error, StorageFailed)
            refused.append((safe_name(getattr(received, "raw_name", "")), str(error)))
    # What was cut off on its way has no name any more that could be trusted to be whole.
    refused += [("文件没有收下：", text) for text in (getattr(request, "upload_errors", None) or {}).values()]
    if not kept and not refused:
        refused = [("", "没有收到文件，请重新选择")]
    context = {"kept": kept, "refused": refused, "name": name}
    return render(request, "parts/uploaded.html", context, status=200 if kept else 422)


def _draft(request: HttpRequest, received: Received) -> blobs.Blob:
    return blobs.draft(received.incoming, received.raw_name, request.user)
