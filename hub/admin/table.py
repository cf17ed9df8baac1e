"""A list's table: heads of columns that sort it, and rows cell by cell.

The theme's own looks the heads up again for each row, and gives each cell 400 bytes of classes: half of a page's time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import ManyToOneRel, Model
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.templatetags.unfold_list import result_headers
from unfold.utils import (
    display_for_dropdown,
    display_for_field,
    display_for_header,
    display_for_label,
    display_for_value,
)

from hub.admin.keyset import Order

STATES = {True: "descending", False: "ascending"}


@dataclass(frozen=True, slots=True)
class Sort:
    """What the head of a column offers to sort by: a field that an index serves, and what it is called there.

    Without a name it is called as the column is.
    """

    field: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class SortLink:
    """A link that sorts a list; `state` is how it is sorted by that now: ascending, descending or not."""

    text: str
    url: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The head of a column; `title` is what a short name stands for."""

    name: str
    text: str
    title: str = ""
    sorts: list[SortLink] = field(default_factory=list)

    @property
    def is_box(self) -> bool:
        """Tell whether it is the box that ticks all rows."""
        return self.name == "action_checkbox"

    @property
    def state(self) -> str:
        """How the list is sorted by the column."""
        return next((sort.state for sort in self.sorts if sort.state), "")


@dataclass(frozen=True, slots=True)
class Row:
    """A record in a list: its cells, as they stand in the page."""

    instance: Model
    cells: SafeString


def headers(changelist: Any) -> list[Header]:
    """Return the heads of a list's columns."""
    heads = zip(changelist.list_display, result_headers(changelist), strict=True)
    return [_header(changelist, column, head) for column, head in heads]


def _header(changelist: Any, column: Any, head: dict[str, Any]) -> Header:
    name = _name(column)
    if name == "action_checkbox":
        return Header(name, "")
    _, attribute = label_for_field(column, changelist.model, changelist.model_admin, return_attr=True)
    text = str(capfirst(head["text"]))
    if head["sortable"]:
        state = STATES[not head["ascending"]] if head["sorted"] else ""
        sorts = [SortLink(text, head["url_primary"], state)]
    else:
        sorts = _sorts(changelist, name, text)
    return Header(name, text, getattr(attribute, "long_description", ""), sorts)


def _sorts(changelist: Any, name: str, text: str) -> list[SortLink]:
    """Return the links that sort a list by what its page names: first as most want it, then the other way round."""
    links = []
    for sort in changelist.sorts_of(name):
        order, is_now = changelist.order, changelist.order.field == sort.field
        newest_first = sort.field == "pk"
        to = Order(sort.field, not order.descending if is_now else newest_first)
        url = changelist.get_query_string({ORDER_VAR: to.address}, [PAGE_VAR])
        links.append(SortLink(sort.title or text, url, STATES[order.descending] if is_now else ""))
    return links


def rows(changelist: Any) -> Iterator[Row]:
    """Yield the rows of a list's page."""
    heads = headers(changelist)
    links = changelist.list_display_links
    opens = next((name for name in map(_name, changelist.list_display) if name in (links or ())), "")
    kept = f"?{changelist.preserved_filters}" if changelist.preserved_filters else ""
    for instance in changelist.result_list:
        cells = []
        for name, head in zip(changelist.list_display, heads, strict=True):
            value = shown(changelist, name, instance)
            if links and head.name in links:
                url = changelist.url_for_result(instance) + kept
                value = format_html('<a class="hub-open" href="{}">{}</a>', url, value)
            cells.append(_cell(head, value, is_title=head.name == opens))
        yield Row(instance, format_html_join("", "{}", ((cell,) for cell in cells)))


def _name(column: Any) -> str:
    return column if isinstance(column, str) else str(column.__name__)


def _cell(head: Header, value: object, *, is_title: bool) -> SafeString:
    if head.is_box:
        return format_html('<td class="hub-box">{}</td>', value)
    written = '<th scope="row" class="field-{} hub-title" data-label="{}">{}</th>'
    if not is_title:
        written = '<td class="field-{}" data-label="{}">{}</td>'
    return format_html(written, head.name, head.text, value)


def shown(changelist: Any, name: Any, instance: Model) -> object:
    """Return what a cell says."""
    empty = changelist.model_admin.get_empty_value_display()
    try:
        column, attribute, value = lookup_field(name, instance, changelist.model_admin)
    except ObjectDoesNotExist:
        return empty
    empty = getattr(attribute, "empty_value_display", empty)
    if column is not None and not column.auto_created:
        if isinstance(column.remote_field, ManyToOneRel):
            related = getattr(instance, column.name)
            return empty if related is None else related
        return display_for_field(value, column, empty)
    if label := getattr(attribute, "label", False):
        return display_for_label(value, empty, label)
    if getattr(attribute, "dropdown", False):
        return display_for_dropdown(instance, name, value, empty)
    if getattr(attribute, "header", False):
        return display_for_header(value, empty)
    return display_for_value(value, empty, getattr(attribute, "boolean", False))
