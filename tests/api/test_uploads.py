"""Attachments by API: uploaded as a draft, named by a deed, fetched by the same permit."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from kedang.kernel.blobs import samples
from kedang.kernel.ledger.models import Event
from tests.api.support import Machine, machine
from tests.support.company import Company


def upload(one: Machine, name: str = "营业执照.png", content: bytes | None = None):  # type: ignore[no-untyped-def]
    sent = SimpleUploadedFile(name, samples.content(name) if content is None else content)
    return one.client.post("/api/v1/files", {"upload": sent}, headers=one.headers)


def test_an_upload_becomes_an_item_and_comes_back_byte_for_byte(company: Company, factory: int) -> None:
    wang = machine(company["小王"])
    sent = upload(wang)
    assert sent.status_code == 201, sent.content.decode()
    made = wang.act(
        "record.attach", customer=factory, files=[sent.json()["blob"]], title="营业执照", issued_on="2026-01-05"
    )
    assert made.status_code == 200, made.content.decode()
    [item] = wang.get(f"/customers/{factory}/items").json()
    path = f"/customers/{factory}/items/{item['item']}/files/{item['files'][0]['blob']}"
    got = wang.get(path)
    assert b"".join(got.streaming_content) == samples.content("营业执照.png")
    assert got["Content-Disposition"].startswith("attachment")
    wang.get(path)
    assert (
        Event.objects.filter(kind="record.item_copied").count() == 2
        or Event.objects.filter(kind="file.copied").count() == 2
    )
    assert machine(company["小李"]).get(path).status_code == 404


def test_what_is_no_file_or_not_ones_own_is_422_at_its_field(company: Company, factory: int) -> None:
    wang = machine(company["小王"])
    assert upload(wang, "a.exe", b"MZ\x90\x00" * 40).status_code == 422
    assert wang.client.post("/api/v1/files", {}, headers=wang.headers).json()["errors"] == {"upload": "请上传一个文件"}
    others = upload(machine(company["小李"])).json()["blob"]
    taken = wang.act("record.attach", customer=factory, files=[others], title="执照", issued_on="2026-01-05")
    assert (taken.status_code, list(taken.json()["errors"])) == (422, ["files"])
    assert Machine().client.post("/api/v1/files", {"upload": SimpleUploadedFile("a.txt", b"x")}).status_code == 401
