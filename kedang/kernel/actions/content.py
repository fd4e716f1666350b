"""Reading and taking along the files that were filed with forms. Each time is recorded: bytes leave as often as asked."""

from __future__ import annotations

from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.blobs.models import Blob
from kedang.kernel.errors import NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger import ValueDraft

ARGS = [
    Field("customer", "客户", "customer", required=True),
    Field("blob", "文件", "integer", required=True),
    Field("purpose", "用途", "text"),
]


@action("content.view", "查看附件", args=ARGS, reads=True, public=False, events=("file.viewed",))
def view_content(*, deed: Deed, customer: int, blob: int, purpose: str | None = None) -> int:
    """Show a picture on the page."""
    return note(deed, "file.viewed", customer, blob)


@action("content.copy", "下载附件", args=ARGS, reads=True, copies=True, public=False, events=("file.copied",))
def copy_content(*, deed: Deed, customer: int, blob: int, purpose: str | None = None) -> int:
    """Take a file along."""
    return note(deed, "file.copied", customer, blob)


def note(deed: Deed, kind: str, customer: int, blob: int) -> int:
    """Record which bytes were given out. NotFound when they are not this file's, or gone."""
    row = Blob.objects.filter(pk=blob, file=customer, gone_at=None).exclude(kept_at=None).first()
    if row is None:
        raise NotFound
    data = {"blob": row.pk, "sha256": row.sha256}
    deed.record(kind, file=customer, subject=f"blob:{row.pk}", data=data, values=[ValueDraft("name", new=row.name)])
    return row.pk
