"""The one upsert statement all entities share: set-based, race-free, and silent where nothing changes.

    INSERT … SELECT … FROM json_to_recordset(…) ORDER BY key
    ON CONFLICT (tenant_id, key) DO UPDATE SET column = CASE WHEN given THEN sent ELSE stored END …
    WHERE something IS DISTINCT FROM what it would become

500 customers take 9.5 ms; COPY into a temporary table 10.9, unnest 14, bulk_create 48, row by row 55.

`given` is a bit for each column, set where a record supplied it: it tells an omitted field from a sent one whatever
mixture of fields a batch has, and is kept, so that "never given" can be told from "false".
`ORDER BY key` is the lock order: without it 60 of 64 overlapping batches died of deadlock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field

from psycopg import sql

MOST_BITS = 31  # of a PostgreSQL integer that stays positive


@dataclass(frozen=True)
class Column:
    """A column that records fill: its name, the documented name of the field, its SQL type.

    `default` is the SQL of a new row's value where the field is omitted. `clears` says that "" means "no value".
    `bit` is the column's place in the stored bitmask `given`: once a row is stored it never changes, and the place of a
    column that went is never given to another.
    `update` is the SQL of what a supplied value becomes in a stored row `t`, where it is not the value itself.
    """

    name: str
    field: str
    type: str = "text"
    default: str = "NULL"
    clears: bool = False
    _: KW_ONLY
    bit: int
    update: str = ""


@dataclass(frozen=True)
class Table:
    """A table that records are upserted into, unique by (tenant_id, *key).

    `key` gives each key column its SQL, from the record `s` or from what `source` joins to it.
    `sent` are the fields that only the key needs, with their SQL types.
    `insert_only` gives columns their SQL that a new row gets, and an update only by `also_set`.
    `rows` names a CTE with the records as rows, where they are not those of `recordset` or others read them, too.
    `follows` gives columns that no record fills their SQL after an update, which changes the row where they change.
    `also_set` adds assignments to DO UPDATE, from the stored row `t`; `returning` adds columns to what is returned.
    """

    name: str
    key: Mapping[str, str]
    sent: Mapping[str, str]
    columns: Sequence[Column]
    insert_only: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    rows: str = ""
    follows: Mapping[str, str] = field(default_factory=dict)
    also_set: str = ""
    returning: str = ""

    def __post_init__(self) -> None:
        refuse_shared_bits({column.name: column.bit for column in self.columns})


def refuse_shared_bits(bits: Mapping[str, int]) -> None:
    """Raise ValueError where two names have the same place in a bitmask, or one none that an integer column has."""
    if len(set(bits.values())) < len(bits) or not all(0 <= bit < MOST_BITS for bit in bits.values()):
        raise ValueError(f"each needs a bit of its own, from 0 to {MOST_BITS - 1}: {dict(bits)}")


def upsert_statement(table: Table) -> str:
    """Compose the upsert of a table.

    Parameters: `tenant_id`, `records` (JSON array of objects with the fields' documented names), `now`.
    Returns a row (id, created, …) for every row inserted or changed and none for the rest.
    """
    columns = table.columns
    future = {_quoted(c.name): _kept(c) for c in columns} | {_quoted(n): value for n, value in table.follows.items()}
    return _UPSERT.format(
        table=_quoted(table.name),
        names=_list(map(_quoted, [*table.key, *table.insert_only, *(c.name for c in columns)])),
        values=_list([*table.key.values(), *table.insert_only.values(), *map(_new_value, columns), _given(table)]),
        rows=f"{table.rows} AS s" if table.rows else recordset(table),
        source=table.source and f"\n {table.source}",
        order=", ".join(table.key.values()),
        key=", ".join(map(_quoted, table.key)),
        assignments=_list(f"{name} = {value}" for name, value in future.items()),
        also_set=table.also_set and f",\n       {table.also_set}",
        stored=_list(f"t.{name}" for name in future),
        future=_list(future.values()),
        returning=table.returning and f",\n          {table.returning}",
    )


def recordset(table: Table) -> str:
    """Compose what an upsert reads: the records as rows `s`, a column for each field."""
    return f"json_to_recordset(%(records)s::json) AS s(\n       {sent_columns(table)})"


def sent_columns(table: Table) -> str:
    """Compose the columns of records as an upsert reads them: the fields' documented names and SQL types."""
    fields = {**table.sent, **{c.field: c.type for c in table.columns}}
    return _list(f"{_quoted(name)} {kind}" for name, kind in fields.items())


# No now() inside DO UPDATE SET, for Citus: the time comes with the row. (xmax = 0) is true for a row just inserted.
_UPSERT = """INSERT INTO {table} AS t (
       tenant_id,
       {names},
       given,
       created_at,
       updated_at)
SELECT %(tenant_id)s,
       {values},
       %(now)s,
       %(now)s
  FROM {rows}{source}
 ORDER BY {order}
    ON CONFLICT (tenant_id, {key}) DO UPDATE
   SET {assignments},
       given = t.given | excluded.given,
       updated_at = excluded.updated_at{also_set}
 WHERE (
       {stored},
       t.given)
       IS DISTINCT FROM (
       {future},
       t.given | excluded.given)
RETURNING t.id, (t.xmax = 0){returning}"""


def _list(parts: Iterable[str], separator: str = ",") -> str:
    """Compose a list that a person can read, and whose diff is a line where a column comes or goes."""
    return f"{separator}\n       ".join(parts)


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)


def _new_value(column: Column) -> str:
    sent = f"s.{_quoted(column.field)}"
    value = f"NULLIF({sent}, '')" if column.clears else sent
    return value if column.default == "NULL" else f"coalesce({value}, {column.default})"


def _given(table: Table) -> str:
    return _list((bit_where(f"s.{_quoted(c.field)} IS NOT NULL", c.bit) for c in table.columns), " +")


def bit_where(condition: str, bit: int) -> str:
    """Compose a number with a bit where a condition holds: 0.1 µs less for 16 of them than by casts and products."""
    return f"CASE WHEN {condition} THEN {1 << bit} ELSE 0 END"


def _kept(column: Column) -> str:
    name = _quoted(column.name)
    supplied = column.update or f"excluded.{name}"
    return f"CASE WHEN excluded.given & {1 << column.bit} <> 0 THEN {supplied} ELSE t.{name} END"
