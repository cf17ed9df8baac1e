"""What the feed tells of the records of changesets beside their hub ids: the records as they are now, their keys.

Whatever a page has, it takes a constant number of statements: of each entity one that weighs its records before they
are read, and one or two that read them, by index.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.apps import apps
from orjson import Fragment

from hub.api.responses import to_json
from hub.api.weights import MOST_BYTES
from hub.sql.hub_ids import with_ids
from tenants.entities import Reading, entity_config, model_label

MOST_RECORDS = 10_000  # hub ids in one page
OPERATIONS = {"Created": "created", "Updated": "updated", "Deleted": "deleted"}

Item = dict[str, Any]
Pairs = list[tuple[int, str]]  # a changeset's hub ids, and what was done to each


class Include(StrEnum):
    """What is told of a record: all of it, or its identifiers."""

    RECORDS = "records"
    KEYS = "keys"


MEMBERS = {Include.RECORDS: "Record", Include.KEYS: "Keys"}


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a record, under the members of an entry of `Records`, and of how many bytes that is."""

    members: Mapping[str, object]
    size: int = 0


def with_records(tenant_id: UUID, items: Sequence[Item], include: Collection[Include]) -> list[Item]:
    """Add `Records` to changesets, as `include` asks; return the first of them whose records have 10 MB together.

    `Records` is None where those of one alone have more, or are more than MOST_RECORDS: they are read by hub id.
    What is told of a record is JSON already (orjson.Fragment), and None where the record is gone.
    """
    if not include:
        return list(items)
    named = [_pairs(item) for item in items]
    if Include.RECORDS in include:
        ids = _by_entity(items, named)
        weights = {entity: _reading(entity).growing.weigh(tenant_id, ids[entity]) for entity in ids}
        named = _fitting(items, named, weights)
    told = {entity: _told(tenant_id, entity, ids, include) for entity, ids in _by_entity(items, named).items()}
    sizes = {entity: {pk: each.size for pk, each in of_entity.items()} for entity, of_entity in told.items()}
    named = _fitting(items, named, sizes)
    return [{**item, "Records": _records(pairs, told.get(item["Entity"], {}))} for item, pairs in _zip(items, named)]


def _pairs(item: Item) -> Pairs | None:
    """Return what a changeset names, None where that is too much for one answer."""
    if sum(len(item[member]) for member in OPERATIONS) > MOST_RECORDS:
        return None
    return [(pk, operation) for member, operation in OPERATIONS.items() for pk in item[member]]


def _zip(items: Iterable[Item], named: Iterable[Pairs | None]) -> Iterable[tuple[Item, Pairs | None]]:
    """Yield the changesets of the page, which are the first of `items`, with what each names."""
    return zip(items, named, strict=False)


def _by_entity(items: Iterable[Item], named: Iterable[Pairs | None]) -> dict[str, list[int]]:
    """Return the hub ids of the page by entity, each once."""
    found: dict[str, dict[int, None]] = {}
    for item, pairs in _zip(items, named):
        found.setdefault(item["Entity"], {}).update((pk, None) for pk, _ in pairs or ())
    return {entity: list(ids) for entity, ids in found.items() if ids}


def _fitting(
    items: Iterable[Item], named: Iterable[Pairs | None], sizes: Mapping[str, Mapping[int, int]]
) -> list[Pairs | None]:
    """Return what the first changesets name, as many as have MOST_BYTES together; None for one that alone has more."""
    page: list[Pairs | None] = []
    total = 0
    for item, pairs in _zip(items, named):
        of_entity = sizes.get(item["Entity"], {})
        size = sum(of_entity.get(pk, 0) for pk, _ in pairs or ())
        is_whole = size <= MOST_BYTES
        total += size if is_whole else 0
        if total > MOST_BYTES:
            break
        page.append(pairs if is_whole else None)
    return page


def _reading(entity: str) -> Reading:
    return entity_config(entity).reading


def _told(tenant_id: UUID, entity: str, ids: Sequence[int], include: Collection[Include]) -> dict[int, Told]:
    """Return what is told of records, by hub id."""
    reading = _reading(entity)
    if Include.RECORDS in include:
        found = reading.growing.whole(tenant_id, ids)
    else:
        records = apps.get_model(model_label(entity))._default_manager.filter(tenant_id=tenant_id)
        found = list(with_ids(records, ids).only(*reading.of_keys))
    gone = Told({**reading.marks(None), **{MEMBERS[each]: None for each in include}})
    return dict.fromkeys(ids, gone) | {record.pk: _written(reading, record, include) for record in found}


def _written(reading: Reading, record: Any, include: Collection[Include]) -> Told:
    marks, write = reading.marks(record), {Include.RECORDS: reading.write, Include.KEYS: reading.keys}
    more = {Include.RECORDS: marks, Include.KEYS: {}}
    texts = {MEMBERS[each]: to_json({**write[each](record), **more[each]}) for each in include}
    members = {member: Fragment(text) for member, text in texts.items()}
    return Told({**marks, **members}, sum(map(len, texts.values())))


def _records(pairs: Pairs | None, told: Mapping[int, Told]) -> list[Item] | None:
    if pairs is None:
        return None
    return [{"HubId": pk, "Operation": operation, **told[pk].members} for pk, operation in pairs]
