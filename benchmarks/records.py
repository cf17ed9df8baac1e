"""What is sent: customers, orders and products, serialised before the clock starts.

A batch is serialised once, with MARK where it must differ from the one before it; a client replaces the mark by a
number it uses once (a few µs), so that any number of batches is new, or changed, without serialising anything again.
"""

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MARK = 777_777_777
MARK_BYTES = str(MARK).encode()
FIRST_NUMBER, LAST_NUMBER = 100_000_000, 999_999_999  # nine digits, like the mark: no leading zero, legal as a price

LINES = VARIANTS = 3
LANGUAGES = ("en-US", "de-DE", "tr-TR", "fi-FI")
COLOURS = ("Black", "Indigo", "Olive")
FLAGS = ("EmailOptin", "SmsOptin", "WhatsappOptin", "AppPushOptin", "GdprOptin", "IsExcluded")
CONSENT_SHARE = 10  # of ten records re-sent with changes, one changes a consent

Record = dict[str, Any]
Make = Callable[[int, str, int], Record]


@dataclass(frozen=True)
class Work:
    """One kind of work: how ids are chosen and what differs from what is stored.

    `new`: ids never seen. `changed`: stored ids, something in every record differs. `identical`: nothing does.
    `mixed`: as changed, each record with another subset of the fields. `shuffled`: as changed, every connection sends
    the same ids in an order of its own.
    """

    name: str

    @property
    def variants(self) -> int:
        """How many versions of a batch take turns: consents go back and forth, the mark does the rest."""
        return 2 if self.name in ("changed", "shuffled") else 1


def batches(entity: str, size: int, work: Work, *, connection: int, among: int, number: int) -> list[list[Record]]:
    """Return what one connection sends in turn: `number` batches, or twice that where versions take turns.

    Ids are a connection's own, except for shuffled ones; with `among`, they are drawn at random from that many.
    """
    order = random.Random(f"{entity} {connection}")
    if among:
        drawn = order.sample(range(among), size * number)
    else:
        first = 0 if work.name == "shuffled" else connection * size * number
        drawn = list(range(first, first + size * number))
    chunks = [drawn[i : i + size] for i in range(0, len(drawn), size)]
    if work.name == "shuffled":
        for chunk in chunks:
            order.shuffle(chunk)
    return [[_record(entity, i, work, variant) for i in chunk] for variant in range(work.variants) for chunk in chunks]


def _record(entity: str, i: int, work: Work, variant: int) -> Record:
    record = MAKERS[entity](i, work.name, variant)
    return _subset(entity, i, record) if work.name == "mixed" else record


def _key(letter: str, i: int, work: str) -> str:
    """Return an id: never the same twice for new records, else one of the records that this kind of work has."""
    return f"{letter}{work[0]}{MARK}-{i}" if work == "new" else f"{letter}{work[0]}{i:07d}"


def _customer(i: int, work: str, variant: int) -> Record:
    key = _key("C", i, work)
    mark = "" if work in ("new", "identical") else f" {MARK}"
    flags = {name: (i >> bit) % 2 == 0 for bit, name in enumerate(FLAGS)}
    if i % CONSENT_SHARE == 0 and variant:
        flags["SmsOptin"] = not flags["SmsOptin"]
    return {
        "CustomerId": key,
        "Email": f"{key.lower()}@example.com",
        "Name": f"Ada {i % 97}",
        "Surname": f"Lovelace{mark}",
        "Phone": f"+49 30 {i % 10_000_000:07d}",
        "Language": LANGUAGES[i % len(LANGUAGES)],
        "Username": f"ada.lovelace.{i}",
        **flags,
    }


def _order(i: int, work: str, _variant: int) -> Record:
    changed = work not in ("new", "identical")
    return {
        "OrderId": _key("O", i, work),
        "CustomerId": f"C{i:07d}",
        "Email": f"c{i:07d}@example.com",
        "OrderDate": "2025-08-22T21:00:00Z",
        "TotalRevenue": MARK if changed else 149.97,
        "Currency": "EUR",
        "OrderItems": [_line(i, n, changed=changed and n == 0) for n in range(LINES)],
        "TotalQuantity": LINES,
        "UniqueQuantity": LINES,
        "IsOrderCancelled": False,
    }


def _line(i: int, n: int, *, changed: bool) -> Record:
    return {
        "ProductId": f"P{i % 5000}",
        "Sku": f"P{i % 5000}-{n}",
        "Quantity": 1,
        "Price": MARK if changed else 49.99,
        "OriginalPrice": 59.99,
        "Size": "M",
        "Color": COLOURS[n % len(COLOURS)],
        "Brand": "Analytical",
        "IsGift": False,
    }


def _product(i: int, work: str, _variant: int) -> Record:
    key = _key("P", i, work)
    changed = work not in ("new", "identical")
    return {
        "ProductId": key,
        "ProductName": f"Engine {i}",
        "ProductVariants": [_variant_of(key, n, changed=changed) for n in range(VARIANTS)],
        "Taxonomy": ["Machines", "Engines"],
        "IsOfflineExclusive": False,
    }


def _variant_of(product_id: str, n: int, *, changed: bool) -> Record:
    return {
        "VariantId": f"{product_id}-{n}",
        "Sku": f"{product_id}-{n}",
        "Name": f"Engine, {COLOURS[n % len(COLOURS)]}",
        "OriginalPrice": MARK if changed else 59.99,
        "Currency": "EUR",
        "IsAvailable": True,
        "Image": f"https://example.com/images/{n}.jpg",
        "Size": "M",
        "Stock": MARK if changed else 12,
        "SalePrice": 49.99,
        "Language": "en-US",
        "BrandName": "Analytical",
    }


MAKERS: Mapping[str, Make] = {"customers": _customer, "orders": _order, "products": _product}
# What a record of mixed fields always has: what it needs, and what makes it differ from the stored one.
KEPT = {
    "customers": {"CustomerId", "Surname"},
    "orders": {"OrderId", "CustomerId", "Email", "OrderDate", "TotalRevenue", "Currency", "OrderItems"}
    | {"ProductId", "Sku", "Quantity", "Price"},
    "products": {"ProductId", "ProductName", "ProductVariants"}
    | {"VariantId", "Sku", "Name", "OriginalPrice", "Currency", "IsAvailable"},
}


def _subset(entity: str, i: int, record: Record) -> Record:
    """Leave out each optional field, below too, with even odds."""
    odds = random.Random(i)
    kept = {name: value for name, value in record.items() if name in KEPT[entity] or odds.random() < 0.5}
    nested = {
        name: [_subset(entity, i * LINES + n, inner) for n, inner in enumerate(value)]
        for name, value in kept.items()
        if name in ("OrderItems", "ProductVariants")
    }
    return {**kept, **nested}


def dumps(value: object) -> bytes:
    """Serialise as compactly as clients do."""
    return json.dumps(value, separators=(",", ":")).encode()


def as_parameters(entity: str, records: Sequence[Record]) -> tuple[bytes, ...]:
    """Serialise a batch as the JSON parameter of each of the entity's statements."""
    return tuple(dumps(rows) for rows in PARAMETERS[entity](records))


def _customer_rows(records: Sequence[Record]) -> tuple[Iterable[Record], ...]:
    return ([{**record, "match_key": f"i:{record['CustomerId']}"} for record in records],)


def _order_rows(records: Sequence[Record]) -> tuple[Iterable[Record], ...]:
    return [{**record, "OrderItems": []} for record in records], records


def _product_rows(records: Sequence[Record]) -> tuple[Iterable[Record], ...]:
    return [{**record, "ProductVariants": []} for record in records], records


PARAMETERS: Mapping[str, Callable[[Sequence[Record]], tuple[Iterable[Record], ...]]] = {
    "customers": _customer_rows,
    "orders": _order_rows,
    "products": _product_rows,
}
