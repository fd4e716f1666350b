"""Uploading beside a form, naming it in the form, fetching it again: nothing typed is lost, nothing runs, all is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kedang.kernel import blobs
from kedang.kernel.blobs import samples, store
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import FormRecord
from tests.kernel import hostile
from tests.web.conftest import HTMX, Office

FORM = "/forms/customer-registry.major_change/?customer={}"
TYPED = {
    "kind": "客户方变动",
    "matter": "法定代表人变更",
    "changed_on": "2026-03-02",
    "before": "陈一",
    "after": "林二",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A store of its own."""
    with store.elsewhere(tmp_path):
        yield tmp_path


def pdf(name: str = "通知书.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, samples.content("a.pdf"), "text/html")


def sent(client: Client, *files: SimpleUploadedFile, field: str = "proof") -> str:
    return client.post("/uploads/", {"field": field, "upload": list(files)}, headers=HTMX).content.decode()


def filed(client: Client, customer: int) -> tuple[FormRecord, blobs.Blob]:
    sent(client, pdf())
    row = blobs.Blob.objects.get()
    client.post(FORM.format(customer), {**TYPED, "proof": row.pk, "key": "k"})
    row.refresh_from_db()
    return FormRecord.objects.get(), row


def test_an_upload_is_answered_with_a_line_that_the_form_then_sends(
    office: Office, as_: Callable[[str], Client]
) -> None:
    page = sent(as_("wang"), pdf())
    row = blobs.Blob.objects.get()
    assert f'<input type="hidden" name="proof" value="{row.pk}">' in page
    assert "通知书.pdf（1 KB）" in page
    assert (row.type, row.kept_at) == ("application/pdf", None)


def test_an_upload_outlives_an_error_in_another_field(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(), as_("wang")
    sent(client, pdf())
    row = blobs.Blob.objects.get()
    answer = client.post(FORM.format(customer), {**TYPED, "after": "", "proof": row.pk, "key": "k"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="f-after-error"' in page
    assert f'name="proof" value="{row.pk}"' in page
    assert "通知书.pdf" in page


def test_a_form_keeps_its_files_with_the_customer_file(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    record, row = filed(as_("wang"), customer)
    assert record.data["proof"] == [row.pk]
    assert (row.file, row.kept_at is not None) == (customer, True)


def test_a_required_file_is_asked_for_at_its_field(office: Office, as_: Callable[[str], Client]) -> None:
    answer = as_("wang").post(FORM.format(office.customer()), {**TYPED, "key": "k"}, headers=HTMX)
    assert 'id="f-proof-error"' in answer.content.decode()
    assert not FormRecord.objects.exists()


def test_another_persons_upload_cannot_be_named_nor_its_name_learnt(
    office: Office, as_: Callable[[str], Client]
) -> None:
    sent(as_("li"), pdf("李的秘密.pdf"))
    row = blobs.Blob.objects.get()
    answer = as_("wang").post(FORM.format(office.customer()), {**TYPED, "proof": row.pk, "key": "k"}, headers=HTMX)
    page = answer.content.decode()
    assert "找不到这个文件，请重新上传" in page
    assert "李的秘密" not in page
    assert not FormRecord.objects.exists()


def test_a_file_is_fetched_with_a_type_of_ours_and_recorded_each_time(
    office: Office, as_: Callable[[str], Client]
) -> None:
    client = as_("wang")
    record, row = filed(client, office.customer())
    for _ in range(2):
        answer = client.get(f"/forms/record/{record.pk}/files/{row.pk}/")
        assert b"".join(answer.streaming_content) == samples.content("a.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E9%80%9A%E7%9F%A5%E4%B9%A6.pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "private, no-store"
    assert Event.objects.filter(kind="file.copied", file=record.file).count() == 2


@pytest.mark.parametrize("login", ["li", "zhao"])
def test_a_file_is_not_found_by_who_may_not_open_the_customer_file(
    login: str, office: Office, as_: Callable[[str], Client]
) -> None:
    record, row = filed(as_("wang"), office.customer())
    assert as_(login).get(f"/forms/record/{record.pk}/files/{row.pk}/").status_code == 404
    assert not Event.objects.filter(kind="file.copied").exists()


def test_the_number_of_another_forms_file_is_not_found(office: Office, as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    record, _ = filed(client, office.customer())
    sent(client, SimpleUploadedFile("b.txt", b"other"))
    other = blobs.Blob.objects.latest("pk")
    assert client.get(f"/forms/record/{record.pk}/files/{other.pk}/").status_code == 404


SOME = hostile.REFUSED[::7]
"""Every one of them is refused by the kernel's own test; here some go through the page."""


@pytest.mark.parametrize(("name", "data", "word"), [c[1:] for c in SOME], ids=[c[0] for c in SOME])
def test_a_hostile_file_is_refused_on_the_page_in_words(
    name: str, data: bytes, word: str, folder: Path, office: Office, as_: Callable[[str], Client]
) -> None:
    answer = as_("wang").post("/uploads/", {"field": "proof", "upload": SimpleUploadedFile(name, data)}, headers=HTMX)
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not list((folder / "blobs").glob("??/*"))
    assert not list((folder / "incoming").iterdir())


def test_a_file_past_the_limit_is_cut_off_and_the_others_are_kept(
    folder: Path, office: Office, as_: Callable[[str], Client], settings: object
) -> None:
    settings.UPLOAD_LIMIT = 100_000
    most = []
    write = store.Incoming.write

    def watched(self: store.Incoming, chunk: bytes) -> None:
        write(self, chunk)
        most.append(self.path.stat().st_size)

    store.Incoming.write = watched
    try:
        big = SimpleUploadedFile("大.pdf", b"%PDF-" + bytes(250_000))
        page = sent(as_("wang"), big, pdf())
    finally:
        store.Incoming.write = write
    assert "文件超过 97 KB" in page
    assert "通知书.pdf" in page
    assert max(most) <= 100_000
    assert blobs.Blob.objects.count() == 1
    assert not list((folder / "incoming").iterdir())


def test_a_request_that_announces_far_too_much_is_not_begun_with(
    folder: Path, office: Office, as_: Callable[[str], Client], settings: object
) -> None:
    settings.UPLOAD_LIMIT = 1000
    page = sent(as_("wang"), SimpleUploadedFile("大.pdf", b"%PDF-" + bytes(5000)))
    assert "文件超过" in page
    assert not (folder / "incoming").exists()


def test_nobody_signed_in_uploads_nothing(folder: Path, office: Office) -> None:
    answer = Client().post("/uploads/", {"field": "proof", "upload": pdf()})
    assert answer.status_code in (302, 400)
    assert not (folder / "incoming").exists()


def test_a_field_name_is_never_written_back_as_markup(office: Office, as_: Callable[[str], Client]) -> None:
    page = sent(as_("wang"), pdf('"><script>.pdf'), field='"><script>')
    assert "<script>" not in page
    assert 'name="files"' in page
