"""What erasures leave on disk is vacuumed at night, once, and when nobody has an old view of it any more."""

from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
import pytest
from django.db import connection

from hub.environment import read_environment
from hub.postgres.cluster import SUPERUSER, Cluster
from tenants.changes.remains import vacuum_erased
from tenants.models import Feed
from tenants.tasks import vacuum
from tests.conftest import Partner
from tests.customers.dialects.vendors import upload
from tests.distribution import needs_plain_postgres
from tests.orders.records import order
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), needs_plain_postgres]
TABLES = [
    "customers_customer",
    "orders_order",
    "customers_searchedwords",
    "customers_customernote",
    "tenants_changeset",
    "tenants_consentchange",
    "tenants_beforeimage",
    "tenants_quarantinedrecord",
    "tenants_rejectedrow",
    "tenants_import",
    "tenants_export",
    "tenants_exportpart",
    "tenants_erasurecertificate",
]


def state() -> dict[str, tuple[int, datetime | None]]:
    """Return how many dead rows tables have, and when they were last vacuumed, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT relname, n_dead_tup, last_vacuum FROM pg_stat_user_tables WHERE relname = ANY (%s)", [TABLES]
        )
        return {name: (dead, last) for name, dead, last in cursor.fetchall()}


def natively(partner: Partner) -> None:
    partner.delete("/customers/{tenant}", customerId="C-1")


def an_order_alone(partner: Partner) -> None:
    partner.delete("/customers/{tenant}", customerId="C-2")


def through_custobar(partner: Partner) -> None:
    upload(partner, {"external_id": "C-1", "is_deleted": True})


def through_jericommerce(partner: Partner) -> None:
    path = f"/v1/programs/{partner.slug}/integrations/api?email=ada@shop.example"
    partner.send("DELETE", path, **{"api-key": partner.key})


AUTOVACUUM = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE 'ALTER TABLE ' || name || ' {}';
    END LOOP;
END $$
"""
VIEWS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
"""


def nobody_has_a_view() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(VIEWS)
        return bool(cursor.fetchall()[0][0] == 0)


def nothing_is_due() -> bool:
    """Vacuum, and say whether nothing was left to do; an autovacuum of a catalog may see the rows for a moment."""
    return list(vacuum_erased()) == []


@pytest.fixture
def _no_autovacuum(transactional_db: None) -> Iterator[None]:
    """It cleans the same tables, and while it reads one, nobody else can clean what is younger than its view."""
    with connection.cursor() as cursor:
        cursor.execute(AUTOVACUUM.format("SET (autovacuum_enabled = off)"))
    assert wait_until(nobody_has_a_view)
    yield
    with connection.cursor() as cursor:
        cursor.execute(AUTOVACUUM.format("RESET (autovacuum_enabled)"))


@pytest.fixture
def shop(_no_autovacuum: None, partner: Partner) -> Partner:
    partner.save("customers", {"CustomerId": "C-1", "Email": "ada@shop.example"})
    partner.save("orders", order(OrderId="1", CustomerId="C-1"), order(OrderId="2", CustomerId="C-2"))
    return partner


@pytest.mark.parametrize("erase", [natively, an_order_alone, through_custobar, through_jericommerce])
def test_the_tables_that_an_erasure_touched_are_vacuumed(shop: Partner, erase: Callable[[Partner], None]) -> None:
    erase(shop)
    before = state()
    assert sum(dead for dead, _ in before.values()) > 0

    vacuum(0)

    after = state()
    assert all(after[table][1] not in (None, before[table][1]) for table in TABLES)
    assert {dead for dead, _ in after.values()} == {0}


def test_without_a_further_erasure_nothing_is_vacuumed_again(shop: Partner) -> None:
    natively(shop)
    assert wait_until(nothing_is_due)

    shop.delete("/customers/{tenant}", customerId="nobody")

    assert list(vacuum_erased()) == []


def test_a_delete_of_orders_is_no_erasure(shop: Partner) -> None:
    shop.delete("/orders/{tenant}/1")

    assert list(vacuum_erased()) == []


def test_what_somebody_still_saw_is_due_again(shop: Partner) -> None:
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT 1 FROM customers_customer")
        natively(shop)
        state()  # which tells the server what this connection has not told it yet

        assert list(vacuum_erased()) == TABLES
        assert Feed.objects.get(tenant=shop.tenant).erased_at

    assert list(vacuum_erased()) == TABLES
    assert wait_until(nothing_is_due)
    assert {dead for dead, _ in state().values()} == {0}


@pytest.mark.skipif(bool(read_environment().DATABASE_URL), reason="nobody knows that server's superuser")
def test_what_another_user_still_saw_is_due_again(shop: Partner) -> None:
    """As autovacuum's processes do, of which nobody but a superuser is told since when."""
    home = Cluster(read_environment().HUB_DATA).home
    superuser = {"user": SUPERUSER, "password": (home / "superuser-password").read_text()}
    with psycopg.connect(**{**connection.get_connection_params(), **superuser}) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT 1 FROM customers_customer")
        natively(shop)

        assert list(vacuum_erased()) == TABLES
        assert Feed.objects.get(tenant=shop.tenant).erased_at

    assert list(vacuum_erased()) == TABLES
    assert wait_until(nothing_is_due)


def test_the_planner_s_statistics_name_nobody_who_was_erased(shop: Partner) -> None:
    with connection.cursor() as cursor:
        shop.save("customers", *({"CustomerId": f"B-{i}", "Email": f"bo{i}@shop.example"} for i in range(5)))
        cursor.execute("ANALYZE")
        assert "ada@shop.example" in statistics()

        natively(shop)
        vacuum(0)

    assert "ada@shop.example" not in statistics()
    assert "bo1@shop.example" in statistics()


def statistics() -> str:
    """Return what the planner knows of the values in columns."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(s::text, '') FROM pg_stats s WHERE schemaname = 'public'")
        return str(cursor.fetchone()[0])
