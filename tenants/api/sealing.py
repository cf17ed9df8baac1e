"""Answers that are kept for who sends the same request again: sealed, so that nobody else can read them.

The key of the seal is a keyed hash of the request itself, and stored nowhere. An answer names the persons that the
request named; who has the database and even ERASURE_KEY, but not the request, reads nothing.
"""

import hmac
import secrets
import zlib
from dataclasses import dataclass
from hashlib import sha256

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tenants.changes.changesets import Origin
from tenants.changes.once import Claim
from tenants.models import Tenant

NONCE_BYTES = 12
FAST = 1  # zlib's level: 1,000 results shrink to a tenth in a millisecond
NAME, REQUEST = "idempotency key", "idempotent request"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A request that is to have one effect: how it is known, and the key of its answer."""

    claim: Claim
    key: bytes

    def seal(self, response: HttpResponse) -> bytes:
        """Return an answer, status, headers and body, as it is stored."""
        head = orjson.dumps([response.status_code, dict(response.items())])
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, zlib.compress(head + b"\n" + response.content, FAST), None)

    def unseal(self, stored: bytes) -> HttpResponse:
        """Return the answer that was sealed for the same request."""
        opened = AESGCM(self.key).decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], None)
        head, _, content = zlib.decompress(opened).partition(b"\n")
        status, headers = orjson.loads(head)
        return HttpResponse(content, status=status, headers=headers)


def sealed(tenant: Tenant, origin: Origin, name: str, request: HttpRequest, body: bytes) -> Sealed:
    """Return what a request with an Idempotency-Key is known by: API key and name; method, path, query and body."""
    by = [tenant.pk, origin.api_key_id, name]
    asked = [request.method, request.path_info, request.META.get("QUERY_STRING", ""), sha256(body).hexdigest()]
    told = _keyed_hash([REQUEST, *by, *asked])
    return Sealed(Claim(tenant.pk, _keyed_hash([NAME, *by])[:32], told[:32]), told[32:])


def _keyed_hash(parts: list[object]) -> bytes:
    """Return 64 bytes, of which the halves tell nothing of each other. ERASURE_KEY never changes; SECRET_KEY may."""
    return hmac.digest(settings.ERASURE_KEY.encode(), orjson.dumps(parts), "sha512")
