"""A machine that speaks to the API with somebody's token."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from kedang.api import auth
from kedang.api.models import Token
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.org.models import Person


def token_for(person: Person, *scopes: str, name: str = "测试") -> str:
    """The secret of a new token."""
    secret, digest, hint = auth.fresh()
    until = clock.today() + timedelta(days=30)
    perform(
        "token.create",
        by=person,
        name=name,
        scopes=list(scopes or ("read", "write")),
        until=until,
        digest=digest,
        hint=hint,
    )
    return secret


class Machine:
    """Requests with a token; JSON in, JSON out."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def post(
        self, path: str, body: Any = None, *, key: str | None = None, method: str = "post", **headers: str
    ) -> HttpResponse:
        sent = body if isinstance(body, (str, bytes)) else json.dumps(body or {})
        given = {**self.headers, "Idempotency-Key": key or uuid.uuid4().hex, **headers}
        call = getattr(self.client, method)
        return call(
            f"/api/v1{path}", sent, content_type="application/json", headers={k: v for k, v in given.items() if v}
        )

    def act(
        self, name: str, /, *, key: str | None = None, options: dict[str, Any] | None = None, **args: Any
    ) -> HttpResponse:
        return self.post(f"/actions/{name}", {"args": args, **(options or {})}, key=key)


def machine(person: Person, *scopes: str) -> Machine:
    """A machine with a fresh token of a person."""
    auth.reset()
    return Machine(token_for(person, *scopes))


def last_token(person: Person) -> Token:
    """The newest token of a person."""
    return Token.objects.filter(person=person).latest("pk")
