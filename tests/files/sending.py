"""Files as partners send them, and jobs as the worker would leave them."""

import json
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from tenants.models import Import, ImportState
from tests.conftest import Partner

NDJSON, CSV = "application/x-ndjson", "text/csv"
MEGABYTE = 1024 * 1024


def ndjson(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


FILE = ndjson({"CustomerId": "C-1", "Email": "ann@shop.example"}, {"CustomerId": "C-2"})


def send(partner: Partner, body: bytes = FILE, *, content_type: str = NDJSON, **how: Any) -> Any:
    """Send a file whole; what is not a header (`upper-case`, with a dash or a capital) is a parameter."""
    headers = {name: how.pop(name) for name in list(how) if name[:1].isupper()}
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


def set_state(id_: int, state: ImportState, **fields: Any) -> Import:
    """Leave a job where the worker would have."""
    now = timezone.now()
    times: dict[str, Any] = {"started_at": now} if state != ImportState.UPLOADING else {}
    if state in (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED):
        times["ended_at"] = now
    Import.objects.filter(pk=id_).update(state=state, **{**times, **fields})
    return Import.objects.get(pk=id_)
