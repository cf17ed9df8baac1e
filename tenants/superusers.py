"""The first superuser, who sees every tenant and makes everybody else."""

from django.contrib.auth.models import User
from django.db import transaction

from tenants.audit.events import SERVER, record
from tenants.members import confirm_email
from tenants.models import AuditKind


def first_superuser() -> User | None:
    """Return the superuser who has been there for longest and may log in."""
    return User.objects.filter(is_superuser=True, is_staff=True, is_active=True).order_by("pk").first()


def create_superuser(name: str, email: str) -> User:
    """Create a superuser without a password: a link sets it (tenants.passwords). Raises ValidationError.

    Whoever runs commands on the server vouches for the e-mail.
    """
    user = User(username=name, email=email.lower(), is_staff=True, is_superuser=True)
    user.set_unusable_password()
    user.full_clean()
    with transaction.atomic():
        user.save(force_insert=True)
        confirm_email(user)
        record(AuditKind.USER_ADDED, SERVER, user_id=user.pk, details=["is_superuser"])
    return user
