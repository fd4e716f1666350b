"""Items on their pages: attached, shown, taken along, catalogued; a destroyed file answers 410 with what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from kedang.customers.models import Customer
from kedang.kernel import clock
from kedang.kernel.blobs import samples, service, store
from kedang.kernel.ledger.models import Event
from kedang.records.models import Destruction, Item
from tests.web.conftest import HTMX, Office


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A store of its own."""
    with store.elsewhere(tmp_path):
        yield tmp_path


def attached(office: Office, customer: int, name: str = "执照.png", **more: object) -> tuple[int, int]:
    """An item and its file."""
    blob = service.received([samples.content(name)], name, office["wang"]).pk
    made = office.do("record.attach", "wang", customer=customer, files=[blob], issued_on="2026-02-01", **more)
    return made["item"], blob


def test_an_item_is_attached_by_its_form_and_errors_keep_the_upload(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer, client = office.customer(), as_("wang")
    blob = service.received([samples.content("a.pdf")], "合同.pdf", office["wang"]).pk
    path = f"/customers/{customer}/do/record.attach/"
    page = client.post(path, {"files": blob, "title": "租赁合同", "key": "a"}, headers=HTMX).content.decode()
    assert 'id="f-issued_on-error"' in page
    assert f'name="files" value="{blob}"' in page
    client.post(path, {"files": blob, "title": "租赁合同", "issued_on": "2026-02-01", "key": "b"}, headers=HTMX)
    assert Item.objects.get().title == "租赁合同"
    page = client.get(f"/customers/{customer}/?tab=items").content.decode()
    assert "租赁合同" in page
    assert "合同.pdf" in page


def test_pictures_are_shown_and_other_files_only_downloaded(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(), as_("wang")
    item, picture = attached(office, customer)
    other, pdf = attached(office, customer, "合同.pdf")
    page = client.get(f"/customers/{customer}/items/{item}/").content.decode()
    assert f"/items/{item}/files/{picture}/show/" in page
    shown = client.get(f"/customers/{customer}/items/{item}/files/{picture}/show/")
    assert shown["Content-Disposition"].startswith("inline")
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert client.get(f"/customers/{customer}/items/{other}/files/{pdf}/show/").status_code == 404
    taken = client.get(f"/customers/{customer}/items/{other}/files/{pdf}/")
    assert taken["Content-Disposition"].startswith("attachment")
    kinds = list(
        Event.objects.filter(file=customer, kind__in=["record.item_opened", "file.copied"]).values_list(
            "kind", flat=True
        )
    )
    assert sorted(kinds) == ["file.copied", "record.item_opened"]


def test_items_are_not_found_by_who_may_not_open_the_file_nor_under_another_file(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer()
    item, blob = attached(office, customer)
    other = office.customer("明月茶楼")
    for path in (f"{customer}/items/{item}/", f"{customer}/items/{item}/files/{blob}/", f"{customer}/catalogue/"):
        assert as_("li").get(f"/customers/{path}").status_code == 404
        assert as_("zhao").get(f"/customers/{path}").status_code == 404
    assert as_("wang").get(f"/customers/{other}/items/{item}/files/{blob}/").status_code == 404


def test_the_catalogue_prints_what_is_valid_in_order(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    attached(office, customer, "b.pdf", title="后来的信函")
    void, _ = attached(office, customer, "c.pdf", title="放错的材料")
    office.do("record.void_item", "wang", customer=customer, item=void, reason="放错")
    page = as_("wang").get(f"/customers/{customer}/catalogue/").content.decode()
    assert "后来的信函" in page
    assert "放错的材料" not in page
    assert "第 1 次修订" in page


def test_a_destroyed_file_answers_410_with_what_is_left(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    row = Customer.objects.get(pk=customer)
    Destruction.objects.create(
        customer=row, number="XH-2036-0001", file_number=row.number, registered_on=row.registered_on, reason="期满",
        asked_by=office["wang"], approvals=[{"name": "某人", "role": "总经理", "at": "2036-03-21T10:00:00"}],
        method="碎纸", supervisor=office["li"], executed_by=office["wang"], executed_at=clock.now(),
    )  # fmt: skip
    Customer.objects.filter(pk=customer).update(status="已销毁", name=f"已销毁档案{row.number}")
    for path in ("", "do/contact.record/", "catalogue/", "rail/"):
        answer = as_("wang").get(f"/customers/{customer}/{path}")
        page = answer.content.decode()
        assert (path, answer.status_code) == (path, 410)
        assert "XH-2036-0001" in page
        assert "晨光" not in page
    assert as_("zhao").get(f"/customers/{customer}/").status_code == 404
    for number in ("xh-2036-0001", row.number):
        assert as_("wang").get(f"/search/?q={number}")["Location"] == f"/customers/{customer}/"
        assert "Location" not in as_("zhao").get(f"/search/?q={number}")
