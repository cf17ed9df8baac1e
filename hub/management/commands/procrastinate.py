"""`manage.py procrastinate worker`: the background worker, which starts only with the database's erasure key."""

from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string
from procrastinate.contrib.django.management.commands import procrastinate


class Command(procrastinate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with ExitStack() as beside:
            if options["command"] == "worker":
                call_command("erasure_key", verbosity=0)
                for name in settings.BESIDE_JOBS:
                    beside.enter_context(import_string(name)())
            super().handle(*args, **options)
