"""`manage.py procrastinate worker`: the background worker, which starts only with the database's erasure key."""

from typing import Any

from django.core.management import call_command
from procrastinate.contrib.django.management.commands import procrastinate


class Command(procrastinate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if options["command"] == "worker":
            call_command("erasure_key", verbosity=0)
        super().handle(*args, **options)
