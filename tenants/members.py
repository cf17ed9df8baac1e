"""Who looks after a tenant: members and their roles."""

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.utils import timezone

from tenants.audit.events import SERVER, Actor, change_of, record
from tenants.models import AuditKind, Membership, Role, Tenant


class LastAdmin(Exception):
    """A tenant's only admin can neither be removed nor get another role."""


def add_member(tenant: Tenant, user: AbstractBaseUser, role: Role, *, by: Actor = SERVER) -> Membership:
    """Give a user who agreed a role on a tenant; raises IntegrityError where the user has one already."""
    with transaction.atomic():
        membership = Membership.objects.create(tenant=tenant, user_id=user.pk, role=role, accepted_at=timezone.now())
        details = [f"role: {Role(role).value}"]
        record(AuditKind.MEMBER_ADDED, by, tenant_id=tenant.pk, user_id=user.pk, details=details)
    return membership


def agree(membership: Membership) -> None:
    """Note that a user agrees to be the member that somebody made of them without asking."""
    Membership.objects.filter(pk=membership.pk, accepted_at=None).update(accepted_at=timezone.now())


def confirm_email(user: User) -> None:
    """Note that a user's e-mail is theirs, which lets them in by OpenID, unless it is another's already.

    Without an e-mail nobody comes in by OpenID any more, and what the provider told of the person goes.
    """
    email = user.email.lower()
    with transaction.atomic():
        if not email:
            SocialAccount.objects.filter(user=user).delete()
        EmailAddress.objects.filter(user=user).exclude(email=email).delete()
        if email and not EmailAddress.objects.filter(email=email, verified=True).exclude(user=user).exists():
            EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})


def set_role(membership: Membership, role: Role, *, by: Actor = SERVER) -> None:
    """Change a member's role; raises LastAdmin."""
    with transaction.atomic():
        if role != Role.ADMIN:
            _keep_an_admin(membership)
        stored = Membership.objects.filter(pk=membership.pk)
        before = stored.select_for_update().values_list("role", flat=True).first()
        if stored.update(role=role) and role != before:
            changed = [change_of("role", before, Role(role).value)]
            tenant_id, user_id = membership.tenant_id, membership.user_id
            record(AuditKind.MEMBER_ROLE, by, tenant_id=tenant_id, user_id=user_id, details=changed)
    membership.role = role


def remove_member(membership: Membership, *, by: Actor = SERVER) -> None:
    """Take a user's role on a tenant away; raises LastAdmin."""
    with transaction.atomic():
        _keep_an_admin(membership)
        if Membership.objects.filter(pk=membership.pk).delete()[0]:
            kind = AuditKind.MEMBER_LEFT if membership.user_id == by.user_id else AuditKind.MEMBER_REMOVED
            record(kind, by, tenant_id=membership.tenant_id, user_id=membership.user_id)


def _keep_an_admin(membership: Membership) -> None:
    """Lock the tenant's admins, so that two who resign at once do not both go; raises LastAdmin.

    A sandbox has its tenant's.
    """
    if membership.tenant.is_sandbox:
        return
    admins = Membership.objects.filter(tenant_id=membership.tenant_id, role=Role.ADMIN).order_by("pk")
    if [admin.pk for admin in admins.select_for_update()] == [membership.pk]:
        raise LastAdmin
