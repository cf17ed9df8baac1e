"""Where a webhook may lead: no address of this machine or of a network behind it is saved, and none is ever dialled."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from random import Random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tenants.models import Webhook
from tenants.webhooks.addresses import NotPublic, check_url, checked, is_public
from tests.conftest import Partner, examples
from tests.webhooks.conftest import Deliver, attempts, change, hook, is_attempted, stands_at
from tests.webhooks.receiver import receiving

# What must never be called, by name: written down here once more, not taken from the code.
NEVER = {
    "this machine": ["127.0.0.0/8", "::1/128", "0.0.0.0/8", "::/128"],
    "private": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"],
    "link-local, with the clouds' metadata": ["169.254.0.0/16", "fe80::/10"],
    "metadata of one cloud": ["fd00:ec2::254/128", "100.100.100.200/32"],
    "shared": ["100.64.0.0/10"],
    "mapped": ["::ffff:0:0/96", "::ffff:0:0:0/96", "::/96"],
    "NAT64": ["64:ff9b::/96", "64:ff9b:1::/48"],
    "6to4": ["2002::/16", "192.88.99.0/24"],
    "Teredo and its neighbours": ["2001::/32", "2001:10::/28", "2001:20::/28"],
    "documentation": ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"],
    "tests": ["198.18.0.0/15", "2001:2::/48"],
    "multicast": ["224.0.0.0/4", "ff00::/8"],
    "reserved": ["240.0.0.0/4", "255.255.255.255/32", "192.0.0.0/24", "100::/64", "5f00::/16", "4000::/3"],
}
Network = IPv4Network | IPv6Network
NETWORKS: list[Network] = [ipaddress.ip_network(text) for texts in NEVER.values() for text in texts]
PUBLIC = ["1.1.1.1", "93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"]


@pytest.fixture
def no_loopback(settings: Settings) -> None:
    settings.WEBHOOK_LOOPBACK = False


def inside(network: Network) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    """Return addresses of a network, its first and its last among them."""
    first, last = int(network[0]), int(network[-1])
    kind = IPv4Address if network.version == 4 else IPv6Address
    return (st.sampled_from([first, last]) | st.integers(first, last)).map(kind)


FORBIDDEN = st.sampled_from(NETWORKS).flatmap(inside)
ANY = FORBIDDEN | st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address)


@examples(500)
@given(FORBIDDEN)
def test_no_address_of_a_special_network_is_public(address: IPv4Address | IPv6Address) -> None:
    assert not is_public(address)


@examples(500)
@given(ANY)
def test_what_is_public_is_globally_reachable_and_of_one_host(address: IPv4Address | IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved
        assert not any(address in network for network in NETWORKS)


@pytest.mark.parametrize("address", PUBLIC)
def test_hosts_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@examples(200)
@given(st.lists(FORBIDDEN.map(str), min_size=1), st.lists(st.sampled_from(PUBLIC)), st.randoms())
def test_an_answer_with_one_address_that_is_not_public_is_refused(
    no_loopback: None, forbidden: list[str], public: list[str], chance: Random
) -> None:
    found = [*forbidden, *public]
    chance.shuffle(found)

    with pytest.raises(NotPublic):
        checked(found, "https")


# As they are saved

REFUSED = [
    *("", "shop.example", "//shop.example", "ftp://shop.example", "https://", "https:///hooks", "javascript:1"),
    *("https://shop.example:0/", "https://shop.example:99999/", "https://shop .example/", "https://shop.example/a b"),
    *("https://user:password@shop.example/", "https://user@shop.example/", "https://shop.example/#part"),
    *("http://shop.example/", "https://localhost/", "https://app.localhost/", "https://intranet/"),
    *("https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/"),
    *("https://0177.0.0.1/", "https://127.0.0.1./", "https://１２７.0.0.1/", "https://[::1]/", "https://[::1"),
    *("https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://10.0.0.1/"),
    *("https://[::ffff:127.0.0.1]/", "https://[64:ff9b::a00:1]/"),
    *("https://shop.example\\@127.0.0.1/", "https://shop.example/\r\nX: 1", "https://[fe80::1%25eth0]/"),
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_may_not_be_is_not_saved(url: str, no_loopback: None) -> None:
    with pytest.raises(ValidationError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example/hooks?code=1%2F2",
        "https://shop.example:8443/",
        "https://bücher.example/é",
        "https://93.184.216.34/",
        "https://[2606:4700:4700::1111]/",
        "https://shop_1.example/",
    ],
)
def test_an_address_of_the_internet_is_saved(url: str, no_loopback: None) -> None:
    check_url(url)


def test_http_is_for_debugging(settings: Settings) -> None:
    settings.DEBUG = True

    check_url("http://shop.example/")


@examples(200)
@given(ANY)
def test_an_address_in_figures_is_saved_where_it_is_public(
    no_loopback: None, address: IPv4Address | IPv6Address
) -> None:
    written = f"https://[{address}]/" if address.version == 6 else f"https://{address}/"
    try:
        check_url(written)
    except ValidationError:
        assert not is_public(address)
    else:
        assert is_public(address)


# As they are dialled


def told(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    """Return a resolver that knows one answer."""
    return lambda host, port: addresses


def not_told(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "not known")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("look_up", "fault"),
    [
        (told("127.0.0.1"), "address"),
        (told("93.184.216.34", "127.0.0.1"), "address"),
        (told("::ffff:127.0.0.1"), "address"),
        (told("fe80::1%eth0"), "address"),
        (told("no address"), "address"),
        (told(), "name"),
        (not_told, "name"),
    ],
    ids=["loopback", "one of two", "mapped", "scoped", "rubbish", "none", "unknown"],
)
def test_a_name_that_leads_elsewhere_is_not_dialled(
    partner: Partner, deliver: Deliver, no_loopback: None, look_up: Callable[..., Sequence[str]], fault: str
) -> None:
    with receiving() as receiver:
        webhook = hook(partner, f"https://shop.example:{receiver.port}/")
        change(partner)
        with deliver(look_up=look_up):
            assert is_attempted(webhook)

        assert receiver.connections == 0
    assert attempts(webhook) == [(1, 1, None, fault)]


@pytest.mark.django_db(transaction=True)
def test_what_was_saved_for_a_trial_is_not_dialled_when_that_is_over(
    partner: Partner, deliver: Deliver, settings: Settings
) -> None:
    with receiving() as receiver:
        webhook = hook(partner, receiver.url)
        change(partner)
        settings.WEBHOOK_LOOPBACK = False
        with deliver():
            assert is_attempted(webhook)

        assert receiver.connections == 0
    assert attempts(webhook) == [(1, 1, None, "address")]


# TLS


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's TLS with a certificate of its own for a name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    named, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(named).issuer_name(named).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "server.pem").write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.django_db(transaction=True)
def test_tls_and_the_host_header_have_the_name_and_the_checked_address_is_dialled(
    partner: Partner, deliver: Deliver, tmp_path: Path
) -> None:
    server, client = certificate(tmp_path, "shop.example")
    asked: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: asked.append(name)
    looked_up: list[tuple[str, int]] = []

    def look_up(host: str, port: int) -> Sequence[str]:
        looked_up.append((host, port))
        return ["127.0.0.1"]

    with receiving(tls=server) as receiver:
        webhook = hook(partner, f"https://shop.example:{receiver.port}/hook?code=1")
        change(partner)
        with deliver(look_up=look_up, tls=client):
            assert stands_at(webhook, 1)

    assert asked == ["shop.example"]
    assert looked_up == [("shop.example", receiver.port)]
    assert receiver.got[0].headers["host"] == f"shop.example:{receiver.port}"
    assert receiver.got[0].line == "POST /hook?code=1 HTTP/1.1"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_trusted", [True, False], ids=["of another name", "of nobody we trust"])
def test_a_certificate_that_proves_nothing_is_refused(
    partner: Partner, deliver: Deliver, tmp_path: Path, is_trusted: bool
) -> None:
    server, client = certificate(tmp_path, "other.example" if is_trusted else "shop.example")
    options = {"tls": client} if is_trusted else {}
    with receiving(tls=server) as receiver:
        webhook = hook(partner, f"https://shop.example:{receiver.port}/")
        change(partner)
        with deliver(look_up=told("127.0.0.1"), **options):
            assert is_attempted(webhook)

    assert receiver.got == []
    assert attempts(webhook) == [(1, 1, None, "tls")]


@pytest.mark.django_db(transaction=True)
def test_of_several_addresses_the_next_is_dialled_where_one_does_not_answer(partner: Partner, deliver: Deliver) -> None:
    with receiving() as receiver:
        webhook = hook(partner, receiver.url.replace("127.0.0.1", "localhost"))
        change(partner)
        with deliver(look_up=told("127.0.0.9", "127.0.0.1")):
            assert stands_at(webhook, 1)

    assert receiver.numbers == [1]
    assert Webhook.objects.get().failing_since is None
