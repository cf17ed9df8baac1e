"""The WSGI application as `manage.py serve` has it: unlike hub.wsgi it asks nothing of the database when it starts."""

import os
from contextlib import ExitStack

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.utils.module_loading import import_string

from hub.serving.loading import load_all
from hub.serving.static import use_collected_static
from hub.sql.bounds import bound_transactions


class Application(WSGIHandler):
    """What answers, and what the process does beside that (settings.BESIDE_ANSWERS), until it is closed.

    It is made with every module that it needs.
    """

    def __init__(self) -> None:
        super().__init__()
        load_all()
        self.beside = ExitStack()
        for name in settings.BESIDE_ANSWERS:
            self.beside.enter_context(import_string(name)())

    def close(self) -> None:
        """End what is done beside answering, for there is nothing more to answer."""
        self.beside.close()


def make_application() -> Application:
    """Set Django up, collect its static files, and return what answers."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    django.setup()
    use_collected_static(settings.ENVIRONMENT.HUB_DATA / "static")
    application = Application()
    bound_transactions(settings.ENVIRONMENT.STATEMENT_SECONDS)
    return application
