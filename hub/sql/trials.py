"""Whether a database is there for trials: nobody loads invented shops into a real one by accident."""

from django.conf import settings
from django.core.management import CommandError
from django.db import connection

REFUSED = (
    "Demo data is for trials, and DATABASE_URL names the database {name}. Nothing was changed. Unset DATABASE_URL to"
    " try the hub on a database of its own; for real use run `manage.py init` and `manage.py serve`; or load the demo"
    " into this database with `manage.py demo --into {name}`."
)


def require_trial(named: str | None = None) -> None:
    """Raise CommandError where DATABASE_URL names a database, unless it is `named` by whoever asks, or DEBUG is on."""
    environment = settings.ENVIRONMENT
    name = connection.settings_dict["NAME"]
    if environment.DATABASE_URL and not environment.DEBUG and named != name:
        raise CommandError(REFUSED.format(name=name))
