"""What the search over everything (Ctrl+K) asks of a model: the first few that its list's search finds."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import OperationalError
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import reverse
from psycopg.errors import QueryCanceled

from hub.admin import changelist
from hub.admin.palette import MOST_HITS, TITLES, Group, Hit
from hub.admin.pasting import pasted
from tenants.admin.access import access_of
from tenants.admin.lists import tenants_shown
from tenants.admin.searching import hub_ids_in
from tenants.reading import read_for

SHORTEST = 2  # characters that identifiers are looked for by; of digits, which may be a hub id, one


class Findable:
    """Mixin, before the ModelAdmin: rows of a tenant that Ctrl+K finds as the list's own search does."""

    named_by: tuple[str, ...] = ()  # columns that are shown beside a row; a row that has the term in one comes first

    def find(self: Any, request: HttpRequest, term: str) -> Group | None:
        """Return the first rows that a term names, None where it can't name any; count whom the user is shown."""
        if not self.may_name(term):
            return None
        opts = self.opts
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        title = TITLES[opts.label_lower]
        rows = read_for(tenants_shown(request), lambda: _in_time(lambda: self.first_of(request, term)))
        self.count_found(request, rows or [])
        hits = [self.hit(request, row) for row in rows or []]
        return Group(title, hits, url, f"All {title.lower()} that match", is_late=rows is None)

    def may_name(self, term: str) -> bool:
        """Tell whether a term is enough to look for."""
        return len(term) >= SHORTEST or term.isdecimal()

    def count_found(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Count that the user is shown rows, where they say something of a person."""

    def first_of(self: Any, request: HttpRequest, term: str) -> list[Any]:
        """Return the first rows that the list's search finds: those that the term names in full, then the newest."""
        queryset: QuerySet[Any] = self.get_queryset(request).select_related("tenant")
        found, _ = self.get_search_results(request, queryset, term)
        readings = pasted(term)
        whole = Q(pk__in=hub_ids_in(readings))
        for name in self.named_by:
            whole |= Q(**{f"{name}__in": readings})
        newest = (F("pk") + Value(0)).desc()  # not by walking the key, which passes all that does not match
        return list(found.order_by(Case(When(whole, then=0), default=1), newest)[:MOST_HITS])

    def hit(self: Any, request: HttpRequest, row: Any) -> Hit:
        """Return a row as it is shown: its name, what else names it, its tenant for who sees several."""
        title = str(row)
        named = (str(value) for name in self.named_by if (value := getattr(row, name)))
        tenant = str(row.tenant) if access_of(request).sees_several else ""
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        return Hit(title, url, " · ".join(value for value in named if value != title), tenant)


def _in_time(read: Callable[[], list[Any]]) -> list[Any] | None:
    """Return what is read; None where a statement outlasts the patience of a list."""
    try:
        with changelist.patience(changelist.patience_ms()):
            return read()
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    return None
