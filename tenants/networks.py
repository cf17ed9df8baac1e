"""The networks that a key may be bound to: written as CIDR, IPv4 and IPv6, each in one form."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_interface

MOST_NETWORKS = 20
SEPARATORS = re.compile(r"[\s,]+")
MAPPED = 96  # bits before the IPv4 address in one that is mapped into IPv6

Network = IPv4Network | IPv6Network


def read_networks(text: str) -> list[Network]:
    """Read networks with blanks, commas or line breaks between them, each once, in their order; raises ValueErrors.

    That is one ExceptionGroup of ValueErrors, one for each word that is no network.
    """
    found: dict[Network, None] = {}
    wrong: list[ValueError] = []
    for word in filter(None, SEPARATORS.split(text)):
        try:
            found[read_network(word)] = None
        except ValueError as error:
            wrong.append(error)
    if len(found) > MOST_NETWORKS:
        wrong.append(ValueError(f"At most {MOST_NETWORKS} networks: these are {len(found)}."))
    if wrong:
        raise ExceptionGroup("networks", wrong)
    return list(found)


def read_network(word: str) -> Network:
    """Read one network, or one address as the network of itself; raises ValueError with a sentence.

    What is mapped from IPv4 is IPv4, as callers' addresses are (tenants.api.throttling).
    """
    said = word[:60].encode("ascii", "backslashreplace").decode()
    try:
        interface = ip_interface(word)
    except ValueError:
        raise ValueError(f"{said} is no network: write 203.0.113.0/24, 2001:db8::/48 or one address.") from None
    if "%" in word:
        raise ValueError(f"{said} has a zone, which only its own machine knows.")
    network, address = interface.network, interface.ip
    if network.network_address != address:
        alone = f"{address}/{network.max_prefixlen}"
        raise ValueError(
            f"{said} is an address in a network: write {network} for the network, {alone} for the address."
        )
    return _unmapped(network)


def _unmapped(network: Network) -> Network:
    inner = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if inner is None or network.prefixlen < MAPPED:
        return network
    return IPv4Network((inner, network.prefixlen - MAPPED))


def in_words(networks: Iterable[object]) -> str:
    """Say from where a key may be used: "anywhere", "203.0.113.0/24, 2001:db8::/48"."""
    return ", ".join(map(str, networks)) or "anywhere"
