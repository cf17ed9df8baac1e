"""The audit of accounts: log-ins, failures, lock-outs, log-outs, passwords, and what superusers change of users."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tenants.audit.events import SERVER, record
from tenants.models import ACCOUNT_KINDS, AccountEvent, AuditKind, Membership, Role
from tests.conftest import MakeTenant, Partner
from tests.members import browser, make_user, member, superuser, text

pytestmark = [pytest.mark.django_db, pytest.mark.within("an hour")]

LIST = "/admin/tenants/accountevent/"
PASSWORD = "correct horse battery"
ANOTHER = "staple correct horse"


@pytest.fixture
def maria(partner: Partner) -> User:
    user = User.objects.create_user("maria", password=PASSWORD, is_staff=True)
    Membership.objects.create(tenant=partner.tenant, user=user, role=Role.VIEWER)
    return user


def log_in(name: str, password: str, address: str = "10.0.0.1") -> Client:
    client = Client(REMOTE_ADDR=address)
    client.post("/admin/login/", {"username": name, "password": password})
    return client


def events() -> list[tuple[str, int | None, int | None, int]]:
    """Return all events, oldest first: kind, whose account, by whom, how often."""
    return list(AccountEvent.objects.order_by("pk").values_list("kind", "user", "by", "times"))


def shown(client: Client, **query: str) -> list[str]:
    return [event.kind for event in client.get(LIST, query).context["cl"].result_list]


def test_a_log_in_and_a_log_out_are_recorded(maria: User, partner: Partner) -> None:
    log_in("maria", PASSWORD).post("/admin/logout/")

    assert events() == [("logged_in", maria.pk, maria.pk, 1), ("logged_out", maria.pk, maria.pk, 1)]
    assert AccountEvent.objects.latest("pk").tenants == [partner.tenant.pk]
    assert all(len(event.trace_id) == 32 for event in AccountEvent.objects.all())


def test_failures_of_an_hour_are_one_row_for_each_account(maria: User) -> None:
    for address in ("10.0.0.1", "10.0.0.2"):
        log_in("maria", "wrong", address)

    assert events() == [("login_failed", maria.pk, None, 2)]


def test_a_lock_out_is_recorded_for_the_account(maria: User) -> None:
    for _ in range(8):
        log_in("maria", "wrong")

    assert events() == [("login_failed", maria.pk, None, 6), ("locked_out", maria.pk, None, 2)]


def test_what_was_typed_as_an_unknown_name_is_kept_nowhere() -> None:
    for number in range(8):
        log_in("my-secret-password", f"another-secret-{number}")

    assert events() == [("login_failed", None, None, 6), ("locked_out", None, None, 2)]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', ["%secret%"])
            assert cursor.fetchone() == (0,), table


def test_who_changes_their_own_password_is_recorded(maria: User) -> None:
    client = log_in("maria", PASSWORD)
    sent = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
    wrong = client.post("/admin/password_change/", {**sent, "old_password": "wrong"})
    assert wrong.status_code == 200
    assert events()[1:] == []

    assert client.post("/admin/password_change/", sent).status_code == 302

    assert events()[1:] == [("password_changed", maria.pk, None, 1)]
    assert ANOTHER not in str(list(AccountEvent.objects.values()))


def test_a_password_that_a_superuser_sets_is_recorded_with_both(maria: User) -> None:
    root = make_user("root", superuser=True)
    sent = {"password1": ANOTHER, "password2": ANOTHER, "usable_password": "true"}

    browser(root).post(f"/admin/auth/user/{maria.pk}/password/", sent)

    assert events()[1:] == [("password_changed", maria.pk, None, 1), ("user_changed", maria.pk, root.pk, 1)]
    assert len(set(AccountEvent.objects.order_by("pk").values_list("trace_id", flat=True)[1:])) == 1
    assert AccountEvent.objects.latest("pk").details == ["password"]


def test_a_password_that_a_command_sets_is_recorded(maria: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt: ANOTHER)

    call_command("changepassword", "maria", stdout=StringIO())

    assert events() == [("password_changed", maria.pk, None, 1)]


def test_a_user_is_added_and_changed_by_name_of_the_fields(maria: User) -> None:
    root = make_user("root", superuser=True)
    client = browser(root)
    added = {"username": "stina", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    client.post("/admin/auth/user/add/", {**added, "is_staff": "on"})
    stina = User.objects.get(username="stina")
    changed = {"username": "stina", "first_name": "Stina", "email": "stina@shop.example", "is_staff": "on"}
    changed |= {"is_active": "on", "is_superuser": "on"}
    client.post(f"/admin/auth/user/{stina.pk}/change/", changed)

    kinds = [(kind, user, by) for kind, user, by, _ in events() if user == stina.pk and by]
    assert kinds == [("user_added", stina.pk, root.pk), ("user_changed", stina.pk, root.pk)]
    details = AccountEvent.objects.latest("pk").details
    assert {"first_name", "email", "is_superuser: False → True"} <= set(details)
    assert "Stina" not in str(details)


@pytest.mark.parametrize("kind", sorted(ACCOUNT_KINDS))
def test_every_kind_about_an_account_is_recorded_and_shown(kind: AuditKind, maria: User) -> None:
    record(kind, SERVER, user_id=maria.pk)

    assert shown(superuser(), kind=kind.value)[-1:] == [kind.value]


def test_admins_see_their_members_and_nobody_else(maria: User, partner: Partner, make_tenant: MakeTenant) -> None:
    theirs = make_tenant()
    log_in("maria", "wrong")
    log_in("nobody", "wrong", "10.0.0.3")
    both = make_user("superuser", superuser=True)
    Membership.objects.create(tenant=partner.tenant, user=both, role=Role.ADMIN)
    browser(both)

    ours, stranger = member(Role.ADMIN, partner.tenant), member(Role.ADMIN, theirs.tenant)

    assert shown(ours) == ["logged_in", "login_failed"]  # their own, and Maria's
    assert shown(stranger) == ["logged_in"]
    assert shown(stranger, user="maria") == []
    assert "maria" in text(ours.get(LIST))
    assert both.username not in text(ours.get(LIST))
    assert len(shown(superuser())) == 6


def test_what_happened_before_somebody_became_a_member_stays_unseen(
    maria: User, partner: Partner, make_tenant: MakeTenant
) -> None:
    theirs = make_tenant()
    log_in("maria", PASSWORD)
    Membership.objects.create(tenant=theirs.tenant, user=maria, role=Role.VIEWER)
    log_in("maria", PASSWORD)

    assert shown(member(Role.ADMIN, theirs.tenant), user="maria") == ["logged_in"]
    assert shown(member(Role.ADMIN, partner.tenant), user="maria") == ["logged_in", "logged_in"]


def test_who_left_is_still_seen_while_they_were_a_member(maria: User, partner: Partner) -> None:
    log_in("maria", PASSWORD)
    Membership.objects.filter(user=maria).delete()
    log_in("maria", PASSWORD)

    assert shown(member(Role.ADMIN, partner.tenant), user="maria") == ["logged_in"]


def test_superusers_choose_the_tenant(maria: User, partner: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    log_in("maria", PASSWORD)

    assert shown(superuser(), tenant=partner.id) == ["logged_in"]
    assert shown(superuser(), tenant=other.id) == []
