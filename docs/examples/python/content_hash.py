import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

FIELDS = {
    "customers": "CustomerId Email Name Surname Phone Language Username EmailOptin SmsOptin WhatsappOptin"
    " AppPushOptin GdprOptin IsExcluded",
    "orders": "OrderId CustomerId Email OrderDate TotalRevenue Currency OrderItems TotalQuantity UniqueQuantity"
    " IsOrderCancelled",
    "OrderItems": "ProductId Sku Quantity Price OriginalPrice Size Color Brand IsGift",
    "products": "ProductId ProductName ProductVariants Taxonomy IsOfflineExclusive",
    "ProductVariants": "VariantId Sku Name OriginalPrice Currency IsAvailable Image Size Stock SalePrice Language"
    " BrandName",
}
AMOUNTS = {"TotalRevenue", "Price", "OriginalPrice", "SalePrice"}


def content_hash(entity: str, record: dict[str, Any]) -> str:
    text = json.dumps(canonical(entity, record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(kind: str, record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in FIELDS[kind].split():
        value = record.get(name)
        if value is None or value is False or value in ("", []):
            continue
        if name in AMOUNTS and not isinstance(value, str):
            value = format(value, ".4f")
        elif name == "OrderDate":
            moment = datetime.fromisoformat(value).astimezone(UTC)
            value = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        elif name in FIELDS:
            parts = sorted(value, key=lambda part: part["VariantId"]) if name == "ProductVariants" else value
            value = [canonical(name, part) for part in parts]
        found[name] = value
    return found


def compare(ask: Callable[[dict[str, Any]], dict[str, Any]], hashes: dict[str, str]) -> dict[str, set[str]]:
    """Compare all records, {id: hash}; `ask` posts a body to …/reconcile and returns the answer's `data`."""
    ids = sorted(hashes)
    found: dict[str, set[str]] = {"missing": set(), "extra": set(), "different": set()}
    for start in range(0, max(len(ids) - 1, 1), 9_999):
        body: dict[str, Any] = {"hashes": {each: hashes[each] for each in ids[start : start + 10_000]}}
        if start == 0:
            body["from"] = "\u0001"
        if start + 10_000 >= len(ids):
            body["to"] = "\U0010ffff"
        while body:
            data = ask(body)
            for what, those in found.items():
                those.update(data[what])
            body = {**body, "from": data["next"]} if data["next"] else {}
    return found
