"""Small questions asked without the ORM answer what the ORM answers, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kedang.kernel import clock
from kedang.kernel.models import Notice
from kedang.kernel.org.models import Person
from kedang.kernel.picking import count, exists, pick
from kedang.web.models import ListSetting
from kedang.web.session_store import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def notices() -> list[Notice]:
    """Four of two people, one of them read."""
    now = clock.now()
    people = [Person.objects.create(username=f"picked{i}", name=f"甲{i}", sort_key="jia") for i in range(2)]
    rows = [
        Notice.objects.create(person=people[i % 2], text=f"通知 {i}", at=now - timedelta(hours=i), file=i or None)
        for i in range(4)
    ]
    Notice.objects.filter(pk=rows[3].pk).update(read_at=now)
    return rows


def test_columns_come_as_the_orm_gives_them(notices: list[Notice]) -> None:
    columns = ("id", "person_id", "text", "file", "at", "read_at")
    assert sorted(pick(Notice, columns, id=[row.pk for row in notices])) == sorted(
        Notice.objects.filter(pk__in=[row.pk for row in notices]).values_list(*columns)
    )


def test_every_condition_narrows_as_the_orm_does(notices: list[Notice]) -> None:
    now, person = clock.now(), notices[0].person_id
    for where in (
        {"person_id": person}, {"person_id": person, "text": "通知 0"}, {"file": None}, {"read_at": None}, {"file": [1, 3]},
        {"at__lt": now - timedelta(minutes=90)}, {"at__lte": notices[2].at}, {"at__gt": notices[2].at}, {"at__gte": notices[2].at},
        {"file": [], "person_id": person}, {"file": 77},
    ):  # fmt: skip
        asked = {f"{key}__in" if isinstance(value, list) else key: value for key, value in where.items()}
        known = {row.pk for row in Notice.objects.filter(**asked, pk__in=[row.pk for row in notices])}
        mine = {"id": [row.pk for row in notices], **where}
        assert {pk for (pk,) in pick(Notice, ("id",), **mine)} == known, where
        assert (count(Notice, **mine), exists(Notice, **mine)) == (len(known), bool(known)), where


def test_json_and_true_come_as_python_has_them(notices: list[Notice]) -> None:
    ListSetting.objects.create(person_id=notices[0].person_id, name="x", columns=["a", "乙"], widths={"a": 3})
    assert pick(ListSetting, ("columns", "widths"), person_id=notices[0].person_id) == [(["a", "乙"], {"a": 3})]
    assert pick(Person, ("is_active", "left_on"), id=notices[0].person_id) == [(True, None)]


def test_an_empty_choice_asks_nothing(notices: list[Notice]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert pick(Notice, ("id",), id=[]) == []
    assert not asked.captured_queries


def test_a_column_that_is_none_raises() -> None:
    with pytest.raises((StopIteration, KeyError)):
        pick(Notice, ("nothing",), id=1)


def test_a_session_is_read_and_ends_when_it_is_over() -> None:
    session = SessionStore()
    session["who"] = "甲"
    session.create()
    assert SessionStore(session.session_key)["who"] == "甲"
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    gone = SessionStore(session.session_key)
    assert "who" not in gone and gone.session_key is None
