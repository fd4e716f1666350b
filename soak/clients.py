"""Four clients that post as browsers do: real sign-in, the page's CSRF token, a key a deed that a retry sends again.

What a client notes is the hash of the content it sent, and only once the answer has arrived. Numbers that the server gives out
are no evidence: a restarted server gives them out again.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import re
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from kedang.kernel.blobs import samples

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
UPLOADED = re.compile(r'name="proof" value="(\d+)"')
PLACE = re.compile(r"/(?:customers|approvals)/(\d+)/")
BROKEN = (OSError, http.client.HTTPException)
DONE = (302,)


def digest(*parts: Any) -> str:
    """SHA-256 over content in canonical JSON."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Note:
    """An acknowledged deed: what kind, by which text its row is looked for, and the hash that row must give."""

    kind: str
    find: str
    digest: str
    blob: str = ""


@dataclass
class Deed:
    """A post on its way; sent again under the same key when no answer came."""

    path: str
    data: dict[str, str]
    note: Note
    file: int = 0
    tries: int = 0


@dataclass
class Shared:
    """What the clients and the driver have in common."""

    port: int
    password: str
    up: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)
    """The life at hand has answered somebody."""
    over: threading.Event = field(default_factory=threading.Event)
    notes: list[Note] = field(default_factory=list)
    files: deque[int] = field(default_factory=lambda: deque(maxlen=200))
    """Customers that somebody else may ask to read."""
    votes: deque[int] = field(default_factory=deque)
    """Requests that wait for the voter."""
    unexpected: list[str] = field(default_factory=list)
    sent: int = 0
    again: int = 0
    """Deeds that were sent a second time under their key."""


class Browser:
    """One signed-in person's connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.token = ""
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str, str]:
        """(status, location, text); raises one of BROKEN when no whole answer came."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        said = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())}
        said |= {"Content-Type": kind} if kind else {}
        try:
            self._connection.request(method, path, body or None, said)
            answer = self._connection.getresponse()
            text = answer.read().decode(errors="replace")
        except BROKEN:
            self.drop()
            raise
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), text

    def drop(self) -> None:
        """The next request opens a new connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def post(self, path: str, data: dict[str, str]) -> tuple[int, str, str]:
        """A form as it is posted."""
        body = urlencode({"csrfmiddlewaretoken": self.token, **data}).encode()
        return self.ask("POST", path, body, "application/x-www-form-urlencoded")

    def upload(self, name: str, content: bytes) -> tuple[int, str, str]:
        """One file for the form field `proof`, as the page sends it at once."""
        mark = uuid.uuid4().hex
        parts = [("csrfmiddlewaretoken", "", self.token.encode()), ("field", "", b"proof")]
        parts.append(("upload", f'; filename="{name}"', content))
        body = b"".join(
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"{more}\r\n\r\n'.encode() + value + b"\r\n"
            for key, more, value in parts
        )
        return self.ask("POST", "/uploads/", body + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}")

    def sign_in(self, login: str, password: str) -> None:
        """Through the sign-in page; then the token of a page of one's own."""
        self.token = _token(self.ask("GET", "/login/")[2])
        status, _, text = self.post("/login/", {"username": login, "password": password, "next": ""})
        if status != 302:
            raise RuntimeError(f"sign-in of {login} answered {status}: {text[:200]}")
        self.token = _token(self.ask("GET", "/customers/new/")[2])


def _token(page: str) -> str:
    found = TOKEN.search(page)
    if found is None:
        raise RuntimeError(f"a page without its token: {page[:300]}")
    return found[1]


class Client(threading.Thread):
    """One person, posting whenever the server is up, until it is over."""

    def __init__(self, shared: Shared, login: str, seed: int) -> None:
        super().__init__(name=login, daemon=True)
        self.shared, self.login = shared, login
        self.dice = random.Random(f"{seed}:{login}")
        self.browser = Browser(shared.port)
        self.waiting: Deed | None = None
        self.mine: deque[int] = deque(maxlen=50)
        self.asked: set[int] = set()

    def run(self) -> None:
        """Post, note, and after a broken connection mostly post the same again."""
        while not self.shared.over.is_set():
            if not self.shared.up.wait(0.2):
                continue
            try:
                self._once()
            except BROKEN:
                self._broken()

    def _broken(self) -> None:
        # Most people press the button again; some go away, and then either outcome must be whole.
        if self.waiting is not None and self.dice.random() < 0.3:
            self.waiting = None
        time.sleep(0.004)

    def _once(self) -> None:
        if self.waiting is None:
            self.waiting = self._next()
            if self.waiting is None:
                return
            self.shared.sent += 1
        deed = self.waiting
        deed.tries += 1
        self.shared.again += deed.tries == 2
        status, location, text = self.browser.post(deed.path, deed.data)
        self.waiting = None
        self.shared.answered.set()
        if status in DONE and not location.startswith("/login/"):
            self.shared.notes.append(deed.note)
            self._follow(deed, location)
        else:
            told = re.sub(r"(<[^>]+>|\s)+", " ", text.rpartition("<main")[2])
            self.shared.unexpected.append(f"{deed.note.kind} answered {status} {location}: {told[:400].strip()}")

    def _follow(self, deed: Deed, location: str) -> None:
        found = PLACE.search(location)
        if deed.note.kind == "customer" and found:
            self.mine.append(int(found[1]))
        elif deed.note.kind == "form" and self.login != "asker":
            self.shared.files.append(deed.file)
        elif deed.note.kind == "request" and found:
            self.shared.votes.append(int(found[1]))

    # ---- what is posted ------------------------------------------------------------------------------------------

    def _next(self) -> Deed | None:
        if self.login == "voter":
            return self._vote() if self.shared.votes else time.sleep(0.002)
        if self.login == "asker" and (open_ := [pk for pk in list(self.shared.files) if pk not in self.asked]):
            return self._ask(open_[0])
        if self.mine and self.dice.random() < 0.6:
            return self._form(self.mine.popleft())
        return self._customer()

    def _customer(self) -> Deed:
        token = f"{self.dice.getrandbits(64):016x}"
        name, phone, address = (
            f"耐久{token}厂",
            f"139{self.dice.randrange(10**8):08}",
            f"上海市{token[:6]}路{self.dice.randrange(999)}号",
        )
        data = {
            "key": uuid.uuid4().hex,
            "name": name,
            "phone": phone,
            "address": address,
            "kind": "组织",
            "source": "展会",
        }
        return Deed("/customers/new/", data, Note("customer", name, digest(name, phone, address)))

    def _form(self, file: int) -> Deed | None:
        """Uploads first, as the page does; the form then names what was uploaded."""
        token = f"{self.dice.getrandbits(64):016x}"
        content = samples.content(f"{token}.pdf") + b"%" * self.dice.randrange(60_000)
        status, _, text = self.browser.upload(f"{token}.pdf", content)
        found = UPLOADED.search(text)
        if status != 200 or found is None:
            self.shared.unexpected.append(f"upload answered {status}: {text[:300]}")
            return None
        sha256, matter = hashlib.sha256(content).hexdigest(), f"证明{token}"
        data = {"key": uuid.uuid4().hex, "matter": matter, "proof": found[1]}
        return Deed(
            f"/forms/soak.proof/?customer={file}",
            data,
            Note("form", matter, digest(file, matter, sha256), sha256),
            file,
        )

    def _ask(self, file: int) -> Deed:
        self.asked.add(file)
        purpose = f"核对{self.dice.getrandbits(64):016x}"
        data = {"key": uuid.uuid4().hex, "verb": "read", "purpose": purpose}
        return Deed(f"/customers/{file}/ask/", data, Note("request", purpose, digest(file, purpose)), file)

    def _vote(self) -> Deed:
        request = self.shared.votes.popleft()
        opinion = f"同意{self.dice.getrandbits(64):016x}"
        data = {"key": uuid.uuid4().hex, "opinion": opinion, "bar": "yes"}
        return Deed(f"/approvals/{request}/agree/", data, Note("vote", opinion, digest(request, opinion)))
