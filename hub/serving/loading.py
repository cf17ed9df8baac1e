"""What a process imports before it answers or works: what came later might be of another version by then."""

from importlib import import_module

from django.conf import settings
from django.core.checks.urls import check_url_config
from procrastinate.contrib.django import app


def load_all() -> None:
    """Import every address with its view, the admin among them (hub.urls), the queue's tasks, and what both name."""
    check_url_config(None)
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    for name in settings.REACHED_BY_NAME:
        import_module(name)
