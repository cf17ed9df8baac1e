"""The home page: counts that follow the changesets, figures that say of when they are, each for one's own tenants."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tenants.admin.figures import Figure
from tenants.admin.home import Health
from tenants.health import changed_tenants, count_changesets, measure, refresh_health
from tenants.models import Changeset, DailyCount, HealthSnapshot, Membership, Role, Tenant
from tenants.requests.writer import WRITER
from tests.conftest import MakeTenant, Partner
from tests.orders.records import line, order
from tests.products.records import variant

pytestmark = pytest.mark.within("a day")

CUSTOMERS: list[dict[str, Any]] = [
    {"CustomerId": "1", "Email": "a@example.com", "EmailOptin": True, "GdprOptin": True},
    {"CustomerId": "2", "Email": "b@example.com", "SmsOptin": True, "IsExcluded": True},
    {"CustomerId": "3"},
]


def an_order(order_id: str, customer: str, *skus: str, **fields: Any) -> dict[str, Any]:
    return order(OrderId=order_id, CustomerId=customer, OrderItems=[line(Sku=sku) for sku in skus], **fields)


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with two customers' consents, an order of nobody, a SKU nobody knows and a variant out of stock."""
    partner.save("customers", *CUSTOMERS)
    variants = [
        variant(VariantId="V1", Sku="S1", Stock=5),
        variant(VariantId="V2", Sku="S2", Stock=0, IsAvailable=False),
    ]
    partner.save("products", {"ProductId": "P1", "ProductName": "Tee", "Taxonomy": ["A"], "ProductVariants": variants})
    partner.save(
        "orders",
        an_order("O1", "1", "S1", "GHOST"),
        an_order("O2", "nobody", "GHOST", "GONE"),
        an_order("O3", "nobody", "S2", Email="B@example.com"),
    )
    return partner


def test_the_figures_are_what_the_tables_hold(shop: Partner) -> None:
    figures = measure(shop.tenant).figures

    assert (figures["customers"], figures["orders"], figures["products"]) == (3, 3, 1)
    assert (figures["email_optin"], figures["sms_optin"], figures["gdpr_optin"], figures["is_excluded"]) == (1, 1, 1, 1)
    assert (figures["lines"], figures["lines_without_variant"], figures["unknown_skus"]) == (5, 3, 2)
    assert (figures["variants"], figures["variants_without_stock"], figures["variants_unavailable"]) == (2, 1, 1)


def test_an_order_has_a_customer_by_either_identifier(shop: Partner) -> None:
    assert measure(shop.tenant).figures["orders_without_customer"] == 1


def test_orders_of_erased_persons_are_no_fault(shop: Partner) -> None:
    shop.delete("/customers/{tenant}", customerId="1")

    assert measure(shop.tenant).figures["orders_without_customer"] == 1


def test_the_worst_skus_come_first(shop: Partner) -> None:
    assert measure(shop.tenant).worst_skus == [["GHOST", 2], ["GONE", 1]]


def test_a_stranger_counts_nowhere(shop: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()

    assert not any(measure(stranger.tenant).figures.values())
    assert Health([stranger.tenant]).is_empty


def test_changesets_are_counted_once_and_only_what_partners_sent_is_received(shop: Partner) -> None:
    for _ in range(2):
        count_changesets([shop.tenant.pk])
    shop.save("customers", {"CustomerId": "4"}, {"CustomerId": "5"})
    count_changesets([shop.tenant.pk])
    Changeset.objects.filter(tenant=shop.tenant).update(source="admin")

    count = DailyCount.objects.get(entity="customers")

    assert (count.changesets, count.received, count.last_number) == (2, 5, 4)


def test_staff_edits_are_not_received(shop: Partner) -> None:
    Changeset.objects.filter(tenant=shop.tenant).update(source="admin")
    count_changesets([shop.tenant.pk])

    count = DailyCount.objects.get(entity="customers")

    assert (count.changesets, count.received, count.last_at) == (0, 0, None)


def test_a_day_begins_where_the_tenant_is(make_tenant: MakeTenant) -> None:
    tokyo = make_tenant(time_zone="Asia/Tokyo")
    tokyo.save("customers", {"CustomerId": "1"})
    Changeset.objects.filter(tenant=tokyo.tenant).update(created_at="2026-01-01T20:00:00Z")

    count_changesets([tokyo.tenant.pk])

    assert str(DailyCount.objects.get().day) == "2026-01-02"


def test_today_is_each_tenants_own(make_tenant: MakeTenant) -> None:
    tenants = [make_tenant(time_zone=zone) for zone in ("Pacific/Kiritimati", "UTC", "Pacific/Niue")]
    for tenant in tenants:
        tenant.save("customers", {"CustomerId": "1"})

    assert Health([tenant.tenant for tenant in tenants]).received_today.value == 3


def test_counting_where_nothing_is_new_takes_one_statement(shop: Partner, django_assert_num_queries: Any) -> None:
    count_changesets([shop.tenant.pk])

    with django_assert_num_queries(1):
        count_changesets([shop.tenant.pk])


def test_received_today_needs_no_measuring(shop: Partner) -> None:
    measure(shop.tenant)
    shop.save("customers", {"CustomerId": "4"})

    health = Health([shop.tenant])

    assert health.received_today.value == 8
    assert health.figures["customers"] == 3  # as of the snapshot


def test_only_tenants_that_changed_are_measured_again(shop: Partner, make_tenant: MakeTenant) -> None:
    make_tenant()
    assert refresh_health() == 2

    assert refresh_health() == 0
    shop.save("customers", {"CustomerId": "4"})
    assert [tenant.pk for tenant in changed_tenants()] == [shop.tenant.pk]
    assert refresh_health() == 1

    assert HealthSnapshot.objects.get(tenant=shop.tenant).figures["customers"] == 4


def test_trends_are_against_the_week_before(shop: Partner) -> None:
    now = measure(shop.tenant)
    HealthSnapshot.objects.create(
        tenant=shop.tenant,
        day=now.day - timedelta(days=7),
        figures={**now.figures, "customers": 2, "email_optin": 1},
        number=1,
        taken_at=timezone.now() - timedelta(days=7),
    )

    health = Health([shop.tenant])

    customers, email = health.records[0], health.consents[0]
    assert (customers.value, customers.change) == (3, 50.0)
    assert (round(email.share or 0, 1), round(email.change or 0, 1), email.tone) == (33.3, -16.7, "bad")


def test_without_a_week_before_there_is_no_trend(shop: Partner) -> None:
    assert {figure.change for figure in Health([shop.tenant]).records} == {None}


def test_refused_requests_are_a_part_of_what_partners_sent(shop: Partner) -> None:
    shop.post("customers", [{}])
    shop.get("/customers/{tenant}/nobody")
    WRITER.flush()

    (refused,) = (fault for fault in Health([shop.tenant]).faults if fault.label.startswith("Refused"))

    assert (refused.value, refused.of, refused.share) == (1, 4, 25.0)


def test_a_figure_of_nothing_has_no_share() -> None:
    figure = Figure("x", 0, of=0, before=0, of_before=0)

    assert (figure.share, figure.change, figure.tone) == (None, None, "")


# The page


def log_in(name: str, *partners: Partner, superuser: bool = False) -> Client:
    user = User.objects.create_user(name, is_staff=True, is_superuser=superuser)
    for partner in partners:
        Membership.objects.create(tenant=partner.tenant, user=user, role=Role.VIEWER)
    client = Client()
    client.force_login(user)
    return client


def home(client: Client, **query: str) -> str:
    response = client.get("/admin/", query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_measures_at_the_first_look_without_a_worker(shop: Partner) -> None:
    page = home(log_in("maria", shop))

    assert "GHOST" in page
    assert "as of" in page
    assert HealthSnapshot.objects.count() == 1


def test_a_member_sees_only_their_tenants(shop: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    stranger.save("customers", *({"CustomerId": str(n)} for n in range(50)))
    client = log_in("maria", shop)

    page = home(client)

    assert shop.slug in page
    assert stranger.slug not in page
    assert ">50<" not in page
    assert client.get("/admin/", {"tenant": stranger.slug}).status_code == 404
    assert client.post("/admin/tenants/tenant/measure/", {"tenant": stranger.slug}).status_code == 404


def test_a_superuser_sees_all_tenants_added_up_and_picks_one(shop: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    other.save("customers", {"CustomerId": "1"})
    client = log_in("root", superuser=True)

    assert '<strong title="4">' in home(client)
    assert '<strong title="1">' in home(client, tenant=other.slug)


def test_measuring_again_shows_what_came_since(shop: Partner) -> None:
    client = log_in("maria", shop)
    home(client)
    shop.save("customers", {"CustomerId": "4"})
    assert '<strong title="3">' in home(client)

    answer = client.post("/admin/tenants/tenant/measure/", {"tenant": shop.slug})

    assert answer["Location"] == f"/admin/?tenant={shop.slug}"
    assert '<strong title="4">' in home(client)


def test_a_new_tenant_shows_how_to_connect(partner: Partner) -> None:
    page = home(log_in("maria", partner))

    assert "Nothing has arrived yet" in page
    assert f"/admin/tenants/tenant/{partner.id}/connect/" in page


def test_without_a_tenant_the_page_says_what_to_do(db: None) -> None:
    assert "You are not a member of any tenant" in home(log_in("nobody"))
    empty = home(log_in("root", superuser=True))
    assert all(said in empty for said in ("Add a tenant", "invite who looks after it", "/admin/system/"))


def test_a_disabled_tenant_is_marked(shop: Partner) -> None:
    Tenant.objects.filter(pk=shop.tenant.pk).update(is_enabled=False)

    assert "Disabled" in home(log_in("maria", shop))


def test_what_partners_sent_is_escaped(partner: Partner) -> None:
    partner.save("orders", an_order("O1", "1", "<script>alert(1)</script>"))

    page = home(log_in("maria", partner))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("tenants", [1, 12])
def test_the_page_takes_the_same_queries_for_any_number_of_tenants(
    make_tenant: MakeTenant, tenants: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(tenants):
        make_tenant().save("customers", {"CustomerId": "1"})
    refresh_health()
    client = log_in("root", superuser=True)

    with django_assert_max_num_queries(20):
        home(client)


def test_each_figure_leads_to_the_list_behind_it(shop: Partner) -> None:
    client = log_in("root", superuser=True)
    shop.post("customers", [{}])
    WRITER.flush()
    health = Health([shop.tenant])
    figures = [*health.records, *health.consents, *health.faults, health.received_today]

    for figure in figures:
        page = client.get(figure.href)
        assert page.status_code == 200, figure.label
        assert shop.id in figure.href, figure.label

    def listed(label: str) -> list[str]:
        (figure,) = (figure for figure in figures if figure.label == label)
        return [str(record) for record in client.get(figure.href).context["cl"].result_list]

    assert listed("Order lines whose SKU no variant has") == ["O2", "O1"]
    assert listed("Orders without a customer") == ["O2"]
    assert listed("Variants out of stock") == listed("Variants not available") == ["Tee"]
    assert len(listed("E-mail")) == len(listed("Customers excluded")) == len(listed("Refused requests, 7 days")) == 1


def test_the_orders_behind_a_figure_are_ones_own(shop: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    stranger.save("orders", an_order("THEIRS", "nobody", "UNKNOWN"))
    refresh_health()

    page = log_in("maria", shop).get("/admin/orders/order/", {"fault": "orders_without_customer"})

    assert [str(record) for record in page.context["cl"].result_list] == ["O2"]
