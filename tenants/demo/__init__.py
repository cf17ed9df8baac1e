"""Demo data: three invented shops with customers, orders and products as their partners would POST them.

Pure and repeatable: the same seed and date give the same records, whatever the machine. Nothing here reads or writes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate, pairwise
from random import Random
from typing import Any

from tenants.demo.customers import draw_customers
from tenants.demo.orders import draw_orders
from tenants.demo.products import draw_products
from tenants.demo.shops import SHOPS, TRADES, Shop, Trade

__all__ = ["SHOPS", "Dataset", "Shop", "generate", "generate_for"]


@dataclass(frozen=True)
class Dataset:
    """What one shop's partner sends: wire records, orders by date."""

    shop: Shop
    customers: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    products: list[dict[str, Any]]


def generate(
    *, seed: int = 20260101, today: date, customers: int = 5000, orders: int = 20000, products: int = 800
) -> Iterator[Dataset]:
    """Yield one dataset per shop; the counts are totals over all shops.

    Orders lie in the two years before `today`, the last on its eve, so none is in the future when it is posted.
    Customers and products depend on the seed and the counts alone.
    """
    people = _shares(customers, [trade.customers for trade in TRADES])
    sales = _shares(orders, [trade.orders for trade in TRADES])
    goods = _shares(products, [trade.products for trade in TRADES])
    for index, trade in enumerate(TRADES):
        yield _draw(trade, seed, today, customers=people[index], orders=sales[index], products=goods[index])


def generate_for(
    shop: Shop, *, seed: int = 20260101, today: date, customers: int, orders: int, products: int
) -> Dataset:
    """Return a dataset of the first trade for a shop of one's own, as `generate` makes them."""
    return _draw(replace(TRADES[0], shop=shop), seed, today, customers=customers, orders=orders, products=products)


def _draw(trade: Trade, seed: int, today: date, *, customers: int, orders: int, products: int) -> Dataset:
    rng = Random(f"{seed}:{trade.shop.slug}")  # noqa: S311 -- repeatable on purpose, and nothing secret
    catalogue, shelf = draw_products(rng, trade, products)
    persons = draw_customers(rng, trade, customers)
    return Dataset(trade.shop, persons, draw_orders(rng, trade, persons, shelf, today, orders), catalogue)


def _shares(total: int, percents: Sequence[int]) -> list[int]:
    """Split `total`, e.g. 10 by (36, 34, 30) to [3, 4, 3]."""
    return [
        end - start for start, end in pairwise(total * percent // 100 for percent in accumulate(percents, initial=0))
    ]
