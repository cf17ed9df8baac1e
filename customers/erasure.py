"""Erasing customers: the rows go, and the orders that name them stay as anonymous sales."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from customers.duplicates import forget_pairs
from customers.merged import Merged, merged_into
from customers.models import Customer
from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.changes.certificates import Erased, certify
from tenants.changes.changesets import Origin, Receipt, as_array
from tenants.changes.erasure import ERASED, hashing, spelled_alike
from tenants.changes.images import forget_images
from tenants.changes.reasons import Known, forget_reasons
from tenants.changes.writing import Write, open_write
from tenants.exports.ends import forget_exported
from tenants.identity import by_priority, identifiers_of
from tenants.imports.ends import forget_imported
from tenants.models import Entity, Operation, Priority, Tenant
from tenants.quarantine.ends import forget_quarantined

READ = read_sql("customers", "orders_of_erased")
BY = """SELECT n.id, n.order_id, n.customer_id, n.email
                               FROM orders_order n
                              WHERE n.tenant_id = %(tenant_id)s AND n.{column} = v.value"""
IMAGES_BY = """SELECT n.id, n.record AS order_id, n.image->>'customer_id' AS customer_id, n.image->>'email' AS email
                               FROM tenants_beforeimage n
                              WHERE n.tenant_id = %(tenant_id)s AND n.entity = 'orders' AND n.names @> ARRAY[v.value]
                                AND n.image->>'{column}' = v.value"""


def orders_of_erased(by: str) -> str:
    """Compose the query for what erased persons' orders are among what `by` finds by the identifier in a {column}."""
    named = {name: by.replace("{column}", f"{{{name}}}") for name in ("first", "second")}
    return READ.replace("{by_first}", named["first"]).replace("{by_second}", named["second"])


ORDERS_OF_ERASED = orders_of_erased(BY)
FIND_ORDER_IMAGES = by_priority(orders_of_erased(IMAGES_BY))
FIND_IMAGES = read_sql("customers", "images_of_erased")
FIND_ORDERS = by_priority(ORDERS_OF_ERASED)  # no row is locked: who writes orders has the tenant's lock
COUNT_ORDERS = by_priority(f"SELECT count(*) FROM ({ORDERS_OF_ERASED}) AS o")  # noqa: S608 — constants
ANONYMISE_ORDERS = read_sql("customers", "anonymise_orders")
DROP_FORMER = read_sql("customers", "drop_former")
FIND = """
SELECT id, customer_id, email, former_ids, former_emails, phone
  FROM customers_customer
 WHERE tenant_id = %(tenant_id)s AND (customer_id = %(customer_id)s OR email = %(email)s)
"""
FIND_BY_ID = """
SELECT id, customer_id, email, former_ids, former_emails, phone
  FROM customers_customer
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
"""
DELETE = """
DELETE FROM customers_customer
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
RETURNING phone, name, surname, username
"""


class Person(NamedTuple):
    """Who is erased, and by what orders name the person; without a hub id somebody for whom no row stands."""

    id: int | None
    customer_id: str | None
    email: str | None
    former_ids: Sequence[str] | None = None
    former_emails: Sequence[str] | None = None
    phone: str | None = None

    @property
    def identifiers(self) -> list[tuple[str, str | None]]:
        """All that the person is known by, each with its documented name."""
        former = [("CustomerId", value) for value in self.former_ids or ()]
        former += [("Email", value) for value in self.former_emails or ()]
        return [("CustomerId", self.customer_id), ("Email", self.email), ("Phone", self.phone), *former]


def person_of(customer: Customer) -> Person:
    """Return whom erasing a stored customer erases."""
    former = (customer.former_ids, customer.former_emails)
    return Person(customer.pk, customer.customer_id, customer.email, *former, customer.phone)


def erase_customers(tenant: Tenant, *, customer_id: str | None, email: str | None, origin: Origin) -> Receipt:
    """Erase the persons that an identifier, or both, name; their orders stay as anonymous sales.

    By both: customers with both; if there are none, those with the priority one; else those with the other.
    The e-mail is in its normal form. The receipt counts the orders, which have a changeset of their own, as updated.
    """
    with open_write(tenant, Entity.CUSTOMERS, Operation.ERASE, origin) as write:
        found = write.execute(FIND, customer_id=customer_id, email=email)
        write.changes.received = 1
        matches = _matches([Person(*row) for row in found], customer_id, email, identifiers_of(tenant)[0])
        erase(write, tenant, [*matches, Person(None, customer_id, email)])
    return write.receipt


def erase_customers_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Receipt:
    """Erase the persons that hub ids name; their orders stay as anonymous sales."""
    with open_write(tenant, Entity.CUSTOMERS, Operation.ERASE, origin) as write:
        write.changes.received = len(ids)
        erase(write, tenant, [Person(*row) for row in write.execute(FIND_BY_ID, ids=list(ids))])
    return write.receipt


def count_orders_of(tenant: Tenant, customers: Sequence[Person]) -> int:
    """Count the orders that erasing customers would make anonymous."""
    statement = COUNT_ORDERS[Priority(tenant.priority)]
    number: int = execute(statement, {"tenant_id": tenant.pk, **_named(customers)}).fetchall()[0][0]
    return number


def erase(write: Write, tenant: Tenant, persons: Sequence[Person]) -> None:
    """Delete customers and their ledger, make orders that name them anonymous, and leave no trace of them elsewhere.

    That is: with other customers, in reasons, in before-images, in quarantine, with imports and exports. Orders may
    have come before customers. Whoever was merged into a customer goes with it, under all that they were known by. Each
    person that something went of has a certificate of it.
    """
    merged = merged_into(write.execute, [person.id for person in persons if person.id is not None])
    persons = [*persons, *map(_formerly, merged)]
    named = _named(persons)
    erased = named["erased"]
    gone = write.execute(DELETE, ids=as_array(erased)) if erased else []
    texts = [*named["customer_ids"], *named["emails"], *(text for _, *texts in gone for text in texts)]
    texts += [name for one in merged for name in one.names]
    known = Known(texts, [*(phone for phone, *_ in gone), *(one.phone for one in merged)])
    ledger = forget_reasons(write, erased, known)
    own = write.changes if write.operation == Operation.ERASE else write.note(Entity.CUSTOMERS, Operation.ERASE)
    own.deleted += erased
    if erased:
        forget_pairs(write.execute, erased)
    dropped = write.execute(DROP_FORMER, **named)
    orders = write.execute(FIND_ORDERS[Priority(tenant.priority)], **named)
    if orders:
        hashed = hashing(tenant)
        ids, pseudonyms = zip(*((order[0], ERASED + hashed("CustomerId", order[1])) for order in orders), strict=True)
        write.execute(ANONYMISE_ORDERS, ids=as_array(ids), pseudonyms=as_array(pseudonyms))
    records = [*erased, *(one.id for one in merged)]
    names = names_of(persons)
    images = [row[0] for row in write.execute(FIND_IMAGES, erased=records, names=names)]
    images += [row[0] for row in write.execute(FIND_ORDER_IMAGES[Priority(tenant.priority)], **named)]
    forget_images(write.execute, images)
    left_out = forget_quarantined(write, names) + forget_imported(write, names, known)
    forget_exported(write)
    if erased or orders or dropped or images or left_out:
        write.note_erasure()
        certified = _certified(persons, [order[1:] for order in orders], ledger)
        certify(write, tenant, certified, BeforeImages=len(images), LeftOut=left_out)
    noted = write.note(Entity.ORDERS, Operation.ERASE)
    noted.received += len(orders)
    noted.updated += [order[0] for order in orders]


def _certified(persons: Sequence[Person], orders: Iterable[Sequence[Any]], ledger: Counter[int]) -> list[Erased]:
    """Return whom there is something to certify of: whose row went, whom an order named, or who alone was named.

    What a request says beside, of persons whose rows went by another identifier of theirs, is no other person.
    """
    found = [person for person in persons if person.id is not None]
    by_identifier = {pair: index for index, person in enumerate(found) for pair in person.identifiers if pair[1]}
    for person in (person for person in persons if person.id is None):
        pairs = [pair for pair in person.identifiers if pair[1]]
        known = next((by_identifier[pair] for pair in pairs if pair in by_identifier), None)
        for pair in pairs:
            by_identifier.setdefault(pair, len(found) if known is None else known)
        found += [person] if known is None else []
    named = Counter(
        by_identifier.get(("CustomerId", customer_id), by_identifier.get(("Email", email)))
        for customer_id, email in orders
    )
    return [
        Erased(person.id, person.identifiers, named[index], ledger[person.id or 0])
        for index, person in enumerate(found)
        if person.id is not None or named[index] or len(found) == 1
    ]


def _formerly(merged: Merged) -> Person:
    """Return who was merged as a person for whom no row stands, known by former identifiers alone."""
    return Person(None, None, None, merged.ids, merged.emails, merged.phone)


def _matches(found: Sequence[Person], customer_id: str | None, email: str | None, first: str) -> Sequence[Person]:
    """Return those found that the identifiers name together, else by the priority one, else by the other."""
    by_id = [row for row in found if customer_id is not None and row.customer_id == customer_id]
    by_email = [row for row in found if email is not None and row.email == email]
    both = [row for row in by_id if row in by_email]
    return both or ((by_email or by_id) if first == "Email" else (by_id or by_email))


def _named(persons: Sequence[Person]) -> Mapping[str, list[Any]]:
    """Return the parameters of ORDERS_OF_ERASED."""
    ids, emails = {person.customer_id for person in persons} - {None}, {person.email for person in persons} - {None}
    return {
        "erased": [person.id for person in persons if person.id is not None],
        "present_customer_ids": list(ids),
        "present_emails": list(emails),
        "customer_ids": list(ids.union(*(person.former_ids or () for person in persons))),
        "emails": list(emails.union(*(person.former_emails or () for person in persons))),
    }


def names_of(persons: Sequence[Person]) -> list[str]:
    """Return everything that before-images, and records that were left out, may name persons by."""
    named = spelled_alike(("Phone", person.phone) for person in persons)
    names = {value for _, value in named}
    for person in persons:
        names.update(person.former_ids or (), person.former_emails or ())
        names.update(filter(None, (person.customer_id, person.email)))
    return list(names)
