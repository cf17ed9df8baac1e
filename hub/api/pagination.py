"""Keyset pages: `cursor` is where the last page ended, `limit` how many records a page has (100, at most 1,000)."""

import base64
import binascii
from typing import Annotated, Any

from django.db.models import Model
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from hub.api.parameters import Parameters, number, sent_with, written

DEFAULT_LIMIT = 100
MOST = 1000
LIMIT = number(1, MOST)


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str | None:
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    return key if key and "\0" not in key else None


PAGE = Parameters({"cursor": Annotated[str, written("cursor", _decode)], "limit": LIMIT})


class KeysetPagination(BasePagination):
    """Pages in the order of the unique key the view names in `keyset`; records that come meanwhile break nothing."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """Return the page a request's `cursor` and `limit` ask for; raises ValidationFailed for unusable ones."""
        self.request, self.keyset = request, getattr(view, "keyset")  # noqa: B009 — APIView declares none
        asked = PAGE.read(sent_with(request), strict=False)
        self.limit = asked.get("limit", DEFAULT_LIMIT)
        if "cursor" in asked:
            queryset = queryset.filter(**{f"{self.keyset}__gt": asked["cursor"]})
        self.page: list[Model] = list(queryset.order_by(self.keyset)[: self.limit + 1])
        return self.page[: self.limit]

    def next_url(self) -> str | None:
        """Return the address of the next page, None on the last one."""
        if len(self.page) <= self.limit:
            return None
        cursor = _encode(getattr(self.page[self.limit - 1], self.keyset))
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)
