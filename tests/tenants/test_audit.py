"""The audit of tenants: what is recorded of configuration, keys and members, who reads it, how long it is kept."""

from datetime import timedelta
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from tenants.audit.events import SERVER, record
from tenants.keys import create_key
from tenants.members import set_role
from tenants.models import (
    ACCOUNT_KINDS,
    AccountEvent,
    ApiKey,
    AuditEvent,
    AuditKind,
    Invitation,
    Look,
    Membership,
    Role,
    Tenant,
)
from tenants.tasks import purge
from tenants.webhooks.endpoints import create_webhook
from tests.conftest import MakeTenant, Partner
from tests.members import browser, make_user, member, superuser, text
from tests.tenants.accounts.test_invitations import invite

pytestmark = pytest.mark.django_db

ADMIN = "/admin/tenants"
LISTS = [f"{ADMIN}/{name}/" for name in ("auditevent", "accountevent", "look")]
FORM = {
    "name": "Shop",
    "slug": "shop",
    "is_enabled": "on",
    "tier": "standard",
    "time_zone": "UTC",
    "consent_policy": "source",
}


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    return make_tenant(slug="shop", per_minute=100, per_hour=5000)


@pytest.fixture
def maria(shop: Partner) -> User:
    user = make_user("maria")
    Membership.objects.create(tenant=shop.tenant, user=user, role=Role.ADMIN)
    return user


def last(tenant: Tenant) -> tuple[str, User | None, list[str]]:
    """Return the kind, the user and the details of a tenant's last event."""
    event = AuditEvent.objects.filter(tenant=tenant).latest("pk")
    return event.kind, event.user, event.details


def rows(client: Client, url: str, **query: str) -> list[Any]:
    response = client.get(url, query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


# What is recorded


def test_a_changed_configuration_names_the_fields_and_no_free_text(shop: Partner, maria: User) -> None:
    sent = {**FORM, "name": "Anna Svensson's shop", "required_fields": ["Email"], "time_zone": "Europe/Helsinki"}
    browser(maria).post(f"{ADMIN}/tenant/{shop.id}/change/", sent)

    assert last(shop.tenant) == (
        "tenant_changed",
        maria,
        ["name", "required_fields: [] → ['Email']", "time_zone: UTC → Europe/Helsinki"],
    )


def test_a_form_sent_as_it_was_is_no_change(shop: Partner, maria: User) -> None:
    sent = {**FORM, "name": shop.tenant.name, "required_fields": []}
    browser(maria).post(f"{ADMIN}/tenant/{shop.id}/change/", sent)

    assert not AuditEvent.objects.filter(kind="tenant_changed").exists()


def test_another_identifier_priority_is_a_change_of_the_configuration(shop: Partner, maria: User) -> None:
    browser(maria).post(f"{ADMIN}/tenant/{shop.id}/priority/", {"priority": "email"})

    assert last(shop.tenant) == ("tenant_changed", maria, ["priority: customerid → email"])


def test_a_new_tenant_is_recorded_whoever_made_it() -> None:
    root = make_user("root", superuser=True)
    browser(root).post(f"{ADMIN}/tenant/add/", {**FORM, "slug": "by-root", "priority": "customerid"})
    call_command("create_tenant", "By command", slug="by-command", stdout=StringIO())

    assert last(Tenant.objects.get(slug="by-root")) == ("tenant_created", root, [])
    by_command = AuditEvent.objects.filter(tenant__slug="by-command", user=None).order_by("pk")
    assert list(by_command.values_list("kind", flat=True)) == ["tenant_created", "key_created"]


def test_a_key_is_made_edited_rolled_and_revoked(shop: Partner, maria: User) -> None:
    client = browser(maria)
    client.post(f"{ADMIN}/apikey/add/", {"tenant": shop.id, "label": "ERP"})
    key = ApiKey.objects.get(label="ERP")
    assert last(shop.tenant) == ("key_created", maria, [])

    sent = {"label": "Anna's", "expires_at_0": "2999-01-31", "expires_at_1": "00:00:00"}
    client.post(f"{ADMIN}/apikey/{key.pk}/change/", sent)
    kind, by, details = last(shop.tenant)
    assert (kind, by, details) == ("key_changed", maria, ["label", "expires_at: None → 2999-01-31 00:00:00+00:00"])

    client.post(f"{ADMIN}/apikey/{key.pk}/roll/", {"hours": "24"})
    fresh = ApiKey.objects.latest("pk")
    kind, by, details = last(shop.tenant)
    assert (kind, by, details[0]) == ("key_rolled", maria, f"key #{fresh.pk} takes its place")

    client.post(f"{ADMIN}/apikey/{key.pk}/revoke/")
    client.post(f"{ADMIN}/apikey/{key.pk}/revoke/")
    assert last(shop.tenant) == ("key_revoked", maria, [])
    events = AuditEvent.objects.filter(tenant=shop.tenant).order_by("pk").values_list("kind", "api_key")
    assert list(events)[1:] == [
        ("key_created", key.pk),
        ("key_changed", key.pk),
        ("key_created", fresh.pk),
        ("key_rolled", key.pk),
        ("key_revoked", key.pk),
    ]


def test_commands_about_keys_are_recorded_as_the_servers(shop: Partner) -> None:
    call_command("create_key", "shop", stdout=StringIO())
    call_command("revoke_key", ApiKey.objects.latest("pk").prefix, stdout=StringIO())

    events = AuditEvent.objects.filter(tenant=shop.tenant, user=None).order_by("pk")
    assert list(events.values_list("kind", flat=True))[1:] == ["key_created", "key_revoked"]


def test_a_member_is_added_promoted_and_removed_and_leaves(shop: Partner, maria: User) -> None:
    client, stina = browser(maria), make_user("stina")
    link = invite(client, shop)
    (made,) = Invitation.objects.all()
    offered = [f"invitation #{made.pk}", "role: staff"]
    assert last(shop.tenant) == ("invitation_made", maria, offered)

    browser(stina).post(link)
    events = AuditEvent.objects.filter(tenant=shop.tenant).order_by("pk")
    accepted, added = events.values_list("kind", "user", "details")[2:]
    assert accepted == ("invitation_accepted", stina.pk, offered)
    assert added == ("member_added", stina.pk, ["role: staff"])
    membership = Membership.objects.get(user=stina)

    client.post(f"{ADMIN}/membership/{membership.pk}/change/", {"role": "admin"})
    assert last(shop.tenant) == ("member_role", maria, ["role: staff → admin"])

    client.post(f"{ADMIN}/membership/{membership.pk}/delete/", {"post": "yes"})
    assert last(shop.tenant) == ("member_removed", maria, [])
    assert AuditEvent.objects.latest("pk").member == stina

    Membership.objects.create(tenant=shop.tenant, user=stina, role=Role.ADMIN)
    own = Membership.objects.get(user=maria)
    client.post(f"{ADMIN}/membership/{own.pk}/delete/", {"post": "yes"})
    assert last(shop.tenant) == ("member_left", maria, [])


@pytest.mark.parametrize("kind", sorted(set(AuditKind) - ACCOUNT_KINDS))
def test_every_kind_about_a_tenant_is_recorded_and_shown(kind: AuditKind, shop: Partner, maria: User) -> None:
    record(kind, SERVER, tenant_id=shop.tenant.pk)

    (event,) = rows(browser(maria), LISTS[0], kind=kind.value)[:1]

    assert event.get_kind_display() == kind.label


def test_an_event_has_the_trace_of_its_request(shop: Partner, maria: User) -> None:
    response = browser(maria).post(f"{ADMIN}/apikey/add/", {"tenant": shop.id, "label": "ERP"})

    (event,) = rows(browser(maria), LISTS[0], q=response["X-Request-Id"])
    assert event.kind == "key_created"


def test_what_can_not_be_recorded_is_not_done(shop: Partner, maria: User) -> None:
    client = browser(maria)
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_auditevent ADD CONSTRAINT full_disk CHECK (false) NOT VALID")

    answers = [
        client.post(f"{ADMIN}/apikey/{ApiKey.objects.get().pk}/revoke/"),
        client.post(f"{ADMIN}/apikey/add/", {"tenant": shop.id, "label": "ERP"}),
        client.post(f"{ADMIN}/tenant/{shop.id}/change/", {**FORM, "name": "Another"}),
        client.post(f"{ADMIN}/tenant/{shop.id}/priority/", {"priority": "email"}),
    ]

    assert {answer.status_code for answer in answers} == {500}
    assert ApiKey.objects.get().revoked_at is None
    shop.tenant.refresh_from_db()
    assert (shop.tenant.name, shop.tenant.priority) == ("shop", "customerid")


# Who reads it


@pytest.mark.parametrize("url", LISTS)
def test_only_admins_of_a_tenant_have_the_audit(url: str, shop: Partner) -> None:
    for role in (Role.VIEWER, Role.STAFF):
        client = member(role, shop.tenant)
        assert client.get(url).status_code == 403
        assert url not in text(client.get("/admin/"))
    for client in (member(Role.ADMIN, shop.tenant), superuser()):
        assert client.get(url).status_code == 200
        assert url in text(client.get("/admin/"))


@pytest.mark.parametrize("url", LISTS)
def test_a_stranger_sees_nothing(url: str, shop: Partner, maria: User, make_tenant: MakeTenant) -> None:
    shop.save("customers", {"CustomerId": "C-1"})
    client = browser(maria)
    client.get("/admin/customers/customer/")
    client.post(f"{ADMIN}/apikey/add/", {"tenant": shop.id, "label": "ERP"})
    theirs = {row.pk for row in rows(client, url)}
    stranger = member(Role.ADMIN, make_tenant().tenant)

    assert theirs
    for query in ({}, {"tenant": shop.id}, {"user": maria.username}, {"actor": maria.username}):
        shown = stranger.get(url, query)
        assert shown.status_code in (200, 302, 400), query
        if shown.status_code == 200:
            assert not theirs & {row.pk for row in shown.context["cl"].result_list}, query
            assert maria.username not in [str(row.user) for row in shown.context["cl"].result_list]
    assert {stranger.get(f"{url}{pk}/change/").status_code for pk in theirs} <= {403, 404}


def test_who_is_admin_of_one_and_viewer_of_another_sees_the_one(shop: Partner, make_tenant: MakeTenant) -> None:
    other, user = make_tenant(), make_user("mixed")
    Membership.objects.create(tenant=shop.tenant, user=user, role=Role.ADMIN)
    Membership.objects.create(tenant=other.tenant, user=user, role=Role.VIEWER)
    client = browser(user)

    for url in (LISTS[0], f"{LISTS[0]}?tenant={other.id}"):
        assert {row.tenant_id for row in rows(client, url)} <= {shop.tenant.pk}
    for name in ("history", "audit"):
        assert client.get(f"{ADMIN}/tenant/{other.id}/{name}/").status_code == 404


def test_each_page_of_configuration_leads_to_its_own_history(shop: Partner) -> None:
    client, colleague = member(Role.ADMIN, shop.tenant), make_user("colleague")
    membership = Membership.objects.create(tenant=shop.tenant, user=colleague, role=Role.VIEWER)
    webhooks = [create_webhook(shop.tenant, label=name, url=f"https://{name}.example/")[0] for name in ("one", "two")]
    keys = [create_key(shop.tenant, label=name)[0] for name in ("one", "two")]
    set_role(membership, Role.STAFF)
    kinds = {
        f"tenant/{shop.id}": {"webhook_created", "key_created", "member_role"},
        f"apikey/{keys[0].pk}": {"key_created"},
        f"membership/{membership.pk}": {"member_role"},
        f"webhook/{webhooks[0].pk}": {"webhook_created"},
    }

    for page, expected in kinds.items():
        assert f'href="{ADMIN}/{page}/audit/"' in text(client.get(f"{ADMIN}/{page}/change/")), page
        shown = client.get(f"{ADMIN}/{page}/audit/", follow=True).context["cl"].result_list
        assert {row.kind for row in shown} == expected, page
        assert page.startswith("tenant/") or len(shown) == 1, page


@pytest.mark.parametrize("url", LISTS)
def test_nobody_adds_changes_or_deletes_a_row(url: str, shop: Partner, maria: User) -> None:
    shop.save("customers", {"CustomerId": "C-1"})
    client = superuser()
    client.get("/admin/customers/customer/")
    pk = rows(client, url)[0].pk
    kept = [list(model.objects.values()) for model in (AuditEvent, Look)]

    for path in ("add/", f"{pk}/delete/", f"{pk}/change/"):
        assert client.get(f"{url}{path}").status_code in (403, 404)
        assert client.post(f"{url}{path}", {"post": "yes"}).status_code in (403, 404)
    client.post(url, {"action": "delete_selected", "_selected_action": str(pk), "post": "yes"})

    assert [list(model.objects.values()) for model in (AuditEvent, Look)] == kept


@pytest.mark.parametrize("url", LISTS)
def test_every_filter_takes_any_value(url: str, shop: Partner, maria: User) -> None:
    names = {
        "tenant", "kind", "user", "member", "api_key", "actor", "entity", "way", "record",
        "created_at_from", "created_at_to",
    }  # fmt: skip
    for client in (superuser(), browser(maria)):
        offered = {name for name in names if client.get(url, {name: "x"}).status_code == 200}
        assert {"tenant", "created_at_from"} <= offered
        for name in offered:
            for value in ("", "x", "7", "9" * 30, shop.id, maria.username, "2026-11-29", "9999-12-31", "%00", "'"):
                assert client.get(url, {name: value}).status_code == 200, (name, value)
        for lookup in ("user__password__startswith", "api_key__digest", "details__contains", "tenants__overlap"):
            assert client.get(url, {lookup: "a"}).status_code in (302, 400), lookup


@pytest.mark.within("a day")
def test_the_list_is_filtered_by_kind_actor_member_key_day_and_tenant(
    shop: Partner, maria: User, make_tenant: MakeTenant
) -> None:
    other, stina = make_tenant(), make_user("stina")
    browser(maria).post(f"{ADMIN}/apikey/add/", {"tenant": shop.id, "label": "ERP"})
    browser(stina).post(invite(browser(maria), shop))
    key, today = ApiKey.objects.get(label="ERP"), timezone.now().date()
    client = superuser()

    def kinds(**query: str) -> list[str]:
        return [event.kind for event in rows(client, LISTS[0], **query)]

    accepted = ["member_added", "invitation_accepted"]
    assert kinds() == [*accepted, "invitation_made", "key_created", "key_created", "key_created"]
    assert kinds(kind="member_added") == ["member_added"]
    assert kinds(user=maria.username) == ["invitation_made", "key_created"]
    assert kinds(user=stina.username) == accepted
    assert kinds(member=stina.username) == accepted
    assert kinds(api_key=str(key.pk)) == ["key_created"]
    assert kinds(tenant=other.id) == ["key_created"]
    assert kinds(created_at_from=str(today + timedelta(days=1))) == []
    assert len(kinds(created_at_from=str(today - timedelta(days=1)))) == 6


def test_the_pages_lead_to_their_part_of_the_audit(shop: Partner, maria: User) -> None:
    client = browser(maria)
    membership, key = Membership.objects.get(user=maria), ApiKey.objects.get()
    parts = {
        f"{ADMIN}/tenant/{shop.id}/": f"tenant={shop.id}",
        f"{ADMIN}/apikey/{key.pk}/": f"tenant={shop.id}&api_key={key.pk}",
        f"{ADMIN}/membership/{membership.pk}/": f"tenant={shop.id}&member={maria.username}",
    }
    for page, query in parts.items():
        assert f'href="{page}audit/"' in text(client.get(f"{page}change/")), page
        for path in ("audit/", "history/"):
            assert client.get(f"{page}{path}")["Location"] == f"{LISTS[0]}?{query}"
        assert client.get(f"{page}audit/", follow=True).status_code == 200
    root = superuser()
    assert f'href="/admin/auth/user/{maria.pk}/audit/"' in text(root.get(f"/admin/auth/user/{maria.pk}/change/"))
    assert root.get(f"/admin/auth/user/{maria.pk}/audit/")["Location"] == f"{LISTS[1]}?user={maria.username}"
    assert client.get(f"/admin/auth/user/{maria.pk}/audit/").status_code in (403, 404)


def test_a_page_of_10_000_rows_costs_few_statements_and_a_bounded_count(
    shop: Partner, maria: User, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    AuditEvent.objects.bulk_create(
        AuditEvent(tenant=shop.tenant, kind="key_created", user=maria, member=maria, created_at=now)
        for _ in range(10_000)
    )
    client = browser(maria)

    with django_assert_max_num_queries(21) as captured:
        assert len(rows(client, LISTS[0], tenant=shop.id)) == 50
    counts = [query["sql"] for query in captured.captured_queries if "COUNT(" in query["sql"]]
    assert all("LIMIT 10001" in count for count in counts)


# How long it is kept, and what came before


def test_the_audit_is_kept_as_long_as_the_setting_says(shop: Partner, maria: User, settings: Any) -> None:
    shop.save("customers", {"CustomerId": "C-1"})
    browser(maria).get("/admin/customers/customer/")
    settings.AUDIT_DAYS = 400
    kept = (AuditEvent, AccountEvent, Look)
    counts = [model.objects.count() for model in kept]
    assert all(counts)

    for model in kept:
        model.objects.update(created_at=timezone.now() - timedelta(days=399))
    purge(0)
    assert [model.objects.count() for model in kept] == counts

    for model in kept:
        model.objects.update(created_at=timezone.now() - timedelta(days=401))
    purge(0)
    assert [model.objects.count() for model in kept] == [0, 0, 0]


def test_djangos_log_of_the_configuration_goes_on_in_the_audit(shop: Partner, maria: User) -> None:
    key, membership = ApiKey.objects.get(), Membership.objects.get()
    AuditEvent.objects.all().delete()
    AccountEvent.objects.all().delete()

    def log(obj: Any, flag: int, message: str) -> None:
        content = ContentType.objects.get_for_model(obj)
        LogEntry.objects.create(
            user=maria, content_type=content, object_id=str(obj.pk), action_flag=flag, change_message=message
        )

    log(shop.tenant, CHANGE, "name: Shop → Anna's: shop; per_minute: 100 → 300")
    log(shop.tenant, CHANGE, "No fields changed.")
    log(key, ADDITION, "Added.")
    log(key, CHANGE, "Rolled: replaced by ERP (abc…), expires 2026-01-31 12:00 UTC.")
    log(key, CHANGE, "Revoked.")
    log(membership, CHANGE, "role: viewer → staff")
    log(maria, CHANGE, '[{"changed": {"fields": ["Email address"]}}]')
    migration = import_module("tenants.migrations.0011_audit")
    with connection.cursor() as cursor:
        cursor.execute(migration.CONFIGURATION_LOG)
        cursor.execute(migration.USERS_LOG)

    events = AuditEvent.objects.order_by("pk").values_list("tenant", "kind", "user", "member", "api_key", "details")
    tenant, by = shop.tenant.pk, maria.pk
    assert list(events) == [
        (tenant, "tenant_changed", by, None, None, ["name", "per_minute"]),
        (tenant, "key_created", by, None, key.pk, []),
        (tenant, "key_rolled", by, None, key.pk, []),
        (tenant, "key_revoked", by, None, key.pk, []),
        (tenant, "member_role", by, by, None, ["role"]),
    ]
    assert list(AccountEvent.objects.values_list("kind", "user", "by")) == [("user_changed", by, by)]
