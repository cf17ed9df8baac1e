"""What a customer was known by before, kept by the upsert: an erasure finds orders by it that still name the person.

In clear, on the customer's own row, which takes it along when it goes (docs/decisions.md, "Former identifiers").
"""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from tenants.changes.erasure import Identifier
from tenants.identity import COLUMNS

MOST_FORMER = 100  # of each kind, the latest first: a till whose customer has another e-mail with every sale ends there
# By an identifier's documented name, the column of its former values, and the field that a batch's own come in.
FORMER_COLUMNS = {"CustomerId": "former_ids", "Email": "former_emails"}
FORMER_FIELDS = {"CustomerId": "FormerIds", "Email": "FormerEmails"}
_KEEP = """{former} = CASE
           WHEN excluded.given & {bit} <> 0 AND t.{column} <> coalesce(excluded.{column}, '')
           THEN (array_prepend(t.{column}, array_remove(excluded.{former} || t.{former}, t.{column})))[:{most}]
           ELSE (excluded.{former} || t.{former})[:{most}]
       END"""


def keep_former(bits: Mapping[str, int]) -> str:
    """Compose the assignments of an upsert of customers; `bits` are those of the identifiers' columns."""
    return ",\n       ".join(
        _KEEP.format(former=former, column=COLUMNS[name], bit=1 << bits[name], most=MOST_FORMER)
        for name, former in FORMER_COLUMNS.items()
    )


def supersede(row: MutableMapping[str, Any], record: Mapping[str, Any]) -> None:
    """Note in a row what a later record of its batch puts another value, or none, in place of: "" is none."""
    for name, field in FORMER_FIELDS.items():
        if (old := row.get(name)) and record.get(name, old) not in (None, old):
            row[field] = [old, *row.get(field, ())][:MOST_FORMER]


def former_of(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> dict[Identifier, None]:
    """Return the identifiers that a customer no longer has, of the kinds that are kept."""
    return {(name, old): None for name in FORMER_FIELDS if (old := before[name]) and after[name] != old}


def as_pairs(**values: Sequence[str] | None) -> dict[Identifier, None]:
    """Return former identifiers as pairs, from what their columns hold."""
    return {(name, value): None for name, held in values.items() for value in held or ()}
