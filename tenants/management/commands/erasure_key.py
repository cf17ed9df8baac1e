"""`manage.py erasure_key`: whether the hub has the key that its database was used with, and how to go on without."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tenants.changes.fingerprint import check_erasure_key, replace_erasure_key


class Command(BaseCommand):
    help = "Check that the hub has the erasure key that this database was used with, or go on with another one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--replace",
            action="store_true",
            help="the former key is lost: take this one from now on. Persons forgotten until now may come back with"
            " the next upload. Stop every hub first",
        )

    def handle(self, *, replace: bool, verbosity: int, **_: Any) -> None:
        lost = replace_erasure_key() if replace else 0
        check_erasure_key()
        if lost:
            self.stdout.write(
                f"Replaced. {lost:,} identifiers of forgotten persons, remembered under the former key, are no longer"
                " recognised: these persons may come back with the next upload."
            )
        elif verbosity:
            self.stdout.write("The hub has the erasure key that this database was used with.")
