"""What keeps the tests short and costs no assertion, about them all."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.template import RequestContext, Template
from django.test import override_settings
from django.test.signals import template_rendered
from whitenoise.middleware import WhiteNoiseMiddleware


@pytest.fixture(scope="session", autouse=True)
def _an_empty_database_keeps_its_permissions() -> Iterator[None]:
    """After each test that commits, Django would delete all permissions and write them again, with 340 statements."""
    kept = {ContentType._meta.db_table, Permission._meta.db_table}

    def emptying(style: Any, connection: Any, **options: Any) -> list[str]:
        tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - kept
        return list(connection.ops.sql_flush(style, sorted(tables), **options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", emptying)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_hash_soon() -> Iterator[None]:
    """What a password costs to guess is Django's business, half a second of CPU for each that is set or entered."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_listed_once() -> Iterator[None]:
    """Every new client has middleware of its own, for which whitenoise would list all static files: 20 ms of CPU."""
    listed: dict[str, Any] = {}

    def add_files(middleware: WhiteNoiseMiddleware) -> None:
        if not listed:
            original(middleware)
            listed.update(middleware.files)
        middleware.files.update(listed)

    original = WhiteNoiseMiddleware.add_files_from_finders
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files)
        yield


@pytest.fixture(scope="session", autouse=True)
def _an_answer_keeps_the_context_of_its_page(django_test_environment: None) -> Iterator[None]:
    """Django's tests keep a copy of what each part of a page was given, hundreds of widgets: a sixth of its CPU."""

    def render(template: Template, context: Any) -> Any:
        if isinstance(context, RequestContext) and context.template is template:
            template_rendered.send(sender=template, template=template, context=context)
        return template.nodelist.render(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield
