"""The frame of the admin's pages: where a page is, in the words of the sidebar."""

from typing import Any

from django.db.models import Model
from django.db.models.options import Options
from django.template import Context, Library
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


@register.inclusion_tag("unfold/helpers/header_title.html", takes_context=True)
def way(context: Context) -> dict[str, Any]:
    """Show the way to a page: from Home over the list and the record to what is done there, by its title.

    The theme's ends at the record, so that all pages of a record, and all of a list, would be called the same.
    """
    request, home = context["request"], {"title": "Home", "link": reverse("admin:index")}
    parts = _parts(context)
    shown = [part if part.get("link") != request.path else {"title": part["title"]} for part in parts]
    return {"request": request, "parts": shown if request.path == home["link"] else [home, *shown]}


def _parts(context: Context) -> list[Part]:
    opts, title = context.get("opts"), str(context.get("title") or "")
    if not opts:
        return [{"title": title or "Data hub"}]
    record = context.get("original") or context.get("object")
    record = record if isinstance(record, Model) else None
    opts = record._meta if record else opts
    parts: list[Part] = [{"title": list_title(opts), "link": _address(opts, "changelist")}]
    if record:
        parts.append({"title": record, "link": _address(opts, "change", record.pk)})
    return [*parts, {"title": title}] if _has_own_title(context, title, str(parts[-1]["title"])) else parts


def _address(opts: "Options[Any]", page: str, *args: object) -> str:
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args)


def _has_own_title(context: Context, title: str, last: str) -> bool:
    """Tell whether a page is neither a list nor the page of a record, whose titles are Django's, but one of its own."""
    is_form_of_record = "adminform" in context and context.get("original")
    return bool(title) and title != last and not context.get("cl") and not is_form_of_record
