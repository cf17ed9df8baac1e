"""Lists that find their rows however the planner would look for them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, transaction

from hub.admin import changelist
from tenants.models import Role
from tests.conftest import Partner
from tests.members import member

pytestmark = pytest.mark.django_db
changelist_patience = changelist.patience
LIST = "/admin/customers/customer/"


def statement_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return str(cursor.fetchone()[0])


@contextmanager
def no_patience(_milliseconds: int) -> Iterator[None]:
    """Let no statement finish, as a table of a billion rows would."""
    with changelist_patience(5), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(2)")
        yield


def test_impatience_ends_a_slow_statement_and_lasts_no_longer() -> None:
    before = statement_timeout()

    with pytest.raises(OperationalError), changelist.patience(20), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(2)")
    assert statement_timeout() == before

    with transaction.atomic():
        with changelist.patience(20_000):
            assert statement_timeout() == "20s"
        assert statement_timeout() == before


def test_a_list_is_the_same_when_the_key_cannot_be_walked_in_time(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i:03}"} for i in range(120)))
    client = member(Role.STAFF, partner.tenant)
    pages = [LIST, f"{LIST}{client.get(LIST).context['cl'].older_url}"]
    pages.append(f"{LIST}{client.get(pages[1]).context['cl'].newer_url}")
    walked = [[row.pk for row in client.get(page).context["cl"].result_list] for page in pages]

    monkeypatch.setattr(changelist, "patience", no_patience)
    sorted_instead = [[row.pk for row in client.get(page).context["cl"].result_list] for page in pages]

    assert sorted_instead == walked
