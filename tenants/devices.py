"""Browsers that have logged in before: a signed cookie for each user, made when one logs in, tells that it has."""

import hashlib
import secrets
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare

from hub.middleware.refused import PAGES
from hub.middleware.requests import HubRequest

SECONDS = 180 * 24 * 3600  # from the last log-in


class DeviceRequest(HubRequest):
    """A request for a page: Devices has given it what is declared here. For typing alone."""

    new_device: tuple[str, str] | None  # name and value of the cookie that its answer sets


class Devices:
    """Sets the cookie of a browser that has just logged in, whichever view let it in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        page = DeviceRequest.of(request)
        page.new_device = None
        response = self.get_response(page)
        if page.new_device:
            response.set_cookie(
                *page.new_device,
                max_age=SECONDS,
                path=PAGES,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response


def remember_device(request: HttpRequest, name: str, user: AbstractBaseUser) -> None:
    """Have the answer tell this browser that the user has logged in here under the name; a known one keeps its id."""
    device = device_of(request, name) or secrets.token_urlsafe(12)
    value = signing.dumps([user.pk, user.get_session_auth_hash(), device], salt=_salt(name))
    DeviceRequest.of(request).new_device = (_cookie(name), value)


def device_of(request: HttpRequest, name: str) -> str:
    """Return the id of a browser that has logged in under this name since its user's password changed, else nothing.

    Nobody is looked up for a browser without a cookie that the hub has signed for the name: whether there is such a
    user takes no time to tell.
    """
    try:
        found = signing.loads(request.COOKIES.get(_cookie(name), ""), salt=_salt(name), max_age=SECONDS)
    except signing.BadSignature:
        return ""
    primary_key, password, device = found
    user = User.objects.filter(pk=primary_key, is_active=True).first()
    return str(device) if user and _is_current(user, password) else ""


def _is_current(user: AbstractBaseUser, password: str) -> bool:
    current = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(password, one) for one in current)


def _cookie(name: str) -> str:
    """Name the cookie: one for each account, since several may be used in one browser."""
    return f"device_{hashlib.sha256(name.strip().encode()).hexdigest()[:16]}"


def _salt(name: str) -> str:
    return f"tenants.devices {name.strip()}"
