"""The catalogue of a demo shop. Amounts are whole hundredths until they go into a record."""

import re
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

from tenants.demo.shops import RATES, Family, Trade

ROUNDED = {"JPY": 1_000, "SEK": 100, "NOK": 100, "DKK": 100}  # nobody there asks for hundredths


@dataclass(frozen=True)
class Item:
    """A variant as the till sees it; prices in the shop's currency."""

    product_id: str
    sku: str
    size: str
    color: str
    brand: str
    original: int
    price: int


def draw_products(rng: Random, trade: Trade, count: int) -> tuple[list[dict[str, Any]], list[Item]]:
    """Return the catalogue and, for the till, all its variants."""
    names = [(series, family) for series in trade.series.split(", ") for family in trade.families]
    rng.shuffle(names)
    records: list[dict[str, Any]] = []
    shelf: list[Item] = []
    for number in range(count):
        series, family = names[number % len(names)]
        edition = f" No. {number // len(names) + 1}" if number >= len(names) else ""
        items = _items(rng, trade, family, 101 + number)
        records.append(_product(rng, trade, family, f"{series} {family.noun}{edition}", items))
        shelf += items
    return records, shelf


def _items(rng: Random, trade: Trade, family: Family, number: int) -> list[Item]:
    """Make a product's one to six variants, in the order of its sizes and colours."""
    every = list(product(enumerate(family.sizes or ("",)), family.colors or ("",)))
    chosen = sorted(rng.sample(range(len(every)), rng.randint(1, min(6, len(every)))))
    brand, base, sale = rng.choice(trade.brands), rng.randint(*family.price), rng.random() < 0.2
    items = []
    for (rank, size), color in (every[index] for index in chosen):
        original = converted(base * (100 + rank * family.step) - rng.choice((1, 5, 10)), trade.currency, trade.currency)
        price = _reduced(rng, original, trade.currency) if sale and rng.random() < 0.8 else original
        sku = "-".join(filter(None, (sku_prefix(trade), str(number), _code(color)[:3], _code(size))))
        items.append(Item(f"P-{number}", sku, size, color, brand, original, price))
    return items


def sku_prefix(trade: Trade) -> str:
    return trade.shop.slug[:3].upper()


def _code(text: str) -> str:
    return re.sub("[^A-Z0-9]", "", text.upper())


def _product(rng: Random, trade: Trade, family: Family, name: str, items: list[Item]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "ProductId": items[0].product_id,
        "ProductName": name,
        "Taxonomy": list(family.taxonomy),
        "ProductVariants": [_variant(rng, trade, name, item) for item in items],
    }
    if rng.random() < 0.3:
        record["IsOfflineExclusive"] = rng.random() < 0.15
    return record


def _variant(rng: Random, trade: Trade, name: str, item: Item) -> dict[str, Any]:
    gone = rng.random() < 0.05
    record: dict[str, Any] = {
        "VariantId": item.sku.replace(sku_prefix(trade), "V", 1),
        "Sku": item.sku,
        "Name": " / ".join(filter(None, (item.color, item.size))) or name,
        "OriginalPrice": item.original / 100,
        "Currency": trade.currency,
        "IsAvailable": not gone,
        "Image": f"https://cdn.example.com/{trade.shop.slug}/{item.sku.lower()}.jpg",
        "Stock": 0 if gone or rng.random() < 0.04 else rng.randint(1, 400),
        "Language": trade.language,
        "BrandName": item.brand,
    }
    if item.size:
        record["Size"] = item.size
    if item.price < item.original:
        record["SalePrice"] = item.price / 100
    if rng.random() < 0.06:
        del record[rng.choice(("Image", "Stock", "BrandName", "Language"))]
    return record


def _reduced(rng: Random, price: int, currency: str) -> int:
    return converted(price * rng.choice((60, 70, 75, 80, 90)) // 100, currency, currency)


def converted(amount: int, source: str, target: str) -> int:
    """Convert between currencies, to what a till of the target currency would show."""
    step = ROUNDED.get(target, 1)
    return max(step, amount * RATES[target] // RATES[source] // step * step)
