"""Every list, page and action of the admin, as every role: what may be seen, and what is another tenant's."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from orders.models import Order
from products.models import Product
from tenants.models import Changeset, ConsentChange, LoggedRequest, QuarantinedRecord, Role
from tenants.requests.writer import WRITER
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.members import browser, make_user, member, superuser, text
from tests.orders.records import order
from tests.products.records import product
from tests.quarantine.lenient import take

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

RECORDS: tuple[Any, ...] = (Customer, Order, Product)
MODELS: tuple[Any, ...] = (*RECORDS, Changeset, ConsentChange, LoggedRequest, QuarantinedRecord)


def fill(partner: Partner, name: str) -> None:
    """Give a tenant a record of everything, all with a name that nobody else's have."""
    partner.save("customers", customer(Name=name, SmsOptin=True))
    partner.save("customers", customer(SmsOptin=False))
    partner.save("orders", order(OrderId=f"O-{name}"))
    partner.save("products", product(ProductName=name))
    take(partner, "customers", customer(), {"CustomerId": f"Q-{name}", "Name": name, "Language": "much too long"})
    partner.post("customers", [{name: 1}])
    WRITER.flush()


@pytest.fixture
def ours(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="ours")
    fill(partner, "Oursula")
    return partner


@pytest.fixture
def theirs(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="theirs")
    fill(partner, "Theirsbert")
    return partner


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def everyone(partner: Partner) -> dict[str, Client]:
    return {"superuser": superuser(), **{role: member(role, partner.tenant) for role in Role}}


def actions_of(client: Client, model: Any) -> list[str]:
    form = client.get(address(model, "changelist")).context["action_form"]
    return [name for name, _ in form.fields["action"].choices if name] if form else []


def test_every_list_and_every_page_opens_for_every_role(ours: Partner, theirs: Partner) -> None:
    for client in everyone(ours).values():
        assert client.get("/admin/").status_code == 200
        for model in MODELS:
            assert client.get(address(model, "changelist")).status_code == 200
            for record in model.objects.filter(tenant=ours.tenant):
                assert client.get(address(model, "change", record.pk)).status_code == 200


VALUES = ["", "yes", "no", "never", "out", "none", "2025-08-22", "9999-12-31", "customers:1", "EUR", "7", "'"]


def filters_of(model: Any) -> Any:
    return admin.site.get_model_admin(model).list_filter


def kind_of(list_filter: Any) -> tuple[Any, ...]:
    """Return the code that a filter runs: those of one factory run the same, whatever list they are of."""
    methods = ("lookups", "queryset", "chosen", "having", "normal", "value", "choices")
    return tuple(getattr(getattr(list_filter, name, None), "__code__", None) for name in methods)


def tried() -> dict[tuple[Any, Any], list[str]]:
    """Return the values that a model's filter is tried with: all of them, or a share where others are of its kind."""
    kinds = Counter(kind_of(list_filter) for model in MODELS for list_filter in filters_of(model))
    before: Counter[tuple[Any, ...]] = Counter()
    found = {}
    for model in MODELS:
        for list_filter in filters_of(model):
            kind = kind_of(list_filter)
            share = min(kinds[kind], len(VALUES) // 2)
            found[model, list_filter] = VALUES[before[kind] % share :: share]
            before[kind] += 1
    return found


@pytest.mark.parametrize("model", MODELS)
def test_every_filter_and_search_opens(model: Any, ours: Partner) -> None:
    client = superuser()
    values = tried()
    for list_filter in filters_of(model):
        for parameter in list_filter.parameters():
            for value in values[model, list_filter]:
                query = {parameter: value, "q": "C-"}
                assert client.get(address(model, "changelist"), query).status_code == 200, (model, query)


def test_a_member_sees_only_their_own_tenants_records(ours: Partner, theirs: Partner) -> None:
    for role in Role:
        client = member(role, ours.tenant)
        for model in RECORDS:
            page = text(client.get(address(model, "changelist")))
            assert "Oursula" in page
            assert "Theirsbert" not in page
            found = text(client.get(address(model, "changelist"), {"q": "C-1"}))
            assert "Theirsbert" not in found
        for model in MODELS:
            shown = client.get(address(model, "changelist")).context["cl"].result_list
            assert {record.tenant_id for record in shown} == {ours.tenant.pk}


def test_a_superuser_sees_all_tenants_records(ours: Partner, theirs: Partner) -> None:
    page = text(superuser().get(address(Customer, "changelist")))

    assert "Oursula" in page
    assert "Theirsbert" in page


def test_another_tenants_address_is_not_found(ours: Partner, theirs: Partner) -> None:
    for role in Role:
        client = member(role, ours.tenant)
        for model in MODELS:
            for record in model.objects.filter(tenant=theirs.tenant):
                for page in ("change", "delete", "history"):
                    response = client.get(address(model, page, record.pk))
                    assert response.status_code in (403, 404), (role, model, page)
                    assert "Theirsbert" not in text(response)
                assert client.get(address(model, "change", record.pk)).status_code == 404


def test_the_filter_offers_only_ones_own_tenants(ours: Partner, theirs: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant(slug="another")

    page = text(member(Role.VIEWER, ours.tenant, other.tenant).get(address(Customer, "changelist")))

    assert "another" in page
    assert "theirs" not in page


def test_a_filter_by_another_tenant_finds_nothing(ours: Partner, theirs: Partner, make_tenant: MakeTenant) -> None:
    client = member(Role.ADMIN, ours.tenant, make_tenant().tenant)

    response = client.get(address(Customer, "changelist"), {"tenant": theirs.id})

    assert response.context["cl"].result_count == 0


def test_autocompletes_find_only_ones_own(ours: Partner, theirs: Partner) -> None:
    query = {"app_label": "orders", "model_name": "orderitem", "field_name": "order", "term": "O-"}

    response = member(Role.ADMIN, ours.tenant).get("/admin/autocomplete/", query)

    assert "Theirsbert" not in text(response)


def test_the_data_cannot_be_looked_into_by_lookups_of_ones_own(ours: Partner) -> None:
    client = member(Role.ADMIN, ours.tenant)

    for lookup in ("tenant__api_keys__prefix__startswith", "given", "email__regex", "phone__gt"):
        assert client.get(address(Customer, "changelist"), {lookup: "a"}).status_code == 400


def test_who_is_member_of_nothing_sees_nothing(ours: Partner) -> None:
    client = browser(make_user("nobody"))

    assert client.get("/admin/").status_code == 200
    for model in MODELS:
        assert client.get(address(model, "changelist")).status_code == 403
        for record in model.objects.all():
            assert client.get(address(model, "change", record.pk)).status_code in (403, 404)


def test_who_is_not_logged_in_is_sent_to_the_login(ours: Partner) -> None:
    for model in MODELS:
        assert Client().get(address(model, "changelist"))["Location"].startswith("/admin/login/")


def test_viewers_have_no_actions_and_staff_have(ours: Partner) -> None:
    assert actions_of(member(Role.VIEWER, ours.tenant), Customer) == []
    for role in (Role.STAFF, Role.ADMIN):
        assert len(actions_of(member(role, ours.tenant), Customer)) == 13
        assert actions_of(member(role, ours.tenant), Order) == ["delete_selected"]
        assert actions_of(member(role, ours.tenant), Product) == ["delete_selected"]
        assert actions_of(member(role, ours.tenant), Changeset) == []


def test_every_action_opens_its_confirmation(ours: Partner) -> None:
    for client in (superuser(), member(Role.STAFF, ours.tenant), member(Role.ADMIN, ours.tenant)):
        for model in RECORDS:
            record = model.objects.get(tenant=ours.tenant)
            for name in actions_of(client, model):
                sent = {"action": name, "index": "0", "_selected_action": str(record.pk)}
                response = client.post(address(model, "changelist"), sent)
                assert response.status_code == 200
                assert "This will happen" in text(response)
                assert f"#{record.pk}" in text(response)


WRITES: list[Callable[[Any], tuple[str, dict[str, str]]]] = [
    lambda r: (address(r, "delete", r.pk), {}),
    lambda r: (address(r, "delete_many"), {"chosen": str(r.pk)}),
    lambda r: (address(r, "changelist"), {"action": "delete_selected", "index": "0", "_selected_action": str(r.pk)}),
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("model", RECORDS)
def test_a_viewer_deletes_nothing(model: Any, write: Any, ours: Partner) -> None:
    record = model.objects.get(tenant=ours.tenant)
    url, sent = write(record)

    response = member(Role.VIEWER, ours.tenant).post(url, sent)

    assert response.status_code in (200, 302, 403)
    assert model.objects.filter(pk=record.pk).exists()


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("model", RECORDS)
def test_a_stranger_deletes_nothing(model: Any, write: Any, ours: Partner, theirs: Partner) -> None:
    record = model.objects.get(tenant=theirs.tenant)
    url, sent = write(record)

    response = member(Role.ADMIN, ours.tenant).post(url, sent)

    assert "Theirsbert" not in text(response)
    assert model.objects.filter(pk=record.pk).exists()


def test_a_role_on_one_tenant_is_no_role_on_another(ours: Partner, theirs: Partner) -> None:
    user = make_user("mixed")
    user.memberships.create(tenant=ours.tenant, role=Role.ADMIN)
    user.memberships.create(tenant=theirs.tenant, role=Role.VIEWER)
    client, record = browser(user), Customer.objects.get(tenant=theirs.tenant)

    assert client.get(address(Customer, "change", record.pk)).status_code == 200
    assert client.post(address(Customer, "delete_many"), {"chosen": str(record.pk)}).status_code == 403
    assert Customer.objects.filter(pk=record.pk).exists()


def test_history_is_never_changed(ours: Partner) -> None:
    client = superuser()
    for model in (Changeset, ConsentChange, LoggedRequest):
        record = model.objects.first()
        assert record
        assert client.get(address(model, "delete", record.pk)).status_code == 403
        assert client.get(address(model, "add")).status_code == 403
        assert client.post(address(model, "change", record.pk), {}).status_code == 403
