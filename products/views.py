"""The product endpoints (document 001)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from hub.api.filters import list_parameters
from hub.api.parameters import UPSERTS, WRITES, Parameters, field_type, meaning
from hub.api.selection import selectable
from products.filters import ProductFilterSet
from products.ingest import delete_product, delete_variant, upsert_products
from products.models import Product
from products.operations import OPERATIONS
from products.schemas import PRODUCTS, ProductRecord, VariantRecord
from products.serializers import GROWING, HASH, RECONCILIATION, ProductSerializer
from tenants.api.idempotency import writes
from tenants.api.reconciling import differences, read_question, texts_of
from tenants.api.views import TenantViewSet, reads
from tenants.scopes import Scope

RECONCILED_BY = texts_of(field_type(ProductRecord, "ProductId"))


class ProductViewSet(TenantViewSet):
    """POST and GET /products/{tenantId}, GET and DELETE …/{productId}, DELETE …/{productId}/variants/{variantId}."""

    operations = OPERATIONS
    serializer_class = ProductSerializer
    filterset_class = ProductFilterSet
    keyset = "product_id"
    growing = GROWING
    needs = {
        "create": Scope.WRITE_PRODUCTS,
        "list": Scope.READ_PRODUCTS,
        "retrieve": Scope.READ_PRODUCTS,
        "reconcile": Scope.READ_PRODUCTS,
        "remove": Scope.ERASE_PRODUCTS,
        "remove_variant": Scope.ERASE_PRODUCTS,
    }
    hash_sql = HASH
    in_path = Parameters(
        {
            "productId": meaning(field_type(ProductRecord, "ProductId"), "The ProductId."),
            "variantId": meaning(field_type(VariantRecord, "VariantId"), "The VariantId."),
        }
    )
    in_query = {
        "create": Parameters(UPSERTS),
        "list": list_parameters(ProductFilterSet, ProductSerializer, ["ProductId"]),
        "retrieve": selectable(ProductSerializer),
        **dict.fromkeys(("remove", "remove_variant"), Parameters(WRITES)),
    }

    def get_queryset(self) -> QuerySet[Product]:
        return Product.objects.filter(tenant_id=self.tenant.pk)

    @writes
    def create(self, request: Request, **_: Any) -> HttpResponse:
        batch = self.parsed(PRODUCTS)
        receipt = self.stored(upsert_products, batch)
        return self.saved("Products saved.", batch, receipt)

    @writes
    def remove(self, request: Request, **_: Any) -> HttpResponse:
        product_id = self.ids["productId"]
        receipt = self.write(delete_product, product_id)
        return self.removed("Product removed.", receipt, productId=product_id)

    @writes
    def remove_variant(self, request: Request, **_: Any) -> HttpResponse:
        product_id, variant_id = self.ids["productId"], self.ids["variantId"]
        receipt = self.write(delete_variant, product_id, variant_id)
        return self.removed("Variant removed.", receipt, productId=product_id, variantId=variant_id)

    @reads
    def reconcile(self, request: Request, **_: Any) -> HttpResponse:
        question = read_question(self.body(), RECONCILED_BY)
        return differences(self, message="Products compared.", how=RECONCILIATION, question=question)

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        return self.page("Products found.")

    @reads
    def retrieve(self, request: Request, **_: Any) -> HttpResponse:
        found = self.records().filter(product_id=self.ids["productId"]).first()
        return self.record("Product found.", found, "Product not found.")
