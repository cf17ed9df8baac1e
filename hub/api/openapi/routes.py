"""The addresses of the hub as the URL resolver knows them, in the words of the document."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from hub.api.openapi.operations import Operation
from hub.api.parameters import documented_name

GROUP = re.compile(r"\(\?P<(\w+)>((?:[^()]|\([^()]*\))*)\)")


@dataclass(frozen=True)
class Route:
    """An address and what answers there: by method the action, of a function its method once more."""

    path: str
    view: Any
    actions: Mapping[str, str]

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the actions say of themselves."""
        return getattr(self.view, "operations", {})

    def label(self, action: str) -> str:
        """Return what to call an action by; a function has one alone."""
        return action if action in dir(self.view) else str(self.view.__name__)

    @property
    def names(self) -> list[str]:
        """The identifiers in the path."""
        return re.findall(r"{(\w+)}", self.path)


def routes() -> list[Route]:
    """Return every address, in the order of the resolver."""
    return list(_routes(get_resolver().url_patterns, "/"))


def _routes(patterns: Sequence[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for pattern in patterns:
        path = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, path)
        else:
            yield _route(path, pattern.callback)


def _route(path: str, callback: Any) -> Route:
    """Return a route. A class answers HEAD as it answers GET; `head` is among its actions once somebody asked.

    Where a word stands in the place of an identifier the route is the word's: a record of that name is any record.
    """
    actions = {method: action for method, action in getattr(callback, "actions", {}).items() if method != "head"}
    if words := [group[2] for group in GROUP.finditer(path) if group[2].isalpha()]:
        actions = {method: action for method, action in actions.items() if action in words}
    view = getattr(callback, "cls", callback)
    own = {method: method for method in getattr(view, "operations", {})} if view is callback else {}
    return Route(written(path), view, actions or own)


def written(path: str) -> str:
    """Write a route as the documents do: `^customers/(?P<tenant_id>[^/]+)/?$` → `customers/{tenantId}`.

    An identifier that is one word there is that word.
    """
    named = GROUP.sub(lambda group: group[2] if group[2].isalpha() else f"{{{documented_name(group[1])}}}", path)
    return named.removeprefix("^").removesuffix("$").removesuffix("/?")
