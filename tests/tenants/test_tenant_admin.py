"""The admin of tenants, keys, members and users: what each role may see and do, and what is kept of it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tenants.keys import create_key
from tenants.models import ApiKey, AuditEvent, Membership, Role, Tenant
from tests.conftest import MakeTenant, Partner

ADMIN = "/admin/tenants"
KEY = re.compile(r'<code id="key"[^>]*>([\w-]{43})</code>')
LogIn = Callable[..., Client]


@pytest.fixture
def log_in(db: None) -> LogIn:
    """Log in: `log_in("maria", shop, Role.ADMIN)`, or a superuser without a tenant."""

    def log_in(name: str, partner: Partner | None = None, role: Role | None = None) -> Client:
        user, _ = User.objects.get_or_create(
            username=name, defaults={"is_staff": True, "is_superuser": role is None and partner is None}
        )
        if partner and role:
            Membership.objects.get_or_create(tenant=partner.tenant, user=user, defaults={"role": role})
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    return make_tenant(slug="shop", per_minute=100, per_hour=5000)


def said(partner: Partner) -> list[str]:
    """Return what the audit says of the changes of a tenant, its members and its keys."""
    events = AuditEvent.objects.filter(tenant=partner.tenant).order_by("pk")
    return [detail for event in events for detail in event.details]


def pages(partner: Partner) -> dict[str, str]:
    """Every page about a tenant."""
    tenant, key = partner.id, ApiKey.objects.get(tenant=partner.tenant).pk
    member = Membership.objects.filter(tenant=partner.tenant).values_list("pk", flat=True).first() or 0
    return {
        "home": f"/admin/?tenant={partner.slug}",
        "tenant": f"{ADMIN}/tenant/{tenant}/change/",
        "history": f"{ADMIN}/tenant/{tenant}/history/",
        "connect": f"{ADMIN}/tenant/{tenant}/connect/",
        "priority": f"{ADMIN}/tenant/{tenant}/priority/",
        "keys": f"{ADMIN}/tenant/{tenant}/keys/",
        "members": f"{ADMIN}/tenant/{tenant}/members/",
        "key": f"{ADMIN}/apikey/{key}/change/",
        "roll": f"{ADMIN}/apikey/{key}/roll/",
        "revoke": f"{ADMIN}/apikey/{key}/revoke/",
        "member": f"{ADMIN}/membership/{member}/change/",
        "remove": f"{ADMIN}/membership/{member}/delete/",
    }


READABLE = {"home", "tenant", "connect"}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.STAFF])
def test_who_is_no_admin_reads_the_tenant_and_configures_nothing(log_in: LogIn, shop: Partner, role: Role) -> None:
    client = log_in("someone", shop, role)

    statuses = {name: client.get(url).status_code for name, url in pages(shop).items()}

    assert {name for name, status in statuses.items() if status == 200} == READABLE
    assert {status for name, status in statuses.items() if name not in READABLE} == {404}
    assert client.post(f"{ADMIN}/tenant/{shop.id}/change/", {"name": "Stolen"}).status_code in (403, 404)
    assert Tenant.objects.get(pk=shop.tenant.pk).name == shop.tenant.name


@pytest.mark.parametrize("name", ["apikey", "membership"])
def test_who_is_no_admin_has_no_list_of_keys_or_members(log_in: LogIn, shop: Partner, name: str) -> None:
    client = log_in("someone", shop, Role.STAFF)

    assert client.get(f"{ADMIN}/{name}/").status_code == 403
    assert client.get(f"{ADMIN}/{name}/add/").status_code == 403


def test_an_admin_opens_every_page_of_the_tenant(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)

    statuses = {name: client.get(url).status_code for name, url in pages(shop).items()}

    expected = {name: 302 if name in ("keys", "members", "history") else 200 for name in statuses}
    assert statuses == expected


def test_a_superuser_opens_every_page(log_in: LogIn, shop: Partner) -> None:
    log_in("maria", shop, Role.ADMIN)
    client = log_in("root")

    assert {client.get(url).status_code for url in pages(shop).values()} == {200, 302}
    lists = (f"{ADMIN}/tenant/", f"{ADMIN}/tenant/add/", f"{ADMIN}/apikey/", f"{ADMIN}/membership/")
    for url in (*lists, f"{ADMIN}/invitation/", f"{ADMIN}/invitation/add/"):
        assert client.get(url).status_code == 200
    for url in (
        "/admin/auth/user/",
        "/admin/auth/user/add/",
        f"/admin/auth/user/{User.objects.get(username='root').pk}/change/",
    ):
        assert client.get(url).status_code == 200


def test_another_tenants_pages_are_not_found(log_in: LogIn, make_tenant: MakeTenant) -> None:
    mine, theirs = make_tenant(), make_tenant()
    log_in("stranger", theirs, Role.ADMIN)
    client = log_in("maria", mine, Role.ADMIN)

    for name, url in pages(theirs).items():
        assert client.get(url).status_code == 404, name
        assert client.post(url).status_code in (403, 404, 405) or name == "home", name


def test_an_admin_of_one_tenant_who_reads_another_does_not_configure_it(log_in: LogIn, make_tenant: MakeTenant) -> None:
    mine, read = make_tenant(), make_tenant()
    log_in("maria", mine, Role.ADMIN)
    client = log_in("maria", read, Role.VIEWER)

    statuses = {name: client.get(url).status_code for name, url in pages(read).items()}

    assert {name for name, status in statuses.items() if status == 200} == READABLE
    assert client.post(f"{ADMIN}/apikey/add/", {"tenant": read.id, "label": "x"}).status_code == 200
    assert not ApiKey.objects.filter(tenant=read.tenant, label="x").exists()
    assert read.tenant.name not in client.get(f"{ADMIN}/apikey/add/").content.decode()
    listed = client.get(f"{ADMIN}/apikey/").context["cl"].result_list
    assert {key.tenant_id for key in listed} == {mine.tenant.pk}


def test_users_are_the_superusers_alone(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    root = User.objects.create_superuser("root")

    for url in ("/admin/auth/user/", "/admin/auth/user/add/", f"/admin/auth/user/{root.pk}/change/"):
        assert client.get(url).status_code in (403, 404)


def save_tenant(client: Client, partner: Partner, **changes: Any) -> Any:
    fields = {
        "name": "Shop",
        "slug": "shop",
        "is_enabled": "on",
        "tier": "standard",
        "time_zone": "UTC",
        "consent_policy": "source",
        **changes,
    }
    return client.post(f"{ADMIN}/tenant/{partner.id}/change/", fields)


def test_a_superuser_configures_everything(log_in: LogIn, shop: Partner) -> None:
    client = log_in("root")

    save_tenant(
        client, shop, name="New", slug="new", tier="scale", required_fields=["Language"], time_zone="Europe/Berlin"
    )

    shop.tenant.refresh_from_db()
    assert (shop.tenant.name, shop.tenant.slug, shop.tenant.time_zone) == ("New", "new", "Europe/Berlin")
    assert (shop.tenant.per_minute, shop.tenant.per_hour) == (1_000, 50_000)
    assert shop.tenant.required_fields == ["Language"]
    assert shop.post("customers", [{"CustomerId": "1"}]).status_code == 400


def test_a_custom_tier_takes_the_numbers(log_in: LogIn, shop: Partner) -> None:
    client = log_in("root")

    save_tenant(client, shop, tier="custom", per_minute="7", per_hour="70")
    shop.tenant.refresh_from_db()
    assert (shop.tenant.per_minute, shop.tenant.per_hour) == (7, 70)

    assert "needs this number" in save_tenant(client, shop, tier="custom").content.decode()


def test_a_tenants_admin_can_not_raise_its_own_limits(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)

    save_tenant(client, shop, name="Renamed", slug="stolen", tier="scale", per_minute="9999", time_zone="Asia/Tokyo")

    shop.tenant.refresh_from_db()
    assert (shop.tenant.name, shop.tenant.time_zone) == ("Renamed", "Asia/Tokyo")
    assert (shop.tenant.slug, shop.tenant.per_minute, shop.tenant.is_enabled) == ("shop", 100, True)


def test_saving_leads_who_has_one_tenant_to_its_page_and_others_to_the_list(
    log_in: LogIn, shop: Partner, make_tenant: MakeTenant
) -> None:
    client, change = log_in("maria", shop, Role.ADMIN), f"{ADMIN}/tenant/{shop.id}/change/"

    assert save_tenant(client, shop, name="Renamed")["Location"] == change
    log_in("maria", make_tenant(), Role.VIEWER)
    assert save_tenant(client, shop, name="Again")["Location"] == f"{ADMIN}/tenant/"


def test_a_new_tenant_gets_the_standard_tier(log_in: LogIn) -> None:
    fields = {
        "name": "New",
        "slug": "new",
        "is_enabled": "on",
        "priority": "email",
        "time_zone": "UTC",
        "consent_policy": "source",
    }

    log_in("root").post(f"{ADMIN}/tenant/add/", {**fields, "tier": "standard"})

    tenant = Tenant.objects.get(slug="new")
    assert (tenant.priority, tenant.per_minute, tenant.per_hour) == ("email", 100, 5000)


def test_a_bad_time_zone_or_slug_is_refused(log_in: LogIn, shop: Partner) -> None:
    client = log_in("root")

    assert "errorlist" in save_tenant(client, shop, time_zone="Mars/Base").content.decode()
    assert "lower-case letters" in save_tenant(client, shop, slug="Not A Slug").content.decode()


def test_an_admin_gives_the_tenant_a_default_country_and_takes_it_away(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    page = f"{ADMIN}/tenant/{shop.id}/change/"
    for code, name in (("FI", "Finland"), ("XK", "Kosovo"), ("", "None")):
        save_tenant(client, shop, name=shop.tenant.name, default_country=code)

        shop.tenant.refresh_from_db()
        assert shop.tenant.default_country == code
        assert f'<option value="{code}" selected>{name}</option>' in client.get(page).content.decode()
    assert said(shop) == ["default_country:  → FI", "default_country: FI → XK", "default_country: XK → "]
    history = client.get(f"{ADMIN}/tenant/{shop.id}/history/", follow=True)
    assert "default_country: FI → XK" in history.content.decode()


def test_a_viewer_sees_the_default_country(log_in: LogIn, make_tenant: MakeTenant) -> None:
    shop = make_tenant(default_country="FI")

    text = log_in("someone", shop, Role.VIEWER).get(f"{ADMIN}/tenant/{shop.id}/change/").content.decode()

    assert re.search(r"Default country.*?\bFI\b", text, re.DOTALL)


@pytest.mark.parametrize("code", ["ZZ", "fi", "Finland"])
def test_a_country_that_is_not_offered_is_refused(log_in: LogIn, shop: Partner, code: str) -> None:
    assert "errorlist" in save_tenant(log_in("root"), shop, default_country=code).content.decode()

    shop.tenant.refresh_from_db()
    assert shop.tenant.default_country == ""


def test_changes_are_recorded_with_who_and_what(log_in: LogIn, shop: Partner) -> None:
    save_tenant(log_in("maria", shop, Role.ADMIN), shop, name="Renamed")

    event = AuditEvent.objects.get(kind="tenant_changed")
    assert (str(event.user), event.tenant_id) == ("maria", shop.tenant.pk)
    assert event.details == ["name"]


# Keys


def new_key(client: Client, partner: Partner, label: str = "ERP") -> str:
    response = client.post(f"{ADMIN}/apikey/add/", {"tenant": partner.id, "label": label})
    return str(KEY.findall(response.content.decode())[0])


def test_a_new_keys_text_is_shown_once_and_works(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)

    response = client.post(f"{ADMIN}/apikey/add/", {"tenant": shop.id, "label": "ERP"})

    text = response.content.decode()
    (key,) = KEY.findall(text)
    assert text.count(key) == 1
    assert "no-store" in response["Cache-Control"]
    assert Partner(shop.tenant, key).get("/customers/{tenant}").status_code == 200
    made = ApiKey.objects.get(label="ERP")
    for url in (
        f"{ADMIN}/apikey/",
        f"{ADMIN}/apikey/{made.pk}/change/",
        f"{ADMIN}/apikey/{made.pk}/history/",
        "/admin/",
    ):
        assert key not in client.get(url).content.decode()


def test_the_page_that_shows_a_key_is_the_only_one_that_is_not_compressed(log_in: LogIn, shop: Partner) -> None:
    client, asked = log_in("maria", shop, Role.ADMIN), {"Accept-Encoding": "gzip"}
    old = ApiKey.objects.get(tenant=shop.tenant)

    listed = client.get(f"{ADMIN}/apikey/", headers=asked)
    made = client.post(f"{ADMIN}/apikey/add/", {"tenant": shop.id, "label": "ERP"}, headers=asked)
    rolled = client.post(f"{ADMIN}/apikey/{old.pk}/roll/", {"hours": "24"}, headers=asked)

    assert listed.headers["Content-Encoding"] == "gzip"
    for shown in (made, rolled):
        assert len(KEY.findall(shown.content.decode())) == 1
        assert "Content-Encoding" not in shown.headers


def test_a_keys_text_is_nowhere_in_the_database(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    key = new_key(client, shop)

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{key}%"])
            assert cursor.fetchone() == (0,), table


def test_a_key_of_a_tenant_with_one_admin_is_recorded_by_its_id(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)

    key = new_key(client, shop)

    assert str(AuditEvent.objects.latest("pk").api_key) == f"ERP ({key[:8]}…)"


def test_a_revoked_key_works_no_more(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    key = ApiKey.objects.get(tenant=shop.tenant)
    assert shop.get("/customers/{tenant}").status_code == 200

    client.post(f"{ADMIN}/apikey/{key.pk}/revoke/")

    assert shop.get("/customers/{tenant}").status_code == 401
    assert AuditEvent.objects.latest("pk").kind == "key_revoked"
    assert "REVOKED" in client.get(f"{ADMIN}/apikey/{key.pk}/change/").content.decode().upper()


def test_opening_the_revoke_page_revokes_nothing(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)

    client.get(f"{ADMIN}/apikey/{ApiKey.objects.get(tenant=shop.tenant).pk}/revoke/")

    assert shop.get("/customers/{tenant}").status_code == 200


def test_rolling_shows_the_new_key_and_says_when_the_old_one_ends(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    old = ApiKey.objects.get(tenant=shop.tenant)

    text = client.post(f"{ADMIN}/apikey/{old.pk}/roll/", {"hours": "24"}).content.decode()

    (fresh,) = KEY.findall(text)
    assert f"The old key, {old.prefix}…, works until" in text
    assert [Partner(shop.tenant, key).get("/customers/{tenant}").status_code for key in (fresh, shop.key)] == [200, 200]
    assert list(AuditEvent.objects.order_by("-pk").values_list("kind", flat=True)[:2]) == ["key_rolled", "key_created"]


@pytest.mark.parametrize("hours", ["", "5", "x", "100000"])
def test_only_offered_overlaps_are_taken(log_in: LogIn, shop: Partner, hours: str) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    old = ApiKey.objects.get(tenant=shop.tenant)

    client.post(f"{ADMIN}/apikey/{old.pk}/roll/", {"hours": hours})

    assert ApiKey.objects.filter(tenant=shop.tenant).count() == 1


def test_a_key_can_be_relabelled_and_ended_but_not_moved(log_in: LogIn, shop: Partner, make_tenant: MakeTenant) -> None:
    client = log_in("root")
    key, _ = create_key(shop.tenant, label="old")
    other = make_tenant()

    changes = {"label": "new", "tenant": other.id, "expires_at_0": "2000-01-01", "expires_at_1": "00:00"}
    assert "That is past" in client.post(f"{ADMIN}/apikey/{key.pk}/change/", changes).content.decode()
    client.post(f"{ADMIN}/apikey/{key.pk}/change/", {**changes, "expires_at_0": "2100-01-01"})

    key.refresh_from_db()
    assert (key.label, key.tenant_id) == ("new", shop.tenant.pk)
    assert key.expires_at is not None
    assert key.expires_at.year == 2100


# Members


def test_nobody_adds_a_member_who_was_not_asked(log_in: LogIn, make_tenant: MakeTenant) -> None:
    mine, theirs = make_tenant(), make_tenant()
    stina = User.objects.create_user("stina", is_staff=True)

    for client in (log_in("maria", mine, Role.ADMIN), log_in("root")):
        for tenant in (mine.id, theirs.id):
            for name in ("stina", "root", "nobody"):
                sent = {"tenant": tenant, "username": name, "user": str(stina.pk), "role": "admin"}
                assert client.post(f"{ADMIN}/membership/add/", sent).status_code == 403

    assert Membership.objects.get().user.username == "maria"


def test_a_role_is_changed_and_the_user_stays(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    log_in("stina", shop, Role.VIEWER)
    membership = Membership.objects.get(user__username="stina")

    client.post(f"{ADMIN}/membership/{membership.pk}/change/", {"role": "staff", "user": "1", "is_superuser": "1"})

    membership.refresh_from_db()
    assert (membership.role, membership.user.username, membership.user.is_superuser) == ("staff", "stina", False)
    assert said(shop) == ["role: viewer → staff"]


def test_a_member_is_removed(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    log_in("stina", shop, Role.VIEWER)

    client.post(f"{ADMIN}/membership/{Membership.objects.get(user__username='stina').pk}/delete/", {"post": "yes"})

    assert not Membership.objects.filter(user__username="stina").exists()
    assert User.objects.filter(username="stina").exists()


def test_the_last_admin_stays(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    only = Membership.objects.get()

    demoted = client.post(f"{ADMIN}/membership/{only.pk}/change/", {"role": "viewer"}, follow=True)
    removed = client.post(f"{ADMIN}/membership/{only.pk}/delete/", {"post": "yes"}, follow=True)

    for answer in (demoted, removed):
        assert "only admin" in answer.content.decode()
    only.refresh_from_db()
    assert only.role == Role.ADMIN
    assert not AuditEvent.objects.filter(kind__startswith="member").exists()


# Identifier priority


def test_the_priority_page_shows_collisions_and_offers_no_button(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    shop.save(
        "customers",
        {"CustomerId": "1", "Email": "family@example.com"},
        {"CustomerId": "2", "Email": "family@example.com"},
    )

    page = client.get(f"{ADMIN}/tenant/{shop.id}/priority/").content.decode()
    refused = client.post(f"{ADMIN}/tenant/{shop.id}/priority/", {"priority": "email"})

    assert "family@example.com" in page
    assert "Name customers by E-mail</button>" not in page
    assert refused.status_code == 409
    shop.tenant.refresh_from_db()
    assert shop.tenant.priority == "customerid"


def test_the_priority_is_changed_recorded_and_logged(log_in: LogIn, shop: Partner) -> None:
    client = log_in("maria", shop, Role.ADMIN)
    shop.save("customers", {"CustomerId": "1", "Email": "a@example.com"})

    client.post(f"{ADMIN}/tenant/{shop.id}/priority/", {"priority": "email"})

    shop.tenant.refresh_from_db()
    assert shop.tenant.priority == "email"
    assert shop.changes()[-1]["Operation"] == "rekey"
    assert said(shop) == ["priority: customerid → email"]


def test_the_form_does_not_change_the_priority_by_the_way(log_in: LogIn, shop: Partner) -> None:
    save_tenant(log_in("root"), shop, priority="email")

    shop.tenant.refresh_from_db()
    assert shop.tenant.priority == "customerid"


def test_a_tenant_is_found_by_the_id_that_its_partner_quotes(
    log_in: LogIn, shop: Partner, make_tenant: MakeTenant
) -> None:
    other = make_tenant()
    client = log_in("maria", shop, Role.ADMIN)

    found = client.get("/admin/tenants/tenant/", {"q": f" {shop.id.upper()}\n"}).content.decode()
    nothing = client.get("/admin/tenants/tenant/", {"q": other.id}).content.decode()

    assert f"/admin/tenants/tenant/{shop.id}/change/" in found
    assert other.slug not in nothing
