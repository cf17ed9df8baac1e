"""Statements that go past psycopg's cursor come back as if they had not."""

import os
import socket
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import psycopg
import pytest
from django.db import connection

from hub.sql.backend.base import DatabaseWrapper
from tests.conftest import Partner

pytestmark = pytest.mark.django_db(transaction=True)

VALUES = [None, True, 7, 70_000, 7_000_000_000, 0.1, "å€😀", b"\x00\xff", uuid.UUID(int=7), Decimal("1.50")]
MOMENT = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)


def run(statement: str, *values: object) -> list[Any]:
    wrapper = cast(DatabaseWrapper, connection)
    wrapper.ensure_connection()
    return wrapper.prepared.run(statement.encode(), values)


def run_by_cursor(statement: str, *values: object) -> list[Any]:
    cursor: psycopg.Cursor[Any] = psycopg.RawCursor(cast("psycopg.Connection[Any]", connection.connection))
    return cursor.execute(statement.encode(), values, prepare=True).fetchall()


@pytest.mark.parametrize("value", [*VALUES, MOMENT], ids=repr)
def test_a_value_comes_back_as_from_a_cursor(value: object) -> None:
    statement = "SELECT $1, 1"

    assert run(statement, value) == run(statement, value) == run_by_cursor(statement, value)


def test_a_statement_takes_values_of_other_types_than_before() -> None:
    texts = [run("SELECT $1::text", value)[0][0] for value in (1, 100_000, 2**40, "a", 2, None)]

    assert texts == ["1", "100000", str(2**40), "a", "2", None]


def test_rows_of_every_number_come_back() -> None:
    statement = "SELECT n, n::text FROM generate_series(1, $1) n"

    found = [len(run(statement, most)) for most in (0, 1, 500, 0)]

    assert found == [0, 1, 500, 0]
    assert run(statement, 2) == [(1, "1"), (2, "2")]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("SELECT 1 / 0", psycopg.errors.DivisionByZero),
        ("SELECT * FROM nowhere", psycopg.errors.UndefinedTable),
        ("SELECT nothing sensible FROM", psycopg.errors.SyntaxError),
        ("INSERT INTO tenants_tenant DEFAULT VALUES", psycopg.errors.NotNullViolation),
    ],
)
def test_an_error_is_psycopgs_and_ends_with_its_statement(statement: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        run(statement)

    assert run("SELECT 1") == [(1,)]


def test_a_statement_that_the_server_was_told_to_forget_is_prepared_again() -> None:
    run("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    assert run("SELECT 1") == [(1,)]


def test_a_connection_that_broke_is_an_operational_error(partner: Partner) -> None:
    run("SELECT 1")
    assert connection.connection is not None
    with socket.socket(fileno=os.dup(connection.connection.pgconn.socket)) as ours:
        ours.shutdown(socket.SHUT_RDWR)

    with pytest.raises(psycopg.OperationalError):
        run("SELECT 1")

    assert partner.save("customers", {"CustomerId": "C-1"})["count"] == 1


def test_a_connection_that_the_server_ended_is_an_operational_error_and_replaced(partner: Partner) -> None:
    (pid,) = run("SELECT pg_backend_pid()")[0]
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            run("SELECT 1")

    assert partner.save("customers", {"CustomerId": "C-1"})["count"] == 1
    assert run("SELECT pg_backend_pid()") != [(pid,)]
