"""`django-admin prepare N`: make the yardstick's tables and N owners, and print the owners' tokens as JSON."""

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from rest_framework.authtoken.models import Token


class Command(BaseCommand):
    help = "Make the tables and some owners; print the owners' tokens as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("owners", type=int)

    def handle(self, **options: Any) -> None:
        call_command("migrate", verbosity=0)  # the owners' table first: ours refers to it
        call_command("migrate", run_syncdb=True, verbosity=0)
        owners = [User.objects.create(username=f"owner-{n}") for n in range(options["owners"])]
        self.stdout.write(json.dumps([Token.objects.create(user=owner).key for owner in owners]))
