"""The product endpoints (document 001)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from hub.api.filters import list_parameters
from hub.api.parameters import UPSERTS, WRITES, Parameters, field_type, meaning
from hub.records.schemas import parse
from products.filters import ProductFilterSet
from products.ingest import delete_product, delete_variant, upsert_products
from products.models import Product
from products.operations import OPERATIONS
from products.schemas import PRODUCTS, ProductRecord, VariantRecord
from products.serializers import GROWING, ProductSerializer
from tenants.api.views import TenantViewSet, reads


class ProductViewSet(TenantViewSet):
    """POST and GET /products/{tenantId}, GET and DELETE …/{productId}, DELETE …/{productId}/variants/{variantId}."""

    operations = OPERATIONS
    serializer_class = ProductSerializer
    filterset_class = ProductFilterSet
    keyset = "product_id"
    growing = GROWING
    in_path = Parameters(
        {
            "productId": meaning(field_type(ProductRecord, "ProductId"), "The ProductId."),
            "variantId": meaning(field_type(VariantRecord, "VariantId"), "The VariantId."),
        }
    )
    in_query = {
        "create": Parameters(UPSERTS),
        "list": list_parameters(ProductFilterSet),
        **dict.fromkeys(("remove", "remove_variant"), Parameters(WRITES)),
    }

    def get_queryset(self) -> QuerySet[Product]:
        return Product.objects.filter(tenant_id=self.tenant.pk)

    def create(self, request: Request, **_: Any) -> HttpResponse:
        batch = parse(PRODUCTS, self.body())
        receipt = upsert_products(self.tenant, batch.records, origin=self.origin, results=self.wants_results)
        return self.saved("Products saved.", batch, receipt)

    def remove(self, request: Request, **_: Any) -> HttpResponse:
        product_id = self.ids["productId"]
        receipt = delete_product(self.tenant, product_id, origin=self.origin)
        return self.removed("Product removed.", receipt, productId=product_id)

    def remove_variant(self, request: Request, **_: Any) -> HttpResponse:
        product_id, variant_id = self.ids["productId"], self.ids["variantId"]
        receipt = delete_variant(self.tenant, product_id, variant_id, origin=self.origin)
        return self.removed("Variant removed.", receipt, productId=product_id, variantId=variant_id)

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        return self.page("Products found.")

    @reads
    def retrieve(self, request: Request, **_: Any) -> HttpResponse:
        found = self.get_queryset().filter(product_id=self.ids["productId"]).first()
        return self.record("Product found.", found, "Product not found.")
