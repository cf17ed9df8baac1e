"""What `manage.py check` says of the admin, and with `--deploy` of the hub's front door, too."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.checks import check_admin_app
from django.core.checks import CheckMessage, Warning

LOOPBACK = ("127.", "::1", "localhost")
IN_CLEAR = "The hub listens at {host}, beyond this machine, and HTTPS is off: keys and passwords go in clear."
BY_A_PROXY = "Have a proxy with TLS in front, HTTPS=true and PROXIES=1; or HOST=127.0.0.1."
NOBODY_IS_BELIEVED = "HTTPS is on and PROXIES is 0: all requests count as sent in clear, and only probes are answered"
COUNT_THEM = "Set PROXIES to the number of proxies in front of the hub."


def check_admin(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Return what Django finds wrong with the admin, all of which is loaded first."""
    admin.autodiscover()
    return list(check_admin_app(app_configs))


def check_front_door(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Return what is wrong with the settings of the front door: hub.W001, hub.W002."""
    return list(_wrong())


def _wrong() -> Iterator[CheckMessage]:
    environment = settings.ENVIRONMENT
    if environment.HTTPS and not environment.PROXIES:
        yield Warning(NOBODY_IS_BELIEVED, hint=COUNT_THEM, id="hub.W001")
    if not environment.HTTPS and not environment.HOST.startswith(LOOPBACK):
        yield Warning(IN_CLEAR.format(host=environment.HOST), hint=BY_A_PROXY, id="hub.W002")
