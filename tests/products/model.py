"""What a sequence of product upserts and deletes leaves behind, said as plainly as Python can.

Nothing here is clever: one record after the other, one dict a product. The hub's set-based SQL must come to the same.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

Json = dict[str, Any]

OPTIONAL = {"Taxonomy": [], "IsOfflineExclusive": False}
OPTIONAL_OF_VARIANT = {
    "Image": None,
    "Size": None,
    "Stock": None,
    "SalePrice": None,
    "Language": None,
    "BrandName": None,
}


class Products:
    """The products of one tenant, by ProductId, and their variants, by VariantId, in the order first sent.

    `given` are the fields each was ever sent: supplying one for the first time is a change, whatever its value.
    """

    def __init__(self) -> None:
        self.fields: dict[str, Json] = {}
        self.variants: dict[str, dict[str, Json]] = {}
        self.given: dict[str, set[tuple[str, ...]]] = {}

    def upsert(self, records: Sequence[Json]) -> None:
        for record in records:
            product_id = record["ProductId"]
            given = self.given.setdefault(product_id, set())
            sent = {name: value for name, value in record.items() if value is not None and name != "ProductVariants"}
            self.fields.setdefault(product_id, dict(OPTIONAL)).update(sent)
            given.update((name,) for name in sent)
            stored = self.variants.setdefault(product_id, {})
            for variant in record["ProductVariants"]:
                variant_id = variant["VariantId"]
                sent = {name: value for name, value in variant.items() if value is not None}
                cleared = {name: None if value == "" else value for name, value in sent.items()}
                stored.setdefault(variant_id, dict(OPTIONAL_OF_VARIANT)).update(cleared)
                given.update((variant_id, name) for name in sent)

    def delete(self, product_id: str) -> None:
        for kept in (self.fields, self.variants, self.given):
            kept.pop(product_id, None)

    def delete_variant(self, product_id: str, variant_id: str) -> None:
        if self.variants.get(product_id, {}).pop(variant_id, None):
            self.given[product_id] = {name for name in self.given[product_id] if name[0] != variant_id}

    def state(self) -> dict[str, Any]:
        """Return all there is to know of each product: equal before and after means that it did not change."""
        return deepcopy({name: (self.fields[name], self.variants[name], self.given[name]) for name in self.fields})

    def read(self) -> dict[str, Json]:
        """Return what GET must show, by ProductId."""
        return {
            product_id: {**fields, "ProductVariants": list(self.variants[product_id].values())}
            for product_id, fields in self.fields.items()
        }
