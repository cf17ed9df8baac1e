"""Everything that is held about one person (Art. 15 GDPR): its parts, each a function of the customer in PARTS.

Whoever stores something about a person adds a function here: what it is, why, how long it is kept, and its rows.
Employees and keys are named by what they are, not who: recipients of data are not the people who work for the shop
(Court of Justice, C-579/21).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson

from customers.admin.held import Part, consents, groups, identity, ledger, notes, orders
from customers.admin.traces import changes, images, looks, quarantined, recipients, rejected, requests, words
from customers.models import Customer

CHUNK = 500  # rows of a part that are written at a time

# What stands in everything that is held about a person, in this order.
PARTS: Sequence[Callable[[Customer], Part]] = (
    identity,
    consents,
    groups,
    notes,
    orders,
    ledger,
    changes,
    images,
    words,
    quarantined,
    rejected,
    requests,
    looks,
    recipients,
)


def parts_of(customer: Customer) -> Iterator[Part]:
    """Yield all parts; each reads what it holds when it is asked for."""
    return (part(customer) for part in PARTS)


def as_json(customer: Customer, head: Mapping[str, Any], write: Callable[[object], bytes]) -> Iterator[bytes]:
    """Write everything as one JSON object, in pieces: a customer may have 100,000 orders.

    Nothing is held of the database between two pieces but rows that were read.
    """
    yield b'{"About":' + write(head)
    for part in parts_of(customer):
        said = {"Title": part.title, "Kept": part.kept}
        yield b"," + orjson.dumps(part.name) + b":" + write(said)[:-1] + b',"Rows":['
        comma = b""
        while chunk := list(islice(part.rows, CHUNK)):
            yield comma + b",".join(map(write, chunk))
            comma = b","
        yield b"]}"
    yield b"}\n"
