"""Keyset pages: `cursor` is where the last page ended, `limit` how many records a page has (100, at most 1,000)."""

import base64
import binascii
from typing import Any

from django.db.models import Model
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from hub.api.errors import ApiError
from hub.sql.bigint import is_bigint

DEFAULT_LIMIT = 100
MOST = 1000
PARAMETERS = frozenset({"cursor", "limit"})


class KeysetPagination(BasePagination):
    """Pages in the order of the unique key the view names in `keyset`; records that come meanwhile break nothing."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """Return the page that the request's `cursor` and `limit` ask for; raises ApiError 400 for unusable ones."""
        self.request, self.keyset = request, getattr(view, "keyset")  # noqa: B009 — APIView declares none
        self.limit = _limit(request.query_params.get("limit"))
        if cursor := request.query_params.get("cursor"):
            queryset = queryset.filter(**{f"{self.keyset}__gt": _decode(cursor)})
        self.page: list[Model] = list(queryset.order_by(self.keyset)[: self.limit + 1])
        return self.page[: self.limit]

    def next_url(self) -> str | None:
        """Return the address of the next page, None on the last one."""
        if len(self.page) <= self.limit:
            return None
        cursor = _encode(getattr(self.page[self.limit - 1], self.keyset))
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (is_bigint(text) and 1 <= int(text) <= MOST):
        raise ApiError(400, f"limit must be a whole number from 1 to {MOST}.")
    return int(text)


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        key = ""
    if not key or "\0" in key:
        raise ApiError(400, "cursor is not one this list gave out.")
    return key
