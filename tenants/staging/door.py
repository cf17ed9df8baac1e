"""The door that demo data comes through: the API's own, as the web server calls it."""

import logging
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import CommandError
from django.test import Client, RequestFactory
from django.urls import resolve

from hub.middleware.requests import HubRequest
from hub.middleware.tracing import new_traceparent
from tenants.demo.life import Call
from tenants.models import Tenant
from tenants.requests.writer import WRITER

UPLOAD = "/api/customers/upload/"
HOST = next((host for host in settings.ALLOWED_HOSTS if "*" not in host and not host.startswith(".")), "localhost")


def post(tenant: Tenant, key: str, entity: str, records: list[dict[str, Any]], **headers: str) -> None:
    """Post records that must be taken, to the endpoint's view."""
    path = f"/{entity}/{tenant.pk}"
    _take(path, records, {"x-replenit-auth-key": key, **headers})


def upload(tenant: Tenant, key: str, customers: list[dict[str, Any]]) -> None:
    """Upload customers in Custobar's words, which must be taken."""
    basic = b64encode(f"{tenant.slug}:{key}".encode()).decode()
    _take(UPLOAD, {"customers": customers}, {"Authorization": f"Basic {basic}"})


def _take(path: str, body: Any, headers: dict[str, str]) -> None:
    request = RequestFactory().post(path, orjson.dumps(body), content_type="application/json", headers=headers)
    match = resolve(path)
    response = match.func(HubRequest.begin(request, new_traceparent()), **match.kwargs)
    if response.status_code != 200:
        raise CommandError(f"The demo data was refused: {response.content.decode()}")


def knock(calls: list[Call], key: str, *, hours: float) -> None:
    """Make calls through all that answers, so that the request log has them; the first so many hours ago."""
    client = Client(raise_request_exception=False)
    before = len(WRITER.waiting)
    with _unlogged():
        for call in calls:
            body = call.body if isinstance(call.body, str) else orjson.dumps(call.body)
            sent = {"x-replenit-auth-key": call.key or key, "Host": HOST, **call.headers}
            client.generic(call.method, call.path, body, "application/json", secure=settings.HTTPS, headers=sent)
    entries = list(WRITER.waiting)[before:]
    for place, entry in enumerate(entries):
        entry.created_at -= timedelta(hours=hours * (1 - place / len(entries)))
    WRITER.flush()


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep calls out of the log: they would stand before the key and the address that whoever starts it looks for."""
    log = logging.getLogger("hub.request")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before
