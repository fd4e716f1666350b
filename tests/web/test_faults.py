"""The machine below fails: a disk that is full, a database that goes away. The page says so, and nothing has changed."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from kedang.kernel import faults
from kedang.kernel.blobs import samples, store
from kedang.kernel.models import Pulse
from kedang.kernel.norms.models import FormRecord
from soak.checking import digests
from tests.web.conftest import Office

As = Callable[[str], Client]
FORM = "customer-registry.correspondence"
FULL = "database or disk is full"


@contextmanager
def failing(number: int, text: str) -> Iterator[list[str]]:
    """The n-th statement to the database raises; yields the statements that were asked."""
    asked: list[str] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        if len(asked) == number:
            raise OperationalError(text)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield asked


@pytest.fixture(autouse=True)
def answers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in the middleware is answered too, as a server does, and not thrown at the test."""
    made = Client.__init__

    def quiet(self: Client, *args: Any, **more: Any) -> None:
        made(self, *args, **more | {"raise_request_exception": False})

    monkeypatch.setattr(Client, "__init__", quiet)


def send(client: Client, customer: int, key: str, **headers: str) -> HttpResponse:
    data = {"key": key, "way": "信函", "held_on": "2026-03-01", "summary": "寄来样本，约下周再谈"}
    return client.post(f"/forms/{FORM}/?customer={customer}", data, headers=headers)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.ATTACHMENT_DIR = tmp_path
    return tmp_path


def test_whichever_statement_of_a_deed_fails_the_answer_is_a_clean_page_and_the_same_post_then_succeeds(
    office: Office, as_: As
) -> None:
    customer, client = office.customer(), as_("wang")
    send(client, customer, "first")
    before, filed = digests(), FormRecord.objects.count()
    with failing(0, FULL) as asked:
        client.get(f"/forms/{FORM}/?customer={customer}")
    for number in range(1, 400):
        with failing(number, FULL) as asked:
            answer = send(client, customer, f"try-{number}")
        if len(asked) < number:
            break
        if answer.status_code == 302:
            # Only the line that says it is done could not be kept.
            assert FormRecord.objects.count() == filed + 1, number
            before, filed = digests(), filed + 1
            continue
        assert answer.status_code == 503, (number, asked[-1])
        assert "服务器磁盘已满或出错" in answer.content.decode()
        assert "没有保存" in answer.content.decode()
        assert digests() == before, (number, asked[-1])
        if number % 10 == 0:
            assert send(client, customer, f"try-{number}").status_code == 302
            assert FormRecord.objects.count() == filed + 1
            before, filed = digests(), filed + 1
    assert number > 25, "the deed asked too little for this to show anything"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FULL, "服务器磁盘已满或出错"),
        ("disk I/O error", "服务器磁盘已满或出错"),
        ('could not extend file "base/1/2": No space left on device', "服务器磁盘已满或出错"),
        ("server closed the connection unexpectedly", "数据库暂时连不上"),
        ("database is locked", "服务器正忙"),
        ("deadlock detected", "服务器正忙"),
    ],
)
def test_the_page_says_what_failed_and_what_to_do(office: Office, as_: As, text: str, said: str) -> None:
    customer, client = office.customer(), as_("wang")
    with failing(12, text):
        answer = send(client, customer, "a")
    page = answer.content.decode()
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert said in page
    assert "后退" in page
    assert re.search(r"编号 <b[^>]*>0302-1000-[0-9A-F]{4}", page)


def test_a_form_sent_in_place_keeps_what_was_typed_and_opens_the_reason(office: Office, as_: As) -> None:
    customer, client = office.customer(), as_("wang")
    with failing(12, FULL):
        answer = send(client, customer, "a", hx_request="true")
    assert answer.status_code == 503
    assert answer["HX-Retarget"] == "#why-body"
    assert "您填写的内容还在页面上" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_the_frame_lets_the_browser_show_these_answers(office: Office, as_: As) -> None:
    assert "500|503|507" in as_("wang").get("/").content.decode()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_an_upload_onto_a_full_disk_says_so_at_the_file_and_leaves_nothing(
    office: Office, as_: As, folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*args: Any) -> None:
        raise OSError(code, os.strerror(code))

    client, before = as_("wang"), digests()
    upload = {"field": "proof", "upload": SimpleUploadedFile("证明.pdf", samples.content("证明.pdf"))}
    monkeypatch.setattr(store.os, "fsync", refuse)
    answer = client.post("/uploads/", upload)
    monkeypatch.undo()
    assert answer.status_code == 507
    assert "存储空间不足" in answer.content.decode()
    assert digests() == before
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    upload["upload"].seek(0)  # type: ignore[attr-defined]
    assert client.post("/uploads/", upload).status_code == 200


def test_a_bug_is_still_a_bug(office: Office, as_: As) -> None:
    assert faults.fault_of(ValueError("no")) is None
    assert faults.fault_of(FileNotFoundError(errno.ENOENT, "gone")) is None
    try:
        raise RuntimeError("wrapped") from OSError(errno.ENOSPC, "full")
    except RuntimeError as error:
        assert faults.fault_of(error) == faults.Fault.DISK


def test_administrators_can_learn_when_the_disk_last_failed(office: Office, as_: As) -> None:
    customer, client = office.customer(), as_("wang")
    with failing(12, FULL):
        send(client, customer, "a")
    assert Pulse.objects.filter(name=faults.PULSE).exists()
    assert "磁盘" in as_("admin").get("/manage/?tab=health").content.decode()
    assert "磁盘最近一次" not in as_("wang").get("/").content.decode()
