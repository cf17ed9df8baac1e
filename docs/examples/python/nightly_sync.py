"""The nightly sync: what differs between your records and the hub's is sent; what only the hub has is printed.

    HUB=https://hub.example TENANT=… KEY=… python nightly_sync.py customers customers.ndjson

A record a line, as the hub takes it, all of its fields in their stored form: docs/reconcile.md says which that is. The
id is CustomerId, OrderId or ProductId; IDENTIFIER=Email for a tenant that names its customers so.

Orders of persons whom the hub erased stay as they are. A customer whom the hub erased must be gone from your records,
too: it is "missing" there, and sending it brings the person back.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from content_hash import compare, content_hash
from hub_client import Hub

NAMED_BY = {"customers": os.environ.get("IDENTIFIER", "CustomerId"), "orders": "OrderId", "products": "ProductId"}


def anonymous(hub: Hub, entity: str, ids: set[str]) -> Iterator[str]:
    """Yield those orders that the hub made anonymous: their customers were erased."""
    asked = sorted(ids) if entity == "orders" else []
    for start in range(0, len(asked), 50):  # an address has room for so many
        some = json.dumps(asked[start : start + 50])
        for order in hub.records("orders", OrderId__in=some, fields="OrderId,CustomerId"):
            if order["CustomerId"].startswith("erased-"):
                yield order["OrderId"]


def main(entity: str, path: str) -> None:
    hub = Hub(os.environ["HUB"], os.environ["TENANT"], os.environ["KEY"])
    with open(path, encoding="utf-8") as file:
        records = {record[NAMED_BY[entity]]: record for record in map(json.loads, file)}
    hashes = {named: content_hash(entity, record) for named, record in records.items()}

    def ask(body: dict[str, Any]) -> dict[str, Any]:
        return hub.data("POST", f"/{entity}/{hub.tenant}/reconcile", body=json.dumps(body).encode())

    found = compare(ask, hashes)
    differing = sorted(found["missing"] | found["different"] - set(anonymous(hub, entity, found["different"])))
    for receipt in hub.save(entity, (records[named] for named in differing), lenient=True, reason="Nightly sync"):
        print(f"{receipt['created']} created, {receipt['updated']} updated")
        for fault in receipt["rejected"]:
            print(f"rejected: {json.dumps(fault, ensure_ascii=False)}")
    for named in sorted(found["extra"]):
        print(f"only in the hub: {named}")


if __name__ == "__main__":
    main(*sys.argv[1:])
