"""Times in the admin: in the zone of the tenant that a page is about, in one format, in UTC when pointed at."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from customers.models import Customer
from tenants.models import ApiKey, Role, Tenant
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.members import browser, make_user, member, superuser, text

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
PRODUCTS = "/admin/products/product/"
TIME = re.compile(r'<time[^>]* datetime="([^"]+)" title="([^"]+)">([^<]+)</time>')
ZONE = re.compile(r"Times: ([^<]+)</span>")
BERLIN, KATHMANDU, ST_JOHNS = "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"


def at(partner: Partner, moment: str) -> int:
    """Give a tenant a customer who was created at a moment; return their hub id."""
    partner.save("customers", customer())
    made = Customer.objects.filter(tenant=partner.tenant).latest("pk")
    Customer.objects.filter(pk=made.pk).update(created_at=moment, updated_at=moment)
    return int(made.pk)


def times_on(page: str) -> set[tuple[str, str, str]]:
    return set(TIME.findall(page))


def zone_on(page: str) -> set[str]:
    return set(ZONE.findall(page))


@pytest.mark.parametrize(
    ("zone", "moment", "written"),
    [
        (BERLIN, "2026-11-26T02:12:33Z", "2026-11-26 03:12"),
        (BERLIN, "2026-10-25T00:30:00Z", "2026-10-25 02:30 +02:00"),  # the hour that the clocks show twice
        (BERLIN, "2026-10-25T01:30:00Z", "2026-10-25 02:30 +01:00"),
        (BERLIN, "2026-03-29T01:00:00Z", "2026-03-29 03:00"),
        (KATHMANDU, "2026-01-01T18:20:00Z", "2026-01-02 00:05"),
        (ST_JOHNS, "2026-07-01T01:00:00Z", "2026-06-30 22:30"),
        (ST_JOHNS, "2026-11-01T04:15:00Z", "2026-11-01 01:45 -02:30"),
        ("UTC", "2026-11-26T02:12:33Z", "2026-11-26 02:12"),
    ],
)
def test_a_record_is_shown_in_its_tenants_zone_and_in_utc_when_pointed_at(
    make_tenant: MakeTenant, zone: str, moment: str, written: str
) -> None:
    partner = make_tenant(time_zone=zone)
    pk = at(partner, moment)

    page = text(member(Role.STAFF, partner.tenant).get(f"{LIST}{pk}/change/"))

    assert (moment, moment, written) in times_on(page)
    assert zone_on(page) == {zone}


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("zone", [ST_JOHNS, "Pacific/Kiritimati"])
def test_a_moment_at_either_end_of_time_is_shown(make_tenant: MakeTenant, zone: str, moment: str) -> None:
    partner = make_tenant(time_zone=zone)
    pk = at(partner, moment)

    page = text(superuser().get(f"{LIST}{pk}/change/"))

    assert (moment, moment) in {found[:2] for found in times_on(page)}


def test_a_list_of_two_zones_is_in_utc_until_one_tenant_is_chosen(make_tenant: MakeTenant) -> None:
    one, other = make_tenant(time_zone=BERLIN), make_tenant(time_zone=KATHMANDU)
    client = member(Role.STAFF, one.tenant, other.tenant)
    pages = {name: text(client.get(LIST, {"tenant": name} if name else {})) for name in ("", one.id, other.id)}

    assert [zone_on(page) for page in pages.values()] == [{"UTC"}, {BERLIN}, {KATHMANDU}]
    assert zone_on(text(client.get(f"{LIST}{at(other, '2026-01-01T00:00:00Z')}/change/"))) == {KATHMANDU}
    assert zone_on(text(client.get("/admin/"))) == {"UTC"}
    assert zone_on(text(client.get("/admin/", {"tenant": one.slug}))) == {BERLIN}


def test_a_list_of_several_tenants_in_one_zone_is_in_that(make_tenant: MakeTenant) -> None:
    tenants = [make_tenant(time_zone=ST_JOHNS).tenant for _ in range(2)]

    assert zone_on(text(member(Role.VIEWER, *tenants).get(LIST))) == {ST_JOHNS}
    assert zone_on(text(superuser().get(LIST))) == {ST_JOHNS}


def test_another_tenants_zone_is_not_told(make_tenant: MakeTenant) -> None:
    mine, theirs = make_tenant(time_zone=BERLIN), make_tenant(time_zone=KATHMANDU)

    page = text(member(Role.ADMIN, mine.tenant).get(LIST, {"tenant": theirs.id}))

    assert zone_on(page) == {BERLIN}


def test_the_zone_ends_with_the_answer(make_tenant: MakeTenant) -> None:
    client = member(Role.STAFF, make_tenant(time_zone=KATHMANDU).tenant)
    client.get(LIST)

    assert timezone.get_current_timezone_name() == "UTC"
    assert zone_on(text(superuser().get("/admin/auth/user/"))) == {KATHMANDU}
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        (BERLIN, "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z"),  # 25 hours
        (BERLIN, "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"),  # 23
        (KATHMANDU, "2026-01-02", "2026-01-01T18:15:00Z", "2026-01-02T18:14:59Z"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z"),  # it begins at one o'clock
    ],
)
def test_days_to_filter_by_are_the_zones(make_tenant: MakeTenant, zone: str, day: str, first: str, last: str) -> None:
    partner = make_tenant(time_zone=zone)
    partner.save("orders", *[order_at(moment) for moment in (first, last)])
    for wrong in (one_second(first, -1), one_second(last, 1)):
        partner.save("orders", order_at(wrong))

    response = member(Role.STAFF, partner.tenant).get(
        "/admin/orders/order/", {"order_date_from": day, "order_date_to": day}
    )

    assert {str(order) for order in response.context["cl"].result_list} == {first, last}
    assert f"({zone})" in text(response)


def order_at(moment: str) -> dict[str, Any]:
    line = {"ProductId": "P", "Sku": "S", "Quantity": 1, "Price": 1}
    named = {"OrderId": moment, "CustomerId": "1", "Email": "a@example.com", "OrderDate": moment}
    return {**named, "TotalRevenue": 1, "Currency": "EUR", "OrderItems": [line]}


def one_second(moment: str, step: int) -> str:
    at = datetime.fromisoformat(moment).timestamp() + step
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_are_an_answer(make_tenant: MakeTenant, zone: str, day: str) -> None:
    client = member(Role.VIEWER, make_tenant(time_zone=zone).tenant)
    query = {f"{name}_{end}": day for name in ("created_at", "order_date") for end in ("from", "to")}

    assert client.get("/admin/orders/order/", query).status_code == 200


def test_lists_of_keys_members_and_users_write_times_as_all_others(make_tenant: MakeTenant) -> None:
    partner = make_tenant(time_zone=BERLIN)
    moment = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    ApiKey.objects.update(created_at=moment, expires_at=moment, last_used_at=moment, revoked_at=moment)
    user = make_user("maria")
    partner.tenant.memberships.create(user=user, role=Role.ADMIN, accepted_at=moment)
    root = make_user("root", superuser=True)
    client = browser(user)
    type(user).objects.filter(pk=user.pk).update(last_login=moment)
    key = ApiKey.objects.get(tenant=partner.tenant).pk

    shown = "2026-02-01 00:30"
    assert text(client.get("/admin/tenants/apikey/")).count(f">{shown}<") == 3
    assert text(client.get(f"/admin/tenants/apikey/{key}/change/")).count(f">{shown}<") == 4
    assert text(client.get("/admin/tenants/membership/")).count(f">{shown}<") == 2
    assert text(browser(root).get(f"/admin/auth/user/{user.pk}/change/")).count(f">{shown}<") == 1


def test_what_is_typed_is_in_the_zone_that_the_page_says(make_tenant: MakeTenant) -> None:
    partner = make_tenant(time_zone=BERLIN)
    key = ApiKey.objects.get(tenant=partner.tenant)
    page = f"/admin/tenants/apikey/{key.pk}/change/"
    sent = {"label": key.label, "access": "everything", "expires_at_0": "2999-07-01", "expires_at_1": "00:00"}

    assert member(Role.ADMIN, partner.tenant).post(page, sent).status_code == 302

    key.refresh_from_db()
    assert key.expires_at == datetime(2999, 6, 30, 22, tzinfo=UTC)


def test_no_title_of_a_column_names_a_zone(make_tenant: MakeTenant) -> None:
    partner = make_tenant()
    Tenant.objects.update(time_zone=BERLIN)
    pk = at(partner, "2026-01-01T00:00:00Z")
    client = superuser()

    for path in (LIST, f"{LIST}{pk}/change/", "/admin/orders/order/", PRODUCTS, "/admin/tenants/changeset/"):
        page = text(client.get(path))
        assert [title for title in re.findall(r"[^<>]*\(UTC\)[^<>]*", page) if "Day" not in title] == [], path
