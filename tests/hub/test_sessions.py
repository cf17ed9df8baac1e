"""Whether a hub that starts can read the sessions of others on its database."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore

from hub.serving.sessions import OTHER_KEY, tell_of_another_secret_key
from tests.conftest import lines

pytestmark = pytest.mark.django_db
OTHER = "another secret key that is long enough"


def said(log: StringIO) -> list[str]:
    tell_of_another_secret_key()
    return [line["event"] for line in lines(log)]


def test_nothing_is_said_where_nobody_has_logged_in(log: StringIO) -> None:
    assert said(log) == []


def test_nothing_is_said_of_a_session_of_ones_own_key(log: StringIO) -> None:
    SessionStore().create()

    assert said(log) == []


def test_a_session_of_another_key_is_said(settings: Any, log: StringIO) -> None:
    SessionStore().create()
    settings.SECRET_KEY = OTHER

    assert said(log) == [OTHER_KEY]


def test_a_former_key_is_ones_own(settings: Any, log: StringIO) -> None:
    SessionStore().create()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], OTHER

    assert said(log) == []
