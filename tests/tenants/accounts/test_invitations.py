"""Invitations: accepted by who was invited, once, within a week; nobody is a member who was not asked."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tenants.models import Invitation, Membership, Role
from tenants.tasks import purge
from tests.conftest import MakeTenant, Partner
from tests.members import browser, make_user, member, superuser, text

pytestmark = pytest.mark.django_db
ADD = "/admin/tenants/invitation/add/"
LIST = "/admin/tenants/invitation/"
LINK = re.compile(r"http://testserver(/admin/invitation/[\w-]{43}/)")
EMAIL = "stina@example.com"
PASSWORD = "seven purple kettles jumping"
PERSON = {"first_name": "Stina", "last_name": "Berg", "new_password1": PASSWORD, "new_password2": PASSWORD}


@pytest.fixture
def mails(settings: Settings) -> None:
    """A server that takes mails."""
    settings.EMAIL_HOST = "smtp.example"
    settings.DEFAULT_FROM_EMAIL = "hub@hub.example"


def invite(client: Client, partner: Partner, email: str = EMAIL, role: str = "staff") -> str:
    """Invite somebody; return the address of the link that is shown."""
    response = client.post(ADD, {"tenant": partner.id, "email": email, "role": role})
    found = LINK.findall(text(response))
    return str(found[0])


def roles(partner: Partner) -> dict[str, str]:
    """Return the roles of a tenant's members by e-mail."""
    return dict(Membership.objects.filter(tenant=partner.tenant).values_list("user__email", "role"))


def test_the_invited_makes_an_account_and_is_a_member(partner: Partner) -> None:
    link = invite(member(Role.ADMIN, partner.tenant), partner)
    guest = Client()

    page = text(guest.get(link))
    answer = guest.post(link, PERSON)

    assert partner.tenant.name in page
    assert "Staff" in page
    assert answer["Location"] == "/admin/"
    assert guest.get("/admin/").status_code == 200
    made = User.objects.get(email=EMAIL)
    assert (made.get_full_name(), made.is_staff, made.is_superuser) == ("Stina Berg", True, False)
    assert made.check_password(PASSWORD)
    assert roles(partner)[EMAIL] == Role.STAFF
    assert Client().post("/admin/login/", {"username": EMAIL, "password": PASSWORD}).status_code == 302


def test_who_has_an_account_accepts_with_it(partner: Partner) -> None:
    link = invite(member(Role.ADMIN, partner.tenant), partner)
    user = make_user("stina")
    client = browser(user)

    assert f"Accept as {user.username}" in text(client.get(link))
    client.post(link)

    assert Membership.objects.get(user=user).role == Role.STAFF
    assert not User.objects.filter(email=EMAIL).exists()


def test_a_link_is_good_once(partner: Partner) -> None:
    link = invite(member(Role.ADMIN, partner.tenant), partner)
    Client().post(link, PERSON)

    for client in (Client(), browser(make_user("late"))):
        assert client.get(link).status_code == 404
        assert client.post(link, PERSON).status_code == 404
    assert Membership.objects.filter(tenant=partner.tenant, role=Role.STAFF).count() == 1


def expired(invitation: Invitation) -> None:
    Invitation.objects.update(expires_at=timezone.now())


def revoked(invitation: Invitation) -> None:
    client = browser(User.objects.get(pk=invitation.invited_by_id))
    address = f"/admin/tenants/invitation/{invitation.pk}/revoke/"
    assert "Take the invitation" in text(client.get(address))
    client.post(address)


def inviter_demoted(invitation: Invitation) -> None:
    Membership.objects.update(role=Role.STAFF)


def inviter_deactivated(invitation: Invitation) -> None:
    User.objects.update(is_active=False)


@pytest.mark.parametrize("end", [expired, revoked, inviter_demoted, inviter_deactivated])
def test_an_invitation_that_ended_lets_nobody_in(partner: Partner, end: Any) -> None:
    link = invite(member(Role.ADMIN, partner.tenant), partner)

    end(Invitation.objects.get())

    answer = Client().post(link, PERSON)
    assert answer.status_code == 404
    assert "good no more" in text(answer)
    assert not User.objects.filter(email=EMAIL).exists()


def test_an_accepted_invitation_is_not_revoked(partner: Partner) -> None:
    client = member(Role.ADMIN, partner.tenant)
    Client().post(invite(client, partner), PERSON)

    address = f"/admin/tenants/invitation/{Invitation.objects.get().pk}/revoke/"

    assert "already" in text(client.post(address, follow=True))
    assert Invitation.objects.get().revoked_at is None


def test_invitations_are_listed_with_their_state(partner: Partner) -> None:
    client = member(Role.ADMIN, partner.tenant)
    Client().post(invite(client, partner, "in@example.com"), PERSON)
    invite(client, partner, "late@example.com")
    Invitation.objects.filter(email="late@example.com").update(expires_at=timezone.now())
    invite(client, partner, "waits@example.com")

    shown = {row.email: row for row in client.get(LIST).context["cl"].result_list}
    page = text(client.get(LIST))

    assert set(shown) == {"in@example.com", "late@example.com", "waits@example.com"}
    for state in ("accepted", "expired", "open"):
        assert state in page


def test_only_admins_invite_and_only_to_their_tenant(partner: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    sent = {"email": EMAIL, "role": "admin"}
    for role in (Role.VIEWER, Role.STAFF):
        client = member(role, partner.tenant)
        assert client.get(LIST).status_code == 403
        assert client.post(ADD, {**sent, "tenant": partner.id}).status_code == 403

    member(Role.ADMIN, partner.tenant).post(ADD, {**sent, "tenant": other.id})

    assert not Invitation.objects.exists()


def test_another_tenants_invitations_are_not_there(partner: Partner, make_tenant: MakeTenant) -> None:
    invite(member(Role.ADMIN, partner.tenant), partner)
    invitation = Invitation.objects.get()
    stranger = member(Role.ADMIN, make_tenant().tenant)

    assert EMAIL not in text(stranger.get(LIST))
    for page in ("change", "revoke", "history", "delete"):
        assert stranger.get(f"{LIST}{invitation.pk}/{page}/").status_code in (403, 404)
    stranger.post(f"{LIST}{invitation.pk}/revoke/")
    assert Invitation.objects.get().revoked_at is None


def test_a_superuser_is_taken_by_nobody(partner: Partner) -> None:
    link = invite(member(Role.ADMIN, partner.tenant), partner)

    answer = superuser().post(link, follow=True)

    assert "nothing to accept" in text(answer)
    assert not Membership.objects.filter(user__is_superuser=True).exists()
    assert Client().get(link).status_code == 200


def test_a_member_is_not_invited_to_another_role(partner: Partner) -> None:
    client = member(Role.ADMIN, partner.tenant)
    link = invite(client, partner, role="viewer")

    client.post(link)

    assert Membership.objects.get().role == Role.ADMIN
    assert Client().get(link).status_code == 200


def test_nothing_tells_who_has_an_account(partner: Partner) -> None:
    """The same answers, but for the link, whether somebody has the e-mail or nobody has."""
    User.objects.create_user("stina", EMAIL, PASSWORD, is_staff=True)
    client = member(Role.ADMIN, partner.tenant)
    answers = []
    for email in (EMAIL, "bodil@example.com"):
        link = invite(client, partner, email)
        made = Client().post(link, PERSON)
        answers.append((made.status_code, made["Location"]))
    names = User.objects.exclude(username="stina").filter(email__endswith="@example.com").values_list("username")

    assert len(set(answers)) == 1
    assert all(re.fullmatch(r"(stina|bodil)-[0-9a-f]{6}", name) for (name,) in names)
    assert len(names) == 2


def test_a_bad_password_makes_no_account(partner: Partner) -> None:
    link = invite(member(Role.ADMIN, partner.tenant), partner)

    for password in ("short", "password123456", "iloveyou123456", "qwertyuiop1234", "letmeinplease"):
        answer = Client().post(link, {**PERSON, "new_password1": password, "new_password2": password})
        assert answer.status_code == 200
        assert "errorlist" in text(answer) or "This password" in text(answer)
    assert not User.objects.filter(email=EMAIL).exists()
    assert Client().get(link).status_code == 200


def test_the_link_is_shown_once_and_kept_nowhere(partner: Partner) -> None:
    client = member(Role.ADMIN, partner.tenant)
    response = client.post(ADD, {"tenant": partner.id, "email": EMAIL, "role": "staff"})
    (link,) = LINK.findall(text(response))
    secret = link.split("/")[-2]

    assert "no-store" in response["Cache-Control"]
    for page in (LIST, ADD, "/admin/"):
        assert secret not in text(client.get(page))
    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM tenants_invitation i")
        assert secret not in str(cursor.fetchall())
    assert EMAIL not in str(LogEntry.objects.values_list("object_repr", "change_message"))


def test_where_mails_are_sent_the_link_is_in_one(partner: Partner, mails: None) -> None:
    response = member(Role.ADMIN, partner.tenant).post(
        ADD, {"tenant": partner.id, "email": EMAIL, "role": "staff"}, follow=True
    )
    (sent,) = mail.outbox
    (link,) = LINK.findall(str(sent.body))

    assert (sent.to, sent.from_email) == ([EMAIL], "hub@hub.example")
    assert partner.tenant.name in sent.subject
    assert link not in text(response)
    Client().post(link, PERSON)
    assert roles(partner)[EMAIL] == Role.STAFF


def test_a_name_with_a_line_end_stays_in_the_subject(partner: Partner, mails: None) -> None:
    type(partner.tenant).objects.update(name="Shop\nBcc: all@example.com")

    member(Role.ADMIN, partner.tenant).post(ADD, {"tenant": partner.id, "email": EMAIL, "role": "staff"})

    assert mail.outbox[0].recipients() == [EMAIL]


def test_a_mail_that_is_not_taken_shows_the_link(partner: Partner, mails: None, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nobody listens

    link = invite(member(Role.ADMIN, partner.tenant), partner)

    assert Client().get(link).status_code == 200


@pytest.mark.parametrize("by_mail", [True, False])
def test_an_email_is_verified_by_a_mail_alone(partner: Partner, settings: Settings, by_mail: bool) -> None:
    """A link that an admin was shown proves nothing: they might have made the account themselves."""
    settings.EMAIL_HOST = "smtp.example" if by_mail else ""
    response = member(Role.ADMIN, partner.tenant).post(ADD, {"tenant": partner.id, "email": EMAIL, "role": "staff"})
    (link,) = LINK.findall(str(mail.outbox[0].body) if by_mail else text(response))

    Client().post(link, PERSON)

    assert EmailAddress.objects.filter(email=EMAIL, verified=True).exists() == by_mail


def test_invitations_go_a_month_after_their_end(partner: Partner) -> None:
    client = member(Role.ADMIN, partner.tenant)
    invite(client, partner, "old@example.com")
    invite(client, partner, "new@example.com")
    Invitation.objects.filter(email="old@example.com").update(expires_at=timezone.now() - timedelta(days=31))

    purge(0)

    assert Invitation.objects.get().email == "new@example.com"


# Members, and what is shown of them


def test_a_member_who_never_agreed_is_shown_by_user_name_alone(partner: Partner) -> None:
    user = User.objects.create_user("taken", "private@example.com", is_staff=True, first_name="Tove", last_name="Lind")
    user.last_login = datetime(2011, 6, 15, tzinfo=UTC)
    user.save()
    membership = Membership.objects.create(tenant=partner.tenant, user=user, role=Role.VIEWER)
    client = member(Role.ADMIN, partner.tenant)
    pages = ["/admin/tenants/membership/", f"/admin/tenants/membership/{membership.pk}/change/"]

    for page in pages:
        shown = text(client.get(page))
        assert "taken" in shown
        assert not [secret for secret in ("private@example.com", "Tove", "2011-06-15") if secret in shown]

    taken = browser(user)
    assert "without being asked" in text(taken.get("/admin/account/tenants/"))
    taken.post(f"/admin/account/tenants/{membership.pk}/agree/")
    assert "private@example.com" in text(client.get(pages[0]))


@pytest.mark.parametrize("asked", ["private", "private@example.com", "Tove", "pri"])
def test_members_are_not_searched_by_email(partner: Partner, asked: str) -> None:
    user = User.objects.create_user("taken", "private@example.com", is_staff=True, first_name="Tove")
    Membership.objects.create(tenant=partner.tenant, user=user, role=Role.VIEWER)
    client = member(Role.ADMIN, partner.tenant)

    assert client.get("/admin/tenants/membership/", {"q": asked}).context["cl"].result_count == 0
    for lookup in ("user__email__startswith", "user__password__startswith", "user__last_login__gt"):
        assert client.get("/admin/tenants/membership/", {lookup: asked}).status_code in (302, 400)


# Leaving


def test_a_member_leaves(partner: Partner) -> None:
    client, user = Client(), make_user("tired")
    client.force_login(user)
    membership = Membership.objects.create(tenant=partner.tenant, user=user, role=Role.STAFF)

    answer = client.post(f"/admin/account/tenants/{membership.pk}/leave/", follow=True)

    assert "no longer look after" in text(answer)
    assert not Membership.objects.exists()


def test_the_last_admin_stays_and_is_told_why(partner: Partner) -> None:
    client = member(Role.ADMIN, partner.tenant)
    member(Role.STAFF, partner.tenant)
    only = Membership.objects.get(role=Role.ADMIN)

    assert "only admin" in text(client.post(f"/admin/account/tenants/{only.pk}/leave/", follow=True))
    assert Membership.objects.filter(pk=only.pk).exists()


@pytest.mark.parametrize("answer", ["leave", "agree"])
def test_nobody_answers_for_another(partner: Partner, answer: str) -> None:
    member(Role.ADMIN, partner.tenant)
    other = Membership.objects.get()

    address = f"/admin/account/tenants/{other.pk}/{answer}/"

    assert member(Role.ADMIN, partner.tenant).post(address).status_code == 404
    assert browser(make_user("x")).get(address).status_code == 405
    assert Client().post(address)["Location"].startswith("/admin/login/")
    other.refresh_from_db()
    assert other.accepted_at is None
