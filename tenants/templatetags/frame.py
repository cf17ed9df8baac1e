"""The frame of the admin's pages: where a page is, in the words of the sidebar."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db.models.options import Options
from django.template import Library
from django.urls import reverse
from django.utils.text import capfirst

from hub.admin.navigation import JOBS, SECTIONS

register = Library()
Part = dict[str, Any]
TITLES = {label: title for label, title, _ in (JOBS, *(entry for _, entries in SECTIONS for entry in entries))}
NOUNS = {JOBS[0]: ("job", "jobs")}  # what a library's model is called here


@register.filter
def list_title(opts: "Options[Any]") -> str:
    """Return what a model's list is called: as in the sidebar, where it stands there."""
    return TITLES.get(opts.label_lower) or str(capfirst(str(opts.verbose_name_plural)))


@register.filter
def noun(opts: "Options[Any]", number: int) -> str:
    """Return what so many of a model's rows are called."""
    one, many = NOUNS.get(opts.label_lower, (str(opts.verbose_name), str(opts.verbose_name_plural)))
    return one if number == 1 else many


@register.filter
def crumbs(parts: Sequence[Part], path: str) -> list[Part]:
    """Return the way to a page: from Home instead of its app, the lists by their titles, what leads to itself no link.

    `parts` are the theme's, of which the first that leads somewhere is the app.
    """
    home = {"title": "Home", "link": reverse("admin:index")}
    own = [*parts[1:]] if len(parts) > 1 and parts[0].get("link") else [*parts]
    titles = _titles_by_address()
    named = [{**part, "title": titles.get(str(part.get("link", "")), part["title"])} for part in own]
    shown = [part if str(part.get("link", "")) != path else {"title": part["title"]} for part in named]
    return shown if path == home["link"] else [home, *shown]


def _titles_by_address() -> dict[str, str]:
    found = {label: apps.get_model(label)._meta for label in TITLES}
    return {
        reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"): TITLES[label] for label, meta in found.items()
    }
