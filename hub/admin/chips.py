"""What a list is filtered by and searched for, said above it: each with a link that takes it away."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.http import HttpRequest
from django.utils.text import capfirst

from hub.admin.pasting import trimmed


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that a list is filtered by; `mistake` says why it finds nothing, where it can't mean anything.

    `url` is the list's address without it.
    """

    title: str
    words: str
    mistake: str
    url: str


def chips_of(changelist: Any, request: HttpRequest) -> list[Chip]:
    """Return what a list is filtered by, and the search."""
    found = []
    if trimmed(changelist.query):
        found.append(Chip("Search", changelist.query, "", address(request, {SEARCH_VAR, PAGE_VAR})))
    for one in changelist.filter_specs:
        if words := one.words():
            without = address(request, {*one.parameters(), PAGE_VAR})
            found.append(Chip(str(capfirst(one.title)), words, one.mistake(), without))
    return found


def address(request: HttpRequest, without: Collection[Any]) -> str:
    """Return the list's address with its parameters, but for some."""
    kept = request.GET.copy()
    for name in without:
        kept.pop(name, None)
    return f"?{kept.urlencode()}"
