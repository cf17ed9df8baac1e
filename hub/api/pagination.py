"""Keyset pages: `cursor` is where the last page ended, `limit` how many records a page has (100, at most 1,000).

A page also ends where it has MOST_BYTES (hub.api.weights).
"""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any

from django.db.models import Model
from orjson import Fragment
from pydantic import Field
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from hub.api.parameters import Parameters, meaning, number, sent_with, written
from hub.api.responses import to_json
from hub.api.weights import MOST_BYTES, Growing

DEFAULT_LIMIT = 100
MOST = 1000
LIMIT = meaning(number(1, MOST), f"How many there are at most in an answer; {DEFAULT_LIMIT} where nothing is said.")


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str | None:
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    return key if key and "\0" not in key else None


CURSOR = Annotated[
    str, written("cursor", _decode), Field(description="Where the last page ended, as its `next` says it.")
]
PAGE = Parameters({"cursor": CURSOR, "limit": LIMIT})


class KeysetPagination(BasePagination):
    """Pages in the order of the unique key the view names in `keyset`; records that come meanwhile break nothing.

    The view's `growing` says how its records are read, unless the page is narrowed; `descending` is the reverse order.
    """

    def __init__(
        self, *, descending: bool = False, narrow: Callable[[Growing], Growing] = lambda growing: growing
    ) -> None:
        self.descending, self.narrow = descending, narrow

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """Return the page a request's `cursor` and `limit` ask for; raises ValidationFailed for unusable ones."""
        self.request, self.keyset = request, getattr(view, "keyset")  # noqa: B009 — APIView declares none
        asked = PAGE.read(sent_with(request), strict=False)
        limit = asked.get("limit", DEFAULT_LIMIT)
        if "cursor" in asked:
            queryset = queryset.filter(**{f"{self.keyset}__{'lt' if self.descending else 'gt'}": asked["cursor"]})
        growing = self.narrow(getattr(view, "growing"))  # noqa: B009
        order = f"-{self.keyset}" if self.descending else self.keyset
        read, is_cut = growing.read(queryset.order_by(order), limit + 1)
        self.page: list[Model] = read[:limit]
        self.has_more = is_cut or len(read) > limit
        return self.page

    def written(self, write: Callable[[Any], object]) -> list[Fragment]:
        """Write the page's records as JSON, until it has MOST_BYTES; one that has more is a page by itself."""
        texts: list[Fragment] = []
        size = 0
        for record in self.page:
            text = to_json(write(record))
            size += len(text)
            if texts and size > MOST_BYTES:
                break
            texts.append(Fragment(text))
        self.has_more = self.has_more or len(texts) < len(self.page)
        self.page = self.page[: len(texts)]
        return texts

    def next_url(self) -> str | None:
        """Return the address of the next page, None on the last one."""
        if not self.has_more or not self.page:
            return None
        cursor = _encode(getattr(self.page[-1], self.keyset))
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)
