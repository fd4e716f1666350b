"""Files that were filed with forms, given out: decided and recorded each time."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_GET

from kedang.kernel.actions import access, dry_run, perform_read, reading
from kedang.kernel.blobs.models import Blob
from kedang.kernel.errors import NotFound, Refused
from kedang.kernel.norms.models import FormRecord
from kedang.kernel.norms.store import regulations
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
    if row.file is None:
        _check_copy(request, row)
    if row.file:
        decision = perform_read("content.copy", by=request.user, every=True, customer=row.file, blob=blob)
        if decision.verdict != "allow":
            raise Refused(decision)
    return downloads.send(found)


def _check_copy(request: HttpRequest, row: FormRecord) -> None:
    """A file of a secret form leaves the system with a copy grant alone; one's own upload is one's own."""
    found = regulations().form(row.form)
    if found is None or reading.secrecy(found[1]) is None or row.filed_by_id == request.user.pk:
        return
    version, form = found
    may = reading.readable(
        access.standing(request.user.pk), version, row.form.partition(".")[2], form, access.COPY, regulations()
    )
    if not FormRecord.objects.filter(may, pk=row.pk).exists():
        raise Refused(dry_run("form.export", by=request.user, form=row.form, since=row.on_day, through=row.on_day))
