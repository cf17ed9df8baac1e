"""Under which address browsers reach the hub, for links that commands show."""

import re

from django.conf import settings
from django.core.management.base import CommandError

ORIGIN = (
    "how browsers reach the hub, https://hub.example (default: the first of ALLOWED_HOSTS with HTTPS, or this machine)"
)
LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def origin_of(given: str | None) -> str:
    """Return an origin: as given, else https and the first host of ALLOWED_HOSTS where HTTPS is on, else this machine.

    Raises CommandError for what is none.
    """
    if given is not None:
        if not re.fullmatch(r"https?://[^\s/?#@]+/?", given):
            raise CommandError("--origin must look like https://hub.example.")
        return given.rstrip("/")
    hosts = [host for host in settings.ALLOWED_HOSTS if host not in LOCAL and not host.startswith((".", "*"))]
    if settings.HTTPS and hosts:
        return f"https://{hosts[0]}"
    return f"http://127.0.0.1:{settings.ENVIRONMENT.PORT}"
