"""How a product is written when read back."""

from rest_framework import serializers

from hub.api.serializers import MomentField, fields_of, of_row
from hub.api.weights import InParts
from products.ingest import PRODUCTS, VARIANTS
from products.models import Product, Variant
from tenants.entities import Reading

GROWING = InParts(
    Product, "variants", Variant, "product_id", ("variant_id", "sku", "name", "image", "size", "brand_name")
)


class VariantSerializer(serializers.Serializer[Variant]):
    """The documented fields of a variant."""

    VariantId = serializers.CharField(source="variant_id")
    locals().update(fields_of(VARIANTS))
    CreatedAt = MomentField(source="created_at")
    UpdatedAt = MomentField(source="updated_at")


class ProductSerializer(serializers.Serializer[Product]):
    """The documented fields with the variants, and the hub id that changes name the product by."""

    HubId = serializers.IntegerField(source="id")
    ProductId = serializers.CharField(source="product_id")
    locals().update(fields_of(PRODUCTS))
    ProductVariants = VariantSerializer(source="variants", many=True)
    CreatedAt = MomentField(source="created_at")
    UpdatedAt = MomentField(source="updated_at")


READING = Reading(
    write=ProductSerializer().to_representation,
    of_row=of_row(ProductSerializer()),
    keys=lambda product: {"ProductId": product.product_id},
    of_keys=("product_id",),
    growing=GROWING,
)
