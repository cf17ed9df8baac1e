"""One write for a whole list: flags, tags and mailing lists of many customers, in one changeset that can be undone.

As with every edit by staff, what somebody decided otherwise about since it was shown stays as it is.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from customers.acting.standing import Member, Standing, standing_within
from customers.consents import GIVEN_BITS as GIVEN_BY_FLAG
from customers.consents import Conflict, ConsentEdit
from customers.flags import ALL, FLAGS, FLAGS_SQL, as_bits, grants, grants_sql, has_flag
from customers.ingest import CUSTOMERS, KEPT
from customers.restoring import LISTS, NOTE_BY_ID
from customers.schemas import MOST_ITEMS
from hub.sql.files import read_sql
from tenants.changes.changesets import Origin, recording
from tenants.changes.writing import Last, Write, open_write
from tenants.models import Entity, Operation, Tenant

TITLES = {"tags": "tag", "mailing_lists": "mailing list"}
GIVEN_BITS = {column.name: 1 << column.bit for column in CUSTOMERS.columns if column.name in TITLES}
WITHOUT = """CASE WHEN e.not_{items} = '{{}}' THEN t.{column}
                  ELSE ARRAY(SELECT u.item FROM unnest(t.{column}) WITH ORDINALITY AS u(item, place)
                              WHERE u.item <> ALL (e.not_{items}) ORDER BY u.place) END || e.{items}"""
EDIT_LISTED = recording(
    "SELECT id, 'updated', before, after, NULL::int, 0 FROM edited ORDER BY id",
    ctes=read_sql("customers", "edit_listed").format(
        assignments=", ".join(
            f"{name} = CASE WHEN e.said & {1 << bit} <> 0 THEN e.wanted & {1 << bit} <> 0 ELSE t.{name} END"
            for name, bit in FLAGS.items()
        ),
        tags=WITHOUT.format(column="tags", items="tags"),
        lists=WITHOUT.format(column="mailing_lists", items="lists"),
        granted=grants_sql("e.wanted"),
        flags=FLAGS_SQL,
        image=KEPT.image,
    ),
    kept=KEPT.keep("SELECT l.id, l.image FROM listed l"),
)


@dataclass(frozen=True)
class Wanted:
    """What all customers of a list are to have: flags by name; tags and lists that each is to have, or not."""

    flags: Mapping[str, bool] = field(default_factory=dict)
    members: Mapping[Member, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A customer as somebody was shown it: its flags as bits, and as bits which of the wanted members it has."""

    flags: int
    members: int = 0


@dataclass(slots=True)
class Acted:
    """What became of a list: by hub id who changed; who was left alone, with what of it; the changeset's number."""

    changed: set[int] = field(default_factory=set)
    left_alone: dict[int, list[str]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    conflicts: list[Conflict] = field(default_factory=list)
    number: int | None = None


class Edit(NamedTuple):
    """What one customer gets: the flags that are set, as bits, what is given by it, and bits of members that change."""

    said: int
    given: int
    members: int


def act(tenant: Tenant, seen: Mapping[int, Seen], wanted: Wanted, *, origin: Origin) -> Acted:
    """Give customers, by hub id as they were seen, what is wanted of all of them: one changeset, with before-images.

    A flag, tag or list that was changed otherwise since it was seen stays so, and is told of. One that a customer has
    already changes nothing. Under the exclusive lock: how they stand is decided on here, by bits, and nothing else of a
    record leaves the database, whatever their number.
    """
    acted = Acted()
    with open_write(tenant, Entity.CUSTOMERS, Operation.EDIT, origin) as write:
        standing = standing_within(write.execute, seen, wanted.members)
        acted.gone = seen.keys() - {customer.id for customer in standing}
        _store(write, wanted, list(_decided(write, standing, seen, wanted, acted)))
        write.changes.received = len(standing)
        write.changes.unchanged = len(standing) - len(acted.changed)
    acted.number = write.receipt.number
    return acted


def _decided(
    write: Write, standing: list[Standing], seen: Mapping[int, Seen], wanted: Wanted, acted: Acted
) -> Iterator[tuple[int, Edit]]:
    """Yield who gets what, and note what is left alone, and what is withdrawn."""
    said, values = as_bits(dict.fromkeys(wanted.flags, True)), as_bits(wanted.flags)
    members = list(wanted.members.items())
    withdrawn = {}
    for customer in standing:
        was = seen[customer.id]
        refused = said & (customer.flags ^ was.flags) & (customer.flags ^ values)
        differing, left = _members(customer, was.members, members)
        if refused:
            flags = {name: value for name, value in wanted.flags.items() if has_flag(refused, name)}
            acted.conflicts.append(Conflict(ConsentEdit(customer.id, was.flags, flags), customer.flags))
            left += flags
        if left:
            acted.left_alone[customer.id] = left
        if bits := said & ~refused & ~grants(values) & ALL | _withdrawn_lists(differing, members):
            withdrawn[str(customer.id)] = bits
        edit = _edit(customer, said & ~refused, values, differing, members)
        if edit.given:
            acted.changed.add(customer.id)
            yield customer.id, edit
    if write.hears and withdrawn:
        write.execute(NOTE_BY_ID, withdrawn=orjson.dumps(withdrawn).decode())


def _members(customer: Standing, seen: int, members: list[tuple[Member, bool]]) -> tuple[int, list[str]]:
    """Return which of the wanted members change, as bits, and what is left alone: what somebody changed otherwise."""
    number = {"tags": customer.tags, "mailing_lists": customer.lists}
    differing, left = 0, list[str]()
    for i, ((column, item), wanted) in enumerate(members):
        has, had = bool(customer.members & 1 << i), bool(seen & 1 << i)
        if has == wanted:
            continue
        if has != had:
            left.append(f"{TITLES[column]} {item}")
        elif wanted and number[column] >= MOST_ITEMS:
            left.append(f"{TITLES[column]} {item}: there are {MOST_ITEMS:,} already")
        else:
            differing |= 1 << i
            number[column] += 1 if wanted else -1
    return differing, left


def _withdrawn_lists(differing: int, members: list[tuple[Member, bool]]) -> int:
    lists = (i for i, ((column, _), wanted) in enumerate(members) if column == "mailing_lists" and not wanted)
    return LISTS if any(differing & 1 << i for i in lists) else 0


def _edit(customer: Standing, said: int, values: int, differing: int, members: list[tuple[Member, bool]]) -> Edit:
    """Return what a customer gets, nothing of the flags where all are so, and were given, already."""
    given = sum(bit for name, bit in GIVEN_BY_FLAG.items() if has_flag(said, name))
    if not (customer.flags ^ values) & said and customer.given & given == given:
        said = given = 0
    for i, ((column, _), _) in enumerate(members):
        given |= GIVEN_BITS[column] if differing & 1 << i else 0
    return Edit(said, given, differing)


def _store(write: Write, wanted: Wanted, edits: list[tuple[int, Edit]]) -> None:
    """Store edits, as one row of those who get the same, and the changeset with them as they were."""
    alike: dict[Edit, list[int]] = defaultdict(list)
    for hub_id, edit in edits:
        alike[edit].append(hub_id)
    rows = [_row(edit, ids, wanted) for edit, ids in alike.items()]
    write.keeps = True
    write.last = Last(EDIT_LISTED, number=len(edits), parameters={"edits": orjson.dumps(rows).decode()})


def _row(edit: Edit, ids: list[int], wanted: Wanted) -> dict[str, Any]:
    items: dict[tuple[str, bool], list[str]] = {(column, add): [] for column in TITLES for add in (True, False)}
    for i, ((column, item), add) in enumerate(wanted.members.items()):
        if edit.members & 1 << i:
            items[column, add].append(item)
    return {
        "ids": ids,
        "said": edit.said,
        "wanted": as_bits(wanted.flags) & edit.said,
        "given": edit.given,
        "tags": items["tags", True],
        "not_tags": items["tags", False],
        "lists": items["mailing_lists", True],
        "not_lists": items["mailing_lists", False],
    }
