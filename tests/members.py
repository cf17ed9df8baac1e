"""Members: users with a role on a tenant, and their browser."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from tenants.models import Membership, Role, Tenant


def make_user(name: str, *, superuser: bool = False) -> User:
    """Make a user who may log in to the admin."""
    return User.objects.create_user(
        f"{name}-{secrets.token_hex(3)}", password=None, is_staff=True, is_superuser=superuser
    )


def browser(user: User) -> Client:
    """Return a client that is logged in."""
    client = Client()
    client.force_login(user)
    return client


def member(role: Role, *tenants: Tenant) -> Client:
    """Return the client of a new user with a role on tenants."""
    user = make_user(role)
    Membership.objects.bulk_create(Membership(tenant=tenant, user=user, role=role) for tenant in tenants)
    return browser(user)


def superuser() -> Client:
    """Return the client of a new superuser."""
    return browser(make_user("root", superuser=True))


@contextmanager
def taken_back(client: Client) -> Iterator[None]:
    """Take back what is stored in the block, and what the client's cookies became."""
    cookies = client.cookies.output(header="", sep=";")
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(cookies)


def text(response: Any) -> str:
    """Return an answer's text, of a stream all that comes."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode())


def told(response: Any) -> list[str]:
    """Return the messages of a page as they are read, without their markup."""
    return [unescape(re.sub("<[^>]*>", "", str(message))) for message in response.context["messages"]]
