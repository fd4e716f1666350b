"""Programs outside the product, as the tests run them: targets of robots and webhooks, and a mail server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Target:
    """A web server that keeps what it is sent and answers what the test wants."""

    url: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    answer: Any = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0
    drip: bool = False
    told: Callable[[dict[str, Any]], Any] | None = None

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies."""
        return [json.loads(each["body"]) for each in self.got]


@contextmanager
def target() -> Iterator[Target]:
    """A target on this machine."""
    made = Target()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0) or 0))
            self._answer(body)

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            seen = {
                "method": self.command,
                "path": parts.path,
                "query": dict(parse_qsl(parts.query)),
                "headers": dict(self.headers),
                "body": body,
            }
            made.got.append(seen)
            if made.hang:
                time.sleep(made.hang)
            said = made.told(seen) if made.told else made.answer
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(made.status)
            for key, value in made.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if made.drip:
                for byte in text:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.2)
            else:
                self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a client that hangs up is what some tests are about

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class MailServer:
    """An SMTP server that keeps the letters; `refuse` answers recipients with that code, `mute` says nothing at all."""

    port: int = 0
    letters: list[Message] = field(default_factory=list)
    refuse: int = 0
    mute: bool = False
    sessions: int = 0


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server on this machine, without TLS."""
    made, ending = MailServer(), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    made.port = listener.getsockname()[1]

    def serve() -> None:
        while not ending.is_set():
            try:
                line, _ = listener.accept()
            except OSError:
                continue
            threading.Thread(target=_session, args=(made, line, ending), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        ending.set()
        thread.join(2)
        listener.close()


def _session(made: MailServer, line: socket.socket, ending: threading.Event) -> None:
    made.sessions += 1
    if made.mute:
        ending.wait(30)
        line.close()
        return
    with line, line.makefile("rwb") as talk:

        def say(text: str) -> None:
            talk.write(text.encode() + b"\r\n")
            talk.flush()

        say("220 stub")
        for raw in talk:
            word = raw.decode("utf-8", "replace").strip()
            verb = word[:4].upper()
            if verb in ("EHLO", "HELO"):
                say("250 stub")
            elif verb == "RCPT" and made.refuse:
                say(f"{made.refuse} no such user")
            elif verb == "DATA":
                say("354 go on")
                text = []
                for part in talk:
                    if part == b".\r\n":
                        break
                    text.append(part)
                made.letters.append(message_from_bytes(b"".join(text)))
                say("250 kept")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


def text_of(letter: Message) -> str:
    """The plain text of a letter."""
    for part in letter.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload.decode()
    return ""
