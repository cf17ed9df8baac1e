"""Second factors: an authenticator app and recovery codes; demanded by a tenant or of all."""

import re
from html import unescape
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tenants.models import Membership, Role, Tenant
from tests.conftest import MakeTenant, Partner
from tests.members import text
from tests.totp import code

pytestmark = pytest.mark.django_db
PASSWORD = "seven purple kettles jumping"
SECRET = re.compile(r'<code id="secret"[^>]*>([A-Z2-7]{32})</code>')
CODES = re.compile(r'<pre id="recovery-codes"[^>]*>([\d\s]+)</pre>')


@pytest.fixture
def maria() -> User:
    return User.objects.create_user("maria", "maria@example.com", PASSWORD, is_staff=True)


def log_in(name: str = "maria", to: str = "") -> Client:
    """Enter name and password, and no more."""
    client = Client()
    client.post(f"/admin/login/?next={to}" if to else "/admin/login/", {"username": name, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def set_up(client: Client) -> tuple[str, list[str]]:
    """Set an authenticator app up through the pages; return its secret and the recovery codes."""
    (secret,) = SECRET.findall(text(client.get("/admin/account/app/")))
    answer = client.post("/admin/account/app/", {"code": code(secret)})
    assert answer["Location"] == "/admin/account/codes/"
    (codes,) = CODES.findall(text(client.get("/admin/account/codes/")))
    return secret, codes.split()


def test_after_the_password_the_app_is_asked_for(maria: User) -> None:
    secret, _ = set_up(log_in())
    client = Client()

    answer = client.post("/admin/login/?next=/admin/account/sessions/", {"username": "maria", "password": PASSWORD})

    assert answer["Location"] == "/admin/login/factor/"
    assert not is_in(client)
    assert "Incorrect code" in text(client.post("/admin/login/factor/", {"code": "000000"}))
    assert client.post("/admin/login/factor/", {"code": code(secret)})["Location"] == "/admin/account/sessions/"
    assert is_in(client)


def test_the_other_door_to_the_admin_asks_as_well(maria: User) -> None:
    """Whatever page is asked for, the way in is one."""
    set_up(log_in())
    client = Client()

    assert client.get("/admin/customers/customer/")["Location"] == "/admin/login/?next=/admin/customers/customer/"
    sent = {"username": "maria", "password": PASSWORD, "this_is_the_login_form": "1"}
    client.post("/admin/customers/customer/", sent)
    client.post("/admin/logout/", sent)
    client.post("/admin/login/", sent)
    assert not is_in(client)


def used_codes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_used_codes")
        return int(cursor.fetchall()[0][0])


def test_a_code_is_good_once_in_every_process(maria: User) -> None:
    secret, _ = set_up(log_in())
    first, second = log_in(), log_in()
    used, before = code(secret), used_codes()

    first.post("/admin/login/factor/", {"code": used})
    second.post("/admin/login/factor/", {"code": used})

    assert (is_in(first), is_in(second)) == (True, False)
    assert used_codes() == before + 1  # where every process sees it


def test_a_phone_may_be_half_a_minute_wrong(maria: User) -> None:
    secret, _ = set_up(log_in())
    near, far = log_in(), log_in()

    near.post("/admin/login/factor/", {"code": code(secret, later=1)})
    far.post("/admin/login/factor/", {"code": code(secret, later=3)})

    assert (is_in(near), is_in(far)) == (True, False)


def test_a_recovery_code_is_good_once(maria: User) -> None:
    _, codes = set_up(log_in())
    first, second = log_in(), log_in()

    for client in (first, second):
        client.post("/admin/login/factor/", {"code": codes[3]})

    assert len(set(codes)) == 10
    assert (is_in(first), is_in(second)) == (True, False)


def test_recovery_codes_are_shown_once_and_replaced(maria: User) -> None:
    client = log_in()
    _, codes = set_up(client)

    again = client.get("/admin/account/codes/")
    assert not [shown for shown in codes if shown in text(again)]
    assert "no-store" in again["Cache-Control"] or "no-cache" in again["Cache-Control"]

    client.post("/admin/account/codes/new/")
    (fresh,) = CODES.findall(text(client.get("/admin/account/codes/")))
    other = log_in()
    other.post("/admin/login/factor/", {"code": codes[0]})
    assert not is_in(other)
    other.post("/admin/login/factor/", {"code": fresh.split()[0]})
    assert is_in(other)


def test_what_is_secret_is_not_compressed(maria: User) -> None:
    """The length of a compressed page tells what is in it to whoever can put a text beside it."""
    client = log_in()
    gzip = {"accept-encoding": "gzip"}

    app = client.get("/admin/account/app/", headers=gzip)
    (secret,) = SECRET.findall(text(app))
    client.post("/admin/account/app/", {"code": code(secret)})
    codes = client.get("/admin/account/codes/", headers=gzip)

    assert CODES.findall(text(codes))
    assert client.get("/admin/account/", headers=gzip)["Content-Encoding"] == "gzip"
    assert not [answer for answer in (app, codes) if "Content-Encoding" in answer]


def test_guesses_of_a_code_are_counted(maria: User, settings: Settings) -> None:
    secret, codes = set_up(log_in())
    client = log_in()

    for _ in range(40):
        answer = client.post("/admin/login/factor/", {"code": "000000"})

    assert "Too many attempts" in text(answer)
    for right in (code(secret), codes[0]):
        client.post("/admin/login/factor/", {"code": right})
        assert not is_in(client)


def test_without_the_password_there_is_nothing_to_guess(maria: User) -> None:
    secret, _ = set_up(log_in())
    client = Client()

    assert client.post("/admin/login/factor/", {"code": code(secret)})["Location"] == "/admin/login/"
    assert not is_in(client)


def test_secrets_are_not_in_the_database(maria: User, settings: Settings) -> None:
    secret, codes = set_up(log_in())

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert secret not in stored
    assert not [kept for kept in codes if kept in stored]


def test_with_another_erasure_key_no_code_fits(maria: User, settings: Settings) -> None:
    secret, codes = set_up(log_in())
    settings.ERASURE_KEY = "another key, of thirty-two characters"
    client = log_in()

    for entered in (code(secret), codes[0]):
        client.post("/admin/login/factor/", {"code": entered})

    assert not is_in(client)


def test_a_factor_is_changed_after_the_password_was_asked_for_again(maria: User) -> None:
    client = Client()
    client.force_login(maria)  # a session that is older than the five minutes

    answer = client.get("/admin/account/app/")
    assert unquote(answer["Location"]) == "/admin/login/again/?next=/admin/account/app/"
    assert "password" in text(client.get(answer["Location"])).lower()
    client.post(answer["Location"], {"password": "wrong"})
    assert client.get("/admin/account/app/").status_code == 302
    client.post(answer["Location"], {"password": PASSWORD})
    assert client.get("/admin/account/app/").status_code == 200


def test_guesses_of_the_password_in_a_session_are_counted(maria: User) -> None:
    client = Client()
    client.force_login(maria)

    for _ in range(31):
        client.post("/admin/login/again/", {"password": "wrong"})

    assert "Too many attempts" in text(client.post("/admin/login/again/", {"password": PASSWORD}))
    assert client.get("/admin/account/app/").status_code == 302


def test_an_app_is_removed_after_a_question(maria: User) -> None:
    client = log_in()
    set_up(client)

    assert "Remove it" in text(client.get("/admin/account/app/remove/"))
    assert Authenticator.objects.exists()
    client.post("/admin/account/app/remove/")

    assert not Authenticator.objects.exists()
    assert is_in(log_in())


# Required


def join(user: User, partner: Partner, role: Role = Role.VIEWER) -> None:
    Membership.objects.create(tenant=partner.tenant, user=user, role=role)


def test_who_has_no_factor_is_led_to_set_one_up_before_anything_else(
    maria: User, partner: Partner, settings: Settings
) -> None:
    settings.REQUIRE_MFA = True
    join(maria, partner, Role.ADMIN)
    client = log_in()

    for page in ("/admin/", "/admin/customers/customer/", "/admin/account/sessions/", "/admin/password_change/"):
        assert client.get(page)["Location"] == "/admin/account/"
    assert client.post("/admin/tenants/invitation/add/", {})["Location"] == "/admin/account/"
    assert text(client.get("/admin/account/")).count("required here") == 1

    set_up(client)
    assert is_in(client)


def test_a_tenants_admin_demands_a_factor_of_its_members(maria: User, make_tenant: MakeTenant) -> None:
    strict, lax = make_tenant(slug="strict"), make_tenant(slug="lax")
    join(maria, strict, Role.ADMIN)
    bodil = User.objects.create_user("bodil", "bodil@example.com", PASSWORD, is_staff=True)
    join(bodil, lax)
    client = log_in()
    fields = {"name": "Strict", "time_zone": "UTC", "consent_policy": "source", "requires_factor": "on"}

    client.post(f"/admin/tenants/tenant/{strict.id}/change/", fields)

    assert Tenant.objects.get(slug="strict").requires_factor
    assert client.get("/admin/")["Location"] == "/admin/account/"
    assert is_in(log_in("bodil"))
    root = User.objects.create_superuser("root", password=PASSWORD)
    assert log_in("root").get("/admin/")["Location"] == "/admin/account/", root


def test_a_staff_member_does_not_lift_the_demand(maria: User, make_tenant: MakeTenant) -> None:
    strict = make_tenant(requires_factor=True)
    join(maria, strict, Role.STAFF)
    client = log_in()
    set_up(client)

    client.post(
        f"/admin/tenants/tenant/{strict.id}/change/", {"name": "Strict", "time_zone": "UTC", "consent_policy": "source"}
    )

    assert Tenant.objects.get().requires_factor


def test_a_session_that_began_without_a_factor_is_asked_for_it(maria: User, settings: Settings) -> None:
    secret, _ = set_up(log_in())
    old = Client()
    old.force_login(maria)
    settings.REQUIRE_MFA = True

    answer = old.get("/admin/account/sessions/")
    assert unquote(answer["Location"]) == "/admin/login/again/code/?next=/admin/account/sessions/"
    assert old.post(answer["Location"], {"code": code(secret)})["Location"] == "/admin/account/sessions/"
    assert is_in(old)


def test_who_removes_the_last_factor_needs_another(maria: User, settings: Settings) -> None:
    settings.REQUIRE_MFA = True
    client = log_in()
    set_up(client)

    client.post("/admin/account/app/remove/")

    assert client.get("/admin/")["Location"] == "/admin/account/"


def test_the_api_needs_no_second_factor(partner: Partner, settings: Settings) -> None:
    settings.REQUIRE_MFA = True
    Tenant.objects.update(requires_factor=True)

    assert partner.get("/customers/{tenant}").status_code == 200


def test_a_superuser_removes_the_factors_of_who_lost_them(maria: User) -> None:
    inside = log_in()
    set_up(inside)
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    address = f"/admin/auth/user/{maria.pk}/remove-factors/"

    assert Authenticator.objects.filter(user=maria).exists()
    assert root.get(address).status_code == 200
    root.post(address)

    assert not Authenticator.objects.filter(user=maria).exists()
    assert not is_in(inside)
    assert is_in(log_in())
    assert log_in().post(address).status_code in (403, 404)


def test_nobody_looks_at_the_factors_and_sessions_of_others(maria: User) -> None:
    set_up(log_in())
    root = Client()
    root.force_login(User.objects.create_superuser("root"))

    for address in ("mfa/authenticator", "usersessions/usersession", "account/emailaddress", "socialaccount/socialapp"):
        assert root.get(f"/admin/{address}/").status_code == 404


def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(maria: User) -> None:
    """The browser's tests add one; here it is only a row."""
    row = {"name": "Old phone", "credential": {}}
    passkey = Authenticator.objects.create(user=maria, type=Authenticator.Type.WEBAUTHN, data=row)
    client = Client()
    client.force_login(maria)
    client.post("/admin/login/again/", {"password": PASSWORD})
    page = f"/admin/account/passkeys/{passkey.pk}/"

    assert "Old phone" in text(client.get(page))
    client.post(page, {"name": "New phone"})
    assert "New phone" in text(client.get("/admin/account/"))
    assert "Remove it" in text(client.get(f"{page}remove/"))
    User.objects.create_user("eve", password=PASSWORD, is_staff=True)
    assert log_in("eve").post(f"{page}remove/").status_code == 404
    client.post(f"{page}remove/")
    assert not Authenticator.objects.exists()


def test_who_may_not_use_the_admin_does_not_get_in_by_a_factor(maria: User) -> None:
    secret, _ = set_up(log_in())
    client = log_in()
    User.objects.update(is_active=False)

    client.post("/admin/login/factor/", {"code": code(secret)})

    User.objects.update(is_active=True)
    assert not is_in(client)


def test_no_script_stands_in_a_page(maria: User) -> None:
    client = log_in()
    pages = [text(client.get("/admin/account/")), text(client.get("/admin/account/passkeys/add/"))]
    set_up(client)
    pages += [text(Client().get("/admin/login/")), text(log_in().get("/admin/login/factor/"))]

    for page in pages:
        for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", unescape(page), re.DOTALL):
            assert "src=" in attributes or 'type="application/json"' in attributes, body
