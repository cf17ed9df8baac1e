"""How a tenant's partners call the hub: each endpoint in curl, Python and Node, ready to paste.

The examples need nothing installed: Python's standard library, Node 18's own fetch. They read the key from the
environment, so that it lands in no file or shell history.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tenants.entities import customer_fields
from tenants.models import Tenant
from tenants.scopes import ENTITIES

LANGUAGES = {"curl": "curl", "python": "Python", "node": "Node"}
HEADER = "x-replenit-auth-key"
VERBS = {"GET": "read", "POST": "write", "DELETE": "erase"}  # what a key must be allowed

# What a caller may be answered, and what to do about it.
ANSWERS = (
    ("200", "Stored, removed or found. data.count is the number of records received, data.warnings names odd fields."),
    (
        "400",
        "Something is wrong and nothing is stored. errors says what; details says which record, field and mistake.",
    ),
    ("401", "The key is missing, unknown, expired, revoked or another tenant's."),
    ("403", "The tenant is disabled, or the key may not do this: the message says what is missing."),
    ("404", "No such tenant, record or endpoint."),
    ("413", "The body is larger than 10 MB: send smaller batches."),
    ("415", "Send JSON, as it is or compressed with gzip."),
    ("429", "Over the rate limit: wait as many seconds as Retry-After says."),
    ("5xx", "Try again: a batch is stored completely or not at all, and sending it twice changes nothing."),
)

CUSTOMER: dict[str, Any] = {"CustomerId": "C-1001", "Email": "anna@example.com", "Name": "Anna", "EmailOptin": True}
SAMPLES: dict[str, Any] = {
    "Surname": "Svensson",
    "Phone": "+46701234567",
    "Language": "sv-SE",
    "Username": "anna",
}
EXAMPLES: dict[type, Any] = {bool: True, str: "Example"}
LINE = {"ProductId": "P-1", "Sku": "P-1-S", "Quantity": 2, "Price": 24.95}
ORDER = {
    "OrderId": "O-5001",
    "CustomerId": "C-1001",
    "Email": "anna@example.com",
    "OrderDate": "2025-08-22T21:00:00Z",
    "TotalRevenue": 49.9,
    "Currency": "EUR",
    "OrderItems": [LINE],
}
VARIANT = {
    "VariantId": "P-1-S",
    "Sku": "P-1-S",
    "Name": "Tee, small",
    "OriginalPrice": 24.95,
    "Currency": "EUR",
    "IsAvailable": True,
    "Stock": 12,
}
PRODUCT = {"ProductId": "P-1", "ProductName": "Tee", "Taxonomy": ["Clothing", "Tops"], "ProductVariants": [VARIANT]}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: method, address and body."""

    method: str
    url: str
    body: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """A call in one language, and its name on the page."""

    language: str
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as the Connect page shows it: what it does, its call, how many records it takes."""

    name: str
    call: Call
    limit: str = ""

    @property
    def scope(self) -> str:
        """What a key must be allowed to do for it; "" where any key will do."""
        subject = urlsplit(self.call.url).path.split("/")[1]
        if subject == "requests":
            return ""
        return f"{VERBS[self.call.method]} {subject if subject in ENTITIES else ''}".rstrip()

    @property
    def codes(self) -> list[Code]:
        slug = self.name.lower().replace(" ", "-")
        return [Code(language, f"{slug}-{language}", write(self.call)) for language, write in WRITERS.items()]


def endpoints(tenant: Tenant, base: str) -> list[Endpoint]:
    """Return every endpoint with the tenant's own address and the fields it requires."""

    def at(path: str) -> str:
        return f"{base}/{path.format(tenant=tenant.pk)}"

    return [
        Endpoint("Save customers", Call("POST", at("customers/{tenant}"), [customer_of(tenant)]), "1,000 in a call"),
        Endpoint("Save orders", Call("POST", at("orders/{tenant}"), [ORDER]), "500 in a call"),
        Endpoint("Save products", Call("POST", at("products/{tenant}"), [PRODUCT]), "200 in a call"),
        Endpoint("Read customers", Call("GET", at("customers/{tenant}?Email=anna@example.com"))),
        Endpoint("Read orders", Call("GET", at("orders/{tenant}?CustomerId=C-1001"))),
        Endpoint("Read products", Call("GET", at("products/{tenant}?Sku=P-1-S"))),
        Endpoint("Follow changes", Call("GET", at("changes/{tenant}?after=0&include=records"))),
        Endpoint("Read one change", Call("GET", at("changes/{tenant}/1"))),
        Endpoint("Read your own calls", Call("GET", at("requests/{tenant}?status=4xx"))),
        Endpoint("Remove a line item", Call("DELETE", at("orders/{tenant}/O-5001/items?productId=P-1&sku=P-1-S"))),
        Endpoint("Remove an order", Call("DELETE", at("orders/{tenant}/O-5001"))),
        Endpoint("Remove a variant", Call("DELETE", at("products/{tenant}/P-1/variants/P-1-S"))),
        Endpoint("Remove a product", Call("DELETE", at("products/{tenant}/P-1"))),
        Endpoint("Erase a customer", Call("DELETE", at("customers/{tenant}?customerId=C-1001"))),
    ]


def customer_of(tenant: Tenant) -> dict[str, Any]:
    """Return a customer record that has every field the tenant requires."""
    kinds = customer_fields()
    required = {
        name: SAMPLES.get(name, EXAMPLES[kinds[name]]) for name in tenant.required_fields if name not in CUSTOMER
    }
    return CUSTOMER | required


def write_curl(call: Call) -> str:
    """Write a call for the shell."""
    lines = [f'curl -X {call.method} "{call.url}"', f'-H "{HEADER}: $HUB_KEY"']
    if call.body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(call.body, indent=2)}'"]
    return " \\\n  ".join(lines)


def write_python(call: Call) -> str:
    """Write a call for Python's standard library."""
    body = "" if call.body is None else f", data=json.dumps({_python(call.body)}).encode()"
    return f"""\
import json, os, urllib.error, urllib.request

request = urllib.request.Request("{call.url}", method="{call.method}"{body})
request.add_header("{HEADER}", os.environ["HUB_KEY"])
request.add_header("Content-Type", "application/json")
try:
    with urllib.request.urlopen(request) as answer:
        print(json.load(answer))
except urllib.error.HTTPError as refused:
    print(refused.code, json.load(refused))"""


def _python(body: list[dict[str, Any]]) -> str:
    return json.dumps(body, indent=4).replace(": true", ": True").replace(": false", ": False")


def write_node(call: Call) -> str:
    """Write a call for Node 18 or newer."""
    body = "" if call.body is None else f"\n  body: JSON.stringify({json.dumps(call.body, indent=2)}),"
    return f"""\
const answer = await fetch("{call.url}", {{
  method: "{call.method}",
  headers: {{ "{HEADER}": process.env.HUB_KEY, "Content-Type": "application/json" }},{body}
}});
console.log(answer.status, await answer.json());"""


WRITERS: Mapping[str, Callable[[Call], str]] = {"curl": write_curl, "python": write_python, "node": write_node}
