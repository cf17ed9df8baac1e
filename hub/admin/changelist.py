"""The admin's lists: newest first by hub id, read from where the last page ended. Never a COUNT, never an OFFSET."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR
from django.db import OperationalError, connections, transaction
from django.db.models import F, Model, QuerySet, Value
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from psycopg.errors import QueryCanceled
from unfold.views import ChangeList

from hub.sql.bigint import is_bigint
from hub.sql.execute import is_distributed
from hub.sql.replica import reads_from

PATIENCE_MS = 30
SHARDS = 10  # times as long: to ask every shard takes 15 to 60 ms where each finds its rows at once


class Pages:
    """All that the theme asks of a paginator: which template draws the links to other pages."""

    template_name = "admin/keyset_pagination.html"

    def __init__(self, per_page: int) -> None:
        self.per_page = per_page


class KeysetChangeList(ChangeList):
    """A list whose page is named by the hub id it follows: `p=900` are older records than 900, `p=-900` newer ones.

    `result_count` is exact where one page holds everything, and the planner's estimate elsewhere.
    """

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        anchor, newer = _position(request.GET.get(PAGE_VAR, ""))
        found = self.rows(anchor, newer=newer, most=self.list_per_page + 1)
        more = len(found) > self.list_per_page
        self.result_list: list[Model] = found[: self.list_per_page]
        if newer:
            self.result_list.reverse()
        self.older = self.result_list[-1].pk if self.result_list and (more or newer) else None
        self.newer = self.result_list[0].pk if self.result_list and (more if newer else anchor) else None
        self.is_estimate = bool(self.older or self.newer)
        self.result_count = estimated_rows(self.queryset) if self.is_estimate else len(self.result_list)
        self.full_result_count, self.show_full_result_count = self.result_count, False
        self.show_admin_actions, self.can_show_all, self.multi_page = True, False, False
        self.paginator = Pages(self.list_per_page)

    def rows(self, anchor: int | None, *, newer: bool, most: int) -> list[Model]:
        """Return at most `most` rows older than the hub id `anchor`, newest first; `newer`: newer ones, oldest first.

        Without an anchor the newest of all. By walking the key if that finds them soon, else by sorting what matches.
        The planner walks the key backwards for any filter, in the hope of finding enough soon: 1 ms where it does,
        370 where nothing matches. Reading all rows in parallel and sorting takes 90 either way.
        """
        following = _following(self.queryset, anchor, newer=newer)
        try:
            with patience(patience_ms()):
                return list(following[:most])
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
        by_key = F("pk") + Value(0)  # an expression, which the index of the key does not serve
        return list(following.order_by(by_key.asc() if newer else by_key.desc())[:most])

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


def _position(text: str) -> tuple[int | None, bool]:
    """Return the hub id a page follows (None: the first page) and whether it holds newer records."""
    digits = text.removeprefix("-")
    if not is_bigint(digits):
        return None, False
    return int(digits), text.startswith("-")


def _following(queryset: QuerySet[Any], anchor: int | None, *, newer: bool) -> QuerySet[Any]:
    if anchor is None:
        return queryset
    return queryset.filter(pk__gt=anchor).order_by("pk") if newer else queryset.filter(pk__lt=anchor)


def estimated_rows(queryset: QuerySet[Any]) -> int:
    """Return how many rows PostgreSQL's planner expects: under a millisecond, where counting 1e6 takes 60.

    Where rows are on several nodes, each shard asked is taken to have as many as the one whose plan Citus shows.
    """
    plan = json.loads(queryset.order_by().select_related(None).values("pk").explain(format="json"))[0]["Plan"]
    if "Distributed Query" not in plan:
        return int(plan["Plan Rows"])
    job = plan["Distributed Query"]["Job"]
    shown = [task["Remote Plan"][0][0]["Plan"]["Plan Rows"] for task in job["Tasks"]]
    return int(job["Task Count"] * sum(shown) / max(len(shown), 1))
