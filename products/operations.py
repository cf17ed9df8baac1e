"""What the OpenAPI document says of the product endpoints."""

from hub.api.openapi.answers import stored
from hub.api.openapi.operations import Operation
from products.models import Product
from products.schemas import PRODUCTS, ProductRecord
from products.serializers import ProductSerializer
from tenants.api.answers import Removed
from tenants.api.operations import paged, read, removed, saved
from tenants.api.reconciling import compared

StoredProduct = stored("StoredProduct", ProductSerializer, Product, ProductRecord)


class RemovedProduct(Removed):
    """What deleting a product did."""

    productId: str
    """The ProductId that was asked for."""


class RemovedVariant(RemovedProduct):
    """What deleting a variant did."""

    variantId: str
    """The VariantId that was asked for."""


OPERATIONS = {
    "create": Operation(
        "Products",
        "Upsert products",
        "Stores up to 200 products with their variants in one transaction: all of them, or none where one has a fault. "
        "Variants are merged by VariantId; those that are left out stay.",
        saved("Products"),
        takes=("Prefer",),
        body=PRODUCTS.body,
        examples={
            "a product with one variant": [
                {
                    "ProductId": "P-42",
                    "ProductName": "Tank Top",
                    "Taxonomy": ["Apparel", "Women"],
                    "ProductVariants": [
                        {
                            "VariantId": "V-1",
                            "Sku": "SKU-42-BLK-S",
                            "Name": "Black / Small",
                            "OriginalPrice": 34.99,
                            "Currency": "USD",
                            "IsAvailable": True,
                        }
                    ],
                }
            ]
        },
    ),
    "list": Operation(
        "Products",
        "Read products",
        "Products page by page, filtered: `next` is the address of the next page. VariantId, Sku, Currency, Language "
        "and IsAvailable look at the variants.",
        paged(StoredProduct, "A page of products."),
    ),
    "retrieve": Operation(
        "Products",
        "Read one product",
        "The product with its variants.",
        read(StoredProduct, "The product."),
        takes=("If-None-Match",),
    ),
    "reconcile": compared("Products", "ProductId"),
    "remove": Operation(
        "Products",
        "Delete a product",
        "Deletes a product with its variants; lines of orders stay as they are.",
        removed("Product removed.", RemovedProduct),
    ),
    "remove_variant": Operation(
        "Products",
        "Delete a variant",
        "Deletes one variant of a product. The product stays, even without variants.",
        removed("Variant removed.", RemovedVariant),
    ),
}
