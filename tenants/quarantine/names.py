"""What in a record that was left out may name a person, in the forms that erasures know persons by.

Nothing in it has passed a check: an address may stand in the field of the phone, and a CustomerId may be a number.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from hub.records.emails import normal_email
from hub.records.phones import normal_phone
from tenants.changes.erasure import Identifier, spelled_alike
from tenants.entities import Taking
from tenants.models import Tenant

LONGEST = 320  # characters of what can be an identifier: an e-mail has 255
MOST = 5000  # of one record
PHONE = re.compile(r"\+?[\d\s().\-/\u2010-\u2015]{6,40}")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def identifiers_in(tenant: Tenant, taking: Taking, record: Any) -> set[Identifier]:
    """Return all that may be a person's identifier, spelled alike (tenants.changes.erasure).

    Any text anywhere that is an e-mail address or a phone number; as a CustomerId whatever stands in a field that may
    name a person or that nobody knows, a number too, but no OrderId, no SKU and no amount.
    """
    found: set[Identifier] = set()
    for value, is_open in _values(taking, record):
        if len(found) >= MOST:
            break
        text = value.strip()
        if not text or len(text) > LONGEST or UNSTORABLE.search(text):
            continue
        if is_open:
            found |= {("CustomerId", text), ("CustomerId", value)}
        if "@" in text and (email := normal_email(text)):
            found.add(("Email", email))
        if PHONE.fullmatch(text):
            found |= spelled_alike([("Phone", text), ("Phone", normal_phone(text, tenant.default_country))])
    return found


def _values(taking: Taking, record: Any) -> Iterator[tuple[str, bool]]:
    """Yield every text and number of a record, and whether it may be a CustomerId."""
    if not isinstance(record, Mapping):
        return
    names = {name.lower(): name for name in taking.fields}
    for sent, value in record.items():
        known = names.get(sent.lower())
        is_open = bool(taking.persons) and (known is None or known in taking.persons)
        if known is None:
            yield sent, is_open
        yield from ((text, is_open) for text in _texts(value, numbers=is_open))


def _texts(value: Any, *, numbers: bool) -> Iterator[str]:
    """Yield the texts in a value, names of what is nested too, and its whole numbers."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _texts(inner, numbers=numbers)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, numbers=numbers)
    elif numbers and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        yield f"{value:.0f}" if value == value // 1 else str(value)
