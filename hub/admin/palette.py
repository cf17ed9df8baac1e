"""The search over everything (Ctrl+K): each model's admin answers for itself, the sidebar's pages by their names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from hub.admin.navigation import SECTIONS
from hub.admin.pasting import trimmed

MOST_HITS = 5  # of a group
MOST_TYPED = 200  # characters that are looked for
TITLES = {label: title for _, entries in SECTIONS for label, title, _ in entries}  # in the sidebar's order


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found: what it is called and where it is, what else names it, and whose it is."""

    title: str
    url: str
    note: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind. `list_url` is where all of it is listed, `more` what that link says.

    `is_late`: it was given up after a while, and the list may find something.
    """

    title: str
    hits: Sequence[Hit]
    list_url: str = ""
    more: str = ""
    is_late: bool = False


def term_of(request: HttpRequest) -> str:
    """Return what is searched for; raises BadRequest for a character that no text has."""
    term = trimmed(request.GET.get("s", ""))[:MOST_TYPED]
    if "\0" in term:
        raise BadRequest
    return term


def find(site: Any, request: HttpRequest, term: str) -> list[Group]:
    """Return what a user may see that a term names, in the sidebar's order, and the pages with it in their name."""
    asked = [each for each in _in_order(site._registry.items()) if each.has_view_or_change_permission(request)]
    found = [group for each in asked if (group := each.find(request, term))]
    pages = Group("Pages", list(_pages(site, request, term.casefold())))
    return [group for group in (*found, pages) if group.hits or group.is_late]


def _in_order(registry: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Return the admins of models, those first that the sidebar has first, those last that it has not."""
    places = {label: place for place, label in enumerate(TITLES)}
    named = [(places.get(model._meta.label_lower, len(TITLES)), each) for model, each in registry]
    return [each for _, each in sorted(named, key=lambda one: one[0])]


def _pages(site: Any, request: HttpRequest, term: str) -> Iterable[Hit]:
    for section in site.get_sidebar_list(request):
        for item in section["items"]:
            if term in item["title"].casefold():
                yield Hit(item["title"], item["link"], section.get("title", ""))
