"""Customers who may be one person: who shares an e-mail or a phone, or a name with nearly the same e-mail.

The worker looks at all customers of a tenant once a day, and whenever staff ask; what it finds stands in a table of
its own, so that a page costs the same for a hundred customers and for a million.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import IntFlag
from itertools import combinations
from uuid import UUID

import orjson
from django.db import transaction

from customers.models import Customer, Duplicate
from hub.sql.bounds import lift_bounds
from hub.sql.execute import execute_where_tenant_is, fetch
from hub.sql.files import read_sql
from tenants.changes.images import Execute
from tenants.models import Tenant

MOST_PAIRS = 2000  # of a tenant: nobody reads more, and merging some makes room for others
MOST_SHARING = 10  # customers with one e-mail or phone; more of them is a till's address
NEAR = 2  # letters by which two e-mails of one name may differ
MOST_SUSPECTED = 10


class Reason(IntFlag):
    """Why two customers may be one; the bits are stored."""

    EMAIL = 1
    PHONE = 2
    NAME = 4


REASONS = {
    Reason.EMAIL: "the same e-mail",
    Reason.PHONE: "the same phone",
    Reason.NAME: "the same name, nearly the same e-mail",
}
DUPLICATES = read_sql("customers", "duplicates")
NAMED = "c.name <> '' AND c.surname <> '' AND c.email <> ''"
LOCAL, DOMAIN = "split_part(c.email, '@', 1)", "split_part(c.email, '@', 2)"
BY = {
    "email": (Reason.EMAIL, "c.email", "c.email <> ''"),
    "phone": (Reason.PHONE, "c.phone", "c.phone <> ''"),
    "name_and_local": (Reason.NAME, f"lower(c.name), lower(c.surname), {LOCAL}", NAMED),
    "name_and_domain": (Reason.NAME, f"lower(c.name), lower(c.surname), {DOMAIN}, left(c.email, 2)", NAMED),
}
SHARING = {name: DUPLICATES.format(key=key, having=having, most=MOST_SHARING) for name, (_, key, having) in BY.items()}
SUSPECTED = read_sql("customers", "suspected")
KEEP_DUPLICATES = read_sql("customers", "keep_duplicates")
DROP_OF = """
DELETE FROM customers_duplicate
 WHERE tenant_id = %(tenant_id)s
   AND (first = ANY (%(ids)s::bigint[]) OR second = ANY (%(ids)s::bigint[]))
RETURNING id
"""


def suspected(tenant: Tenant, customer: Customer) -> list[int]:
    """Return the hub ids of customers who may be the same person as this one; cheap enough for its page.

    Who has the same e-mail or phone now, by index, and whom the radar found; nobody of whom staff said that they are
    another person.
    """
    named = {"tenant_id": tenant.pk, "customer": customer.pk, "email": customer.email, "phone": customer.phone}
    return [row[0] for row in fetch(SUSPECTED, {**named, "most": MOST_SUSPECTED, "most_pairs": MOST_PAIRS})]


def find_duplicates(tenant_id: UUID) -> int:
    """Look at all customers of a tenant, and keep who may be one person; return how many pairs there are."""
    pairs = found_pairs(tenant_id)
    rows = [{"first": first, "second": second, "reasons": int(bits)} for (first, second), bits in pairs.items()]
    named = {"tenant_id": tenant_id, "pairs": orjson.dumps(rows).decode(), "now": datetime.now(UTC)}
    own = Duplicate.objects.filter(tenant_id=tenant_id)
    with transaction.atomic():
        kept = {row[0] for row in execute_where_tenant_is(KEEP_DUPLICATES, named)}
        gone = [pk for pk in own.filter(is_dismissed=False).values_list("pk", flat=True) if pk not in kept]
        own.filter(pk__in=gone).delete()
        _drop_without_customers(tenant_id)
    return len(pairs)


def _drop_without_customers(tenant_id: UUID) -> None:
    """Forget the pairs of customers who went while they were looked at."""
    own = Duplicate.objects.filter(tenant_id=tenant_id)
    pairs = list(own.values_list("pk", "first", "second"))
    named = {hub_id for _, *pair in pairs for hub_id in pair}
    there = set(Customer.objects.filter(tenant_id=tenant_id, pk__in=named).values_list("pk", flat=True))
    own.filter(pk__in=[pk for pk, *pair in pairs if not there.issuperset(pair)]).delete()


def found_pairs(tenant_id: UUID) -> dict[tuple[int, int], Reason]:
    """Return the pairs of hub ids, the older first, with their reasons: MOST_PAIRS of them at most."""
    pairs: dict[tuple[int, int], Reason] = {}
    with transaction.atomic():
        lift_bounds()
        for name, (reason, _, _) in BY.items():
            named = {"tenant_id": tenant_id, "most": MOST_PAIRS}
            for row in execute_where_tenant_is(SHARING[name], named):
                for pair in _pairs(orjson.loads(row[0]), reason):
                    if pair in pairs or len(pairs) < MOST_PAIRS:
                        pairs[pair] = pairs.get(pair, Reason(0)) | reason
    return pairs


def _pairs(members: Iterable[tuple[int, str | None]], reason: Reason) -> Iterator[tuple[int, int]]:
    for (first, email), (second, other) in combinations(members, 2):
        if reason is not Reason.NAME or is_near(email or "", other or ""):
            yield first, second


def is_near(email: str, other: str) -> bool:
    """Tell whether two e-mails may be one, misspelt or at another domain; the same one is another reason."""
    if email == other:
        return False
    return email.partition("@")[0] == other.partition("@")[0] or distance(email, other) <= NEAR


def distance(text: str, other: str) -> int:
    """Return by how many letters two texts differ: changed, left out, or put in (Levenshtein)."""
    if abs(len(text) - len(other)) > NEAR:
        return NEAR + 1
    before = list(range(len(other) + 1))
    for i, letter in enumerate(text, 1):
        row = [i]
        for j, its in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != its)))
        before = row
    return before[-1]


def dismiss(tenant_id: UUID, ids: Iterable[int]) -> int:
    """Remember of pairs, by the ids of their rows, that they are two persons; return how many they were."""
    return Duplicate.objects.filter(tenant_id=tenant_id, pk__in=list(ids)).update(is_dismissed=True)


def forget_pairs(execute: Execute, ids: Iterable[int]) -> None:
    """Forget the pairs of customers who go, by hub id."""
    execute(DROP_OF, ids=list(ids))
