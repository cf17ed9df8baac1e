"""A key that is bound to networks: from elsewhere it is none, in every dialect, and learns nothing."""

from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import Settings

from tenants.keys import create_key
from tenants.models import ApiKey
from tenants.networks import read_network, read_networks
from tests.conftest import CLIENT, MakeTenant, Partner, examples
from tests.customers.dialects.vendors import basic
from tests.tenants.routes import EVERY_CALL

UNAUTHORISED = b'{"success":false,"message":"Unauthorized.","data":{}}'
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.7"
DIALECTS = [
    ("POST", "/v1/programs/{tenant}/integrations/api"),
    ("POST", "/api/customers/upload/"),
    ("GET", "/api/data/customers/?external_id=C-1"),
    ("POST", "/api/events/upload/"),
]


def bound(partner: Partner, *networks: str) -> Partner:
    """Return a caller with a new key of the partner's that is bound to networks."""
    key = create_key(partner.tenant, label="bound", networks=read_networks(" ".join(networks)))[1]
    return Partner(partner.tenant, key)


def call(caller: Partner, method: str = "GET", path: str = "/orders/{tenant}", *, address: str, **headers: str) -> Any:
    """Send a request from an address."""
    sent = headers or {"x-replenit-auth-key": caller.key}
    return CLIENT.generic(
        method, path.format(tenant=caller.id), b"[]", "application/json", headers=sent, REMOTE_ADDR=address
    )


def status(caller: Partner, address: str) -> int:
    return int(call(caller, address=address).status_code)


def of_key(caller: Partner) -> ApiKey:
    return ApiKey.objects.get(tenant=caller.tenant, prefix=caller.key[:8])


def test_a_key_works_from_its_networks_and_from_nowhere_else(partner: Partner) -> None:
    caller = bound(partner, "203.0.113.0/24", "2001:db8::/48", "192.0.2.1")

    inside = (HERE, "203.0.113.255", "2001:db8:0:ffff::1", "192.0.2.1", "::ffff:203.0.113.9", "::ffff:cb00:7109")
    outside = (ELSEWHERE, "203.0.114.1", "2001:db8:1::1", "192.0.2.2", "::ffff:198.51.100.7", "nonsense", "")

    assert [status(caller, address) for address in inside] == [200] * 6
    assert [status(caller, address) for address in outside] == [401] * 7
    assert [status(partner, address) for address in (*inside, *outside)] == [200] * 13


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_from_elsewhere_a_key_is_no_key_at_all(partner: Partner, method: str, path: str) -> None:
    caller = bound(partner, HERE)

    answers = [call(who, method, path, address=ELSEWHERE) for who in (caller, Partner(partner.tenant, "unknown"))]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert [answer.content for answer in answers] == [b"" if method == "HEAD" else UNAUTHORISED] * 2
    assert len({frozenset(_steady(answer)) for answer in answers}) == 1
    assert of_key(caller).last_used_at is None


@pytest.mark.parametrize(("method", "path"), DIALECTS)
def test_from_elsewhere_a_key_is_none_in_the_dialects(partner: Partner, method: str, path: str) -> None:
    caller, unknown = bound(partner, HERE), Partner(partner.tenant, "unknown")

    for headers in (lambda who: {"api-key": who.key}, lambda who: basic(who.slug, who.key)):
        answers = [call(who, method, path, address=ELSEWHERE, **headers(who)) for who in (caller, unknown)]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert answers[0].content == answers[1].content
        assert set(_steady(answers[0])) == set(_steady(answers[1]))


def test_from_elsewhere_a_key_does_not_tell_which_tenants_there_are(partner: Partner) -> None:
    caller = bound(partner, HERE)

    assert call(caller, path=f"/orders/{uuid4()}", address=HERE).status_code == 404
    assert call(caller, path=f"/orders/{uuid4()}", address=ELSEWHERE).status_code == 401


def test_from_elsewhere_a_request_counts_for_its_address(make_tenant: MakeTenant, settings: Settings) -> None:
    settings.RATE_LIMITS = {"address": (2, 100)}
    partner = make_tenant(per_minute=50)
    caller = bound(partner, HERE)

    answers = [call(caller, address=ELSEWHERE) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert {answer["X-RateLimit-Limit"] for answer in answers} == {"2"}
    assert call(caller, address=HERE)["X-RateLimit-Remaining"] == "49"


def _steady(response: Any) -> list[tuple[str, str]]:
    """Return the headers that must not differ: all but the trace and the count."""
    return [
        item for item in response.items() if item[0] not in ("traceparent", "X-Request-Id", "X-RateLimit-Remaining")
    ]


def test_behind_a_proxy_the_address_is_the_one_that_it_was_called_from(partner: Partner, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    caller = bound(partner, HERE)

    def through(forwarded: str) -> int:
        sent = {"x-replenit-auth-key": caller.key, "x-forwarded-for": forwarded}
        return int(call(caller, address="10.0.0.1", **sent).status_code)

    assert [through(said) for said in (HERE, f"{ELSEWHERE}, {HERE}", f"{HERE}:4711")] == [200] * 3
    assert [through(said) for said in (ELSEWHERE, f"{HERE}, {ELSEWHERE}", "fe80::1%eth0", "x")] == [401] * 4


def test_what_a_client_says_of_its_address_counts_for_nothing_without_a_proxy(partner: Partner) -> None:
    caller = bound(partner, HERE)

    sent = {"x-replenit-auth-key": caller.key, "x-forwarded-for": HERE}
    assert call(caller, address=ELSEWHERE, **sent).status_code == 401


# Against ipaddress


V4, V6 = st.integers(0, 2**32 - 1).map(IPv4Address), st.integers(0, 2**128 - 1).map(IPv6Address)


@st.composite
def networks(draw: st.DrawFn) -> IPv4Network | IPv6Network:
    address = draw(V4 | V6 | V4.map(lambda four: IPv6Address(f"::ffff:{four}")))
    return ip_network((address, draw(st.integers(0, address.max_prefixlen))), strict=False)


@st.composite
def addresses(draw: st.DrawFn, near: list[IPv4Network | IPv6Network]) -> IPv4Address | IPv6Address:
    """An address at the edge of one of the networks, or any; IPv4 ones mapped or not."""
    edges = [end for network in near for end in (network.network_address, network.broadcast_address)]
    moved = [type(end)(number) for end in edges for step in (-1, 0, 1) if 0 <= (number := int(end) + step) < 2**32]
    address = draw(st.sampled_from([*edges, *moved]) | V4 | V6)
    if isinstance(address, IPv4Address) and draw(st.booleans()):
        return IPv6Address(f"::ffff:{address}")
    return address


def plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def holds(network: IPv4Network | IPv6Network, address: IPv4Address | IPv6Address) -> bool:
    """The reference: both ends of a mapped network are IPv4, or it is one of IPv6 alone."""
    ends = plain(network.network_address), plain(network.broadcast_address)
    if {type(end) for end in ends} != {type(address)}:
        return isinstance(address, IPv6Address) and address in network
    return int(ends[0]) <= int(address) <= int(ends[1])


@examples(200)
@given(data=st.data())
def test_a_key_works_where_ipaddress_says_its_networks_are(partner: Partner, data: st.DataObject) -> None:
    bounds = data.draw(st.lists(networks(), min_size=1, max_size=3))
    address = data.draw(addresses(bounds))
    ApiKey.objects.filter(tenant=partner.tenant).update(networks=read_networks("\n".join(map(str, bounds))))

    expected = any(holds(network, plain(address)) for network in bounds)

    assert status(partner, str(address)) == (200 if expected else 401)


@given(network=networks())
@example(network=IPv6Network("::ffff:10.0.0.0/104"))
@example(network=IPv6Network("::/0"))
def test_a_network_has_one_form_that_reads_as_itself(network: IPv4Network | IPv6Network) -> None:
    read = read_network(str(network))

    assert read_network(str(read)) == read
    assert {type(plain(read.network_address))} == {type(read.network_address)} or read.prefixlen < 96


# How they are written


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", []),
        (" \r\n\n ", []),
        ("203.0.113.7", ["203.0.113.7/32"]),
        ("2001:DB8:0::/48", ["2001:db8::/48"]),
        ("2001:db8::1", ["2001:db8::1/128"]),
        ("::ffff:203.0.113.0/120\n", ["203.0.113.0/24"]),
        ("::ffff:203.0.113.7", ["203.0.113.7/32"]),
        ("203.0.113.0/255.255.255.0", ["203.0.113.0/24"]),
        ("203.0.113.0/24, 203.0.113.0/24\r\n10.0.0.0/8", ["203.0.113.0/24", "10.0.0.0/8"]),
        ("0.0.0.0/0 ::/0", ["0.0.0.0/0", "::/0"]),
    ],
)
def test_networks_are_read_in_one_form(written: str, read: list[str]) -> None:
    assert [str(network) for network in read_networks(written)] == read


@pytest.mark.parametrize(
    "word",
    ["10.0.0.0/33", "10.0.0/8", "010.0.0.1", "shop.example", "10.0.0.0/8/9", "/8", "*", "fe80::1%eth0", "fe80::%1/64",
     "1\0", "\ud800", "🛒", "x" * 5000, "10.0.0.1-10.0.0.9", "::ffff:1.2.3.4/80", "2001:db8::/129"],
)  # fmt: skip
def test_what_is_no_network_is_named(word: str) -> None:
    with pytest.raises(ExceptionGroup) as refused:
        read_networks(f"10.0.0.0/8\n{word}")

    (error,) = refused.value.exceptions
    assert str(error).startswith(word[:60].encode("ascii", "backslashreplace").decode())
    assert len(str(error)) < 300


def test_an_address_with_the_length_of_a_network_is_asked_back() -> None:
    with pytest.raises(ExceptionGroup) as refused:
        read_networks("203.0.113.7/24")

    said, _, cure = str(refused.value.exceptions[0]).partition(": ")
    assert said == "203.0.113.7/24 is an address in a network"
    assert cure == "write 203.0.113.0/24 for the network, 203.0.113.7/32 for the address."


def test_a_key_has_twenty_networks_at_most(partner: Partner) -> None:
    twenty = [f"10.{i}.0.0/16" for i in range(20)]
    assert len(read_networks("\n".join(twenty))) == 20

    with pytest.raises(ExceptionGroup) as refused:
        read_networks("\n".join([*twenty, "192.0.2.1"]))
    assert str(refused.value.exceptions[0]) == "At most 20 networks: these are 21."
    for values in ({"networks": [ip_network(each) for each in [*twenty, "192.0.2.1/32"]]}, {"scopes": 0}):
        with transaction.atomic(), pytest.raises(IntegrityError):
            ApiKey.objects.filter(tenant=partner.tenant).update(**values)


# Last used


def test_the_last_use_tells_address_and_route(partner: Partner) -> None:
    call(partner, "POST", "/customers/{tenant}", address="::ffff:203.0.113.7")

    key = of_key(partner)
    assert (key.last_used_address, key.last_used_route) == (HERE, "POST /customers/{tenantId}")
    call(partner, "GET", "/orders/{tenant}/secret", address=ELSEWHERE)
    assert of_key(partner).last_used_address == HERE, "at most once a minute"

    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    call(partner, "GET", "/orders/{tenant}/secret", address="2001:db8::1")
    key = of_key(partner)
    assert (key.last_used_address, key.last_used_route) == ("2001:db8::1", "GET /orders/{tenantId}/{orderId}")


@pytest.mark.parametrize("method", ["PATCH", "BREW" * 100])
def test_the_last_use_is_told_of_any_method_and_from_nowhere(partner: Partner, method: str) -> None:
    assert call(partner, method, address="").status_code == 405

    key = of_key(partner)
    assert (key.last_used_address, key.last_used_route) == (None, f"{method[:10]} /orders/{{tenantId}}")


# A process of the version before


def test_a_key_of_a_process_of_the_version_before_may_do_everything(partner: Partner) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tenants_apikey (tenant_id, label, digest, prefix, created_at)"
            " VALUES (%s, 'old', %s, 'old', now()) RETURNING scopes, networks::text, last_used_route",
            [partner.tenant.pk, b"0" * 32],
        )
        assert cursor.fetchone() == (511, "{}", "")
