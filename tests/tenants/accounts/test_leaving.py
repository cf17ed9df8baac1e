"""An account that is over keeps its user name, for the audit; what else tells of the person goes."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.auth.models import User
from django.forms.models import model_to_dict

from tenants.members import confirm_email
from tests.members import browser, make_user

pytestmark = pytest.mark.django_db
PERSON = {"first_name": "Marialuisa", "last_name": "Quintero", "email": "mlq@example.com"}


def known_account() -> User:
    """Return somebody who has a name, an e-mail, and has come by OpenID."""
    user = make_user("u123")
    User.objects.filter(pk=user.pk).update(**PERSON)
    user.refresh_from_db()
    confirm_email(user)
    SocialAccount.objects.create(user=user, provider="oidc", uid="1", extra_data={"email": user.email})
    return user


def stored() -> str:
    """Return everything that is stored, as text."""
    tables = [model._default_manager for model in apps.get_models() if model._meta.managed]
    return str([model_to_dict(row) for table in tables for row in table.all()])


def test_a_superuser_takes_name_and_email_out() -> None:
    user, client = known_account(), browser(make_user("root", superuser=True))
    page = f"/admin/auth/user/{user.pk}/change/"
    blank = dict.fromkeys(PERSON, "")

    saved = client.post(page, {"username": "u123", **blank, "is_staff": "on"})

    assert saved.status_code == 302
    user.refresh_from_db()
    assert (user.is_active, user.get_full_name()) == (False, "")
    assert [value for value in PERSON.values() if value in stored()] == []


def test_another_email_leaves_the_openid_that_is_connected() -> None:
    user, client = known_account(), browser(make_user("root", superuser=True))
    changed = {**PERSON, "email": "new@example.com", "username": "u123", "is_active": "on", "is_staff": "on"}

    client.post(f"/admin/auth/user/{user.pk}/change/", changed)

    assert EmailAddress.objects.get().email == "new@example.com"
    assert SocialAccount.objects.count() == 1
