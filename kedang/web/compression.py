"""Pages go compressed to whoever takes them so: a list of a hundred rows is 200 kB of HTML and 20 kB on the way."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class Compressed(GZipMiddleware):
    """Django's own, padding against guessing by length included, for text alone: what is downloaded is compressed already,
    and a stream need not wait for it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed where that helps."""
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/"):
            return response
        return super().process_response(request, response)
