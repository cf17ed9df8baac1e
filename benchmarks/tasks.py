"""From a case to what each of its connections does."""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import orders.ingest
import products.ingest
from benchmarks.cases import COPY, DRF, EMPTY, HUB, RAW, Case
from benchmarks.client import Copy, Http, Parts, Statements, Task
from benchmarks.records import FIRST_NUMBER, Record, as_parameters, batches, dumps
from benchmarks.stage import Stage
from customers.ingest import CUSTOMERS
from hub.sql.upsert import Column, Table, upsert_statement


def _bare(table: Table, parts: str) -> tuple[str, str]:
    """Return a two-level upsert as the hub runs it, without its lock and its changeset."""
    return upsert_statement(replace(table, source="")), f"WITH {parts} SELECT id FROM touched"


STATEMENTS = {
    "customers": (upsert_statement(CUSTOMERS),),
    "orders": _bare(orders.ingest.ORDERS, orders.ingest.REPLACE_LINES),
    "products": _bare(products.ingest.PRODUCTS, products.ingest.MERGE_VARIANTS),
}
NUMBERS = {"tenant_id": "$1", "now": "$2", "records": "$3", "sticking": "0"}  # the source wins, as by default
NUMBERS_APART = 20_000  # more than a connection sends in one turn
_firsts = itertools.count(FIRST_NUMBER, NUMBERS_APART)

SENT = [column for column in CUSTOMERS.columns if column.field not in ("Attributes", "Tags", "MailingLists")]


def raw_statement(statement: str) -> str:
    """Number a statement's named parameters, as the protocol has them: psycopg then leaves it as it is."""
    return re.sub(r"%\((\w+)\)s", lambda name: NUMBERS[name[1]], statement).replace("%%", "%")


def tasks(stage: Stage, case: Case, seconds: float, *, warm: int = 1) -> list[Task]:
    """Return a task for each connection of a case; connections are dealt to the tenants in turn."""
    return [
        Task(_target(stage, case, n % case.tenants), _batches(case, n), next(_firsts), seconds, warm=warm)
        for n in range(case.connections)
    ]


def _target(stage: Stage, case: Case, shop: int) -> Http | Statements | Copy:
    return TARGETS[case.subject](stage, case, shop)


def _hub(stage: Stage, case: Case, shop: int) -> Http:
    tenant = stage.shops[shop]
    return Http(stage.hub.port, f"/{case.entity}/{tenant.tenant_id}", (("x-replenit-auth-key", tenant.key),))


def _drf(stage: Stage, case: Case, shop: int) -> Http:
    return Http(stage.yardstick.port, "/customers", (("Authorization", f"Token {stage.shops[shop].token}"),))


def _empty(stage: Stage, case: Case, shop: int) -> Http:
    return Http(stage.yardstick.port, "/empty")


def _raw(stage: Stage, case: Case, shop: int) -> Statements:
    statements = tuple(map(raw_statement, STATEMENTS[case.entity]))
    return Statements(stage.conninfo, statements, stage.shops[shop].tenant_id)


def _copy(stage: Stage, case: Case, shop: int) -> Copy:
    return Copy(stage.conninfo, TEMPORARY, COPY_IN, UPSERT_COPIED, stage.shops[shop].tenant_id)


TARGETS: dict[str, Callable[[Stage, Case, int], Http | Statements | Copy]] = {
    HUB: _hub,
    DRF: _drf,
    EMPTY: _empty,
    RAW: _raw,
    COPY: _copy,
}


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns)


TEMPORARY = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming (match_key text, "
    + ", ".join(f"{column.name} {column.type}" for column in SENT)
    + ") ON COMMIT DELETE ROWS"
)
COPY_IN = f"COPY incoming (match_key, {_names(SENT)}) FROM STDIN"
# What COPY makes easy: whole records, every column overwritten; nothing tells an omitted field from a sent one.
UPSERT_COPIED = f"""
INSERT INTO customers_customer AS t (tenant_id, match_key, {_names(SENT)}, given, attributes, tags, mailing_lists,
                                     created_at, updated_at)
SELECT $1, match_key, {_names(SENT)}, {(1 << len(SENT)) - 1}, '{{}}', '{{}}', '{{}}', $2, $2
  FROM incoming
 ORDER BY match_key
    ON CONFLICT (tenant_id, match_key) DO UPDATE
   SET {", ".join(f"{column.name} = excluded.{column.name}" for column in SENT)}, updated_at = excluded.updated_at
"""


@lru_cache(maxsize=64)
def _batches(case: Case, connection: int) -> list[Parts]:
    """Serialise what one connection sends; the tables of a large database are sampled with many batches."""
    number = {500: 40, 100: 8, 50: 8, 1: 64}[case.size] if case.stored else {500: 4, 100: 8, 50: 8, 1: 64}[case.size]
    sent = batches(case.entity, case.size, case.work, connection=connection, among=case.stored, number=number)
    return [SERIALISED[case.subject](case, records) for records in sent]


def _as_body(case: Case, records: Sequence[Record]) -> Parts:
    return (dumps(records),)


def _as_snake_case(case: Case, records: Sequence[Record]) -> Parts:
    names = {column.field: column.name for column in SENT}
    return (dumps([{names[name]: value for name, value in record.items()} for record in records]),)


def _as_parameters(case: Case, records: Sequence[Record]) -> Parts:
    return as_parameters(case.entity, records)


def _as_copy_text(case: Case, records: Sequence[Record]) -> Parts:
    """Write the rows as COPY reads them; nothing in them needs escaping."""
    fields = [column.field for column in SENT]
    rows = (["i:" + record["CustomerId"], *(record[field] for field in fields)] for record in records)
    return ("".join("\t".join(map(str, row)) + "\n" for row in rows).encode(),)


SERIALISED: dict[str, Callable[[Case, Sequence[Record]], Parts]] = {
    HUB: _as_body,
    DRF: _as_snake_case,
    EMPTY: _as_body,
    RAW: _as_parameters,
    COPY: _as_copy_text,
}
