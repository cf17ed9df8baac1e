"""Log-in by OpenID, with a provider that runs here: into accounts with the same verified e-mail, and no others."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tenants.members import confirm_email
from tests.members import text
from tests.tenants.accounts.test_factors import set_up

pytestmark = pytest.mark.django_db
PASSWORD = "seven purple kettles jumping"
BEGIN = "/admin/openid/oidc/"


@dataclass
class Provider:
    """An OpenID provider, and whom it vouches for."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "1", "email": "maria@example.com"})
    status: int = 200

    def answer(self, path: str) -> dict[str, Any]:
        """Answer a request for discovery, a token or the user's claims."""
        if path.startswith("/.well-known"):
            names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
            return {"issuer": self.issuer, **{name: f"{self.issuer}/{name}" for name in names}}
        if path == "/token_endpoint":
            now = int(time.time())
            token = {**self.claims, "iss": self.issuer, "aud": "hub", "iat": now, "exp": now + 60}
            return {"access_token": "a", "token_type": "Bearer", "id_token": jwt.encode(token, "k" * 32)}
        return self.claims


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """A provider that the hub is set to use."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.answer(self.path)).encode()
            self.send_response(made.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    app = {"provider_id": "oidc", "name": "OpenID", "client_id": "hub", "secret": "s"}
    app["settings"] = {"server_url": made.issuer}  # type: ignore[assignment]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def maria() -> User:
    user = User.objects.create_user("maria", "maria@example.com", PASSWORD, is_staff=True)
    confirm_email(user)
    return user


def come_back(client: Client, **sent: str) -> Any:
    """Press the button, and come back from the provider with a code."""
    page = client.post(BEGIN, sent)
    query = parse_qs(urlsplit(page.context["target"]).query)
    assert query["code_challenge_method"] == ["S256"]
    return client.get(f"{BEGIN}callback/", {"code": "c", "state": query["state"][0]})


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_who_has_the_same_verified_email_gets_in(provider: Provider, maria: User) -> None:
    provider.claims["email_verified"] = True
    client = Client()

    assert "your organisation" in text(client.get("/admin/login/"))
    answer = come_back(client, next="/admin/account/sessions/")

    assert answer["Location"] == "/admin/account/sessions/"
    assert is_in(client)
    assert User.objects.get() == maria


def test_a_stranger_gets_no_account(provider: Provider) -> None:
    provider.claims["email_verified"] = True
    client = Client()

    answer = come_back(client)

    assert answer["Location"] == "/admin/login/"
    assert "no account here" in text(client.get("/admin/login/"))
    assert not User.objects.exists()


@pytest.mark.parametrize("by_provider", [False, None])
def test_an_email_that_the_provider_has_not_verified_lets_nobody_in(
    provider: Provider, maria: User, by_provider: bool | None
) -> None:
    provider.claims["email_verified"] = by_provider
    client = Client()

    come_back(client)

    assert not is_in(client)


def test_an_email_that_the_hub_has_not_verified_lets_nobody_in(provider: Provider, maria: User) -> None:
    """Else a tenant's admin could make an account with another's e-mail, and wait for them in it."""
    EmailAddress.objects.update(verified=False)
    provider.claims["email_verified"] = True
    client = Client()

    come_back(client)

    assert not is_in(client)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_who_may_not_use_the_admin_does_not_get_in(provider: Provider, maria: User, change: dict[str, Any]) -> None:
    provider.claims["email_verified"] = True
    User.objects.update(**change)
    client = Client()

    come_back(client)

    User.objects.update(is_active=True, is_staff=True)
    assert not is_in(client)


def test_the_hubs_own_factor_is_asked_for(provider: Provider, maria: User) -> None:
    provider.claims["email_verified"] = True
    inside = Client()
    inside.post("/admin/login/", {"username": "maria", "password": PASSWORD})
    set_up(inside)
    client = Client()

    assert come_back(client)["Location"] == "/admin/login/factor/"
    assert not is_in(client)


def test_nobody_ties_their_organisations_account_to_another(provider: Provider, maria: User) -> None:
    """`process=connect`, which allauth knows, would let a second person in for good."""
    provider.claims.update(email="eve@example.com", email_verified=True)
    client = Client()
    client.force_login(maria)

    come_back(client, process="connect")

    eve = Client()
    come_back(eve)
    assert not is_in(eve)


@pytest.mark.parametrize("process", ["connect", "redirect"])
def test_nothing_but_logging_in_is_done(provider: Provider, maria: User, process: str) -> None:
    provider.claims["email_verified"] = True
    client = Client()

    assert come_back(client, process=process)["Location"] == "/admin/login/"
    assert not is_in(client)


@pytest.mark.parametrize("query", [{"code": "c", "state": "made up"}, {"error": "access_denied"}, {}])
def test_what_the_provider_was_not_asked_for_is_refused(provider: Provider, maria: User, query: dict[str, str]) -> None:
    client = Client()

    answer = client.get(f"{BEGIN}callback/", query, follow=True)

    assert "did not work" in text(answer)
    assert not is_in(client)


def test_a_provider_that_is_away_is_said(provider: Provider, maria: User) -> None:
    provider.status = 503

    assert "did not work" in text(Client().post(BEGIN, follow=True))


def test_the_provider_is_never_gone_to_without_a_press_of_the_button(provider: Provider) -> None:
    assert Client().get(BEGIN).status_code == 405
    assert Client(enforce_csrf_checks=True).post(BEGIN)["Location"] == "/admin/login/"


def test_without_settings_there_is_no_button(settings: Settings) -> None:
    assert "your organisation" not in text(Client().get("/admin/login/"))
    assert Client().post(BEGIN).status_code == 404
