"""Every operation of the API fuzzed from its own schema, in process: no 5xx, and every answer in the documented shape.

Two thirds of the cases come from a generator that knows the numbers of the world (files, people, duties, requests …), so that
they get past the first look-up and deep into the deeds, and that mixes in what no schema allows. The rest is drawn by
schemathesis from the document alone. Each case is taken back, so that the world stays as it is.
"""

from __future__ import annotations

import json
import random
import uuid
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
from kedang.kernel.norms.store import regulations
from kedang.kernel.org.models import Person, Post, Unit
from tests.access.world import FRIDAY, World, made

VIEWERS = ("owner", "head", "director", "administrator", "listed", "stranger")
MOST_PROBLEMS = 25
HOSTILE: list[Any] = [
    None, "", " ", "\x00", "a\x00b", "\ud800", "\udfff甲", 10**30, -(10**30), 2**63, 2**63 - 1, -(2**63), 2**31, 0, -1, 1.5, 1e308, float("inf"),
    float("nan"), True, False, [], {}, [[]], [None], {"a": {"b": []}}, {"": ""}, "9999-12-31", "0000-00-00", "0001-01-01", "2026-02-30",
    "2026-13-45T99:99", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "-2026-01-01", "1e5", "１２３", "٣", "NaN", "null", "x" * 600,
    "汉" * 21_000, "😀" * 300, "<script>alert(1)</script>", "'; DROP TABLE x; --", "%00", "../../etc/passwd", "\u202e倒", "\u0000\u0001", "-0", "+1",
    "1" * 400, [1] * 300, {str(n): n for n in range(300)}, [2**63], ["\x00"], {"\x00": 1}, [{"a": [{"b": [{"c": [{}]}]}]}],
]  # fmt: skip


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


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    path: str
    method: str
    spec: dict[str, Any]

    @property
    def name(self) -> str:
        """POST /api/v1/…"""
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Case:
    """One request."""

    operation: Operation
    url: str
    body: bytes | None
    headers: dict[str, str]
    content_type: str = "application/json"


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


def operations(document: dict[str, Any]) -> list[Operation]:
    """All of them, by path."""
    return [
        Operation(path, method, spec)
        for path, each in sorted(document["paths"].items())
        for method, spec in each.items()
    ]


# ---- cases that know the world ---------------------------------------------------------------------------------------


class Maker:
    """Cases for each operation in turn: mostly what the schema says with numbers that are there, spoilt here and there."""

    def __init__(self, document: dict[str, Any], rng: random.Random, world: World, tokens: list[str]) -> None:
        self.rng, self.tokens = rng, tokens
        self.operations = operations(document)
        self.numbers, self.words = _numbers(world), _words()

    def case(self, number: int) -> Case:
        """The next one."""
        operation = self.operations[number % len(self.operations)]
        spoilt = self.rng.random() < 0.35
        url, body, kind = self._url(operation, spoilt), None, "application/json"
        content = operation.spec.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            body = self._body(content["application/json"]["schema"], spoilt)
        elif content:
            body, kind = self._upload(spoilt)
        key = (
            self.rng.choice(["", "k", "é", "x" * 300, "\t"])
            if self.rng.random() < 0.03
            else uuid.UUID(int=self.rng.getrandbits(128)).hex
        )
        headers = {"Authorization": f"Bearer {self._token()}", **({"Idempotency-Key": key} if key else {})}
        return Case(operation, url, body, headers, kind)

    def _token(self) -> str:
        return (
            self.rng.choice(["", "kd_x", "kd_" + "é" * 5]) if self.rng.random() < 0.01 else self.rng.choice(self.tokens)
        )

    def _url(self, operation: Operation, spoilt: bool) -> str:
        url, query = operation.path, []
        for one in operation.spec.get("parameters", []):
            value = self._value(one["schema"], one["name"], spoilt)
            if one["in"] == "path":
                text = str(value).encode("utf-8", "replace").decode()[:200] or "0"
                url = url.replace("{" + one["name"] + "}", quote(text, safe=""))
            elif one["in"] == "query" and (one.get("required") or self.rng.random() < 0.4):
                many = value if isinstance(value, list) else [value]
                query += [(one["name"], str(each).encode("utf-8", "replace").decode()[:5000]) for each in many]
        return f"{url}?{urlencode(query)}" if query else url

    def _body(self, schema: dict[str, Any], spoilt: bool) -> bytes:
        made = self._object(schema, spoilt)
        if spoilt and self.rng.random() < 0.1:
            made = self.rng.choice(HOSTILE)
        text = json.dumps(made)
        if spoilt and self.rng.random() < 0.05:
            text = self.rng.choice(
                [
                    text[: len(text) // 2],
                    text.replace('"', "'", 1),
                    "[" * 2000,
                    '{"args":' * 300,
                    "1" + "0" * 5000,
                    '{"args": 1e999}',
                ]
            )
        return text.encode()

    def _object(self, schema: dict[str, Any], spoilt: bool) -> dict[str, Any]:
        needed, made = schema.get("required", []), {}
        for name, each in schema.get("properties", {}).items():
            wanted = name in needed or name == "args"
            if (wanted and not (spoilt and self.rng.random() < 0.1)) or (not wanted and self.rng.random() < 0.3):
                made[name] = self._object(each, spoilt) if name == "args" else self._value(each, name, spoilt)
        if spoilt and self.rng.random() < 0.1:
            made[self.rng.choice(["by", "key", "x", "\x00", "self", "deed", "reason", "command"])] = self.rng.choice(
                HOSTILE
            )
        return made

    def _value(self, schema: dict[str, Any], name: str, spoilt: bool) -> Any:
        if spoilt and self.rng.random() < 0.4:
            return self.rng.choice(HOSTILE)
        kinds = schema.get("type", [])
        kind = self.rng.choice(kinds) if isinstance(kinds, list) and kinds else kinds
        if schema.get("enum"):
            return self.rng.choice(schema["enum"])
        if name in self.words and kind in ("string", [], None):
            return self.rng.choice(self.words[name])
        makers = {
            "integer": lambda: self._number(name, schema), "number": lambda: round(self.rng.uniform(-5, 5000), 2),
            "string": lambda: self._text(schema, name), "boolean": lambda: self.rng.random() < 0.5, "null": lambda: None,
            "array": lambda: [self._value(schema.get("items", {}), name, spoilt) for _ in range(self.rng.randrange(4))],
            "object": lambda: self._object(schema, spoilt),
        }  # fmt: skip
        return makers[kind]() if isinstance(kind, str) else self._anything(name, 0)

    def _number(self, name: str, schema: dict[str, Any]) -> int:
        if name in self.numbers and self.rng.random() < 0.9:
            return self.rng.choice(self.numbers[name])
        return self.rng.choice(
            [1, 2, 3, self.rng.randrange(1, 60), schema.get("maximum", 10**6), schema.get("minimum", 0)]
        )

    def _text(self, schema: dict[str, Any], name: str) -> str:
        if schema.get("format") == "date" or name == "cursor":
            return f"2026-{self.rng.randrange(1, 13):02d}-{self.rng.randrange(1, 29):02d}"
        if schema.get("format") == "date-time":
            return f"2026-0{self.rng.randrange(1, 10)}-1{self.rng.randrange(10)}T09:30:00+08:00"
        if schema.get("format") == "email":
            return "name@example.com"
        if "phone" in name:
            return f"139{self.rng.randrange(10**8):08d}"
        if schema.get("pattern", "").startswith("^-?"):
            return f"{self.rng.randrange(100000)}.{self.rng.randrange(100):02d}"
        most = min(schema.get("maxLength", 40), 40)
        return "".join(
            self.rng.choices(
                "甲乙丙丁戊金泽瑞禾器材公司abc123 ，。",
                k=self.rng.randrange(max(schema.get("minLength", 0), 1), most + 1),
            )
        )

    def _anything(self, name: str, depth: int) -> Any:
        """For what the schema leaves open: shapes that the deeds look for, and others."""
        plain = [
            lambda: self._number("customer", {}),
            lambda: "key",
            lambda: None,
            lambda: self.rng.choice(HOSTILE),
            lambda: str(self.rng.random()),
        ]
        if depth > 2 or self.rng.random() < 0.4:
            return self.rng.choice(plain)()
        if self.rng.random() < 0.4:
            return [self._anything(name, depth + 1) for _ in range(self.rng.randrange(4))]
        keys = [
            "category",
            "content",
            "contacted_on",
            "customer",
            "file",
            "term",
            "frequency",
            "ways",
            "rows",
            "kind",
            "to",
            "people",
            "q",
            "scope",
        ]
        return {self.rng.choice(keys): self._anything(name, depth + 1) for _ in range(self.rng.randrange(5))}

    def _upload(self, spoilt: bool) -> tuple[bytes, str]:
        name = (
            self.rng.choice(["a.txt", "执照.png", "../x.pdf", "a" * 300 + ".pdf", "\\x\x01.docx", ""])
            if spoilt
            else "说明.txt"
        )
        content = (
            self.rng.choice([b"", b"MZ\x90", b"%PDF-1.4", b"\x00" * 50, b"plain text"])
            if spoilt
            else "一份说明".encode()
        )
        part = self.rng.choice(["upload", "file", "upload"]) if spoilt else "upload"
        edge = "edge" if not (spoilt and self.rng.random() < 0.2) else "no\x00edge"
        head = f'--edge\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
        return head.encode() + content + b"\r\n--edge--\r\n", f"multipart/form-data; boundary={edge}"


def _numbers(world: World) -> dict[str, list[int]]:
    """Numbers that are there, by the names under which they are asked for."""
    people = list(Person.objects.values_list("pk", flat=True))
    units = list(Unit.objects.values_list("pk", flat=True))
    known = world.numbers
    return {
        "customer": [world.file], "introducer": [world.file], "pk": [world.file, known["request"], world.file], "item": [known["item"]],
        **{name: [known["item_blob"]] for name in ("blob", "files", "consent")}, "request": [known["request"]], "duty": [known["duty"]],
        "grant": [known["grant"]], **dict.fromkeys(("unit", "parent"), units), "filed": [known["form"]],
        **dict.fromkeys(("person", "to", "owner", "on_behalf_of", "copies", "receiver", "supervisor", "people", "of"), people),
    }  # fmt: skip


def _words() -> dict[str, list[str]]:
    """Texts that mean something, by the names under which they are asked for."""
    packs = [version.pack for version in regulations().in_force()]
    forms = [f"{version.pack}.{form}" for version in regulations().in_force() for form in version.regulation.pack.forms]
    terms = [f"{version.pack}.{term}" for version in regulations().in_force() for term in version.regulation.pack.terms]
    flows = [f"{version.pack}.{flow}" for version in regulations().in_force() for flow in version.regulation.pack.flows]
    clauses = [clause for version in regulations().in_force() for clause in version.regulation.pack.clauses]
    return {
        "pack": packs, "form": forms, "term": [*terms, *(f"{term}:key" for term in terms)], "flow": flows or [""], "clause": clauses[:30],
        "value": ["key", "general", "potential"], "month": ["2026-02", ""], "post": list(Post.objects.values_list("key", flat=True)),
        "cursor": ["WzFd", "WzEwMF0", "WyItdXBkYXRlZCIsIjIwMjYtMDEtMDEiLDEsMF0", "x", ""], "kind": ["contact.recorded", "customer.registered"],
        "adv": ['{"all": []}', "x", ""], "q": ["金泽", "139", "a"],
    }  # fmt: skip


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
