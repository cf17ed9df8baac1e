"""What nobody foresaw is a 500 that says nothing about the inside."""

import pytest
from django.db import connection

from tests.conftest import Partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(partner: Partner) -> Partner:
    """A partner whose hub has lost the customers' table."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customers_customer RENAME TO lost")
    return partner


def test_upsert_asks_to_try_again(broken: Partner) -> None:
    response = broken.post("customers", [{"CustomerId": "C-1"}])
    assert response.status_code == 500
    assert response.json() == {
        "success": False,
        "message": "An unexpected error occurred. Please try again.",
        "data": {},
    }
    assert "X-RateLimit-Limit" in response.headers


def test_delete_has_its_own_words(broken: Partner) -> None:
    response = broken.delete("/customers/{tenant}", customerId="C-1")
    assert response.status_code == 500
    assert response.json() == {"success": False, "message": "Failed to delete customer.", "data": {}}


def test_log_names_the_error_and_no_value(broken: Partner, caplog: pytest.LogCaptureFixture) -> None:
    response = broken.delete("/customers/{tenant}", email="ann.secret@example.com")
    assert "'sqlstate': '42P01'" in caplog.text
    assert response.headers["traceparent"][3:35] in caplog.text
    assert "ann.secret" not in caplog.text
