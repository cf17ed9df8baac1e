"""The admin's lists: with what they are filtered by, and those of records read from where the last page ended.

Never an OFFSET, and no COUNT that outlasts the list's patience.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.db import OperationalError, connections, transaction
from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from psycopg.errors import QueryCanceled
from unfold.views import ChangeList

from hub.admin.chips import Chip, address, chips_of
from hub.admin.keyset import Order, Place, Stretch, ahead, anchor_in, place_of
from hub.admin.table import Header, Row, Sort, headers, rows
from hub.sql.execute import is_distributed
from hub.sql.replica import reads_from

PATIENCE_MS = 30
COUNTING_MS = 60
SHARDS = 10  # times as long: to ask every shard takes 15 to 60 ms where each finds its rows at once
MOST_COUNTED = 10_000  # rows that a list counts, and that an action takes at once


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a list has, as far as that is known: never fewer than are shown."""

    least: int
    is_exact: bool = True

    def __str__(self) -> str:
        if self.is_exact:
            return f"{self.least:,}"
        return f"{self.least:,}+" if self.least == MOST_COUNTED else f"more than {self.least:,}"


class Pages:
    """All that the theme asks of a paginator: which template draws the links to other pages."""

    template_name = "admin/keyset_pagination.html"

    def __init__(self, per_page: int) -> None:
        self.per_page = per_page


class HubChangeList(ChangeList):
    """A list that says what it is filtered by, each with a link that takes it away."""

    may_act = True
    list_display: Any

    def sorts_of(self, column: Any) -> list[Sort]:
        """Return what the head of a column offers beside what Django does."""
        return []

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count  # the theme writes both where they differ
        self.describe(request)

    def describe(self, request: HttpRequest) -> None:
        """Say what the list is filtered by."""
        self.chips: list[Chip] = chips_of(self, request)
        self.clear_url = address(request, {*self.filter_parameters(), SEARCH_VAR, PAGE_VAR})

    def filter_parameters(self) -> list[str]:
        """Return the names that the filters have in an address."""
        return [name for one in self.list_filter for name in one.parameters()]

    @property
    def mistakes(self) -> bool:
        """Tell whether a filter was given what it can't mean."""
        return any(chip.mistake for chip in self.chips)

    def headers(self) -> list[Header]:
        """Return the heads of the columns."""
        return headers(self)

    def rows_shown(self) -> Iterator[Row]:
        """Yield the rows of the page, cell by cell."""
        return rows(self)


class KeysetChangeList(HubChangeList):
    """A list whose page is named by the hub id it follows: `p=900` comes after 900, `p=-900` before it.

    `o=email` sorts it by e-mail, `o=-email` the other way round; without one the newest come first. `result_count` is
    the least that is known, `counted` says how much of it is certain. `waits_ms` is how long it walks an index for a
    page of rows, where that is not as long as somebody who looks at the list waits.
    """

    waits_ms = 0

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        self.within = self.model_admin.sorted_within(request, self)
        text = request.GET.get(ORDER_VAR, "")
        asked = Order(text.removeprefix("-"), text.startswith("-"))
        offered = {sort.field for name in self.list_display for sort in self.sorts_of(name)}
        self.order = asked if asked.field in offered else Order()
        return self.order.as_sql()

    def sorts_of(self, column: Any) -> list[Sort]:
        """Return what the head of a column offers: by hub id always, else where an index serves the rows shown."""
        sorts = self.model_admin.sorts.get(column, ()) if isinstance(column, str) else ()
        return [sort for sort in sorts if sort.field == "pk" or self.within is not None]

    def get_ordering_field_columns(self) -> dict[int, str]:
        """Return nothing: columns are sorted by name, not by number."""
        return {}

    def get_results(self, request: HttpRequest) -> None:
        anchor, newer = anchor_in(request.GET.get(PAGE_VAR, ""))
        place = place_of(self.root_queryset, anchor, self.order) if anchor is not None else None
        newer = newer and place is not None
        found = self.rows(place, newer=newer, most=self.list_per_page + 1)
        more = len(found) > self.list_per_page
        self.result_list: list[Model] = found[: self.list_per_page]
        if newer:
            self.result_list.reverse()
        self.older = self.result_list[-1].pk if self.result_list and (more or newer) else None
        self.newer = self.result_list[0].pk if self.result_list and (more if newer else place) else None
        self.counted = self.count() if self.older or self.newer else Count(len(self.result_list))
        self.result_count = self.counted.least
        self.full_result_count, self.show_full_result_count = self.result_count, False
        self.show_admin_actions, self.can_show_all, self.multi_page = True, False, False
        self.paginator = Pages(self.list_per_page)
        self.mark(request)
        self.describe(request)

    def mark(self, request: HttpRequest) -> None:
        """Mark the rows that the user may act on: they have a box, and where none has there are no actions."""
        for row in self.result_list:
            row.may_act = not self.is_popup and self.model_admin.may_act(request, row)  # type: ignore[attr-defined]
        self.may_act = any(row.may_act for row in self.result_list)  # type: ignore[attr-defined]
        if not self.may_act:
            self.list_display = [name for name in self.list_display if name != "action_checkbox"]

    def rows(self, place: Place | None, *, newer: bool, most: int) -> list[Model]:
        """Return at most `most` rows that follow a place; `newer`: that come before it, the nearest first.

        Without a place the first of all.
        """
        queryset = self.queryset.filter(**self.within) if self.within and self.order.field != "pk" else self.queryset
        found: list[Model] = []
        for stretch, after in ahead(self.order.stretches(self.model, backwards=newer), place):
            if len(found) < most:
                found += self.read(stretch, queryset, after, most - len(found))
        return found

    def read(self, stretch: Stretch, queryset: QuerySet[Any], place: Place | None, most: int) -> list[Model]:
        """Return the first rows of a stretch: by walking its index if that finds them soon, else by sorting them.

        The planner walks the key backwards for any filter, in the hope of finding enough soon: 1 ms where it does,
        370 where nothing matches. Reading all rows in parallel and sorting takes 90 either way.
        """
        following = stretch.following(queryset, place)
        try:
            with patience(self.waits_ms or patience_ms()):
                return list(following[:most])
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
        return list(stretch.sorting(following)[:most])

    def count(self) -> Count:
        """Count the list's rows up to MOST_COUNTED; where that takes too long, more are known than a page shows."""
        rows = self.queryset.order_by().select_related(None).prefetch_related(None).values("pk")
        try:
            with patience(COUNTING_MS * (SHARDS if is_distributed() else 1)):
                number = rows[: MOST_COUNTED + 1].count()
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            return Count(len(self.result_list), is_exact=False)
        return Count(min(number, MOST_COUNTED), number <= MOST_COUNTED)

    @property
    def across(self) -> str:
        """What is offered to who ticks all of a page: to act on the whole list; "" where the page is all of it."""
        if not (self.older or self.newer):
            return ""
        if self.across_all:
            return f"Select all {self.counted} matches of this list"
        return f"Select the first {self.model_admin.most_at_once:,} matches of this list"

    @property
    def across_all(self) -> bool:
        """Tell whether an action takes all that match, not only the first."""
        return self.counted.is_exact and self.counted.least <= self.model_admin.most_at_once

    @property
    def ways(self) -> dict[str, str]:
        """What leads through the pages is called."""
        if self.order == Order():
            return {"first": "Newest", "before": "Newer", "after": "Older"}
        if self.order.field == "pk":
            return {"first": "Oldest", "before": "Older", "after": "Newer"}
        return {"first": "First", "before": "Previous", "after": "Next"}

    @property
    def older_url(self) -> str | None:
        """The address of the page of older records, None on the last one."""
        return self.get_query_string({PAGE_VAR: self.older}) if self.older else None

    @property
    def newer_url(self) -> str | None:
        """The address of the page of newer records, None on the first one."""
        return self.get_query_string({PAGE_VAR: -self.newer}) if self.newer else None

    @property
    def first_url(self) -> str:
        """The address of the newest records."""
        return str(self.get_query_string())


def patience_ms() -> int:
    """Return how many milliseconds a list walks its key, or searches in any case."""
    return PATIENCE_MS * (SHARDS if is_distributed() else 1)


@contextmanager
def patience(milliseconds: int) -> Iterator[None]:
    """Bound each statement within; one that takes longer raises OperationalError, caused by QueryCanceled."""
    database = reads_from()
    with transaction.atomic(database), connections[database].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)",
            [str(milliseconds)],
        )
        before = cursor.fetchone()[0]
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])  # an outer transaction goes on
