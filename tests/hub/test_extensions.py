"""A migration that needs an extension which can't be created says what to do."""

import pytest
from django.core.management.base import CommandError
from django.db import connection, transaction

from hub.sql.extensions import Extension


def test_an_extension_that_the_server_has_not_is_named_with_the_way_out(db: None) -> None:
    with (
        pytest.raises(CommandError, match=r"needs the extension no_such_one.*run CREATE EXTENSION no_such_one"),
        transaction.atomic(),
        connection.schema_editor(atomic=False) as editor,
    ):
        Extension("no_such_one").database_forwards("customers", editor, None, None)


def test_an_extension_that_is_there_is_left(db: None) -> None:
    with connection.schema_editor(atomic=False) as editor:
        Extension("pg_trgm").database_forwards("customers", editor, None, None)
        Extension("pg_trgm").database_backwards("customers", editor, None, None)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")
        assert cursor.fetchall()[0][0] == 1
