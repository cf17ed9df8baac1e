"""Files as partners send them, and jobs as the worker would leave them."""

import json
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from hub.middleware.streaming import STREAM, Stream
from tenants.changes.changesets import Origin
from tenants.imports import jobs, store
from tenants.models import Entity, FileFormat, Import, ImportState, Source
from tests.conftest import CLIENT, Partner

NDJSON, CSV = "application/x-ndjson", "text/csv"
MEGABYTE = 1024 * 1024
ORIGIN = Origin(Source.API, "key 0123abcd", "0af7651916cd43dd8448eb211c80319c")


def ndjson(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


FILE = ndjson({"CustomerId": "C-1", "Email": "ann@shop.example"}, {"CustomerId": "C-2"})


def send(partner: Partner, body: Any = FILE, *, content_type: str = NDJSON, **how: Any) -> Any:
    """Send a file whole; what is not a header (`upper-case`, with a dash or a capital) is a parameter."""
    headers = {name: how.pop(name) for name in list(how) if name[:1].isupper()}
    if not body:
        headers["Content-Type"] = content_type  # which Django's client leaves out
    query = urlencode({"entity": "customers", **how})
    return partner.send("POST", f"/imports/{{tenant}}?{query}", body, content_type=content_type, **headers)


def begin(partner: Partner, **how: Any) -> int:
    """Begin an upload in parts and return its id."""
    answer = send(partner, b"", upload="parts", **how)
    assert answer.status_code == 202, answer.content
    return int(answer.json()["data"]["id"])


def patch(partner: Partner, id_: int, data: bytes, offset: object, **headers: str) -> Any:
    where = {} if offset is None else {"Upload-Offset": str(offset)}
    kind = headers.pop("content_type", "application/octet-stream")
    return partner.send("PATCH", f"/imports/{{tenant}}/{id_}", data, content_type=kind, **where, **headers)


def start(partner: Partner, id_: int, **headers: str) -> Any:
    return partner.send("POST", f"/imports/{{tenant}}/{id_}/start", **headers)


def cancel(partner: Partner, id_: int) -> Any:
    return partner.send("DELETE", f"/imports/{{tenant}}/{id_}")


def told(partner: Partner, id_: int) -> dict[str, Any]:
    """Return a job as the API tells it."""
    answer = partner.get(f"/imports/{{tenant}}/{id_}")
    assert answer.status_code == 200, answer.content
    data: dict[str, Any] = answer.json()["data"]
    return data


def deferred(partner: Partner) -> int:
    """Return how often the worker was asked for a tenant's imports; what tests left that commit is not told."""
    return int(ProcrastinateJob.objects.filter(lock=f"import {partner.id}").count())


def set_state(id_: int, state: ImportState, **fields: Any) -> Import:
    """Leave a job where the worker would have."""
    now = timezone.now()
    times: dict[str, Any] = {"started_at": now} if state != ImportState.UPLOADING else {}
    if state in (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED):
        times["ended_at"] = now
    Import.objects.filter(pk=id_).update(state=state, **{**times, **fields})
    return Import.objects.get(pk=id_)


def cut(partner: Partner, method: str, path: str, body: bytes, *, announced: int, **headers: str) -> Any:
    """Send a body that ends before its announced length."""
    kind = headers.pop("content_type", NDJSON)
    address, sent = path.format(tenant=partner.id), {"x-replenit-auth-key": partner.key, **headers}
    said: dict[str, Any] = {"CONTENT_LENGTH": str(announced), "CONTENT_TYPE": kind, "wsgi.input": BytesIO(body)}
    return CLIENT.generic(method, address, body, headers=sent, **said)


class Streamed:
    """A request as the hub's web server has it answered: before its body, and once more when that has come."""

    def __init__(self, partner: Partner, method: str, path: str, **headers: str) -> None:
        self.stream = Stream()
        self.sent = {"x-replenit-auth-key": partner.key, **headers}
        self.method, self.address = method, path.format(tenant=partner.id)
        self.kind = self.sent.pop("content_type", NDJSON)
        self.first = self._ask()

    def _ask(self) -> Any:
        said = {"CONTENT_LENGTH": str(self.stream.size), "CONTENT_TYPE": self.kind}
        extra: dict[str, Any] = {STREAM: self.stream, **said}
        return CLIENT.generic(self.method, self.address, b"", headers=self.sent, **extra)

    def take(self, data: bytes) -> None:
        assert self.stream.taker
        try:
            self.stream.taker.take(data)
            self.stream.size += len(data)
        except Exception as fault:
            self.stream.fault = fault

    def end(self, fault: Exception | None = None) -> Any:
        self.stream.fault = self.stream.fault or fault
        self.stream.has_come = True
        return self._ask()


def as_import(partner: Partner, method: str, path: str) -> tuple[str, bytes | None, dict[str, str]]:
    """Return what a route of imports takes: its address with an import of customers, a body, and headers.

    Any other route is returned as it is.
    """
    if path.startswith("/imports/{tenant}/1"):
        job = jobs.create(partner.tenant, ORIGIN, entity=Entity.CUSTOMERS, format=FileFormat.NDJSON)
        store.append(job, 0, FILE)
        path = path.replace("{tenant}/1", f"{{tenant}}/{job.pk}")
    elif not path.startswith("/imports/"):
        return path, None, {}
    offset = {"Upload-Offset": str(len(FILE))} if method == "PATCH" else {}
    return path, FILE if method in ("POST", "PATCH") else b"", {"content_type": NDJSON, **offset}
