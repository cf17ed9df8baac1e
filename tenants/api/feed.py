"""The change feed: GET /changes/{tenantId}?after=<number>, what downstream systems follow, and one changeset of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Annotated, Any

from django.http import HttpResponse
from pydantic import Field
from rest_framework.request import Request

from hub.api.errors import ApiError
from hub.api.pagination import DEFAULT_LIMIT, LIMIT
from hub.api.parameters import Parameters, meaning, number, written
from hub.api.responses import success
from hub.sql.bigint import MOST_DIGITS
from tenants.api.operations import FEED
from tenants.api.permissions import refuse_beyond
from tenants.api.views import TenantViewSet, reads
from tenants.api.waiting import MOST_SECONDS, look_or_wait
from tenants.audit.looks import PERSONAL
from tenants.changes.feed import item_of, items_after
from tenants.changes.included import Include, Item, with_records
from tenants.models import Entity, Way
from tenants.scopes import Scope, entities_in, scope_of

MOST_NUMBER = 10**MOST_DIGITS - 1
INCLUDES = {each.value: each for each in Include}


def _includes(text: str) -> list[Include] | None:
    """Return what a text lists with commas, in the order in which it is told; None where one word is unknown."""
    words = {word.strip() for word in text.split(",")}
    return [each for word, each in INCLUDES.items() if word in words] if words <= INCLUDES.keys() else None


ENTITY = Annotated[
    str,
    written("entity", {entity.value: entity.value for entity in Entity}.get),
    Field(description="Only changes of these.", json_schema_extra={"enum": Entity.values}),
]
INCLUDE = Annotated[
    list[Include],
    written("include", _includes),
    Field(description="What to tell of each record: itself, its identifiers."),
]


class ChangeViewSet(TenantViewSet):
    """A tenant's changesets in commit order, gapless, page by page; `next` is the `after` of the next call."""

    needs = {"list": Scope.READ, "retrieve": Scope.READ}  # any of them: what it does not hold is left out
    operations = FEED
    ways = {"list": Way.API_FEED, "retrieve": Way.API_FEED}
    persons: Mapping[Entity, int] = {}
    in_path = Parameters({"number": meaning(number(1, MOST_NUMBER), "Number of the changeset.")})
    in_query = {
        "list": Parameters(
            {
                "after": meaning(number(0, MOST_NUMBER), "The number after which to begin; 0 is the oldest kept."),
                "limit": LIMIT,
                "entity": ENTITY,
                "include": INCLUDE,
                "wait": meaning(number(0, MOST_SECONDS), "Seconds to wait for a change where there is none."),
            }
        )
    }

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        """Answer with the changesets after the number in `after` (0 without it), of one `entity` where it is named.

        Without it of all that the key may read; raises ApiError 403 where it may not read the one that is named. At
        most `limit` (100 without it), of at most 10,000 records together, and with what `include` asks for of at most
        10 MB, but at least one. Where there is none it waits for one, `wait` seconds at most. Raises Expired, a 410,
        where one of them is no longer kept.
        """
        after, most = self.query.get("after") or 0, self.query.get("limit") or DEFAULT_LIMIT
        seconds, include = self.query.get("wait") or 0, self.query.get("include", ())
        entities = self._entities(self.query.get("entity"))
        look = partial(items_after, self.tenant.pk, after, most=most, entities=entities, include=include)
        results = look_or_wait(request._request, look, self.tenant.pk, after, entities, seconds=seconds)
        self.persons = _persons(results)
        return success("Changes found.", {"results": results, "next": results[-1]["Number"] if results else after})

    @reads
    def retrieve(self, request: Request, **_: Any) -> HttpResponse:
        """Answer with one changeset and its records.

        Raises Expired, a 410, where it is no longer kept, and ApiError 403 where the key may not read its entity.
        """
        named = item_of(self.tenant.pk, self.ids["number"])
        if named is None:
            raise ApiError(404, "Changeset not found.")
        refuse_beyond(self.caller.scopes, scope_of("read", named["Entity"]))
        (found,) = with_records(self.tenant.pk, [named], [Include.RECORDS])
        self.persons = _persons([found])
        return success("Changeset found.", found)

    def looked_at(self) -> Mapping[Entity, int]:
        return self.persons

    def _entities(self, named: Entity | None) -> Collection[Entity] | None:
        """Return what the feed is to tell of, None for everything; raises ApiError 403 as `refuse_beyond` does."""
        scopes = self.caller.scopes
        if named:
            refuse_beyond(scopes, scope_of("read", named))
            return [named]
        return None if Scope.READ in scopes else [Entity(entity) for entity in entities_in(scopes, "read")]


def _persons(items: Iterable[Item]) -> Mapping[Entity, int]:
    """Return how many records of persons changesets tell of, by entity; an order's key names nobody."""
    shown: Counter[Entity] = Counter()
    for item in items:
        entity = Entity(item["Entity"])
        members = ("Record", "Keys") if entity == Entity.CUSTOMERS else ("Record",)
        if entity in PERSONAL:
            shown[entity] += sum(any(each.get(name) for name in members) for each in item.get("Records") or ())
    return +shown
