"""Every operation of the API fuzzed from its own schema, in process: no 5xx, and every answer in the documented shape.

Two thirds of the cases come from a generator that knows the numbers of the world (files, people, duties, requests …), so that
they get past the first look-up and deep into the deeds, and that mixes in what no schema allows. The rest is drawn by
schemathesis from the document alone. Each case is taken back, so that the world stays as it is.
"""

from __future__ import annotations

import json
import random
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema_rs
from django.conf import settings
from django.db import transaction
from django.test import Client

from kedang.api import auth
from kedang.api.documents import whole
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.org.models import Person
from soak.fuzzcases import Case, Maker, Operation, operations
from tests.access.world import FRIDAY, World, made

VIEWERS = ("owner", "head", "director", "administrator", "listed", "stranger")
MOST_PROBLEMS = 25


@dataclass
class Found:
    """What came of the cases."""

    cases: int = 0
    server_errors: int = 0
    off_schema: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def note(self, problem: str) -> None:
        """One problem in words; each place once."""
        if len(self.problems) < MOST_PROBLEMS and problem not in self.problems:
            self.problems.append(problem)

    def told(self) -> dict[str, Any]:
        """As `soak` sums it up."""
        numbers = {"cases": self.cases, "server_errors": self.server_errors, "off_schema": self.off_schema}
        return {
            **numbers,
            "statuses": {str(key): n for key, n in sorted(self.statuses.items())},
            "problems": self.problems,
        }


def run(seed: int, amount: int, engine: str) -> dict[str, Any]:
    """So many cases on a world of their own."""
    with clock.frozen(FRIDAY, all_threads=True) as held:
        world = made(held)
        found = fuzz(world, seed, amount)
    return found.told()


def fuzz(world: World, seed: int, amount: int, *, drawn: float = 1 / 3) -> Found:
    """So many cases; `drawn` of them by schemathesis."""
    settings.API_RATE = 10**9
    document, found = whole(), Found()
    tokens = [_token(world.person(viewer)) for viewer in VIEWERS]
    judge = Judge(document, found)
    rng = random.Random(seed)
    by_schema = int(amount * drawn)
    maker = Maker(document, rng, world, tokens)
    for number in range(amount - by_schema):
        judge.ask(maker.case(number))
    if by_schema:
        draw(document, judge, tokens, seed, by_schema)
    return found


def _token(person: Person) -> str:
    secret, digest, hint = auth.fresh()
    until = clock.today() + timedelta(days=300)
    perform("token.create", by=person, name="fuzz", scopes=["read", "write"], until=until, digest=digest, hint=hint)
    return secret


# ---- judging ---------------------------------------------------------------------------------------------------------


class Judge:
    """Asks, takes back, and holds the answer to the document."""

    def __init__(self, document: dict[str, Any], found: Found) -> None:
        self.document, self.found = document, found
        self.client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
        self.known: dict[tuple[str, int], Any] = {}

    def ask(self, case: Case) -> None:
        """One case."""
        self.found.cases += 1
        with transaction.atomic():
            reply = self.client.generic(
                case.operation.method.upper(), case.url, case.body or b"", case.content_type, headers=case.headers
            )
            content = b"".join(reply.streaming_content) if reply.streaming else reply.content
            transaction.set_rollback(True)
        self.found.statuses[reply.status_code] += 1
        if reply.status_code >= 500:
            self.found.server_errors += 1
            shown = (case.body or b"")[:300].decode("utf-8", "replace")
            self.found.note(
                f"{reply.status_code} {case.operation.name} {case.url[:200]} {shown} -> {content[:200].decode('utf-8', 'replace')}"
            )
        elif said := self._off_schema(case.operation, reply.status_code, reply.get("Content-Type", ""), content):
            self.found.off_schema += 1
            self.found.note(f"{case.operation.name} {reply.status_code}: {said}")

    def _off_schema(self, operation: Operation, status: int, kind: str, content: bytes) -> str:
        """'' when the answer is what the document says."""
        declared = operation.spec["responses"].get(str(status))
        if declared is None:
            return f"undocumented status; {content[:120]!r}"
        wanted = declared.get("content", {})
        if "application/json" not in wanted:
            return "" if not wanted or "json" not in kind else f"{kind} where {list(wanted)} is declared"
        if not kind.startswith("application/json"):
            return f"content type {kind}"
        validator = self._validator(operation, status, wanted["application/json"]["schema"])
        error = next(validator.iter_errors(json.loads(content)), None)
        return f"{error.message[:200]} at {error.instance_path}" if error else ""

    def _validator(self, operation: Operation, status: int, schema: dict[str, Any]) -> Any:
        key = operation.name, status
        if key not in self.known:
            root = {
                **schema,
                "components": self.document["components"],
                "$schema": "https://json-schema.org/draft/2020-12/schema",
            }
            self.known[key] = jsonschema_rs.validator_for(root)
        return self.known[key]


# ---- cases drawn from the document alone -----------------------------------------------------------------------------


def draw(document: dict[str, Any], judge: Judge, tokens: list[str], seed: int, amount: int) -> None:
    """As many cases for each operation, by schemathesis; it draws what the schema allows and what it does not."""
    import hypothesis
    import schemathesis
    from schemathesis.generation import GenerationMode

    warnings.simplefilter("ignore")
    rng = random.Random(seed)
    schema = schemathesis.openapi.from_dict(document)
    listed = {(one.path, one.method): one for one in operations(document)}
    found = [each.ok() for each in schema.get_all_operations()]
    each = max(1, -(-amount // (2 * len(found))))
    rng.shuffle(found)
    for one in found:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _draw_one(hypothesis, one, mode, judge, listed[one.path, one.method], tokens, rng, each)


def _draw_one(
    hypothesis: Any,
    one: Any,
    mode: Any,
    judge: Judge,
    operation: Operation,
    tokens: list[str],
    rng: random.Random,
    times: int,
) -> None:
    @hypothesis.seed(rng.getrandbits(32))
    @hypothesis.settings(
        max_examples=times, database=None, deadline=None, phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck)
    )  # fmt: skip
    @hypothesis.given(case=one.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        judge.ask(_drawn(case, operation, rng.choice(tokens)))

    with suppress(hypothesis.errors.HypothesisException):  # nothing can be drawn for this one (no body to spoil)
        asked()


def _drawn(case: Any, operation: Operation, token: str) -> Case:
    url = operation.path
    for name, value in (case.path_parameters or {}).items():
        url = url.replace("{" + name + "}", quote(str(value).encode("utf-8", "replace"), safe=""))
    query: list[tuple[str, str]] = []
    for name, value in (case.query or {}).items():
        query += [
            (name, str(each).encode("utf-8", "replace").decode())
            for each in (value if isinstance(value, list) else [value])
        ]
    headers = {"Authorization": f"Bearer {token}"}
    for name, value in (case.headers or {}).items():
        if name.lower() == "authorization":
            continue  # without a token there is little to find out
        headers[name] = str(value).encode("latin-1", "replace").decode("latin-1").replace("\r", "").replace("\n", "")
    body = None
    if operation.method != "get" and isinstance(case.body, (dict, list, str, int, float, bool, type(None))):
        body = json.dumps(case.body, default=str).encode()
    return Case(operation, f"{url}?{urlencode(query)}" if query else url, body, headers)
