"""Orders of a demo shop: who buys when, and what."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from tenants.demo.products import Item, converted, sku_prefix
from tenants.demo.shops import Trade

SPAN = timedelta(days=730)  # how far back the orders go
PAST = 500  # how many days before that the first customers came
UNKNOWN_SKUS = 0.015
CANCELLED = 0.04
GIFTS = 0.05
VOUCHERS = 0.08
HOURS = (1, 0, 0, 0, 0, 1, 3, 6, 8, 9, 10, 11, 11, 10, 9, 9, 10, 12, 14, 16, 17, 14, 8, 3)  # UTC
WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 0.9, 0.85, 1.15)
SALES_WEEK = 1.6  # the last of November


@dataclass(frozen=True)
class _Buyer:
    customer_id: str
    email: str
    language: str
    favourites: tuple[Item, ...]


def draw_orders(
    rng: Random, trade: Trade, customers: list[dict[str, Any]], shelf: list[Item], today: date, count: int
) -> list[dict[str, Any]]:
    """Make `count` orders, returns among them, by date.

    The documents know no returns and no negative numbers. Here a return is an order of its own: some days after the
    purchase, `OrderId` with "-R", the lines that came back at what was paid, and IsOrderCancelled true, so that
    neither revenue nor timing counts it. A cancellation is the purchase itself with IsOrderCancelled true.
    """
    returned = int(count * trade.returns)
    visits = _visits(rng, trade, _buyers(rng, customers, shelf), today, count - returned)
    numbers: Counter[int] = Counter()
    orders = []
    for moment, buyer in visits:
        numbers[moment.year] += 1
        identity = {"OrderId": f"O-{moment.year}-{numbers[moment.year]:06}", "OrderDate": _wire(moment)}
        orders.append(identity | _purchase(rng, trade, buyer, shelf))
    kept = [order for order in orders if not order.get("IsOrderCancelled")]
    orders += [_return(rng, order, today) for order in rng.sample(kept, returned)]
    return sorted(orders, key=lambda order: str(order["OrderDate"]))


# Who and when


def _buyers(rng: Random, customers: list[dict[str, Any]], shelf: list[Item]) -> list[_Buyer]:
    """Everyone with an e-mail address, and a few whom no customer record knows."""
    known = [
        (customer.get("CustomerId", f"GUEST-{number}"), customer["Email"], customer.get("Language", ""))
        for number, customer in enumerate(customers, start=1)
        if "Email" in customer
    ]
    strangers = [
        (f"C-{900_001 + number}", f"unknown.{number + 1}@example.net", "") for number in range(1 + len(known) // 250)
    ]
    return [
        _Buyer(*identity, favourites=tuple(rng.sample(shelf, min(len(shelf), rng.randint(1, 3)))))
        for identity in known + strangers
    ]


def _visits(rng: Random, trade: Trade, buyers: list[_Buyer], today: date, count: int) -> list[tuple[datetime, _Buyer]]:
    """Return `count` purchases by time; buyers come again in their own rhythm until they stop or the time is up."""
    days = [today - SPAN + timedelta(days=number) for number in range(SPAN.days)]
    busy = [_busyness(trade, day) for day in days]
    visits: list[tuple[datetime, _Buyer]] = []
    while len(visits) < count:
        for buyer in rng.sample(buyers, len(buyers)):
            visits += [(_moment(rng, days[index]), buyer) for index in _purchases(rng, trade, busy)]
            if len(visits) >= count:
                break
    return sorted(visits[:count], key=lambda visit: visit[0])


def _busyness(trade: Trade, day: date) -> float:
    """Return the chance that someone whose turn it is orders on that day, 1 on the busiest."""
    sales = SALES_WEEK if day.month == 11 and day.day >= 23 else 1
    busiest = max(trade.months) * max(WEEKDAYS) * SALES_WEEK
    return trade.months[day.month - 1] * WEEKDAYS[day.weekday()] * sales / busiest


def _purchases(rng: Random, trade: Trade, busy: Sequence[float]) -> Iterator[int]:
    """Yield the days, as indexes into `busy`, on which one buyer orders; none if they had stopped before."""
    index = rng.randint(-PAST, len(busy) - 1)
    rhythm = trade.rhythm * rng.uniform(0.7, 1.5)
    while index < len(busy):
        if index >= 0 and rng.random() < 0.3 + busy[index]:
            yield index
        if rng.random() < trade.churn:
            return
        index += max(1, round(rhythm * rng.lognormvariate(0, 0.3)))


def _moment(rng: Random, day: date) -> datetime:
    hour = rng.choices(range(24), HOURS)[0]
    return datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), UTC)


def _wire(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


# What


def _purchase(rng: Random, trade: Trade, buyer: _Buyer, shelf: list[Item]) -> dict[str, Any]:
    """Make an order but for its identity."""
    currency = dict(pair.split() for pair in trade.currencies.split(", ")).get(buyer.language, trade.currency)
    voucher = rng.random() < VOUCHERS
    lines = [_line(rng, trade, item, currency, voucher=voucher) for item in _basket(rng, trade, buyer, shelf)]
    record: dict[str, Any] = {
        "CustomerId": buyer.customer_id,
        "Email": buyer.email,
        "Currency": currency,
        "OrderItems": lines,
        **_totals(lines),
    }
    cancelled = rng.random() < CANCELLED
    if cancelled or rng.random() < 0.5:
        record["IsOrderCancelled"] = cancelled
    return record


def _basket(rng: Random, trade: Trade, buyer: _Buyer, shelf: list[Item]) -> list[Item]:
    """Fill a basket: mostly what the buyer always takes, now and then something the catalogue does not have."""
    basket: dict[str, Item] = {}
    for _ in range(rng.choices((1, 2, 3, 4, 6), (46, 28, 15, 8, 3))[0]):
        if not shelf or rng.random() < UNKNOWN_SKUS:
            item = _discontinued(rng, trade)
        else:
            item = rng.choice(buyer.favourites if rng.random() < 0.6 else shelf)
        basket[item.sku] = item
    return list(basket.values())


def _discontinued(rng: Random, trade: Trade) -> Item:
    number, price = rng.randint(9001, 9099), rng.randint(*rng.choice(trade.families).price) * 100
    return Item(f"P-{number}", f"{sku_prefix(trade)}-{number}-OLD", "", "", trade.brands[0], price, price)


def _line(rng: Random, trade: Trade, item: Item, currency: str, *, voucher: bool) -> dict[str, Any]:
    original, price = (converted(amount, trade.currency, currency) for amount in (item.original, item.price))
    if voucher:
        price = converted(price * 9 // 10, currency, currency)
    record: dict[str, Any] = {
        "ProductId": item.product_id,
        "Sku": item.sku,
        "Quantity": rng.choices((1, 2, 3, 4, 6, 12), (70, 17, 6, 4, 2, 1))[0],
        "Price": price / 100,
    }
    gift = rng.random() < GIFTS
    optional = {
        "OriginalPrice": original / 100 if price < original or rng.random() < 0.4 else None,
        "Size": item.size or None,
        "Color": item.color or None,
        "Brand": item.brand if rng.random() < 0.8 else None,
        "IsGift": gift if gift or rng.random() < 0.3 else None,
    }
    return record | {field: value for field, value in optional.items() if value is not None}


def _return(rng: Random, order: dict[str, Any], today: date) -> dict[str, Any]:
    """Send some or all lines of an order back."""
    bought = datetime.fromisoformat(order["OrderDate"])
    end = datetime.combine(today, time(), UTC) - timedelta(seconds=1)
    back = min(end, bought + timedelta(days=rng.randint(3, 25), minutes=rng.randrange(600)))
    lines = rng.sample(order["OrderItems"], rng.randint(1, len(order["OrderItems"])))
    changes = {"OrderId": f"{order['OrderId']}-R", "OrderDate": _wire(back), "OrderItems": lines}
    return order | changes | _totals(lines) | {"IsOrderCancelled": True}


def _totals(lines: list[dict[str, Any]]) -> dict[str, float]:
    """Add up in whole hundredths: the sum of the lines to the cent."""
    return {
        "TotalRevenue": sum(round(line["Price"] * 100) * line["Quantity"] for line in lines) / 100,
        "TotalQuantity": sum(line["Quantity"] for line in lines),
        "UniqueQuantity": len({line["Sku"] for line in lines}),
    }
