"""What a process imports before it answers or works; what came later might be of another version by then."""

from django.core.checks.urls import check_url_config
from procrastinate.contrib.django import app


def load_all() -> None:
    """Import every address with its view, the admin among them (hub.urls), and every task of the queue."""
    check_url_config(None)
    app.perform_import_paths()  # type: ignore[no-untyped-call]
