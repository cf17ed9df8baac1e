"""Networks in a table: PostgreSQL's cidr, in Python what ipaddress has."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from django.db import models


class CidrField(models.Field):  # type: ignore[type-arg]
    """A network, which the database holds to be one: an address with bits beyond its prefix is none."""

    def db_type(self, connection: Any) -> str:
        return "cidr"

    def from_db_value(self, value: str | None, *_: Any) -> IPv4Network | IPv6Network | None:
        return None if value is None else ip_network(value)
