"""Cases for the fuzzing of the API that know the numbers of the world, with what no schema allows mixed in."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from kedang.kernel.norms.store import regulations
from kedang.kernel.org.models import Person, Post, Unit
from tests.access.world import World

HOSTILE: list[Any] = [
    None, "", " ", "\x00", "a\x00b", "\ud800", "\udfff甲", 10**30, -(10**30), 2**63, 2**63 - 1, -(2**63), 2**31, 0, -1, 1.5, 1e308, float("inf"),
    float("nan"), True, False, [], {}, [[]], [None], {"a": {"b": []}}, {"": ""}, "9999-12-31", "0000-00-00", "0001-01-01", "2026-02-30",
    "2026-13-45T99:99", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "-2026-01-01", "1e5", "１２３", "٣", "NaN", "null", "x" * 600,
    "汉" * 21_000, "😀" * 300, "<script>alert(1)</script>", "'; DROP TABLE x; --", "%00", "../../etc/passwd", "\u202e倒", "\u0000\u0001", "-0", "+1",
    "1" * 400, [1] * 300, {str(n): n for n in range(300)}, [2**63], ["\x00"], {"\x00": 1}, [{"a": [{"b": [{"c": [{}]}]}]}],
]  # fmt: skip


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


def operations(document: dict[str, Any]) -> list[Operation]:
    """All of them, by path."""
    return [
        Operation(path, method, spec)
        for path, each in sorted(document["paths"].items())
        for method, spec in each.items()
    ]


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
