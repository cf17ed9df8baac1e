"""What is shown once is made once: a form that is sent again, by Reload or Back, makes no second key or invitation."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from tenants.models import ApiKey, AuditEvent, Invitation, KeptAnswer, Role
from tests.conftest import MakeTenant, Partner
from tests.members import member, text, told
from tests.tenants.test_isolation import Fields

pytestmark = pytest.mark.django_db

KEYS, INVITATIONS = "/admin/tenants/apikey/", "/admin/tenants/invitation/"


@pytest.fixture
def admin(partner: Partner) -> Client:
    return member(Role.ADMIN, partner.tenant)


def opened(client: Client, address: str) -> Mapping[str, str]:
    """Return what a form holds when it is opened."""
    return Fields(text(client.get(address))).held


def add_key(client: Client, form: Mapping[str, str], partner: Partner, label: str = "shop") -> Any:
    sent = {"tenant": partner.id, "label": label, "access": "everything", "once": form["once"]}
    return client.post(f"{KEYS}add/", sent, follow=True)


def labels(partner: Partner) -> list[str]:
    return sorted(ApiKey.objects.filter(tenant=partner.tenant).exclude(label="test").values_list("label", flat=True))


def test_a_key_is_made_once_however_often_its_form_is_sent(partner: Partner, admin: Client) -> None:
    form = opened(admin, f"{KEYS}add/")

    first, again = add_key(admin, form, partner), add_key(admin, form, partner)

    key = ApiKey.objects.get(label="shop")
    assert "Copy it now" in text(first)
    assert "Copy it now" not in text(again)
    assert told(again) == [
        f"This key was made, {key.created_at:%Y-%m-%d %H:%M}; its text was shown once. Nothing new was made."
        " Roll it for a new text."
    ]
    assert again.redirect_chain == [(f"{KEYS}{key.pk}/change/", 302)]
    assert labels(partner) == ["shop"]
    assert AuditEvent.objects.filter(kind="key_created", api_key=key).count() == 1


def test_going_back_and_changing_the_form_makes_no_second_one_but_opening_it_anew_does(
    partner: Partner, admin: Client
) -> None:
    form = opened(admin, f"{KEYS}add/")
    add_key(admin, form, partner)

    add_key(admin, form, partner, label="changed")
    assert labels(partner) == ["shop"]
    add_key(admin, opened(admin, f"{KEYS}add/"), partner, label="another")
    assert labels(partner) == ["another", "shop"]


@pytest.mark.parametrize("hours", ["0", "24"])
def test_a_key_is_rolled_once(partner: Partner, admin: Client, hours: str) -> None:
    old = ApiKey.objects.get(tenant=partner.tenant)
    page = f"{KEYS}{old.pk}/roll/"
    form = opened(admin, page)
    sent = {"hours": hours, "days": "365", "once": form["once"]}

    admin.post(page, sent)
    again = admin.post(page, sent, follow=True)

    assert ApiKey.objects.filter(tenant=partner.tenant).count() == 2
    assert "This key was made, " in told(again)[0]


def test_an_invitation_is_made_once(partner: Partner, admin: Client) -> None:
    form = opened(admin, f"{INVITATIONS}add/")
    sent = {"tenant": partner.id, "email": "bo@example.com", "role": "viewer", "once": form["once"]}

    first, again = admin.post(f"{INVITATIONS}add/", sent), admin.post(f"{INVITATIONS}add/", sent, follow=True)

    assert "Pass this link on" in text(first)
    assert "This invitation was made, " in told(again)[0]
    assert Invitation.objects.count() == 1


def test_a_form_that_was_refused_makes_one_when_it_is_mended(partner: Partner, admin: Client) -> None:
    form = opened(admin, f"{KEYS}add/")

    assert "This field is required" in text(add_key(admin, form, partner, label=""))
    assert "Copy it now" in text(add_key(admin, form, partner))


def test_nothing_of_a_key_is_kept_for_it(partner: Partner, admin: Client) -> None:
    made: list[str] = []
    form = opened(admin, f"{KEYS}add/")

    made.append(add_key(admin, form, partner).context["text"])

    (kept,) = KeptAnswer.objects.all()
    assert bytes(kept.answer) == str(ApiKey.objects.get(label="shop").pk).encode()
    assert form["once"].encode() not in bytes(kept.name)
    assert made[0] not in repr(list(admin.session.items()))


def test_anothers_form_is_anothers(partner: Partner, admin: Client, make_tenant: MakeTenant) -> None:
    form = opened(admin, f"{KEYS}add/")
    add_key(admin, form, partner)

    add_key(member(Role.ADMIN, partner.tenant), form, partner, label="theirs")

    assert labels(partner) == ["shop", "theirs"]
