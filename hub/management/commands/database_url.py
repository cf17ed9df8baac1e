"""`manage.py database_url`: the database as a libpq URL, `psql "$(manage.py database_url)"`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from hub.postgres.server import EmbeddedServer


class Command(BaseCommand):
    help = "Print the database's URL as psql takes it; the embedded server stays up for whoever connects with it."
    requires_system_checks: list[str] = []

    def handle(self, **_: Any) -> None:
        environment = settings.ENVIRONMENT
        self.stdout.write(environment.DATABASE_URL or EmbeddedServer(environment.HUB_DATA).url())
