"""Memberships go with their tenant and their user, though the database has no foreign key from them to tenants."""

from django.contrib.auth.models import User
from django.db import connection

from tenants.models import Membership, Role
from tests.conftest import MakeTenant
from tests.members import make_user


def roles() -> set[tuple[str, str]]:
    """Return who is a member of what, orphans too."""
    return {(str(member.tenant_id), str(member.user_id)) for member in Membership.objects.all()}


def test_members_go_with_their_tenant_and_with_their_user(make_tenant: MakeTenant) -> None:
    closed, open_shop = make_tenant(), make_tenant()
    leaves, stays = make_user("leaves"), make_user("stays")
    for partner in (closed, open_shop):
        for user in (leaves, stays):
            Membership.objects.create(tenant=partner.tenant, user=user, role=Role.STAFF)

    closed.tenant.delete()
    assert roles() == {(open_shop.id, str(leaves.pk)), (open_shop.id, str(stays.pk))}

    leaves.delete()
    assert roles() == {(open_shop.id, str(stays.pk))}
    assert User.objects.get() == stays


def test_no_table_about_users_has_a_foreign_key_to_tenants(db: None) -> None:
    """A tenant's rows may live in a database that has no users (Citus: a distributed and a local table)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid = 'tenants_tenant'::regclass ORDER BY 1"
        )
        assert cursor.fetchall() == [("tenants_apikey",), ("tenants_tenant",), ("tenants_webhook",)]
