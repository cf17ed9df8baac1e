"""Every address of the admin and of the account's pages, as the resolver has them.

A test walks them, so that a new page cannot be forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, reverse

from tenants.accounts import urls

NAMES = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
ID = {"object_id", "pk", "id"}  # what an address names its object by


@dataclass(frozen=True)
class Page:
    """An address: its name, what it names, the model it is about (None: of the site itself), and its namespace."""

    name: str
    parameters: frozenset[str]
    model: type[Model] | None
    namespace: str = "admin:"

    @property
    def is_about_one(self) -> bool:
        """Tell whether the address names an object of the model."""
        return self.model is not None and bool(self.parameters & ID)

    def address(self, pk: Any = 0, **known: Any) -> str:
        """Return the address, of the object with a key where it names one."""
        arguments = {name: known.get(name, pk) for name in self.parameters}
        return reverse(f"{self.namespace}{self.name}", kwargs=arguments)


def pages() -> list[Page]:
    """Return every named address of the admin, by name."""
    return sorted(set(_walk(admin.site.get_urls())), key=lambda page: page.name)


def account_pages() -> list[Page]:
    """Return every address of the account's pages, by name."""
    return sorted(_walk(urls.urlpatterns, ""), key=lambda page: page.name)


def _walk(patterns: Any, namespace: str = "admin:") -> Iterator[Page]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, namespace)
        elif isinstance(pattern, URLPattern) and pattern.name:
            named = frozenset({*pattern.pattern.converters, *getattr(pattern.pattern.regex, "groupindex", {})})
            yield Page(pattern.name, named, _model_of(pattern.name), namespace)


def _model_of(name: str) -> type[Model] | None:
    return next((model for begin, model in NAMES.items() if name.startswith(f"{begin}_")), None)
