"""The WSGI application for a server of one's own; it starts only with the database's erasure key.

`manage.py serve` checks that itself, and its web server comes back also while the database is away.
"""

import atexit
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from hub.serving.application import Application
from hub.serving.refusals import in_one_line
from hub.sql.bounds import bound_transactions

BOOT_ERROR = 3  # any other code and gunicorn starts the worker that ended with it again, for ever

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
try:
    with in_one_line():
        django.setup()
        application = Application()
        bound_transactions(settings.ENVIRONMENT.STATEMENT_SECONDS)
        call_command("erasure_key", verbosity=0)
        connections.close_all()  # a server that forks must not share one
        atexit.register(application.close)
except SystemExit as refusal:
    print(refusal, file=sys.stderr)
    sys.exit(BOOT_ERROR)
