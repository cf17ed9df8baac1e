"""The WSGI application as `manage.py serve` has it: unlike hub.wsgi it asks nothing of the database when it starts."""

import os

import django
from django.conf import settings
from django.core.checks.urls import check_url_config
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from hub.serving.static import use_collected_static
from hub.sql.bounds import bound_transactions


def make_application() -> WSGIHandler:
    """Set Django up, collect its static files, and return what answers, with every module that it needs.

    What would be imported with the first request may be of another version then.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    django.setup()
    use_collected_static(settings.ENVIRONMENT.HUB_DATA / "static")
    application = get_wsgi_application()
    bound_transactions(settings.ENVIRONMENT.STATEMENT_SECONDS)
    check_url_config(None)
    return application
