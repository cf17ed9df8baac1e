"""Who looks after a tenant: members and their roles."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from tenants.models import Membership, Role, Tenant


class LastAdmin(Exception):
    """A tenant's only admin can neither be removed nor get another role."""


def add_member(tenant: Tenant, user: AbstractBaseUser, role: Role) -> Membership:
    """Give a user a role on a tenant; raises IntegrityError where the user has one already."""
    return Membership.objects.create(tenant=tenant, user_id=user.pk, role=role)


def set_role(membership: Membership, role: Role) -> None:
    """Change a member's role; raises LastAdmin."""
    with transaction.atomic():
        if role != Role.ADMIN:
            _keep_an_admin(membership)
        Membership.objects.filter(pk=membership.pk).update(role=role)
    membership.role = role


def remove_member(membership: Membership) -> None:
    """Take a user's role on a tenant away; raises LastAdmin."""
    with transaction.atomic():
        _keep_an_admin(membership)
        Membership.objects.filter(pk=membership.pk).delete()


def _keep_an_admin(membership: Membership) -> None:
    """Lock the tenant's admins, so that two who resign at once do not both go; raises LastAdmin."""
    admins = Membership.objects.filter(tenant_id=membership.tenant_id, role=Role.ADMIN).order_by("pk")
    if [admin.pk for admin in admins.select_for_update()] == [membership.pk]:
        raise LastAdmin
