"""What is done in the tests' own process with the database and the keys of a hub: a command's takes a second of CPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from psycopg.conninfo import conninfo_to_dict

from hub.sql.backend.base import DatabaseWrapper
from tests.members import browser


class Elsewhere(DatabaseWrapper):
    """A connection to the database of a hub, which pytest-django does not keep from tests as it does their own."""

    def ensure_connection(self) -> None:
        if self.connection is None:
            self.connect()


@contextmanager
def inside(url: str, **settings: object) -> Iterator[None]:
    """Have Django ask the database of a URL, in this thread and with some settings, until the end of the block."""
    parameters: dict[str, Any] = conninfo_to_dict(url)
    own = connections["default"]
    place = {name.upper(): parameters.pop(name, "") for name in ("host", "port", "user", "password")}
    name = parameters.pop("dbname")
    options = own.settings_dict["OPTIONS"] | parameters
    elsewhere = Elsewhere({**own.settings_dict, **place, "NAME": name, "OPTIONS": options})
    connections["default"] = elsewhere
    try:
        with override_settings(**settings):
            yield
    finally:
        connections["default"] = own
        elsewhere.close()


def printed(*command: str) -> str:
    """Run a command, and return what it printed."""
    text = StringIO()
    call_command(*command, stdout=text)
    return text.getvalue()


def session_of(superuser: str) -> str:
    """Make a superuser who is logged in, and return the session."""
    return browser(User.objects.create_superuser(superuser)).cookies["sessionid"].value
