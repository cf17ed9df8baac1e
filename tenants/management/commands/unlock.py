"""`manage.py unlock NAME`: whoever is kept waiting at the log-in may try again at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tenants.attempts import unlock


class Command(BaseCommand):
    help = "Forget the wrong attempts to log in as NAME, from everywhere: the next one is looked at again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what is typed as the user name")

    def handle(self, name: str, **_: Any) -> None:
        if unlock(name):
            self.stdout.write(f"Whoever logs in as {name} need not wait any longer.")
        else:
            self.stdout.write(f"Nobody who logs in as {name} had to wait.")
