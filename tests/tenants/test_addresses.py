"""An address counts as its network, however it is spelled: for requests without a key and for the log-in alike."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tenants.api.throttling import caller_address
from tests.conftest import CLIENT

PEER = "192.0.2.1"
BLANKS = st.text(" \t", max_size=2)
PORTS = st.integers(1, 65535)
ZONES = st.sampled_from(["eth0", "1", "25en0"])
HOSTS = st.integers(0, 2**64 - 1)
NETWORKS = st.integers(1, 2**64 - 1)  # network 0 has what is mapped from IPv4


@st.composite
def spelled_v4(draw: st.DrawFn, address: IPv4Address) -> str:
    """Spell an IPv4 address, also as one that is mapped into IPv6."""
    mapped = f"{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"
    forms = [str(address), f"::ffff:{address}", f"::FFFF:{mapped}", f"0:0:0:0:0:ffff:{address}"]
    return draw(_surrounded(draw(st.sampled_from(forms))))


@st.composite
def spelled_v6(draw: st.DrawFn, network: int) -> str:
    """Spell some address of an IPv6 network: short, long, in capitals, with a dotted end, with a zone."""
    address = IPv6Address(network << 64 | draw(HOSTS))
    dotted = f"{address.exploded.rpartition(':')[0].rpartition(':')[0]}:{IPv4Address(int(address) & 0xFFFFFFFF)}"
    form = draw(st.sampled_from([str(address), address.exploded, dotted]))
    zone = draw(st.just("") | ZONES.map("%{}".format))
    return draw(_surrounded(draw(st.sampled_from([form, form.upper()])) + zone))


@st.composite
def _surrounded(draw: st.DrawFn, address: str) -> str:
    forms = [address, f"[{address}]", f"[{address}]:{draw(PORTS)}"]
    if ":" not in address:
        forms.append(f"{address}:{draw(PORTS)}")
    return f"{draw(BLANKS)}{draw(st.sampled_from(forms))}{draw(BLANKS)}"


def counted_as(address: str, forwarded: str = "") -> str:
    return caller_address(RequestFactory().get("/", REMOTE_ADDR=address, headers={"X-Forwarded-For": forwarded}))


def through_a_proxy(address: str) -> str:
    return counted_as(PEER, f"made up, {address}")


@pytest.fixture
def one_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1


@given(data=st.data(), address=st.ip_addresses(v=4))
@pytest.mark.usefixtures("one_proxy")
def test_an_ipv4_address_is_itself_in_every_spelling(data: st.DataObject, address: IPv4Address) -> None:
    assert through_a_proxy(data.draw(spelled_v4(address))) == str(address)
    assert counted_as(data.draw(spelled_v4(address))) == str(address)


@given(data=st.data(), network=NETWORKS, other=NETWORKS)
@pytest.mark.usefixtures("one_proxy")
def test_an_ipv6_address_is_its_64_in_every_spelling(data: st.DataObject, network: int, other: int) -> None:
    one, same, another = (through_a_proxy(data.draw(spelled_v6(of))) for of in (network, network, other))

    assert one == same == counted_as(data.draw(spelled_v6(network)))
    assert (one == another) is (network == other)


@given(text=st.text(st.characters(exclude_characters=",", codec="latin-1"), max_size=40))
@pytest.mark.usefixtures("one_proxy")
def test_any_text_of_a_proxy_counts_for_an_address_or_for_the_proxy(text: str) -> None:
    found = through_a_proxy(text)

    assert found == PEER or IPv4Address(found) or IPv6Address(found.removesuffix("/64"))
    assert len(found) <= 45


@pytest.mark.parametrize(
    "text",
    ["", "unknown", "_hidden", "unix:", "203.0.113.256", "203.0.113.9:http", "203.0.113.9:", "203.0.113.9:471100",
     "[2001:db8::1", "2001:db8::1]", "[]", "[]:80", "2001:db8::1::2", "203.0.113.9%eth0", "203.0.113.009", "٣.0.113.9"],
)  # fmt: skip
@pytest.mark.usefixtures("one_proxy")
def test_what_is_no_address_counts_for_the_direct_peer(text: str) -> None:
    assert through_a_proxy(text) == PEER


@pytest.mark.parametrize("address", ["", "unix", "x" * 100])
def test_callers_without_an_address_count_together(address: str) -> None:
    assert counted_as(address) == "unknown"


def test_what_the_caller_made_up_is_not_looked_at(settings: Settings) -> None:
    assert counted_as(PEER, "203.0.113.9") == PEER
    settings.TRUSTED_PROXIES = 2
    assert counted_as(PEER, "198.51.100.1, 203.0.113.9, 203.0.113.10") == "203.0.113.9"
    assert counted_as(PEER, "203.0.113.10") == "203.0.113.10"


def statuses(addresses: list[str]) -> list[int]:
    """Call from addresses that a proxy names, without a key."""
    return [CLIENT.get("/nowhere", headers={"X-Forwarded-For": address}).status_code for address in addresses]


@pytest.mark.parametrize(
    "addresses",
    [
        [f"2001:db8::{i:x}" for i in range(60)],
        [f"[2001:db8::1]:{4711 + i}" for i in range(60)],
        [f"203.0.113.9:{4711 + i}" for i in range(60)],
        ["203.0.113.9", "::ffff:203.0.113.9", " 203.0.113.9 ", "[::FFFF:cb00:7109]:80"] * 15,
        ["2001:DB8:0:0:0:0:0:1", "2001:db8::1", "[2001:db8::1]", "2001:db8::1%eth0", "2001:0db8::0001"] * 12,
        [f"made up {i}" for i in range(60)],
    ],
)
@pytest.mark.usefixtures("one_proxy")
def test_a_network_has_one_limit(db: None, settings: Settings, addresses: list[str]) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "address": (20, 1000)}

    assert statuses(addresses) == [404] * 20 + [429] * 40
    assert statuses(["2001:db8:0:1::1", "203.0.113.10"]) == [404, 404]
