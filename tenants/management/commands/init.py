"""`manage.py init`: a database that is empty, or of an older version, becomes one that the hub can serve."""

import re
from argparse import ArgumentParser
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from hub.management.origins import ORIGIN, origin_of
from hub.sql.migrations import alone, bring_up_to_date, find_migrations
from tenants.invitations import GOOD_FOR, invite, with_state
from tenants.keys import create_key
from tenants.models import ApiKey, Invitation, Membership, Role, Tenant
from tenants.passwords import minutes_to_reset, reset_path
from tenants.provisioning import first_tenant, one_line
from tenants.superusers import create_superuser, first_superuser

TEXT = re.compile(r"[^\0\ud800-\udfff]*")  # bytes that are no UTF-8 come as surrogates
NEWER = (
    "The database {said}: an older one must not change it. Install the version that it was used with, or restore the"
    " back-up that was made before that. Nothing was changed."
)
NEXT = """
Next: `manage.py serve` starts the hub where it does not run yet{link}. Its admin is {origin}/admin/.
`manage.py create_tenant NAME` makes another tenant. docs/operating.md has the rest."""


class Done(NamedTuple):
    """What became of one thing, and what is shown once below it."""

    name: str
    text: str
    shown: str = ""
    is_new: bool = False


class Command(BaseCommand):
    help = "Prepare the database, make the first superuser and, if asked, a first tenant; again, it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", default="admin", help="user name of the first superuser (default: admin)")
        parser.add_argument("--email", default="", help="the superuser's e-mail, which does as well to log in")
        parser.add_argument("--link", action="store_true", help="another link to a new password of the first superuser")
        parser.add_argument("--origin", help=ORIGIN)
        parser.add_argument("--tenant", metavar="NAME", help="make a first tenant")
        parser.add_argument("--admin", metavar="EMAIL", help="invite who looks after that tenant")
        parser.add_argument("--key", action="store_true", help="make a first API key of that tenant")

    def handle(self, **options: Any) -> None:
        origin = _checked(options)
        with alone():
            done = [_database()]
            try:
                with transaction.atomic():  # all or nothing: a link that is not shown leads nobody in
                    user, first = _superuser(options, origin)
                    done += [first, *(_tenant(options, origin, user) if options["tenant"] is not None else [])]
            except ValidationError as error:
                raise CommandError(one_line(error)) from None
        for each in done:
            self.stdout.write(f"{each.name:<12}{each.text}" + (f"\n{'':<12}{each.shown}" if each.shown else ""))
        if not any(each.is_new or each.shown for each in done):
            self.stdout.write("Nothing was changed.")
        self.stdout.write(NEXT.format(link="; then open the link" if first.shown else "", origin=origin))


def _checked(options: dict[str, Any]) -> str:
    """Return the origin of links, once all options can be used. Raises CommandError."""
    if options["tenant"] is None and (options["admin"] or options["key"]):
        raise CommandError("--admin and --key go with --tenant.")
    for name in ("user", "tenant"):
        if not TEXT.fullmatch(options[name] or ""):
            raise CommandError(f"--{name} must be text in UTF-8.")
    for name in ("email", "admin"):
        try:
            validate_email(options[name] or "none@hub.example")
        except ValidationError:
            raise CommandError(f"--{name} must be an e-mail address.") from None
    return origin_of(options["origin"])


def _database() -> Done:
    """Bring the database up to date, and see that the hub has its erasure key."""
    found = find_migrations()
    if found.unknown:
        raise CommandError(NEWER.format(said=found.said))
    number = bring_up_to_date()
    call_command("erasure_key", verbosity=0)
    if not number:
        return Done("Database", "is up to date")
    return Done("Database", f"was brought up to date: {number} migrations were run", is_new=True)


def _superuser(options: dict[str, Any], origin: str) -> tuple[User, Done]:
    """Make the first superuser where there is none."""
    user, text = first_superuser(), "is there already"
    is_new = user is None
    if user is None:
        user, text = create_superuser(options["user"], options["email"]), "was made"
    elif not user.has_usable_password():
        text = "is there already, and has no password yet"
    if not is_new and not options["link"]:
        return user, Done("Superuser", f"{user.username} {text}; --link makes another link to a new password")
    told = f"{user.username} {text}; this link sets a password, once, within {minutes_to_reset()} minutes:"
    return user, Done("Superuser", told, f"{origin}{reset_path(user)}", is_new)


def _tenant(options: dict[str, Any], origin: str, superuser: User) -> list[Done]:
    """Make what was asked for of a tenant and is not there."""
    tenant, is_new = first_tenant(options["tenant"])
    done = [
        Done("Tenant", f"{tenant} {'was made' if is_new else 'is there already'}, its id is {tenant.pk}", "", is_new)
    ]
    if options["admin"]:
        done.append(_admin(tenant, options["admin"].lower(), origin, superuser))
    if options["key"]:
        done.append(_key(tenant))
    return done


def _admin(tenant: Tenant, email: str, origin: str, superuser: User) -> Done:
    waiting = with_state(Invitation.objects.filter(tenant=tenant, email=email)).filter(is_open=True)
    if Membership.objects.filter(tenant=tenant, user__email__iexact=email).exists() or waiting.exists():
        return Done("Admin", f"{email} looks after it or is invited already")
    _, text = invite(tenant, email, Role.ADMIN, by=superuser)
    told = f"{email} is invited by this link, once, within {GOOD_FOR.days} days:"
    return Done("Admin", told, f"{origin}{reverse('invitation', args=[text])}", is_new=True)


def _key(tenant: Tenant) -> Done:
    if ApiKey.objects.filter(tenant=tenant).exists():
        return Done("Key", "it has keys already; `manage.py create_key` makes another")
    _, text = create_key(tenant, label="First key")
    return Done("Key", f"{text}  (shown once)", is_new=True)
