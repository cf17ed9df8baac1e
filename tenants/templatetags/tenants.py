"""How figures are written on the tenants' pages."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.forms import BoundField, CheckboxInput
from django.http import HttpRequest
from django.template import Library, RequestContext
from django.urls import resolve
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.widgets import BASE_INPUT_CLASSES, CHECKBOX_CLASSES

from hub.admin import times

register = Library()


@register.filter
def compact(number: int) -> str:
    """Write a number in few characters: 9,876, 123K, 1.23M."""
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M")):
        if number >= size:
            return f"{number / size:.2f}{letter}"
    return f"{number // 1000}K" if number >= 100_000 else intcomma(number)


@register.filter
def as_left(link: str, request: HttpRequest) -> str:
    """Return a breadcrumb's link with the filters of the list that the page was opened from.

    To that list, and to the record's page on the way to it; any other link as it is.
    """
    filters, link = request.GET.get("_changelist_filters", ""), str(link)
    if not filters or not request.path.startswith(link):
        return link
    kept = {"_changelist": filters, "_change": urlencode({"_changelist_filters": filters})}
    name = resolve(link).url_name or ""
    return next((f"{link}?{query}" for end, query in kept.items() if name.endswith(end)), link)


@register.filter
def dressed(field: BoundField) -> BoundField:
    """Give a field of a form that is not ours the theme's looks."""
    widget = field.field.widget
    widget.attrs["class"] = " ".join(CHECKBOX_CLASSES if isinstance(widget, CheckboxInput) else BASE_INPUT_CLASSES)
    return field


@register.filter
def moment(at: datetime) -> SafeString:
    """Write a moment as the admin does everywhere."""
    return times.moment(at)


@register.simple_tag(takes_context=True)
def times_zone(context: RequestContext) -> str:
    """Return the time zone that a page of the admin is written in; "" for a page without times."""
    has_times = any(map(context.get, ("cl", "original", "health")))
    return timezone.get_current_timezone_name() if has_times else ""


@register.simple_tag(takes_context=True)
def sandbox_notice(context: RequestContext) -> Any:
    """Return the sandbox that a page of the admin is about, by what its template was given; None for any other page."""
    return next((tenant for tenant in _tenants_on(context) if getattr(tenant, "is_sandbox", False)), None)


def _tenants_on(context: RequestContext) -> Iterator[Any]:
    original, question, health, changelist = map(context.get, ("original", "question", "health", "cl"))
    yield original
    yield getattr(original, "tenant", None)
    yield getattr(health, "tenant", None)
    yield from (record.tenant for record in getattr(question, "records", ()))
    yield from (getattr(spec, "tenant", None) for spec in getattr(changelist, "filter_specs", ()))
