"""What happens at a demo shop beside its daily batches: twins, odd SKUs, profiles, refusals, a file, a paused webhook.

Pure and repeatable, as the datasets: what is sent hangs on the dataset alone.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tenants.demo import Dataset

Record = dict[str, Any]
PROFILES = 24  # customers with tags, lists and attributes
TAGS = (["vip", "newsletter"], ["b2b"], ["newsletter"], ["tasting-club", "vip"], ["allergy-nuts"], ["press"])
LISTS: tuple[list[str], ...] = (["Weekly roast"], ["Weekly roast", "Brew school"], ["Brew school"], [])
CITIES = ("Hamburg", "Kraków", "Λάρισα", "Győr", "Göteborg", "Lyon")
FILE_NAME = "trade-fair-sign-ups.csv"


class Call(NamedTuple):
    """A call as a partner's program makes it; a key of "" is the shop's own."""

    method: str
    path: str
    body: Any = None
    key: str = ""
    headers: dict[str, str] = {}


def twins(dataset: Dataset) -> list[Record]:
    """Return customers who may be others: two with one e-mail, one with another's phone, one who is nearly another."""
    named = [one for one in dataset.customers if {"CustomerId", "Email", "Name", "Surname"} <= one.keys()]
    called = [one for one in dataset.customers if "Phone" in one and one not in named[:6]]
    family = [
        {**named[number], "CustomerId": f"C-{80_001 + number}", "Name": name}
        for number, name in enumerate(("Noa", "Kim"))
    ]
    phone = [{**called[0], "CustomerId": "C-80003", "Email": "office@example.org", "Name": "Office", "Surname": "Desk"}]
    nearly = [_nearly(one, f"C-{80_004 + number}") for number, one in enumerate(named[2:4])]
    return [{name: value for name, value in one.items() if name != "Username"} for one in family + phone + nearly]


def _nearly(customer: Record, customer_id: str) -> Record:
    """Return a customer of the same name with a slip in the e-mail, without phone."""
    local, _, domain = customer["Email"].partition("@")
    slip = {**customer, "CustomerId": customer_id, "Email": f"{local}{local[-1]}@{domain}"}
    slip.pop("Phone", None)
    return slip


def odd_orders(dataset: Dataset) -> list[Record]:
    """Return the last orders once more, whose SKUs differ from a variant's by case, zeros or hyphens."""
    sold = [order for order in dataset.orders if not order.get("IsOrderCancelled")][-6:]
    ways = (str.lower, lambda sku: f"00{sku}", lambda sku: sku.replace("-", ""))
    return [
        {
            **order,
            "OrderId": f"POS-{number:05}",
            "OrderItems": [{**line, "Sku": ways[number % len(ways)](line["Sku"])} for line in order["OrderItems"]],
        }
        for number, order in enumerate(sold, start=1)
    ]


def profiles(dataset: Dataset) -> list[Record]:
    """Return what the shop's newsletter tool knows of some customers, as Custobar has it."""
    return [
        {
            "external_id": one["CustomerId"],
            "email": one["Email"],
            "tags": TAGS[number % len(TAGS)],
            "mailing_lists": LISTS[number % len(LISTS)],
            "city": CITIES[number % len(CITIES)],
            "SHOP__favourite_roast": ("light", "medium", "dark")[number % 3],
        }
        for number, one in enumerate([one for one in dataset.customers if {"CustomerId", "Email"} <= one.keys()])
        if number < PROFILES
    ]


def refused(dataset: Dataset, tenant_id: object) -> Iterator[Call]:
    """Yield calls that are refused: for what they send, for their key, for their address."""
    customers, orders = f"/customers/{tenant_id}", f"/orders/{tenant_id}"
    first, order = dataset.customers[0], dataset.orders[-1]
    for _ in range(3):
        yield Call("POST", customers, [{**first, "Language": "German, please"}, {"Name": "Nobody"}])
    yield Call(
        "POST", customers, [{"CustomerId": "C-7", "Email": "not an address", "Language": "de", "GdprOptin": True}]
    )
    yield Call("POST", orders, [{**order, "OrderDate": "yesterday"}])
    yield Call("POST", orders, [{**order, "Currency": "EURO", "TotalRevenue": "29,90"}])
    yield Call("POST", customers, "[{")
    yield Call("GET", f"{customers}?emial=jane@example.com")
    yield Call("GET", f"{orders}/O-1-UNKNOWN")
    yield Call("POST", customers, [first], key="a key of last year")
    yield Call("GET", f"/orders/{tenant_id}", key="copied by halves")


def left_out(dataset: Dataset) -> list[Call]:
    """Return batches that are taken leniently: their good records are stored, the others wait in the quarantine."""
    good = dataset.customers[1]
    bad = [
        {**dataset.customers[2], "Language": "Deutsch (Deutschland)"},
        {"CustomerId": "C-80010", "Email": "jörg@@example.com", "Language": "de-DE", "GdprOptin": True},
        {"CustomerId": "C-80011", "Email": "lea.winter@example.net", "GdprOptin": False},
    ]
    fine = {**dataset.orders[-1], "OrderId": "POS-90000"}
    late = {**dataset.orders[-1], "OrderId": "POS-90001", "OrderDate": "31.11.2025 25:10"}
    lenient = {"Prefer": "handling=lenient"}
    return [
        Call("POST", "customers", [good, *bad], headers=lenient),
        Call("POST", "orders", [fine, late], headers=lenient),
    ]


def file(dataset: Dataset) -> bytes:
    """Return a file of sign-ups at a fair, two of which can't be stored."""
    rows = [
        "CustomerId;Email;Name;Surname;Language;GdprOptin;EmailOptin",
        "C-80021;mara.lindqvist@example.com;Mara;Lindqvist;sv-SE;true;true",
        "C-80022;youssef.haddad@example.com;يوسف;حداد;ar-EG;true;false",
        "C-80023;not an address;Tom;Field;en-GB;true;true",
        "C-80024;ines.duarte@example.org;Inês;Duarte;pt-PT;true;true",
        "C-80025;otto.lang@example.net;Otto;Lang;German;true;true",
        "C-80026;hana.kovac@example.com;Hana;Kovač;sl-SI;true;false",
    ]
    return "\r\n".join(rows).encode()
