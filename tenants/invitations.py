"""Who is invited to a tenant, until they accept: a link that is good once, for a week."""

import re
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tenants.audit.events import Actor, record
from tenants.keys import digest, new_text
from tenants.members import add_member, confirm_email
from tenants.models import AuditKind, Invitation, Membership, Role, Tenant

GOOD_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=30)  # after its end, for the list; then the e-mail goes
MOST_NAME = 100  # of the 150 characters that a user name may have


class InvitationGone(Exception):
    """The invitation was accepted, revoked or never made, it has expired, or who made it may not invite any more."""


class NeedsNoInvitation(Exception):
    """The user is a member already, or a superuser, who sees every tenant."""


def invite(tenant: Tenant, email: str, role: Role, *, by: User) -> tuple[Invitation, str]:
    """Offer a role; return the invitation and the text of its link, which is stored nowhere.

    Whether somebody has this e-mail already is nobody's business here: the invited knows.
    """
    text = new_text()
    with transaction.atomic():
        invitation = Invitation.objects.create(
            tenant=tenant,
            email=email,
            role=role,
            digest=digest(text),
            invited_by_id=by.pk,
            expires_at=timezone.now() + GOOD_FOR,
        )
        _record(AuditKind.INVITATION_MADE, invitation, by=by)
    return invitation, text


def revoke(invitation: Invitation, *, by: User) -> None:
    """Take an invitation back that nobody has accepted yet."""
    with transaction.atomic():
        waiting = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
        if waiting.update(revoked_at=timezone.now()):
            _record(AuditKind.INVITATION_REVOKED, invitation, by=by)


def with_state(invitations: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate invitations with `is_open`: whether they can be accepted now."""
    there = Q(tenant=OuterRef("tenant")) | Q(tenant__sandbox=OuterRef("tenant"))
    admins = Membership.objects.filter(there, user=OuterRef("invited_by"), role=Role.ADMIN)
    may_invite = Q(invited_by__is_active=True) & (Q(invited_by__is_superuser=True) | Exists(admins))
    waits = Q(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())
    annotated: QuerySet[Any] = invitations.annotate(is_open=waits & may_invite)
    return annotated


def open_invitation(text: str) -> Invitation:
    """Return the invitation that a link leads to; raises InvitationGone."""
    waiting = with_state(Invitation.objects.select_related("tenant", "invited_by")).filter(is_open=True)
    found: Invitation | None = waiting.filter(digest=digest(text)).first()
    if found is None:
        raise InvitationGone
    return found


def accept(text: str, user: User) -> Membership:
    """Make the user a member by the invitation's role, and end it; raises InvitationGone, NeedsNoInvitation.

    Of two who come with the same link at once, one is let in.
    """
    with transaction.atomic():
        invitation = open_invitation(text)
        if user.is_superuser or Membership.objects.filter(tenant=invitation.tenant_id, user=user).exists():
            raise NeedsNoInvitation
        now = timezone.now()
        if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(accepted_at=now):
            raise InvitationGone
        if invitation.is_mailed and user.email.lower() == invitation.email.lower():
            confirm_email(user)
        _record(AuditKind.INVITATION_ACCEPTED, invitation, by=user)
        return add_member(invitation.tenant, user, Role(invitation.role), by=Actor.here(user.pk))


def new_user(invitation: Invitation) -> User:
    """Return the user, not stored yet, that the invited will be.

    Their name has a part that nobody could guess: a name that is "taken" would tell who is here. They log in by e-mail.
    """
    email = invitation.email.lower()
    name = re.sub(r"[^a-z0-9.-]", "", email.partition("@")[0])[:MOST_NAME]
    return User(username=f"{name or 'user'}-{secrets.token_hex(3)}", email=email, is_staff=True)


def accept_as_new(text: str, user: User) -> Membership:
    """Store a new user and accept as them; raises InvitationGone and stores nobody."""
    with transaction.atomic():
        user.save(force_insert=True)
        return accept(text, user)


def _record(kind: AuditKind, invitation: Invitation, *, by: User) -> None:
    """Record what became of an invitation; its e-mail is nobody's to keep."""
    details = [f"invitation #{invitation.pk}", f"role: {Role(invitation.role).value}"]
    record(kind, Actor.here(by.pk), tenant_id=invitation.tenant_id, details=details)


def purge_invitations() -> None:
    """Delete invitations a month after they ended, with the e-mails in them."""
    Invitation.objects.filter(expires_at__lt=timezone.now() - KEPT_FOR).delete()
