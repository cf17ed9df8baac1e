"""Erased persons: what stands in place of an identifier, and the suppression of those who must never come back.

An identifier is (documented name, value): ("CustomerId", "C-1"), ("Email", …) in lower case, ("Phone", …).
"""

import hmac
import re
from collections.abc import Callable, Iterable, Iterator
from unicodedata import normalize

import idna
from django.conf import settings

from hub.records.phones import dialled, normal_phone
from hub.sql.execute import execute_where_tenant_is
from tenants.changes.changesets import as_array
from tenants.models import Source, Tenant

ERASED = "erased-"
NOT_STORED = "A forgotten person: accepted, not stored."

Identifier = tuple[str, str]

SUPPRESS = """
WITH noted AS (
    INSERT INTO tenants_feed AS f (tenant_id, number, forgotten_by)
    VALUES (%(tenant_id)s, 0, ARRAY[%(source)s]::text[])
        ON CONFLICT (tenant_id) DO UPDATE
       SET forgotten_by = f.forgotten_by || excluded.forgotten_by
     WHERE f.forgotten_by @> excluded.forgotten_by IS NOT TRUE
)
INSERT INTO tenants_forgotten (tenant_id, source, digest)
SELECT %(tenant_id)s, %(source)s, v.digest
  FROM unnest(%(digests)s::text[]) AS v(digest)
 ORDER BY v.digest
    ON CONFLICT DO NOTHING
RETURNING id
"""
SUPPRESSED = """
SELECT v.digest
  FROM unnest(%(digests)s::text[]) AS v(digest)
 CROSS JOIN LATERAL (
       SELECT FROM tenants_forgotten f
        WHERE f.tenant_id = %(tenant_id)s AND f.source IN ('', %(source)s) AND f.digest = v.digest
        LIMIT 1) x
"""
NO_PART_OF_A_PHONE = re.compile(r"^00|\D")  # 00358… is +358…


def keyed_hash(tenant: Tenant, kind: str, value: str) -> str:
    """Return 64 hex digits that stand for an identifier of a tenant's customer, not computable without ERASURE_KEY."""
    return hashing(tenant)(kind, value)


def hashing(tenant: Tenant) -> Callable[[str, str], str]:
    """Return `keyed_hash` of one tenant, for who hashes many: a third of the time for each."""
    key, tenant_id = settings.ERASURE_KEY.encode(), str(tenant.pk)
    return lambda kind, value: hmac.digest(key, f"{tenant_id}\0{kind}\0{value}".encode(), "sha256").hex()


def pseudonym(tenant: Tenant, customer_id: str) -> str:
    """Return what stands in an anonymous sale in place of its CustomerId."""
    return ERASED + keyed_hash(tenant, "CustomerId", customer_id)


def spelled_alike(identifiers: Iterable[tuple[str, str | None]]) -> set[Identifier]:
    """Return the identifiers that have a value, in the spelling they are remembered in: phones as bare digits.

    Any spelling of a phone number with its country is one; a national one is another, for no country says what it is.
    """
    alike = ((name, spelling) for name, value in identifiers if value for spelling in _spellings(name, value))
    return {(name, spelling) for name, spelling in alike if spelling}


def _spellings(name: str, value: str) -> set[str]:
    """Return how an identifier is remembered, a phone number also as all were before (0)20 was known to be 20."""
    if name != "Phone":
        return {value}
    return {NO_PART_OF_A_PHONE.sub("", phone) for phone in (value, normal_phone(value) or dialled(value))}


def _former(name: str, value: str) -> Iterator[str]:
    """Yield how an identifier was remembered while addresses had several forms, and a trunk 0 was part of a number."""
    if name == "Phone":
        yield from (f"{value[:length]}0{value[length:]}" for length in (1, 2, 3))  # of the country code
    elif name == "Email" and not value.isascii():
        local, _, domain = value.rpartition("@")
        forms = {domain, normalize("NFD", domain), _in_ascii(domain)}
        yield from (f"{part}@{form}" for part in {local, normalize("NFD", local)} for form in forms)


def _in_ascii(domain: str) -> str:
    try:
        return idna.encode(domain).decode()
    except idna.IDNAError:  # as ab--c.example, which is one nevertheless
        return domain


def suppress(tenant: Tenant, identifiers: Iterable[Identifier], *, source: Source | None = None) -> None:
    """Remember that the person with these identifiers must never come back, through `source` or else through any door.

    Under the tenant's exclusive lock: who stores customers or orders looks here after getting the shared one.
    """
    digests = [keyed_hash(tenant, *identifier) for identifier in spelled_alike(identifiers)]
    if digests:
        parameters = {"source": source.value if source else "", "digests": as_array(digests)}
        execute_where_tenant_is(SUPPRESS, {"tenant_id": tenant.pk, **parameters})


def suppressed(tenant: Tenant, source: Source, identifiers: Iterable[tuple[str, str | None]]) -> set[Identifier]:
    """Return those of the identifiers, spelled alike, that belong to someone who must not come back through `source`.

    Asked only where the lock of a write says that anyone is (`Write.suppresses`).
    """
    alike = spelled_alike(identifiers)
    digests = {
        keyed_hash(tenant, name, former): (name, value) for name, value in alike for former in _former(name, value)
    }
    digests.update((keyed_hash(tenant, *identifier), identifier) for identifier in alike)
    parameters = {"tenant_id": tenant.pk, "source": source.value, "digests": as_array(digests)}
    return {digests[row[0]] for row in execute_where_tenant_is(SUPPRESSED, parameters)}
