"""The content hash of a record, computed where the record is: what docs/reconcile.md defines, composed once.

It is the SHA-256 of a JSON object in UTF-8: no blanks, names sorted, and nothing that is null, false or empty, so that
a field which is added later leaves the hash of every record that does not have it. Amounts are texts with four
decimals, for a float has no last digit. Reads and reconciliations use the same SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.sql.upsert import Table

# The JSON of a column's value by its type; NULL where the member is left out.
WRITTEN = {
    "boolean": "CASE WHEN {value} THEN 'true' END",
    "integer": "{value}::text",
    "numeric(16,4)": "'\"' || {value}::text || '\"'",
    "text": "to_json(NULLIF({value}, ''))::text",
    "text[]": "CASE WHEN cardinality({value}) > 0 THEN to_json({value})::text END",
    "timestamptz": "'\"' || to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') || '\"'",
}
ARRAY = """(
           SELECT '[' || string_agg({element}, ',' ORDER BY {parts.order}) || ']'
             FROM {parts.table} p
            WHERE p.tenant_id = {tenant} AND p.{parts.parent} = {row}.id)"""

Members = Mapping[str, tuple[str, str]]  # by documented name, a column and its type


@dataclass(frozen=True)
class HashedParts:
    """The parts of a record under the name `name`: rows of `table` whose `parent` is its hub id, in an order."""

    name: str
    table: str
    parent: str
    order: str
    members: Members


def members_of(table: Table, *, without: tuple[str, ...] = ()) -> Members:
    """Return the members of a table that records fill, without those that no native record has."""
    return {each.field: (each.name, each.type) for each in table.columns if each.field not in without}


def content_hash(members: Members, row: str, *, tenant: str, parts: HashedParts | None = None) -> str:
    """Compose the hash of the record in `row`, a table's name or alias; `tenant` is the SQL of whose parts are read."""
    texts = _texts(members, row)
    if parts:
        texts[parts.name] = _array(parts, row, tenant)
    return f"encode(sha256(convert_to({_object(texts)}, 'UTF8')), 'hex')"


def _texts(members: Members, row: str) -> dict[str, str]:
    return {name: WRITTEN[kind].format(value=f"{row}.{column}") for name, (column, kind) in members.items()}


def _object(texts: Mapping[str, str]) -> str:
    """Compose an object: concat_ws passes over what is NULL."""
    named = ",\n           ".join(f"'\"{name}\":' || {texts[name]}" for name in sorted(texts))
    return f"'{{' || concat_ws(',',\n           {named}) || '}}'"


def _array(parts: HashedParts, row: str, tenant: str) -> str:
    """Compose the array of a record's parts, NULL where it has none."""
    element = _object(_texts(parts.members, "p"))
    return ARRAY.format(element=element, row=row, tenant=tenant, parts=parts)
