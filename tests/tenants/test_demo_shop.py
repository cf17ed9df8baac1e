"""A hub with demo data: every page of the admin has something to show, and what happened has a past."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Min
from django.utils import timezone

from customers.models import Customer, CustomerNote, Duplicate
from orders.models import Order
from tenants.models import (
    BeforeImage,
    Changeset,
    ConsentChange,
    ErasureCertificate,
    HealthSnapshot,
    Import,
    Invitation,
    LoggedRequest,
    Membership,
    Operation,
    QuarantinedRecord,
    Role,
    SavedView,
    StrangerRequest,
    Tenant,
    Webhook,
)
from tests.members import browser, text

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LISTS = {
    *("customers/customer", "customers/duplicate", "orders/order", "products/product", "tenants/quarantinedrecord"),
    *("tenants/import", "tenants/changeset", "tenants/consentchange", "tenants/loggedrequest", "tenants/auditevent"),
    *("tenants/erasurecertificate", "tenants/strangercount", "tenants/strangerrequest", "tenants/tenant"),
    *("tenants/apikey", "tenants/webhook", "tenants/membership", "tenants/invitation", "tenants/savedview"),
    *("auth/user", "procrastinate/procrastinatejob"),
}


@pytest.fixture
def shop() -> Tenant:
    call_command("demo", "--percent", "4", "--into", connection.settings_dict["NAME"], stdout=StringIO())
    return Tenant.objects.get(slug="mokkafjord")


def rows_of(what: Any) -> int:
    return int(what.objects.count())


def test_every_list_shows_rows_to_superusers(shop: Tenant) -> None:
    client = browser(User.objects.get(username="admin"))

    empty = {name for name in LISTS if "<td" not in _rows(text(client.get(f"/admin/{name}/")))}

    assert empty == set()


def test_the_smallest_part_of_the_data_has_a_past_too() -> None:
    call_command("demo", "--percent", "1", "--into", connection.settings_dict["NAME"], stdout=StringIO())

    assert rows_of(CustomerNote) == 2
    assert rows_of(ErasureCertificate) == 1


@pytest.mark.parametrize("percent", ["0", "0.1", "-1", "101", "all"])
def test_a_part_that_is_none_is_one_line(percent: str) -> None:
    with pytest.raises(CommandError, match=r"^(--percent must be a whole number|Error: argument --percent: invalid)"):
        call_command("demo", f"--percent={percent}", "--into", connection.settings_dict["NAME"])


def _rows(page: str) -> str:
    """Return what a list's page has of rows."""
    return page.partition('id="result_list"')[2].partition("</table>")[0].partition("<tbody")[2]


def test_what_staff_did_is_there(shop: Tenant) -> None:
    maria = User.objects.get(username="maria")

    assert [(one.user, one.role) for one in Membership.objects.filter(tenant=shop)] == [(maria, Role.STAFF)]
    assert rows_of(CustomerNote) == 2
    assert rows_of(ErasureCertificate) == 1
    assert {*Changeset.objects.filter(tenant=shop, user_id=maria.pk).values_list("operation", flat=True)} >= {
        Operation.MERGE,
        Operation.ERASE,
    }
    assert BeforeImage.objects.filter(tenant=shop).exists()
    assert SavedView.objects.filter(tenant=shop).count() == 2
    assert Invitation.objects.get().tenant == shop


def test_the_ledger_has_a_withdrawal_by_staff_and_an_opt_in_against_it(shop: Tenant) -> None:
    by_staff = ConsentChange.objects.filter(tenant=shop, reason__startswith="Asked by phone")

    assert by_staff.count() == 3
    later = ConsentChange.objects.filter(tenant=shop, customer__in=by_staff.values("customer"), pk__gt=by_staff[0].pk)
    assert later.filter(reason="").exists()


def test_customers_have_tags_twins_and_colliding_emails(shop: Tenant) -> None:
    own = Customer.objects.filter(tenant=shop)

    assert own.filter(tags__contains=["vip"], attributes__has_key="city").exists()
    assert own.values("email").annotate(number=Count("pk")).filter(number__gt=1, email__isnull=False).count() == 2
    assert Duplicate.objects.filter(tenant=shop).count() >= 4


def test_partners_were_refused_and_a_file_has_rejected_rows(shop: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    refused = set(LoggedRequest.objects.filter(tenant=shop, status__gte=400).values_list("status", flat=True))
    (job,) = Import.objects.all()

    assert refused == {400, 404}
    assert StrangerRequest.objects.filter(status=401).count() == 2
    assert (job.state, job.read, job.created, job.rejected) == ("finished", 6, 4, 2)
    assert QuarantinedRecord.objects.filter(tenant=shop).count() >= 4
    assert "hub.request" not in {line.name for line in caplog.get_records("setup")}


def test_the_only_webhook_calls_nobody(shop: Tenant) -> None:
    assert Webhook.objects.get().paused_at is not None


def test_records_are_as_old_as_their_history(shop: Tenant) -> None:
    for model, entity in ((Customer, "customers"), (Order, "orders")):
        for record in model.objects.filter(tenant=shop).order_by("pk")[:5]:
            first = Changeset.objects.filter(tenant=shop, entity=entity, created_ids__contains=[record.pk]).get()
            assert record.created_at == first.created_at
        oldest = model.objects.filter(tenant=shop).aggregate(Min("created_at"))["created_at__min"]
        assert oldest < timezone.now() - timedelta(days=25)


def test_near_misses_of_skus_are_measured(shop: Tenant) -> None:
    snapshot = HealthSnapshot.objects.filter(tenant=shop).latest("pk")

    assert any(sku["near"] for sku in snapshot.unknown_skus or [])


def test_a_hub_with_users_of_its_own_has_the_demo_loaded_beside_them() -> None:
    User.objects.create_superuser("ops", "", "a password of their own")

    shown = StringIO()

    call_command("demo", "--percent", "1", "--into", connection.settings_dict["NAME"], stdout=shown)

    assert "Admin login    ops\n" in shown.getvalue()
    assert Invitation.objects.get(tenant__slug="mokkafjord").invited_by.username == "ops"
    assert not User.objects.filter(username="admin").exists()


def test_a_second_start_adds_nothing_but_a_key(shop: Tenant) -> None:
    models = (Customer, Order, Changeset, ConsentChange, LoggedRequest, Import, Webhook, SavedView, User, CustomerNote)
    before = [rows_of(model) for model in models]

    call_command("demo", "--percent", "4", "--into", connection.settings_dict["NAME"], stdout=StringIO())

    assert [rows_of(model) for model in models] == before
