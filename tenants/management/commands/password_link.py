"""`manage.py password_link USER`: a link by which a user sets a new password, where no mail can be sent."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from hub.management.origins import ORIGIN, origin_of
from tenants.passwords import forget_factors as remove_factors
from tenants.passwords import minutes_to_reset, reset_path


class Command(BaseCommand):
    help = "Make a link by which USER sets a new password, once; it is shown and kept nowhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the user name")
        parser.add_argument("--origin", help=ORIGIN)
        parser.add_argument("--forget-factors", action="store_true", help="take the second factors away, too")

    def handle(self, user: str, origin: str | None, forget_factors: bool, **_: Any) -> None:
        origin = origin_of(origin)
        found = User.objects.filter(username=user, is_active=True).first()
        if found is None:
            raise CommandError(f"There is no active user {user}.")
        if forget_factors:
            remove_factors(found)
        self.stdout.write(f"Good once, for {minutes_to_reset()} minutes:\n{origin}{reset_path(found)}")
