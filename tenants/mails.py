"""What the hub sends by mail, where a server for that is set."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail

from tenants.models import Invitation
from tenants.passwords import minutes_to_reset, reset_path

INVITATION = """{inviter} invites you to {tenant} on the data hub, as {role}.

Accept here, until {until:%d %B %Y, %H:%M} UTC:

{link}

The link is good once, for whoever has it: do not pass it on. If you do not know what this is about, do nothing.
"""
RESET = """Somebody, you it seems, asked for a new password for {user} on the data hub.

Set it here, within {minutes} minutes:

{link}

If it was not you, do nothing: your password stays as it is.
"""


def is_set_up() -> bool:
    """Tell whether there is a server that takes mails."""
    return bool(settings.EMAIL_HOST)


def send_invitation(invitation: Invitation, link: str) -> None:
    """Send an invited person their link; raises OSError where the mail is not taken."""
    text = INVITATION.format(
        inviter=invitation.invited_by.get_full_name() or invitation.invited_by.get_username(),
        tenant=invitation.tenant,
        role=invitation.role,
        until=invitation.expires_at,
        link=link,
    )
    send_mail(f"Invitation to {one_line(str(invitation.tenant))} on the data hub", text, None, [invitation.email])


def send_resets(users: Sequence[int], origin: str) -> None:
    """Send users, by id, a link to a new password; `origin` is the hub's, `https://hub.example`."""
    for user in User.objects.filter(pk__in=users, is_active=True):
        link = f"{origin}{reset_path(user)}"
        text = RESET.format(user=user.get_username(), minutes=minutes_to_reset(), link=link)
        send_mail("A new password for the data hub", text, None, [user.email])


def one_line(text: str) -> str:
    """Return a text that can stand in a header."""
    return " ".join(text.split())
