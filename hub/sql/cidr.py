"""Networks in a table: PostgreSQL's cidr, in Python what ipaddress has."""

from typing import Any

from django.db import models


class CidrField(models.Field):  # type: ignore[type-arg]
    """A network, which the database holds to be one: an address with bits beyond its prefix is none."""

    def db_type(self, connection: Any) -> str:
        return "cidr"
