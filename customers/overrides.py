"""Where staff and a source disagree about a flag: what the upsert keeps of either, and which grants are held back.

A flag is overridden where the source's last value is not what is stored ("never sent" counts as false, the default):
staff changed it since. Flags are boolean, so the source's last value need not be stored to be known. Under the policy
`opt-out sticks` a source's grant of an overridden flag that is stored as withdrawn is the value it had sent before, and
is held back; any other value of the source applies, and from then on it is not overridden.

Whoever stores at once lets the upsert hold back, and asks behind the rows' locks what it was (`held_back`). Whoever
looks first decides record by record (`hold_back`), for a batch may withdraw and grant again, and stores with NO_FLAG.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from customers.flags import BITS, FLAGS, FLAGS_SQL, GRANTED, NAMES, SENT_SQL, grants_sql
from hub.records.records import Records
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from hub.sql.upsert import Column
from tenants.models import ConsentPolicy, Tenant

HELD_BACK = "Held back: the tenant's staff withdrew it since, and this is the value that was sent before."
STANDING_SQL = f"t.overridden & ~{grants_sql(FLAGS_SQL)}"
STANDING = read_sql("customers", "standing").format(standing=STANDING_SQL)
# Of a row that is about to be granted something by a source: what staff withdrew, before this and not since. The bit of
# a flag that is granted before the update means nothing any more.
WITHDRAWN_BY_STAFF = (
    f"CASE WHEN t.withdrawn_by_staff = 0 THEN 0 ELSE t.withdrawn_by_staff & ~{grants_sql(FLAGS_SQL)} END"
)
AGAINST_STAFF = f"CASE WHEN t.withdrawn_by_staff = 0 THEN 0 ELSE t.withdrawn_by_staff & {grants_sql(FLAGS_SQL)} END"


def update_of(name: str) -> str:
    """Compose what a supplied flag becomes in a stored row: where it is overridden and sticks, no grant is stored.

    Customers whom staff never touched are told by their first comparison.
    """
    sticks = f"t.overridden & %(sticking)s::int & {1 << FLAGS[name]}"
    if GRANTED[NAMES[name]]:
        kept = f"excluded.{name} AND (t.{name} OR {sticks} = 0)"
    else:
        kept = f"excluded.{name} OR (t.{name} AND {sticks} <> 0)"
    return f"CASE WHEN t.overridden = 0 THEN excluded.{name} ELSE {kept} END"


def overridden_after(columns: Iterable[Column]) -> str:
    """Compose which flags are overridden after an update: none that was supplied, but for those that were held back."""
    supplied = f"excluded.given >> {place_in_given(columns)}"
    held = f"{STANDING_SQL} & %(sticking)s::int & {grants_sql(SENT_SQL)}"
    return f"CASE WHEN t.overridden = 0 THEN 0 ELSE t.overridden & ~({supplied} & ~({held})) END"


def place_in_given(columns: Iterable[Column]) -> int:
    """Return by how many places `given` has the flags further up than flags are written as bits.

    Raises ValueError where they do not lie side by side in the same order.
    """
    bits = {column.name: column.bit for column in columns}
    places = {bits[name] - bit for name, bit in FLAGS.items()}
    if len(places) != 1:
        raise ValueError(f"the flags lie otherwise in given: {bits}")
    return places.pop()


def sticks(tenant: Tenant) -> bool:
    """Tell whether a withdrawal by the tenant's staff stands against a source that sends what it had sent before."""
    return tenant.consent_policy == ConsentPolicy.OPT_OUT_STICKS


def grants_in(records: Records[Any], sent_as: Mapping[str, str]) -> dict[int, list[str]]:
    """Return by a record's index which flags it grants; `sent_as` has the names that records give them."""
    found: dict[int, list[str]] = {}
    for name, sent in sent_as.items():
        granted = GRANTED[name]
        for i, value in enumerate(records.column(sent)):
            if value is granted:
                found.setdefault(i, []).append(name)
    return found


def held_back(tenant: Tenant, grants: Mapping[int, Iterable[str]], keys: Mapping[int, str]) -> dict[int, list[str]]:
    """Return which grants were held back, once records that each mean another customer were stored, by their indexes.

    Behind the rows' locks: what is stored as withdrawn there, and overridden, was not granted.
    """
    standing = standing_of(tenant, keys.values())
    found = {i: [name for name in grants[i] if standing.get(keys[i], 0) & BITS[name]] for i in sorted(grants)}
    return {i: names for i, names in found.items() if names}


def standing_of(tenant: Tenant, keys: Iterable[str]) -> dict[str, int]:
    """Return by match_key the withdrawals by staff that stand, as bits, of those customers who have any."""
    named = {"tenant_id": tenant.pk, "keys": orjson.dumps(list(keys)).decode()}
    return dict(execute_where_tenant_is(STANDING, named))


def hold_back(record: Mapping[str, Any], standing: int) -> tuple[list[str], int]:
    """Return which of a record's grants are held back by the withdrawals that stand, and which of these stand after it.

    A source that withdraws as well agrees with staff: what it grants after that is another value than its last.
    """
    held = []
    for name, bit in BITS.items():
        if standing & bit and (value := record.get(name)) is not None:
            if value is GRANTED[name]:
                held.append(name)
            else:
                standing &= ~bit
    return held, standing
