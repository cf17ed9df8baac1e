"""Keys in the admin: dead ones stay dead whatever is edited, an end is suggested, and unused ones are seen."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants.keys import DeadKey, create_key, edit_key, revoke_key, roll_key, unused_keys
from tenants.models import ApiKey, Role
from tests.conftest import MakeTenant, Partner
from tests.members import member, superuser, text

pytestmark = pytest.mark.django_db

KEYS = "/admin/tenants/apikey/"


def end(key: ApiKey, how: str) -> None:
    """End a key in one of the ways there are."""
    if how == "revoked":
        revoke_key(key)
    elif how == "rolled":
        roll_key(key, overlap=timedelta(0))
    else:
        ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("how", ["revoked", "rolled", "expired"])
@pytest.mark.parametrize("until", ["", "2100-01-01"])
def test_a_dead_key_is_brought_back_by_no_edit(partner: Partner, how: str, until: str) -> None:
    key = partner.tenant.api_keys.get()
    end(key, how)
    client = superuser()

    edit = {"label": "back", "tenant": partner.id, "expires_at_0": until, "expires_at_1": until and "00:00"}
    client.post(f"{KEYS}{key.pk}/change/", {**edit, "revoked_at": "", "revoked_at_0": "", "revoked_at_1": ""})
    client.post(f"{KEYS}{key.pk}/roll/", {"hours": "168"})

    assert partner.get("/customers/{tenant}").status_code == 401


@pytest.mark.parametrize("how", ["revoked", "rolled", "expired"])
def test_the_statement_itself_leaves_a_dead_key_as_it_is(partner: Partner, how: str) -> None:
    seen = partner.tenant.api_keys.get()  # as a page read it that was opened while the key lived
    end(seen, how)
    number = ApiKey.objects.count()

    with pytest.raises(DeadKey):
        edit_key(seen, label="back", expires_at=None)
    with pytest.raises(DeadKey):
        roll_key(seen, overlap=timedelta(hours=1))

    assert partner.get("/customers/{tenant}").status_code == 401
    assert ApiKey.objects.count() == number


def test_a_key_that_ends_while_its_page_is_open_is_left_alone(partner: Partner, monkeypatch: Any) -> None:
    key = partner.tenant.api_keys.get()
    end(key, "expired")
    monkeypatch.setattr("tenants.admin.keys.DEAD", set())  # the form was shown, and checked, a moment before

    sent = client_post(key, {"label": "back", "expires_at_0": "", "expires_at_1": ""})

    assert "no longer works" in text(sent)
    assert partner.get("/customers/{tenant}").status_code == 401


def client_post(key: ApiKey, sent: dict[str, str]) -> Any:
    return superuser().post(f"{KEYS}{key.pk}/change/", sent, follow=True)


def test_a_key_rolled_at_once_is_revoked(partner: Partner) -> None:
    key = partner.tenant.api_keys.get()

    page = text(superuser().post(f"{KEYS}{key.pk}/roll/", {"hours": "0", "days": "90"}))

    key.refresh_from_db()
    assert key.revoked_at
    assert f"The old key, {key.prefix}…, is revoked." in page
    assert partner.get("/customers/{tenant}").status_code == 401
    fresh = ApiKey.objects.exclude(pk=key.pk).get()
    assert fresh.expires_at
    assert timedelta(days=89) < fresh.expires_at - timezone.now() <= timedelta(days=90)


def test_rolling_twice_never_prolongs_a_key(partner: Partner) -> None:
    key = partner.tenant.api_keys.get()
    roll_key(key, overlap=timedelta(hours=1))

    roll_key(key, overlap=timedelta(hours=72))  # by somebody who saw it before it was rolled

    key.refresh_from_db()
    assert key.expires_at
    assert key.expires_at < timezone.now() + timedelta(hours=2)


def test_the_form_of_a_new_key_suggests_an_end(partner: Partner) -> None:
    page = superuser().get(f"{KEYS}add/")

    suggested = page.context["adminform"].form.get_initial_for_field(
        page.context["adminform"].form.fields["expires_at"], "expires_at"
    )
    assert timedelta(days=363) < suggested - timezone.now() <= timedelta(days=365)


AGES = [(None, 31, True), (None, 29, False), (91, 100, True), (89, 100, False), (0, 1000, False)]


@pytest.mark.parametrize(("used", "made", "flagged"), AGES)
@pytest.mark.parametrize("dead", [False, True])
def test_a_key_that_nobody_uses_is_flagged(
    partner: Partner, used: int | None, made: int, flagged: bool, dead: bool
) -> None:
    now, flagged = timezone.now(), flagged and not dead
    key = partner.tenant.api_keys.get()
    ApiKey.objects.filter(pk=key.pk).update(
        created_at=now - timedelta(days=made), last_used_at=None if used is None else now - timedelta(days=used)
    )
    partner.tenant.api_keys.filter(pk=key.pk).update(revoked_at=now if dead else None)
    client = member(Role.ADMIN, partner.tenant)

    said = "not for 90 days" if used is not None else "never used"
    assert (said in text(client.get(KEYS)).lower()) == flagged
    assert bool(client.get(KEYS, {"use": "unused"}).context["cl"].result_count) == flagged


def test_the_home_page_counts_unused_keys_for_those_who_see_keys(partner: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    partner.save("customers", {"CustomerId": "1"})
    for tenant in (partner.tenant, other.tenant):
        create_key(tenant, label="forgotten")
    ApiKey.objects.filter(label="forgotten").update(created_at=timezone.now() - timedelta(days=31))
    assert unused_keys(ApiKey.objects.all()).count() == 2

    shown = {role: text(member(role, partner.tenant).get("/admin/")) for role in Role}

    assert {role for role, page in shown.items() if "Unused API keys" in page} == {Role.ADMIN}
    assert f"/admin/tenants/apikey/?use=unused&amp;tenant={partner.id}" in shown[Role.ADMIN]
    assert member(Role.ADMIN, partner.tenant).get("/admin/").context["unused_keys"].value == 1
