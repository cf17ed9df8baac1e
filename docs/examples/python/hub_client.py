"""A client of the data hub: sends batches, retries safely, reads pages, follows the feed, verifies webhooks.

Copy it; it needs Python 3.9 and httpx, and nothing else of this repository. docs/recipes.md has what it is used for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

MOST_RECORDS = {"customers": 1000, "orders": 500, "products": 200}  # a call
MOST_BYTES = 9_000_000  # of a body; the hub takes 10 MB
AGAIN = {409, 429, 500, 502, 503, 504}  # answers after which the same request may be sent again
LONGEST = 60.0  # seconds between two attempts where the hub says nothing else

Record = dict[str, Any]


class Refused(Exception):
    """The hub will not take the request, sent however often: `errors` says what to fix, `trace_id` what to quote."""

    def __init__(self, answer: httpx.Response) -> None:
        try:
            body = answer.json()
        except ValueError:
            body = {}
        self.status = answer.status_code
        self.message: str = body.get("message", answer.reason_phrase)
        self.errors: dict[str, list[str]] = body.get("errors", {})
        self.details: list[dict[str, Any]] = body.get("details", [])
        self.data: dict[str, Any] = body.get("data") or {}
        self.trace_id: str = answer.headers.get("X-Request-Id", "")
        told = "".join(f"\n  {where or 'batch'}: {' '.join(texts)}" for where, texts in self.errors.items())
        super().__init__(f"{self.status} {self.message} (trace {self.trace_id}){told}")


class Expired(Refused):
    """The feed no longer has what follows the number: copy everything anew, then follow from `last`."""

    @property
    def last(self) -> int:
        return int(self.data["last"])


class Hub:
    """A tenant of a hub. One object may serve several threads.

    `attempts` is how often a request is sent before the last failure is raised: `Refused` for an answer,
    httpx.TransportError for none.
    """

    def __init__(
        self, url: str, tenant: str, key: str, *, attempts: int = 10, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self.url, self.tenant, self.attempts, self.sleep = url.rstrip("/"), tenant, attempts, sleep
        self.http = httpx.Client(headers={"x-replenit-auth-key": key}, timeout=httpx.Timeout(60, connect=10))

    def save(
        self, entity: str, records: Iterable[Record], *, lenient: bool = False, **parameters: str
    ) -> Iterator[dict[str, Any]]:
        """Upsert records of "customers", "orders" or "products", batch by batch, and yield the receipt of each.

        A batch that has a fault is not stored, and raises Refused; what was yielded before is stored. `lenient` stores
        the good records of each batch and names the others in the receipt's "rejected", also where none is good.
        `parameters` go into the address: dryRun="true", reason="…".
        """
        headers = {"Prefer": "handling=lenient"} if lenient else {}
        for body in batches(records, MOST_RECORDS[entity]):
            try:
                yield self.data("POST", f"/{entity}/{self.tenant}", parameters, body, headers)
            except Refused as refused:
                if not lenient or refused.status != 400 or not refused.details:
                    raise
                yield none_stored(len(json.loads(body)), refused)

    def erase_customer(self, *, customer_id: str = "", email: str = "") -> dict[str, Any]:
        """Erase a person by either identifier or both; no error where nobody is found."""
        named = {"customerId": customer_id, "email": email}
        return self.data("DELETE", f"/customers/{self.tenant}", {name: text for name, text in named.items() if text})

    def delete(self, entity: str, identifier: str) -> dict[str, Any]:
        """Delete an order or a product; no error where there is none."""
        return self.data("DELETE", f"/{entity}/{self.tenant}/{in_path(identifier)}")

    def records(self, entity: str, **filters: str) -> Iterator[Record]:
        """Read all records, or those that the filters find, page by page."""
        url: str | None = f"/{entity}/{self.tenant}"
        query: Mapping[str, str] = {"limit": "1000", **filters}
        while url:
            page = self.data("GET", url, query)
            yield from page["results"]
            url, query = page["next"], {}  # the next page's address has the filters

    def record(self, entity: str, identifier: str) -> Record | None:
        """Read one record; None where there is none."""
        try:
            return self.data("GET", f"/{entity}/{self.tenant}/{in_path(identifier)}")
        except Refused as refused:
            if refused.status == 404 and refused.message != "Tenant not found.":
                return None
            raise

    def changes(self, after: int = 0, *, wait: int = 30, **parameters: str) -> Iterator[dict[str, Any]]:
        """Follow the feed for ever: yield page after page, empty ones too.

        Keep a page's "next" in the transaction that applies the page, and begin with it after a restart. Raises Expired
        where what follows `after` is no longer kept.
        """
        while True:
            query = {"after": str(after), "limit": "1000", "wait": str(wait), **parameters}
            page = self.data("GET", f"/changes/{self.tenant}", query)
            yield page
            after = page["next"]

    def data(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a request until it is answered, and return the answer's data.

        Every attempt of a write has the same Idempotency-Key: whatever was lost on the way, it is done once, and the
        answer is that of the first time.
        """
        url = path if path.startswith("http") else f"{self.url}{path}"
        sent = {"Content-Type": "application/json", **(headers or {})}
        if method != "GET":
            sent["Idempotency-Key"] = str(uuid.uuid4())
        for attempt in range(1, self.attempts + 1):
            try:
                answer = self.http.request(method, url, params=query or None, content=body, headers=sent)
            except httpx.TransportError:  # no answer: nobody knows whether it was done
                if attempt == self.attempts:
                    raise
                self.sleep(pause(attempt))
                continue
            if answer.is_success:
                data: dict[str, Any] = answer.json()["data"]
                return data
            if answer.status_code not in AGAIN or attempt == self.attempts:
                break
            self.sleep(pause(attempt, answer.headers.get("Retry-After", "")))
        raise (Expired if answer.status_code == 410 else Refused)(answer)


def in_path(identifier: str) -> str:
    """Return an identifier as a path has it; raises ValueError for dots, which are lost on the way: read the list."""
    if identifier in ("", ".", ".."):
        raise ValueError(f"{identifier!r} can't stand in a path: read it with a filter, such as OrderId={identifier!r}")
    return quote(identifier, safe="")


def none_stored(count: int, refused: Refused) -> dict[str, Any]:
    """Return the receipt of a lenient batch without a good record; of many the hub names the first hundred faults."""
    by_index: dict[int, dict[str, list[str]]] = {index: {} for index in range(count)}
    for where, texts in refused.errors.items():
        index, _, field = where.removeprefix("[").partition("]")
        if index.isdecimal():
            by_index[int(index)][field.removeprefix(".")] = texts
    for detail in refused.details:
        if detail["code"] == "identifier_missing":
            by_index[detail["index"]][""] = refused.errors.get("", [])
    rejected = [{"index": index, "errors": errors} for index, errors in by_index.items()]
    return {"count": count, "changeset": None, "created": 0, "updated": 0, "unchanged": 0, "rejected": rejected}


def pause(attempt: int, asked: str = "") -> float:
    """Return how many seconds to wait after an attempt: what the hub asked for, else 1, 2, 4 … with some chance."""
    longest = float(asked) if asked.isdecimal() else min(LONGEST, 2.0 ** (attempt - 1))
    return longest + random.uniform(0, 1) if asked else longest * random.uniform(0.5, 1)  # noqa: S311


def batches(records: Iterable[Record], most: int) -> Iterator[bytes]:
    """Cut records into bodies of at most `most` records and 9 MB."""
    parts: list[bytes] = []
    size = 0
    for record in records:
        part = json.dumps(record, ensure_ascii=False).encode()
        if parts and (len(parts) == most or size + len(part) > MOST_BYTES):
            yield b"[" + b",".join(parts) + b"]"
            parts, size = [], 0
        parts.append(part)
        size += len(part) + 1
    if parts:
        yield b"[" + b",".join(parts) + b"]"


def verified(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether a webhook's message is the hub's; `headers` by their names in lower case, the body as it came."""
    identifier, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (sent_at.isascii() and sent_at.isdecimal() and abs(time.time() - int(sent_at)) < 300):
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{identifier}.{sent_at}.".encode() + body, hashlib.sha256)
    expected = b"v1," + base64.b64encode(digest)
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(expected, signature) for signature in given)
