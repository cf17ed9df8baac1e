"""Where webhooks may lead: the public internet alone. Looked at when an address is saved and at every delivery."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_network
from threading import Thread

import httpx
from django.conf import settings
from django.core.exceptions import ValidationError

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

# What is no host of the public internet, or leads to one that need not be (IANA's special-purpose registries). Python's
# is_global lets NAT64 and what 6to4 and Teredo wrap through, and knows newer networks only in newer versions.
REFUSED_V4 = [
    ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
PUBLIC_V6 = ip_network("2000::/3")  # so neither v4-mapped nor NAT64, neither link-local nor unique local ones
REFUSED_V6 = [
    ip_network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]

NO_URL = "Enter an address such as https://shop.example/hooks."
NO_TLS = (
    "The address must begin with https://: changes are not sent in clear."
    " (For trials, WEBHOOK_LOOPBACK=true lets http:// lead to this machine.)"
)
NO_USER = "Leave user name and password out of the address: every delivery is signed."
NO_FRAGMENT = "Leave out what follows #: it is never sent."
NOT_PUBLIC = "The address must be one on the public internet."
LEGACY = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)  # the end of what some resolvers read as an IPv4 address


class NoAddress(Exception):
    """The host has no address."""


class NotPublic(Exception):
    """The host has an address that is not public."""


def is_public(address: Address) -> bool:
    """Tell whether an address is that of a host on the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in REFUSED_V4)
    return address in PUBLIC_V6 and not any(address in network for network in REFUSED_V6)


def may_be_called(address: Address, scheme: str) -> bool:
    """Tell whether something may be sent to an address: over TLS to a public one, else while debugging; for trials to
    this machine's own."""
    if address.is_loopback:
        return bool(settings.WEBHOOK_LOOPBACK)
    return is_public(address) and (scheme == "https" or settings.DEBUG)


def check_url(text: str) -> None:
    """Raise ValidationError for what no webhook may lead to, as far as the text tells."""
    try:
        url = httpx.URL(text)
        host = url.raw_host.decode()
    except (httpx.InvalidURL, UnicodeError):
        raise ValidationError(NO_URL) from None
    if url.scheme not in ("http", "https") or not host or re.search(r"[\s\\]", text) or not _is_port(url.port):
        raise ValidationError(NO_URL)
    if url.userinfo:
        raise ValidationError(NO_USER)
    if url.fragment:
        raise ValidationError(NO_FRAGMENT)
    if url.scheme == "http" and not (settings.DEBUG or settings.WEBHOOK_LOOPBACK):
        raise ValidationError(NO_TLS)
    if not _may_lead_to(host, url.scheme):
        raise ValidationError(NOT_PUBLIC)


def _is_port(port: int | None) -> bool:
    return port is None or 1 <= port <= 65535


def _may_lead_to(host: str, scheme: str) -> bool:
    """Tell whether a host is an address that may be called, or a name that may have one."""
    with suppress(ValueError):
        return may_be_called(ipaddress.ip_address(host), scheme)
    if host == "localhost":
        return bool(settings.WEBHOOK_LOOPBACK)
    *labels, last = host.rstrip(".").split(".")
    return bool(labels) and not LEGACY.fullmatch(last) and last != "localhost"


def resolve(host: str, port: int) -> Sequence[str]:
    """Return a host's addresses as the machine's resolver has them; raises OSError for none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def addresses_of(url: httpx.URL, look_up: Resolve = resolve) -> list[str]:
    """Return the addresses of a URL's host, each once; raises NoAddress, and NotPublic where one may not be called.

    Each look-up has a thread of its own, which nobody waits for: some resolvers take half a minute to give up, and with
    as many threads as a pool has, so many dead names would hold up everybody.
    """
    host, port = url.raw_host.decode(), url.port or (443 if url.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def tell(found: Sequence[str]) -> None:
        if not answer.done():
            answer.set_result(found)

    def ask() -> None:
        try:
            found = look_up(host, port)
        except (OSError, UnicodeError):
            found = ()
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, found)

    Thread(target=ask, name="webhook name", daemon=True).start()
    return checked(await answer, url.scheme)


def checked(found: Sequence[str], scheme: str) -> list[str]:
    """Return addresses, each once, where all may be called; raises NoAddress for none and NotPublic where one may not.

    One is enough: which of them is dialled would be the name server's choice.
    """
    if not found:
        raise NoAddress
    try:
        may = all(may_be_called(ipaddress.ip_address(address), scheme) for address in found)
    except ValueError:
        may = False
    if not may:
        raise NotPublic
    return list(dict.fromkeys(found))
