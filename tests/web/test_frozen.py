"""日报、周报、月报: frozen figures never change, show beside live ones, print and export, and are seen by whom they concern."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from pypdf import PdfReader

from kedang.kernel.briefs import selectors
from kedang.kernel.briefs.models import FrozenReport
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from tests.web.conftest import Office


@pytest.fixture
def frozen(office: Office) -> FrozenReport:
    """The month of 周敏's people, frozen on Wednesday after one registration and one follow-up."""
    pk = office.customer("晨光机械厂")
    office.do("contact.record", "wang", customer=pk, kind="电话", content="谈")
    office.clock.move_to(datetime(2026, 3, 4, 17))
    made = office.do("report.freeze", "zhou", kind="month", scope="below", day="2026-03-04", note="周三例会")
    return FrozenReport.objects.get(pk=made)


def value(row: FrozenReport, key: str) -> str:
    return next(each["text"] for each in row.content["figures"] if each["key"] == key)


def test_a_report_keeps_values_definitions_cut_off_and_who(frozen: FrozenReport) -> None:
    assert (frozen.scope_name, str(frozen.first), str(frozen.last), frozen.running) == (
        "周敏的下属",
        "2026-03-01",
        "2026-03-31",
        True,
    )
    assert (value(frozen, "registered"), value(frozen, "follow_ups")) == ("1", "1")
    assert all("统计截止 2026-03-04 17:00" in each["definition"] for each in frozen.content["figures"])
    event = Event.objects.get(kind="report.frozen")
    assert event.actor.name == "周敏" and event.data["digest"] == frozen.digest
    assert "晨光机械厂" not in str(frozen.content), (
        "a frozen report names no customer: a destroyed file must not live on in it"
    )


def test_what_happens_later_changes_the_live_figure_and_not_the_frozen_one(
    office: Office, as_: Callable[[str], Client], frozen: FrozenReport
) -> None:
    office.customer("后来的机械厂")
    text = as_("zhou").get(f"/home/reports/{frozen.pk}/").content.decode()
    frozen.refresh_from_db()
    assert value(frozen, "registered") == "1"
    row = text[text.index("新增建档") : text.index("跟进次数")]
    assert "<b>1</b>" in row and ">2 <" in row and "已变" in row
    assert "与记录一致" in text and "周三例会" in text


def test_a_report_changed_in_the_database_says_so(as_: Callable[[str], Client], frozen: FrozenReport) -> None:
    assert selectors.intact(frozen)
    content = frozen.content
    content["figures"][0]["text"] = "99"
    FrozenReport.objects.filter(pk=frozen.pk).update(content=content)
    text = as_("zhou").get(f"/home/reports/{frozen.pk}/").content.decode()
    assert "请勿采信" in text and "与记录一致" not in text


def test_who_froze_it_and_who_leads_him_see_it_and_nobody_else(
    office: Office, as_: Callable[[str], Client], frozen: FrozenReport
) -> None:
    for login, seen in (
        ("zhou", True),
        ("zheng", True),
        ("admin", True),
        ("wang", False),
        ("wu", False),
        ("zhao", False),
    ):
        for path in (
            f"/home/reports/{frozen.pk}/",
            f"/home/reports/{frozen.pk}/print/",
            f"/lists/frozen/export/?report={frozen.pk}",
        ):
            assert as_(login).get(path).status_code == (200 if seen else 404), (login, path)
        assert ("周敏的下属月报" in as_(login).get("/home/reports/").content.decode()) is seen


def test_it_prints_and_exports_what_was_frozen(as_: Callable[[str], Client], frozen: FrozenReport, tmp_path) -> None:  # type: ignore[no-untyped-def]
    answer = as_("zhou").get(f"/home/reports/{frozen.pk}/print/")
    paper = tmp_path / "report.pdf"
    paper.write_bytes(answer.content)
    text = "".join(page.extract_text() for page in PdfReader(paper).pages)
    assert "周敏的下属月报" in text and "新增建档" in text and frozen.digest[:16] in text
    sent = {"purpose": "存档", "format": "csv"}
    out = as_("zhou").post(f"/lists/frozen/export/?report={frozen.pk}", sent)
    told = b"".join(out.streaming_content).decode("utf-8-sig")
    assert "新增建档" in told and "跟进次数" in told


def test_a_scope_that_is_not_ones_own_a_day_to_come_and_nonsense_are_refused(
    office: Office, as_: Callable[[str], Client]
) -> None:
    with pytest.raises(NotFound):
        office.do("report.freeze", "wang", kind="day", scope="all", day="2026-03-02")
    with pytest.raises(Invalid) as said:
        office.do("report.freeze", "wang", kind="day", scope="mine", day="2026-03-03")
    assert "还没有到" in str(said.value.errors)
    with pytest.raises(Invalid):
        office.do("report.freeze", "wang", kind="year", scope="mine", day="2026-03-02")
    answer = as_("wang").post(
        "/home/reports/freeze/", {"kind": "day", "scope": "mine", "day": "昨天", "note": "留着的字"}
    )
    assert answer.status_code == 422 and "留着的字" in answer.content.decode()
    assert not FrozenReport.objects.exists()


def test_the_form_freezes_once_however_often_it_is_sent(office: Office, as_: Callable[[str], Client]) -> None:
    sent = {"kind": "week", "scope": "mine", "day": "2026-03-02", "key": "once"}
    first, second = (as_("wang").post("/home/reports/freeze/", sent) for _ in range(2))
    assert first["Location"] == second["Location"] and FrozenReport.objects.count() == 1
    text = as_("wang").get("/home/").content.decode()
    assert "冻结报告" in text
    assert "王晓芸周报" in as_("wang").get("/home/cards/frozen/").content.decode()
