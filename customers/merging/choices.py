"""What two customers are together: which side each value is of, and which consents stand.

A row is what the database has as JSON, by column; numbers of attributes are not read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from customers.flags import ALL, FLAGS, grants
from customers.former import FORMER_COLUMNS
from customers.ingest import CUSTOMERS
from tenants.identity import COLUMNS, IDENTIFIERS, key_of

KEPT, LOST, BOTH = "kept", "lost", "both"
FIELDS = ("customer_id", "email", "name", "surname", "phone", "language", "username")
SETS = ("tags", "mailing_lists", "attributes")
GIVEN_BITS = {column.name: 1 << column.bit for column in CUSTOMERS.columns if column.name in FLAGS}
Row = Mapping[str, Any]
NOTHING: Mapping[str, str] = MappingProxyType({})
NO_FLAGS: Mapping[str, bool] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Choices:
    """Which side each value is taken from, by column: KEPT where nothing is said, BOTH for what is a set.

    A value that only one side has is taken whatever was chosen: nobody loses their only e-mail. `flags` are consents
    that staff decide by hand; of the others one is granted only where both are.
    """

    sides: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    flags: Mapping[str, bool] = field(default_factory=lambda: NO_FLAGS)

    def side(self, column: str) -> str:
        """Return the side that a column's value is taken from."""
        chosen = self.sides.get(column)
        if column in SETS:
            return chosen if chosen in (KEPT, LOST) else BOTH
        return LOST if chosen == LOST else KEPT


def differ(kept: Row, lost: Row) -> list[str]:
    """Return the columns of which there is something to choose: both sides have a value, and not the same."""
    fields = [name for name in FIELDS if kept[name] and lost[name] and kept[name] != lost[name]]
    return fields + [name for name in SETS if kept[name] != lost[name]]


def value_of(column: str, kept: Row, lost: Row, choices: Choices) -> Any:
    """Return the value that a column has in the merged customer."""
    ours, theirs, side = kept[column], lost[column], choices.side(column)
    if side == BOTH:
        return list(dict.fromkeys([*ours, *theirs]))
    if column in SETS:
        return ours if side == KEPT else theirs
    return (theirs or ours) if side == LOST else (ours or theirs)


def dropped(column: str, kept: Row, lost: Row, choices: Choices) -> str | None:
    """Return the identifier that nobody has any more when the two are one."""
    values = {row[column] for row in (kept, lost) if row[column]} - {value_of(column, kept, lost, choices)}
    return values.pop() if values else None


def flags_of(row: Row) -> int:
    """Return a row's flags as bits."""
    return sum(1 << bit for name, bit in FLAGS.items() if row[name])


def by_rule(kept: Row, lost: Row) -> int:
    """Return the flags of two customers who are one, as bits: a consent is granted only where both grant it."""
    return grants(grants(flags_of(kept)) & grants(flags_of(lost)))


def flags_after(kept: Row, lost: Row, choices: Choices) -> int:
    """Return the flags as they come out, as bits."""
    flags = by_rule(kept, lost)
    for name, value in choices.flags.items():
        flags = flags | 1 << FLAGS[name] if value else flags & ~(1 << FLAGS[name])
    return flags


def by_hand(kept: Row, lost: Row, choices: Choices) -> list[str]:
    """Return the flags that come out otherwise than the rule says: they need a reason."""
    otherwise = flags_after(kept, lost, choices) ^ by_rule(kept, lost)
    return [name for name, bit in FLAGS.items() if otherwise & 1 << bit]


def merged(kept: Row, lost: Row, choices: Choices, order: tuple[str, ...]) -> dict[str, Any]:
    """Return the columns of the merged customer but for its attributes; `order` are the identifiers by priority.

    Of flags that come out otherwise than either side has them staff were the last to say something. Overridden is what
    the source of either side sent otherwise: it holds back no more than it would have held back there.
    """
    values = {column: value_of(column, kept, lost, choices) for column in (*FIELDS, "tags", "mailing_lists")}
    flags = flags_after(kept, lost, choices)
    granted = grants(flags)
    sent = [flags_of(row) ^ row["overridden"] for row in (kept, lost)]
    changed = (flags ^ flags_of(kept)) | (flags ^ flags_of(lost))
    said = kept["withdrawn_by_staff"] | lost["withdrawn_by_staff"] | changed
    return {
        **values,
        **{name: bool(flags & 1 << bit) for name, bit in FLAGS.items()},
        **former(kept, lost, values),
        "match_key": _key(kept, values, order),
        "given": kept["given"] | lost["given"] | sum(GIVEN_BITS[name] for name in by_hand(kept, lost, choices)),
        "overridden": ((sent[0] ^ flags) | (sent[1] ^ flags)) & ALL,
        "withdrawn_by_staff": said & ~granted & ALL,
    }


def _key(kept: Row, values: Row, order: tuple[str, ...]) -> str:
    """Return what names the merged customer; who has no identifier at all keeps their key."""
    try:
        return key_of(order, {name: values[COLUMNS[name]] for name in IDENTIFIERS})
    except ValueError:
        return str(kept["match_key"])


def former(kept: Row, lost: Row, values: Mapping[str, Any]) -> dict[str, list[str] | None]:
    """Return what both were known by and are no more, the latest first: an erasure finds orders by it."""
    found = {}
    for name, column in FORMER_COLUMNS.items():
        present = [kept[COLUMNS[name]], lost[COLUMNS[name]], *(kept[column] or ()), *(lost[column] or ())]
        left = dict.fromkeys(value for value in present if value and value != values[COLUMNS[name]])
        found[column] = list(left) or None
    return found


def told_by_ledger(kept: Row, lost: Row, after: int) -> int:
    """Return the flags before, as the ledger of both together has them: another value where either side had one."""
    return after ^ ((after ^ flags_of(kept)) | (after ^ flags_of(lost)))
