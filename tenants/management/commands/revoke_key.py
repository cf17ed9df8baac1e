"""`manage.py revoke_key PREFIX`: end a key, named by its first characters."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.keys import PREFIX_LENGTH, TEST, revoke_key
from tenants.models import ApiKey


class Command(BaseCommand):
    help = "Revoke the API key whose text begins with PREFIX; it works no more from the next request on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help=f"the first {PREFIX_LENGTH} characters of the key, as the admin shows them")

    def handle(self, prefix: str, **_: Any) -> None:
        prefix = prefix.removeprefix(TEST)
        if len(prefix) < PREFIX_LENGTH:
            raise CommandError(f"Name at least the first {PREFIX_LENGTH} characters of the key.")
        keys = list(ApiKey.objects.filter(prefix=prefix[:PREFIX_LENGTH], revoked_at=None).select_related("tenant"))
        if len(keys) != 1:
            raise CommandError(f"{len(keys)} live keys begin with {prefix[:PREFIX_LENGTH]}; one is needed.")
        revoke_key(keys[0])
        self.stdout.write(f"Revoked {keys[0]} of {keys[0].tenant}.")
