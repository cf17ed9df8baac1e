"""What names a customer within a tenant: one rule for Python and SQL, and the priority between identifiers.

A customer's `match_key` is a letter for the identifier, a colon and its value: `i:C-123`, `e:ada@example.com` or, known
by phone alone, `p:+358101234567`. The tenant's identifier priority says which one (document 000, "How Customer Matching
Works"); one unique index serves both priorities.
"""

from collections.abc import Mapping

from tenants.models import Priority, Tenant

# By its documented name, the letter of an identifier and the column that holds it.
LETTERS = {"CustomerId": "i", "Email": "e", "Phone": "p"}
COLUMNS = {"CustomerId": "customer_id", "Email": "email", "Phone": "phone"}
IDENTIFIERS = tuple(LETTERS)
ORDER = {
    Priority.CUSTOMER_ID: ("CustomerId", "Email", "Phone"),
    Priority.EMAIL: ("Email", "CustomerId", "Phone"),
}


def identifiers_of(tenant: Tenant) -> tuple[str, str, str]:
    """Return the documented names of the identifiers, the tenant's priority one first."""
    return ORDER[Priority(tenant.priority)]


def by_priority(statement: str) -> dict[Priority, str]:
    """Compose a statement for each priority: {first} and {second} become the columns of the first two identifiers."""
    return {
        priority: statement.format(first=COLUMNS[first], second=COLUMNS[second])
        for priority, (first, second, _) in ORDER.items()
    }


def match_key(identifier: str, value: str) -> str:
    """Return the key of a customer that is named by an identifier, given by its documented name."""
    return f"{LETTERS[identifier]}:{value}"


def key_of(order: tuple[str, ...], values: Mapping[str, str | None]) -> str:
    """Return the key of a customer with these identifiers: by the first of `order` that has a value.

    Raises ValueError for a customer without identifiers.
    """
    for identifier in order:
        if value := values.get(identifier):
            return match_key(identifier, value)
    raise ValueError("a customer without identifiers")


def key_sql(identifier: str, value: str) -> str:
    """Return the SQL of `match_key`, null for a value that is null."""
    return f"'{LETTERS[identifier]}:' || {value}"
