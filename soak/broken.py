"""A writer that is broken on purpose: it answers a deed before it is committed. The checks must find what it loses."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from kedang.config.wsgi import application as honest

LATE = 0.04


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Posts of deeds are answered at once and done a moment later, as a queue in memory would."""
    deed = environ["REQUEST_METHOD"] == "POST" and not environ["PATH_INFO"].startswith(("/login/", "/uploads/"))
    if not deed:
        return honest(environ, start_response)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    copied = {key: value for key, value in environ.items() if isinstance(value, (str, int, tuple))}
    copied |= {"wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO()}
    threading.Thread(target=_later, args=(copied,)).start()
    start_response("302 Found", [("Location", "/customers/1/")])
    return [b""]


def _later(environ: dict[str, Any]) -> None:
    time.sleep(LATE)
    answer = honest(environ, lambda *args: None)
    list(answer)
    answer.close()  # type: ignore[attr-defined]
