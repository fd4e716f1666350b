"""Every route as every role, against the declared matrix."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from kedang.kernel import clock, ledger
from kedang.kernel.models import Pulse
from kedang.web import health
from tests.access import matrix
from tests.access.walking import ask, routes, signed_in
from tests.access.world import FRIDAY, KNOWS, OPENS, World, made
from tests.api.support import token_for


def test_every_route_is_declared_and_every_declared_route_exists() -> None:
    known = {one.name for one in routes()}
    assert None not in known, "a route without a name cannot be declared"
    assert known == set(matrix.TABLE["routes"])


@pytest.mark.django_db
@pytest.mark.parametrize("viewer", matrix.EVERYBODY)
def test_every_route_answers_as_declared(viewer: str) -> None:
    with clock.frozen(FRIDAY) as held:
        world = made(held)
        _alive()
        wrong = list(_differences(world, viewer))
    assert not wrong, "\n".join(wrong)


def _alive() -> None:
    """The processes behind the pages have just given a sign of life: /healthz says ok."""
    for name in ("tick", "worker"):
        Pulse.objects.update_or_create(name=name, defaults={"at": clock.now()})
    ledger.seal()
    health.forget()


def _differences(world: World, viewer: str):  # type: ignore[no-untyped-def]
    person = None if viewer == "anonymous" else world.person(viewer)
    client, token = signed_in(person), token_for(person) if person else ""
    for case in matrix.cases():
        for args in case.urls(world):
            for method, sent in (("GET", case.given("query", world)), ("POST", case.given("data", world))):
                url = reverse(case.route, args=args)
                if method == "POST" and (query := case.given("query", world)):
                    url += f"?{urlencode(query)}"
                seen, expected = (
                    ask(client, method, url, sent, token if case.machine else None),
                    case.outcome(method, viewer),
                )
                if not case.fits(seen.outcome, expected):
                    yield f"{method} {url} as {viewer}: {seen.outcome}, declared {expected}"
                if seen.name and viewer not in KNOWS and viewer not in case.row.get("named", ()):
                    yield f"{method} {url} names the file to {viewer}"
                if seen.content and viewer not in OPENS:
                    yield f"{method} {url} shows the file's content to {viewer}"
