"""Writes tests/statements/*.sql, each as psql takes it: `make statements`, then read the diff.

Values are samples, which a reader replaces: a `\\set tenant_id` of one's own, above all.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from django import setup

from tests.statements.find import statements

FOLDER = Path(__file__).parent
PARAMETER = re.compile(r"%\((\w+)\)s(::jsonb?\b)?")
TENANT = "00000000-0000-4000-8000-000000000001"
MOMENT = "2026-01-31T12:00:00Z"
LINE = {"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 9.9}
RECORD = {  # one that is a customer of any dialect, an order, a product and a variant
    "match_key": "i:C-1", "CustomerId": "C-1", "Email": "ann@shop.example", "external_id": "C-1", "OrderId": "O-1",
    "OrderDate": MOMENT, "TotalRevenue": 9.9, "Currency": "EUR", "OrderItems": [LINE], "ProductId": "P-1",
    "ProductName": "Top", "VariantId": "V-1", "Sku": "S-1", "Name": "Small", "OriginalPrice": 9.9, "IsAvailable": True,
}  # fmt: skip
LOOK = {
    "tenant_id": TENANT, "entity": "customers", "way": "page", "user_id": 1, "record": 1, "requests": 1, "records": 1,
    "at": MOMENT,
}  # fmt: skip
ENTRY = {
    "tenant_id": TENANT, "api_key_id": 1, "source": "api", "method": "POST", "route": "/customers/{tenantId}",
    "status": 400, "milliseconds": 9.5, "size": 512, "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "created_at": MOMENT, "faults": 1, "codes": ["too_long"],
    "errors": [{"code": "too_long", "field": "Language", "text": "Too long.", "is_warning": False, "times": 1}],
}  # fmt: skip
COUNT = {
    "tenant_id": TENANT, "day": "2026-01-31", "status": 400, "requests": 1, "warned": 0, "hour": MOMENT,
    "network": "192.0.2.1",
}  # fmt: skip
STRANGER = {
    "network": "192.0.2.1", "method": "GET", "route": "/customers/{tenantId}", "status": 401, "code": "unauthorised",
    "milliseconds": 1.5, "size": 0, "trace_id": "0af7651916cd43dd8448eb211c80319c", "created_at": MOMENT,
}  # fmt: skip
MERGED = '{"id": 1, "customer_id": "C-1", "tags": [], "attributes": {}}'
SAMPLES: dict[str, Any] = {
    "actor": "key 0123abcd", "address": "192.0.2.1", "after": ["NULL", 3], "ahead": [], "api_key_id": "1",
    "arguments": "", "before": ["NULL", 1], "behind": [], "blocks": "1", "buckets": ["login"], "by_phone": "false",
    "created": [1], "customer": "1", "customer_id": "C-1", "customer_ids": ["C-1"], "days": "30", "digest": "no key",
    "digests": ["ab", "cd"], "distinct": "2",
    "edits": [{"id": 1, "given": 128, "said": 1, "wanted": 1, "email_optin": True, "ids": [1],
               "tags": ["vip"], "not_tags": [], "lists": [], "not_lists": ["news"]}],
    "entities": ["orders", "products"], "host": "192.0.2.1", "route": "POST customers/{tenant_id}",
    "email": "ann@shop.example", "emails": ["ann@shop.example"], "entity": "customers", "epoch": "1769860800",
    "exclusive": "false", "gate": "1", "erased": [1], "firsts": [4096], "ids": [1, 2], "key": "1",
    "tables": ["orders_order"], "earlier": MOMENT, "earlier_id": "1", "most_pairs": "2000", "phone": "+358101234567",
    "keys": ["i:C-1", "i:C-2"], "kinds": ["created", "updated"], "known": [1], "moment": MOMENT, "most": "20",
    "most_records": "10000", "now": MOMENT, "number": "0", "numbers": [1], "operation": "upsert", "order_id": "O-1",
    "per_hour": "5000", "per_minute": "100", "phones": ["+358101234567"], "present_customer_ids": ["C-1"],
    "present_emails": ["ann@shop.example"], "priority": "customerid", "reason": "ticket 17", "product_id": "P-1",
    "pseudonyms": ["erased-1", "erased-2"], "looked": "false", "received": "2", "records": [RECORD],
    "seen": [MOMENT, MOMENT], "sku": "S-1", "skus": ["S-1"], "source": "api", "statement": "SELECT 1 AS one",
    "table": "customers_customer", "tenant": TENANT, "tenant_id": TENANT, "tenants": [TENANT], "time_zone": "UTC",
    "today": "2026-01-31", "trace_id": "0af7651916cd43dd8448eb211c80319c", "turn": "1", "updated": [2], "user_id": "1",
    "values": ["C-1"], "variant_id": "V-1", "free": [5], "of_name": "name 0123%", "own": ["true"], "paces": [900],
    "order": "1",
    "by": "1", "counted": "1", "details": ["email"], "hour": MOMENT, "kind": "login_failed", "looks": [LOOK],
    "least": "0", "entries": [ENTRY], "counts": [COUNT], "strangers": [STRANGER],
    "asked_at": MOMENT, "attempt": "1", "chunk": "10000", "fault": "timeout", "id": "1",
    "milliseconds": "120", "most_seconds": "259200", "position": "0", "positions": [0], "seconds": "20",
    "status": "200", "version": "0", "wait": "5", "worker": TENANT, "sticking": "0", "reasons": ["why"], "touched": [0],
    "supplied": ["NULL", "NULL"],
    "answer": "c2VhbGVk", "first": "1", "name": "6e616d65", "request": "72657175657374", "second": "-2",
    "since": MOMENT,
    "export_id": 1,
    "import_id": "1", "holder": "host 1", "until": "3", "bytes_read": "512", "changes": "[]", "layout": "{}",
    "message": "",
    "more": '{"read": 3, "created": 1, "updated": 0, "unchanged": 1, "rejected": 1, "folded": 0}',
    "rejects": [{"line": 3, "sent": "{}", "faults": [], "is_withdrawal": False, "names": ["C-1"]}],
    "greatest": "z", "hashes": ["NULL", "0123abcd"],
    "start": "0", "data": "0a",
    "gives": "false", "undoes": "1", "anybody": "false", "note": "Called on 3 May",
    "masks": '{"i:C-1": 1}', "withdrawn": '{"1": 1}',
    "parts": [1, 2], "images": [{"record": 1, "image": {"id": 1, "customer_id": "C-1"}}], "names": ["C-1"],
    "legal_basis": "objection", "reference": "GDPR-17",
    "certificates": [{"number": "AAAA-BBBB-CCCC-DDDD", "hub_id": 1, "changeset_number": 1, "reference_hash": "",
                      "went": {}, "digests": ["ab"], "format": 1, "key": "ab", "signature": "cd"}],
    "kept": "1", "lost": "2", "pairs": [{"first": 1, "second": 2, "reasons": 1}],
    "dropped_customer_id": "C-2", "dropped_email": "bob@shop.example", "attributes": "both",
    "merged": MERGED, "back": "{}", "kept_row": MERGED, "lost_row": MERGED, "after_row": MERGED, "orders": "[]",
    "followed": '[[1, "C-2", null, "C-1", null]]', "image": json.dumps({"merged": {"lost": {"id": 2}}}),
    "pages": [{"hour": MOMENT, "route": "/admin/", "requests": 1, "failed": 0, "slowest": 90.5,
               "buckets": [0, 1, 0, 0, 0, 0, 0, 0], "fault": "", "fault_trace_id": "", "failed_at": None}],
    **{f"{kind}_{part}": [0] for kind in ("id", "email", "phone", "hub") for part in ("lines", "ranks")},
    "id_values": ["C-1"], "email_values": ["ann@shop.example"], "phone_values": ["+358101234567"], "hub_values": [1],
    "columns": ["tags"], "items": ["vip"],
    "words": [], "state": "dismissed", "rejected": [{
        "digest": "ab", "record": "{}", "is_whole": True, "is_withdrawal": False, "identifiers": {}, "names": ["C-1"],
        "faults": [], "codes": [], "index": 3, "times": 1,
    }],
}  # fmt: skip


def files() -> dict[str, str]:
    """Return what each file is to hold, by its name."""
    return {f"{name}.sql": for_psql(statement) for name, statement in statements().items()}


def for_psql(statement: str) -> str:
    """Write a statement with psql's variables in place of its parameters, and a sample value for each before it."""
    samples = {name: _sample(name, cast) for name, cast in PARAMETER.findall(statement)}
    header = "".join(f"\\set {name} '{samples[name]}'\n" for name in sorted(samples))
    return header + "\n" * bool(header) + PARAMETER.sub(r":'\1'\2", statement).strip() + "\n;\n"


def _sample(name: str, cast: str) -> str:
    """Write a sample value as its cast reads it: a list as JSON, or else as an array."""
    value = SAMPLES[name]
    if not isinstance(value, list):
        return str(value)
    return json.dumps(value) if cast else f"{{{','.join(map(str, value))}}}"


def write() -> None:
    """Write every statement's file, and remove those of statements that are no more."""
    for stale in FOLDER.glob("*.sql"):
        stale.unlink()
    for name, text in files().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    setup()
    write()
