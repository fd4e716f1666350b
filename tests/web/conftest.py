"""The demo company under its real regulations, and a browser's view of it without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kedang.demo import company as demo
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.org.models import Person

NOON = "2026-03-02 10:00"
"""A Monday."""


@dataclass
class Office:
    """People by login, the clock, and deeds done without a page."""

    company: demo.Company
    clock: clock.Frozen

    def __getitem__(self, login: str) -> Person:
        return self.company.people[login]

    def do(self, action: str, by: str, /, **args: Any) -> Any:
        """Perform an action as somebody."""
        return perform(action, by=self[by], **args).value

    def customer(self, name: str = "晨光精密机械厂", by: str = "wang", **more: Any) -> int:
        """A customer file."""
        terms = {"terms": {"category": "potential"}} if by != "zhao" else {}
        return int(self.do("customer.register", by, **{"name": name, **terms, **more}))


@pytest.fixture
def office(db: None) -> Iterator[Office]:
    """The company at ten o'clock on Monday 2 March 2026."""
    with clock.frozen(NOON) as held:
        made = demo.found("a-test-password-1", date(2026, 1, 5))
        demo.put_regulations_in_force(made, date(2026, 1, 5))
        yield Office(made, held)


@pytest.fixture
def as_(office: Office) -> Callable[[str], Client]:
    """as_('wang'): a client signed in as somebody."""

    def sign_in(login: str) -> Client:
        client = Client()
        client.force_login(Person.objects.get(username=login), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def queries(client: Client, url: str, **headers: str) -> int:
    """How many queries the second reading of a page takes: the first may fill what is kept for the process or the hour."""
    assert client.get(url, headers=headers).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url, headers=headers).status_code == 200
    return len(seen)


HTMX = {"HX-Request": "true"}
