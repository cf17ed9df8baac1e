"""Exports, through the hub's web server, beside COPY … TO of the same columns through psycopg, in the same format."""

import http.client
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import psycopg

from benchmarks.cpu import resident_megabytes
from benchmarks.measure import Note
from benchmarks.stage import Shop, Stage
from hub.sql.copying import CSV, PLAIN

PIECE = 1024 * 1024
COLUMNS = """id, customer_id, email, name, surname, phone, language, username, email_optin, sms_optin, whatsapp_optin,
       app_push_optin, gdpr_optin, is_excluded, attributes, tags, mailing_lists, created_at, updated_at"""
ROWS = f"SELECT {COLUMNS} FROM customers_customer WHERE tenant_id = %s"
COPIES = {
    "csv": f"COPY ({ROWS}) TO STDOUT WITH {CSV}",
    "ndjson": f"COPY (SELECT row_to_json(t) FROM ({ROWS}) t) TO STDOUT WITH {PLAIN}",
}
FILL = """
INSERT INTO customers_customer
       (tenant_id, match_key, customer_id, email, name, surname, phone, language, email_optin, sms_optin,
        whatsapp_optin, app_push_optin, gdpr_optin, is_excluded, attributes, tags, mailing_lists, given, created_at,
        updated_at)
SELECT %s, 'i:X-' || n, 'X-' || n, 'customer' || n || '@shop.example', 'Name ' || n, 'Surname ' || n, '+35840' || n,
       'en-GB', n %% 2 = 0, false, false, n %% 3 = 0, true, false, '{}', '{}', '{}', 8191, now(), now()
  FROM generate_series(1, %s) n
"""


@dataclass(frozen=True)
class Exports:
    """Rows a second round by round, by format: exported, and copied; and by what a worker grew meanwhile, in MB."""

    rows: int
    exported: Mapping[str, Sequence[float]]
    copied: Mapping[str, Sequence[float]]
    grown: float


def measure_exports(stage: Stage, rows: int, rounds: int, note: Note) -> Exports:
    """Fill a tenant, and have its customers exported and copied in turn."""
    shop = stage.shops[-1]
    with psycopg.connect(stage.conninfo, autocommit=True) as connection:
        note(f"storing {rows:,} customers to be exported")
        connection.execute(FILL, (shop.tenant_id, rows))
        connection.execute("VACUUM ANALYZE customers_customer")
        exported: dict[str, list[float]] = {each: [] for each in COPIES}
        copied: dict[str, list[float]] = {each: [] for each in COPIES}
        _export(stage, shop, "csv", rows)
        before = _megabytes(stage)
        for number in range(rounds):
            for form, statement in COPIES.items():
                note(f"exporting {rows:,} customers as {form}, round {number + 1}")
                copied[form].append(_rate(lambda: _copy(connection, statement, shop), rows))  # noqa: B023
                exported[form].append(_rate(lambda: _export(stage, shop, form, rows), rows))  # noqa: B023
    return Exports(rows, exported, copied, _megabytes(stage) - before)


def _rate(work: Callable[[], None], rows: int) -> float:
    start = time.perf_counter()
    work()
    return rows / (time.perf_counter() - start)


def _megabytes(stage: Stage) -> float:
    return max(resident_megabytes(pid) for pid in stage.hub.workers())


def _copy(connection: psycopg.Connection[tuple[object, ...]], statement: str, shop: Shop) -> None:
    """Take all rows as psql would, without looking at them."""
    with psycopg.ClientCursor(connection) as cursor, cursor.copy(statement, (shop.tenant_id,)) as copy:
        while copy.read():
            pass


def _export(stage: Stage, shop: Shop, form: str, rows: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", stage.hub.port, timeout=600)) as client:
        path = f"/exports/{shop.tenant_id}?entity=customers&format={form}"
        client.request("GET", path, headers={"x-replenit-auth-key": shop.key})
        answer = client.getresponse()
        lines = 0
        while piece := answer.read(PIECE):
            lines += piece.count(b"\n")
    if answer.status != 200 or lines != rows + (form == "csv"):
        raise SystemExit(f"An export was answered with {answer.status} and {lines} lines.")
