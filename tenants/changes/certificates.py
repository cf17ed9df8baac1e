"""Certificates of erasures: written in the erasure's own transaction, signed, and what they prove later.

A certificate is signed with HMAC-SHA256 by a key of its own, which is derived from ERASURE_KEY: whoever has it can tell
a certificate of this hub from any other text, and one that was altered from one that was not.
What is signed is JSON with sorted names and without blanks, in UTF-8, of all members but `Reference` and `Signature`.
"""

import hmac
from base64 import b32encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from secrets import token_bytes
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings

from hub.sql.execute import execute, execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.changes.changesets import as_array
from tenants.changes.erasure import hashing, spelled_alike
from tenants.changes.writing import Write
from tenants.models import Entity, ErasureCertificate, Forgotten, Operation, Tenant

FORMAT = 1
PURPOSE = b"erasure certificates, format 1"
CERTIFY = read_sql("tenants", "certify")
OF_CHANGESETS = """
SELECT changeset_number, number, hub_id, legal_basis, reference
  FROM tenants_erasurecertificate
 WHERE tenant_id = %(tenant_id)s AND changeset_number = ANY (%(numbers)s::bigint[])
 ORDER BY hub_id, id
"""
UNSIGNED = ("Reference", "Signature")

Document = dict[str, Any]
Hashing = Callable[[str, str], str]  # tenants.changes.erasure.hashing


class Verdict(StrEnum):
    """What a certificate that somebody shows is worth."""

    VALID = "valid"
    ALTERED = "altered"
    OTHER_KEY = "signed with another key"
    NONE = "no certificate"


@dataclass(frozen=True, slots=True)
class Erased:
    """A person that a write erased: hub id, what they were known by, how many orders and rows of the ledger they had.

    Without a hub id it is somebody whom only orders, or records that were left out, named.
    """

    hub_id: int | None
    identifiers: Iterable[tuple[str, str | None]]
    orders: int = 0
    ledger: int = 0


def certify(write: Write, tenant: Tenant, persons: Sequence[Erased], **together: int) -> None:
    """Have a write certify whom it erased once its changesets have numbers; `together` counts what went of them all."""
    if persons:
        write.afterwards.append(partial(_certify, tenant=tenant, persons=persons, together=together))


def _certify(write: Write, tenant: Tenant, persons: Sequence[Erased], together: Mapping[str, int]) -> None:
    said, key = write.parameters, _key()
    number = write.numbers.get((Entity.CUSTOMERS, Operation.ERASE)) or write.numbers.get(
        (Entity.ORDERS, Operation.ERASE)
    )
    common = {
        "Format": FORMAT,
        "TenantId": str(tenant.pk),
        "ErasedAt": _written(said["now"]),
        "Actor": said["actor"],
        "Source": said["source"],
        "LegalBasis": said["legal_basis"] or None,
        "ReferenceHash": reference_hash(key, str(said["reference"])) or None,
        "Changeset": number,
        "TraceId": said["trace_id"],
        "Key": name_of(key),
    }
    shared = {"Persons": len(persons), **together}
    hashed, numbers = hashing(tenant), _new_numbers(len(persons))
    rows = [_row(hashed, common, shared, *one, key) for one in zip(persons, numbers, strict=True)]
    execute_where_tenant_is(CERTIFY, {**said, "certificates": orjson.dumps(rows).decode()})


def _row(
    hashed: Hashing, common: Document, shared: Mapping[str, int], person: Erased, number: str, key: bytes
) -> Document:
    """Return the row of a certificate, signed."""
    went = {"Orders": person.orders, "LedgerRows": person.ledger, **shared}
    digests = _digests(hashed, person.identifiers)
    signed = {**common, "Number": number, "HubId": person.hub_id, "Went": went, "Digests": digests}
    return {
        "number": number,
        "hub_id": person.hub_id,
        "changeset_number": common["Changeset"],
        "reference_hash": common["ReferenceHash"] or "",
        "went": went,
        "digests": digests,
        "format": FORMAT,
        "key": common["Key"],
        "signature": _signature(key, signed),
    }


def _new_numbers(many: int) -> list[str]:
    """Return what certificates are quoted by: 80 random bits each, in groups that can be read out."""
    text = b32encode(token_bytes(10 * many)).decode()
    groups = [text[start : start + 4] for start in range(0, 16 * many, 4)]
    return ["-".join(groups[start : start + 4]) for start in range(0, 4 * many, 4)]


def digests_of(tenant: Tenant, identifiers: Iterable[tuple[str, str | None]]) -> list[str]:
    """Return the keyed hashes of what somebody is known by, sorted."""
    return _digests(hashing(tenant), identifiers)


def _digests(hashed: Hashing, identifiers: Iterable[tuple[str, str | None]]) -> list[str]:
    return sorted({hashed(*identifier) for identifier in spelled_alike(identifiers)})


def document(certificate: ErasureCertificate) -> Document:
    """Return a certificate as it is shown, kept and verified."""
    return {
        "Format": certificate.format,
        "Number": certificate.number,
        "TenantId": str(certificate.tenant_id),
        "ErasedAt": _written(certificate.created_at),
        "Actor": certificate.actor,
        "Source": certificate.source,
        "LegalBasis": certificate.legal_basis or None,
        "Reference": certificate.reference or None,
        "ReferenceHash": certificate.reference_hash or None,
        "Changeset": certificate.changeset_number,
        "HubId": certificate.hub_id,
        "Went": certificate.went,
        "Digests": certificate.digests,
        "TraceId": certificate.trace_id,
        "Key": certificate.key,
        "Signature": certificate.signature,
    }


def verify(text: str | bytes) -> tuple[Verdict, Document]:
    """Tell whether a text is a certificate as this hub signed it, and return what it says, nothing where it is none."""
    shown = _read(text)
    if shown is None:
        return Verdict.NONE, {}
    key = _key()
    if shown.get("Key") != name_of(key):
        return Verdict.OTHER_KEY, shown
    signed = {name: value for name, value in shown.items() if name not in UNSIGNED}
    reference = shown.get("Reference")
    told = reference is None or reference_hash(key, str(reference)) == shown.get("ReferenceHash")
    given = str(shown.get("Signature")).encode()
    is_whole = hmac.compare_digest(given, _signature(key, signed).encode())
    return (Verdict.VALID if told and is_whole else Verdict.ALTERED), shown


def _read(text: str | bytes) -> Document | None:
    try:
        shown = orjson.loads(text)
    except ValueError:
        return None
    is_one = isinstance(shown, dict) and shown.get("Format") == FORMAT and isinstance(shown.get("Signature"), str)
    return shown if is_one else None


def _key() -> bytes:
    """Return the key of certificates, from which nobody gets to the ERASURE_KEY."""
    return hmac.digest(settings.ERASURE_KEY.encode(), PURPOSE, "sha256")


def name_of(key: bytes) -> str:
    """Return what a key is named by, which does not tell the key."""
    return hmac.digest(key, b"name", "sha256").hex()[:16]


def reference_hash(key: bytes, reference: str) -> str:
    """Return what is signed in place of a reference; nothing of none."""
    return hmac.digest(key, b"reference\0" + reference.encode(), "sha256").hex() if reference else ""


def _signature(key: bytes, signed: Document) -> str:
    return hmac.digest(key, orjson.dumps(signed, option=orjson.OPT_SORT_KEYS), "sha256").hex()


def _written(at: Any) -> str:
    moment: datetime = at
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# What is asked later


def certificates_of(tenant: Tenant, identifiers: Iterable[tuple[str, str | None]]) -> list[ErasureCertificate]:
    """Return the certificates of persons who were known by one of the identifiers, the latest first."""
    digests = digests_of(tenant, identifiers)
    found = ErasureCertificate.objects.filter(tenant=tenant, digests__overlap=digests)
    return list(found.order_by("-created_at", "-pk")) if digests else []


def kept_away(tenant: Tenant, identifiers: Iterable[tuple[str, str | None]]) -> list[str]:
    """Return the sources through which a person with one of the identifiers is not stored again; "" is all of them."""
    found = Forgotten.objects.filter(tenant=tenant, digest__in=digests_of(tenant, identifiers))
    return sorted(set(found.values_list("source", flat=True)))


def erasures(tenant_id: UUID, numbers: Sequence[int]) -> dict[int, Document]:
    """Return what the feed tells, beside the hub ids, of the changesets that erased persons, by number."""
    if not numbers:
        return {}
    named = {"tenant_id": tenant_id, "numbers": as_array(numbers)}
    told: dict[int, Document] = {}
    for changeset, number, hub_id, legal_basis, reference in execute(OF_CHANGESETS, named):
        ground: Document = {"LegalBasis": legal_basis or None, "Reference": reference or None, "Certificates": []}
        told.setdefault(changeset, ground)["Certificates"].append({"HubId": hub_id, "Number": number})
    return told
