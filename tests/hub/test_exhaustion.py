"""A database that is out of disk, memory, connections or patience: told as such in the log, and to the client."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from hub.api.errors import BUSY
from tests.conftest import Partner, lines

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_postgres")]

STATES = {"53100": "disk", "53200": "memory", "53300": "connections"}


@contextmanager
def refusing(state: str, words: str) -> Iterator[None]:
    """Have the database itself refuse each new customer, with a SQLSTATE."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE '{words}' USING ERRCODE = '{state}';"
            " END $$; CREATE TRIGGER no_room BEFORE INSERT ON customers_customer EXECUTE FUNCTION no_room()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER no_room ON customers_customer; DROP FUNCTION no_room")


@pytest.fixture(params=STATES)
def exhausted(request: pytest.FixtureRequest, partner: Partner) -> Iterator[str]:
    with refusing(request.param, 'could not extend file "base/1/2": No space left on device'):
        yield str(request.param)


def test_the_log_says_what_there_is_no_more_of_and_the_client_that_it_may_come_back(
    partner: Partner, exhausted: str, log: StringIO
) -> None:
    answer = partner.post("customers", [{"CustomerId": "C-1"}])

    assert answer.status_code == 503
    assert answer.json()["message"].startswith("The hub has no room left for this.")
    assert int(answer["Retry-After"]) >= 60
    assert not any(word in answer.content.decode() for word in ("file", "device", "database", exhausted))
    (told,) = (line for line in lines(log) if line["level"] == "error")
    assert told["event"] == f"the database is out of {STATES[exhausted]}"
    assert told["sqlstate"] == exhausted
    assert "No space left" not in log.getvalue()


@pytest.mark.parametrize("state", ["25P03", "25P04"])
def test_a_transaction_that_the_server_ends_for_its_length_is_a_busy_hub(
    partner: Partner, log: StringIO, state: str
) -> None:
    """Its process was stopped in the middle, say; it is told so where the connection's end is not noticed first."""
    with refusing(state, "terminating connection due to idle-in-transaction timeout"):
        answer = partner.post("customers", [{"CustomerId": "C-1"}])

    assert (answer.status_code, answer.json()["message"], answer["Retry-After"]) == (503, BUSY, "2")
    assert lines(log)[0]["event"] == "database unavailable"
    assert partner.read("customers") == []


def test_a_connection_that_the_server_has_no_room_for_is_told_as_such(partner: Partner, log: StringIO) -> None:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        limit = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format
        name = sql.Identifier(other.info.dbname)
        connection.close()
        other.execute(limit(name, 0))
        try:
            answer = partner.get("/customers/{tenant}")
        finally:
            other.execute(limit(name, -1))

    assert answer.status_code == 503
    assert lines(log)[0]["event"] == "the database is out of connections"
