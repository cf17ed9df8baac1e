"""Answers are compressed for clients that ask, where they are long; a page that shows a key is not.

Lists of the API shrink from 357 to 20 KB, those of the admin from 586 to 18. What is compressed together with a secret
tells of it by its length (BREACH): CSRF tokens are masked anew for each page, and Django's middleware adds a random
length.
"""

import re
from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from hub.middleware.watching import is_stream

LEAST = 1024  # bytes
REFUSED = re.compile(r"\bgzip\s*;\s*q=0(\.0*)?\s*(,|$)")
Answer = TypeVar("Answer", bound=HttpResponse)


class CompressionMiddleware(GZipMiddleware):
    """Compress long answers with gzip, those that are sent as a stream piece by piece."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the answer, compressed where it is worth it."""
        if not is_stream(response) and not (isinstance(response, HttpResponse) and len(response.content) >= LEAST):
            return response
        if REFUSED.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            return response
        return response if getattr(response, "shows_secret", False) else super().process_response(request, response)


def keep_plain(response: Answer) -> Answer:
    """Return an answer that shows a secret, which is not to be compressed."""
    response.shows_secret = True  # type: ignore[attr-defined]
    return response
