"""Asks a route as somebody, and says in one word what came of it and what the answer showed."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.access.world import NAME, SECRETS

BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Seen:
    """What came of a request: sign_in, not_found, refused or answered; and whether it named the file, or its content."""

    outcome: str
    name: bool
    content: bool

    def __str__(self) -> str:
        return self.outcome + (" +name" if self.name else "") + (" +content" if self.content else "")


def routes() -> Iterator[URLPattern]:
    """Every named address of the product."""
    yield from _patterns(get_resolver().url_patterns)


def _patterns(patterns: Any) -> Iterator[URLPattern]:
    for one in patterns:
        if isinstance(one, URLPattern):
            yield one
        else:
            yield from _patterns(one.url_patterns)


def ask(client: Client, method: str, url: str, data: Mapping[str, Any] | None = None, token: str | None = None) -> Seen:
    """One request, whose effect is undone; with a token ('' for none) as a machine asks."""
    kept = client.cookies.output()
    with transaction.atomic():
        reply = (
            _asked(client, method, url, data or {}) if token is None else _by_machine(method, url, data or {}, token)
        )
        body = text_of(reply)
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(kept.replace("Set-Cookie: ", ""))
    typed = str(dict(data or {}))
    return Seen(_outcome(reply), NAME in body, any(secret in body for secret in SECRETS if secret not in typed))


def _asked(client: Client, method: str, url: str, data: Mapping[str, Any]) -> Any:
    return client.get(url, data) if method == "GET" else client.post(url, data)


def _by_machine(method: str, url: str, data: Mapping[str, Any], token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = Client(raise_request_exception=False)
    if method == "GET":
        return client.get(url, data, headers=headers)
    keyed = {**headers, "Idempotency-Key": uuid.uuid4().hex}
    return client.post(url, json.dumps(data), content_type="application/json", headers=keyed)


def _outcome(reply: HttpResponse) -> str:
    target = reply.get("Location", "") or reply.get("HX-Redirect", "")
    if target.startswith("/login/"):
        return "sign_in"
    if reply.status_code >= 500:
        return f"broken {reply.status_code}"
    return {401: "sign_in", 422: "invalid", 403: "refused", 404: "not_found", 405: "no_such_method"}.get(
        reply.status_code, "answered"
    )


def text_of(reply: HttpResponse) -> str:
    """What a reader of the answer can find in it; the sheets of a workbook included."""
    body = b"".join(reply.streaming_content) if reply.streaming else reply.content
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    return body.decode("utf-8", "replace")


def signed_in(person: Any) -> Client:
    """A browser of somebody; of nobody when there is no person."""
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person, backend=BACKEND)
    return client
