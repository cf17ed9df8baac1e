"""Which fields of a form a page looks at: of forms that are alike in these, one is sent.

A page that never asks what a field holds answers all that it may hold in the same way. Most pages look at few.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

WHOLE = "*"  # a page went through all that a form has

Form = dict[str, str]


def answered(client: Client, method: str, url: str, forms: Iterable[Form]) -> Iterator[tuple[Form, int]]:
    """Send a page forms, and yield each with its answer's status.

    One that differs from one before in nothing that the page looked at then is not sent.
    """
    known: list[tuple[Form, set[str]]] = []
    for form in forms:
        if not any(_is_alike(form, other, names) for other, names in known):
            with looked_at() as names:
                status = getattr(client, method)(url, form).status_code
            known.append((form, names))
            yield form, status


@contextmanager
def looked_at() -> Iterator[set[str]]:
    """Note the names of the fields that are looked at, and `WHOLE` where all are gone through."""
    names: set[str] = set()

    def noting(look: Callable[..., Any]) -> Callable[..., Any]:
        def noted(form: QueryDict, name: str, *rest: Any, **options: Any) -> Any:
            names.add(name)
            return look(form, name, *rest, **options)

        return noted

    def walking(walk: Callable[..., Any]) -> Callable[..., Any]:
        def noted(form: QueryDict, *rest: Any, **options: Any) -> Any:
            if len(form):
                names.add(WHOLE)
            return walk(form, *rest, **options)

        return noted

    def appending(form: QueryDict, name: str, value: Any) -> None:
        own: Any = form
        dict.setdefault(own, name, []).append(value)  # Django's own asks for the name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QueryDict, "appendlist", appending)
        for method in ("__getitem__", "__contains__", "getlist", "pop"):
            patch.setattr(QueryDict, method, noting(getattr(QueryDict, method)))
        # Copies are made by `lists`.
        for method in ("__iter__", "keys", "items", "values", "dict", "urlencode"):
            patch.setattr(QueryDict, method, walking(getattr(QueryDict, method)))
        yield names


def _is_alike(form: Form, other: Form, names: set[str]) -> bool:
    """Tell whether two forms hold the same, for all that was looked at; a NUL is looked for in every field."""
    is_whole = WHOLE in names or any("\0" in value for value in (*form.values(), *other.values()))
    return all(form.get(name) == other.get(name) for name in ({*form, *other} if is_whole else names))
