"""What somebody does to an account's factors and sessions, and to invitations, is in the audit."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tenants.models import AccountEvent, AuditEvent, Invitation, Role
from tests.conftest import Partner
from tests.members import browser, member, superuser
from tests.tenants.accounts.test_factors import PASSWORD, log_in, set_up
from tests.tenants.accounts.test_invitations import invite

pytestmark = pytest.mark.django_db
UNTOLD = {"logged_in", "logged_out"}


@pytest.fixture
def maria() -> User:
    return User.objects.create_user("maria", "maria@example.com", PASSWORD, is_staff=True)


def recorded(user: User) -> list[tuple[str, User | None, list[str]]]:
    events = AccountEvent.objects.filter(user=user).exclude(kind__in=UNTOLD).order_by("pk").select_related("by")
    return [(event.kind, event.by, event.details) for event in events]


def test_factors_that_come_and_go(maria: User) -> None:
    client = log_in()
    set_up(client)
    client.post("/admin/account/codes/new/")
    client.post("/admin/account/app/remove/")

    assert recorded(maria) == [
        ("factor_added", maria, ["authenticator app"]),
        ("factor_added", maria, ["recovery codes"]),
        ("factor_removed", maria, ["authenticator app"]),
    ]


def test_factors_that_a_superuser_takes_away(maria: User) -> None:
    set_up(log_in())
    root = User.objects.create_superuser("root")

    browser(root).post(f"/admin/auth/user/{maria.pk}/remove-factors/")

    assert recorded(maria)[-1] == ("factor_removed", root, ["all"])


def test_a_link_to_a_new_password(maria: User) -> None:
    superuser().post(f"/admin/auth/user/{maria.pk}/password-link/")

    ((kind, _, details),) = recorded(maria)
    assert (kind, details) == ("user_changed", ["password link made"])


def test_sessions_that_are_ended(maria: User) -> None:
    here = log_in()
    log_in()

    here.post("/admin/account/sessions/")

    assert recorded(maria) == [("session_ended", maria, ["all others"])]


@pytest.mark.within("an hour")
def test_too_many_attempts_by_e_mail_are_the_accounts(maria: User) -> None:
    for _ in range(8):
        Client().post("/admin/login/", {"username": "Maria@example.com", "password": "wrong"})

    assert [kind for kind, *_ in recorded(maria)] == ["login_failed", "locked_out"]


def test_an_invitation_that_is_taken_back(partner: Partner) -> None:
    client = member(Role.ADMIN, partner.tenant)
    invite(client, partner)
    invitation = Invitation.objects.get()

    client.post(f"/admin/tenants/invitation/{invitation.pk}/revoke/")

    kinds = AuditEvent.objects.filter(tenant=partner.tenant).order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["invitation_made", "invitation_revoked"]
    assert "stina" not in str(list(AuditEvent.objects.values_list("details", flat=True)))
