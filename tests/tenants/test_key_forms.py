"""What a key may do and from where, in the admin and from the command line: chosen, shown, narrowed, recorded."""

import json
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tenants.keys import create_key, edit_key, revoke_key, roll_key
from tenants.models import ApiKey, AuditEvent, Role
from tenants.networks import read_networks
from tenants.scopes import Scope
from tests.conftest import MakeTenant, Partner
from tests.members import member, superuser, text

pytestmark = pytest.mark.django_db

KEYS = "/admin/tenants/apikey/"
READ, WRITE, ALL = 1 + 8 + 64, 2 + 16 + 128, 511


def add(partner: Partner, **sent: Any) -> Any:
    return member(Role.ADMIN, partner.tenant).post(f"{KEYS}add/", {"tenant": partner.id, "label": "new", **sent})


def new(partner: Partner) -> ApiKey:
    return ApiKey.objects.get(tenant=partner.tenant, label="new")


def opened(client: Any, key: ApiKey) -> dict[str, Any]:
    """Open a key's page, and return what its form sends back when nothing is changed."""
    page = client.get(f"{KEYS}{key.pk}/change/")
    form = page.context["adminform"].form
    shown = {name: form[name].initial for name in ("access", "allowed_scopes", "allowed_networks")}
    assert all(f'name="initial-{name}"' in text(page) for name, value in shown.items() if value)
    return {"label": key.label, **shown, **{f"initial-{name}": value for name, value in shown.items()}}


def save(client: Any, key: ApiKey, sent: dict[str, Any]) -> Any:
    response = client.post(f"{KEYS}{key.pk}/change/", sent)
    key.refresh_from_db()
    return response


@pytest.mark.parametrize(
    ("sent", "scopes"),
    [
        ({}, ALL),
        ({"access": "everything"}, ALL),
        ({"access": "everything", "allowed_scopes": ["1"]}, ALL),
        ({"access": "send"}, WRITE),
        ({"access": "read"}, READ),
        ({"access": "custom", "allowed_scopes": ["1", "16", "256"]}, 273),
        ({"access": "custom", "allowed_scopes": ["1", "1"]}, 1),
        ({"allowed_scopes": ["4"]}, 4),
    ],
)
def test_a_key_is_made_with_what_was_chosen(partner: Partner, sent: dict[str, Any], scopes: int) -> None:
    assert add(partner, **sent).status_code == 200

    assert new(partner).scopes == scopes


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"access": "custom"}, "A key that may do nothing is none"),
        ({"access": "custom", "allowed_scopes": ["512"]}, "512 is not one of the available choices"),
        ({"access": "custom", "allowed_scopes": ["0"]}, "0 is not one of the available choices"),
        ({"access": "root"}, "root is not one of the available choices"),
        ({"allowed_networks": "10.0.0.0/8\nshop.example"}, "shop.example is no network"),
        ({"allowed_networks": "10.0.0.1/8"}, "write 10.0.0.0/8 for the network, 10.0.0.1/32 for the address"),
        ({"allowed_networks": "\n".join(f"10.0.{i}.0/24" for i in range(21))}, "At most 20 networks: these are 21."),
        ({"allowed_networks": "1" * 3000}, "at most 2000 characters"),
    ],
)
def test_what_can_not_be_chosen_is_said_and_makes_no_key(partner: Partner, sent: dict[str, Any], said: str) -> None:
    assert said in text(add(partner, **sent))
    assert partner.tenant.api_keys.count() == 1


def test_networks_are_kept_in_one_form_and_shown_one_a_line(partner: Partner) -> None:
    add(partner, allowed_networks=" 203.0.113.0/24\r\n\r\n::ffff:192.0.2.1, 2001:DB8::/48 ")

    key = new(partner)
    assert [str(network) for network in key.networks] == ["203.0.113.0/24", "192.0.2.1/32", "2001:db8::/48"]
    sent = opened(member(Role.ADMIN, partner.tenant), key)
    assert sent["allowed_networks"] == "203.0.113.0/24\n192.0.2.1/32\n2001:db8::/48"


def test_the_list_and_the_pages_say_what_a_key_may_do_in_short_words(partner: Partner) -> None:
    networks = read_networks("10.0.0.0/8 192.0.2.0/24 203.0.113.0/24")
    scopes = Scope.READ | Scope.WRITE_ORDERS | Scope.WRITE_CUSTOMERS
    key, _ = create_key(partner.tenant, label="narrow", scopes=scopes, networks=networks)
    partner.get("/orders/{tenant}/secret-7")
    client = member(Role.ADMIN, partner.tenant)

    listed, roll = text(client.get(KEYS)), text(client.get(f"{KEYS}{key.pk}/roll/"))

    assert "read all; write customers, orders" in listed
    assert "from 10.0.0.0/8, 192.0.2.0/24 and 1 more" in listed
    assert "127.0.0.1 · GET /orders/{tenantId}/{orderId}" in listed
    assert "secret-7" not in listed
    assert "read all; write customers, orders, from 10.0.0.0/8, 192.0.2.0/24, 203.0.113.0/24." in roll
    revoke_key(key)
    dead = text(client.get(f"{KEYS}{key.pk}/change/"))
    assert "read all; write customers, orders" in dead
    assert "203.0.113.0/24" in dead
    assert 'name="access"' not in dead


def test_the_page_of_a_new_key_says_what_it_may_do(partner: Partner) -> None:
    assert "read all, from 10.0.0.0/8." in text(add(partner, access="read", allowed_networks="10.0.0.0/8"))


def test_a_key_is_narrowed_from_the_next_request_on_and_the_audit_says_so(partner: Partner) -> None:
    client, key = member(Role.ADMIN, partner.tenant), partner.tenant.api_keys.get()
    assert partner.post("orders", []).status_code == 200

    save(client, key, {**opened(client, key), "access": "read", "allowed_networks": "127.0.0.1"})

    assert (key.scopes, [str(network) for network in key.networks]) == (READ, ["127.0.0.1/32"])
    assert (partner.post("orders", []).status_code, partner.get("/orders/{tenant}").status_code) == (403, 200)
    event = AuditEvent.objects.filter(tenant=partner.tenant, kind="key_changed").latest("pk")
    assert event.details == ["scopes: all → read all", "networks: anywhere → 127.0.0.1/32"]


def test_a_key_that_is_made_narrow_is_recorded_so(partner: Partner) -> None:
    add(partner, access="custom", allowed_scopes=["1", "2"], allowed_networks="10.0.0.0/8")

    event = AuditEvent.objects.filter(tenant=partner.tenant, kind="key_created").latest("pk")
    assert event.details == ["scopes: read customers; write customers", "networks: 10.0.0.0/8"]


def test_saving_a_page_unchanged_changes_nothing(partner: Partner) -> None:
    scopes, networks = Scope.READ_ORDERS | Scope.ERASE_PRODUCTS, read_networks("10.0.0.0/8 ::1")
    key, _ = create_key(partner.tenant, label="narrow", scopes=scopes, networks=networks)
    client = member(Role.ADMIN, partner.tenant)

    save(client, key, opened(client, key))

    assert (key.scopes, key.networks) == (int(scopes), networks)
    assert not AuditEvent.objects.filter(tenant=partner.tenant, kind="key_changed").exists()


def test_a_page_that_was_opened_before_a_key_was_narrowed_does_not_widen_it(partner: Partner) -> None:
    client, key = member(Role.ADMIN, partner.tenant), partner.tenant.api_keys.get()
    stale = opened(client, key)
    edit_key(key, scopes=READ, networks=read_networks("10.0.0.0/8"))

    save(client, key, {**stale, "label": "relabelled"})

    assert (key.label, key.scopes, [str(each) for each in key.networks]) == ("relabelled", READ, ["10.0.0.0/8"])
    event = AuditEvent.objects.filter(tenant=partner.tenant, kind="key_changed").latest("pk")
    assert event.details == ["label"]


def test_who_says_nothing_of_scopes_and_networks_leaves_them(partner: Partner) -> None:
    key, _ = create_key(partner.tenant, label="n", scopes=Scope.READ, networks=read_networks("10.0.0.0/8"))

    save(superuser(), key, {"label": "renamed"})

    assert (key.label, key.scopes, [str(each) for each in key.networks]) == ("renamed", READ, ["10.0.0.0/8"])


def test_a_rolled_key_keeps_what_it_is_narrowed_to_meanwhile(partner: Partner) -> None:
    seen = partner.tenant.api_keys.get()  # as a page read it that was opened before
    edit_key(ApiKey.objects.get(pk=seen.pk), scopes=READ, networks=read_networks("127.0.0.1"))

    fresh, key = roll_key(seen, overlap=timedelta(hours=1))

    assert (fresh.scopes, [str(each) for each in fresh.networks]) == (READ, ["127.0.0.1/32"])
    again = Partner(partner.tenant, key)
    assert (again.post("orders", []).status_code, again.get("/orders/{tenant}").status_code) == (403, 200)


def test_a_dead_key_is_widened_by_nobody(partner: Partner) -> None:
    key, _ = create_key(partner.tenant, label="dead", scopes=Scope.READ)
    client = superuser()
    sent = opened(client, key)
    revoke_key(key)

    save(client, key, {**sent, "access": "everything"})

    assert key.scopes == READ


def test_strangers_and_those_who_do_not_configure_choose_nothing(partner: Partner, make_tenant: MakeTenant) -> None:
    key = partner.tenant.api_keys.get()
    stranger, staff = member(Role.ADMIN, make_tenant().tenant), member(Role.STAFF, partner.tenant)

    for client in (stranger, staff):
        assert client.post(f"{KEYS}{key.pk}/change/", {"label": "x", "access": "read"}).status_code in (403, 404)
        client.post(f"{KEYS}add/", {"tenant": partner.id, "label": "x", "access": "read"})

    key.refresh_from_db()
    assert (key.scopes, partner.tenant.api_keys.count()) == (ALL, 1)


# create_key


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("create_key", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize(
    ("options", "scopes"),
    [
        ([], ALL),
        (["--scopes", "all"], ALL),
        (["--scopes", "read"], READ),
        (["--scopes", "read:orders", "write:orders,products"], 8 + 16 + 128),
        (["--scopes", "read", "erase:customers"], READ + 4),
    ],
)
def test_the_command_makes_the_key_that_it_is_told_to(partner: Partner, options: list[str], scopes: int) -> None:
    run(partner.slug, "--label", "new", *options)

    assert new(partner).scopes == scopes


def test_the_command_binds_a_key_to_networks(partner: Partner) -> None:
    printed = run(partner.slug, "--label", "new", "--scopes", "read", "--networks", "10.0.0.0/8", "::1")

    assert [str(network) for network in new(partner).networks] == ["10.0.0.0/8", "::1/128"]
    assert re.search(r"may +read all, from 10\.0\.0\.0/8, ::1/128\n", printed)
    made = json.loads(run(partner.slug, "--networks", "203.0.113.0/24", "--json"))
    assert Partner(partner.tenant, made["key"]).get("/orders/{tenant}").status_code == 401


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--scopes", "delete"],
            "--scopes: 'delete' is no scope: say all, read, write, erase, or",
        ),
        (["--scopes", "read:"], "--scopes: 'read:' is no scope"),
        (["--scopes", "read:customers,people"], "--scopes: 'read:customers,people' is no scope"),
        (["--scopes"], "expected at least one argument"),
        (["--networks", "10.0.0.1/8", "x"], "--networks: 10.0.0.1/8 is an address in a network"),
        (["--networks", *[f"10.0.{i}.0/24" for i in range(21)]], "--networks: At most 20 networks: these are 21."),
    ],
)
def test_what_the_command_can_not_read_is_one_line(partner: Partner, options: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        run(partner.slug, *options)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert partner.tenant.api_keys.count() == 1
