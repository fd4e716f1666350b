"""Files that were filed with forms, given out: decided and recorded each time."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_GET

from kedang.kernel.actions import perform_read
from kedang.kernel.blobs.models import Blob
from kedang.kernel.errors import NotFound, Refused
from kedang.web import downloads
from kedang.web.views import filing


@require_GET
def form_content(request: HttpRequest, pk: int, blob: int) -> FileResponse:
    """One file of a filed form, as a download."""
    row, head = filing.readable(request, pk)
    if blob not in filing.uploads_of(row, head.rights if head else {}):
        raise NotFound
    found = Blob.objects.filter(pk=blob, gone_at=None).exclude(kept_at=None).first()
    if found is None:
        raise NotFound
    if row.file:
        decision = perform_read("content.copy", by=request.user, every=True, customer=row.file, blob=blob)
        if decision.verdict != "allow":
            raise Refused(decision)
    return downloads.send(found)
