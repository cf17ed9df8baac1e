"""How a product is written when read back."""

from rest_framework import serializers

from hub.api.serializers import MomentField, MoneyField
from products.models import Product, Variant


class VariantSerializer(serializers.Serializer[Variant]):
    """The documented fields of a variant."""

    VariantId = serializers.CharField(source="variant_id")
    Sku = serializers.CharField(source="sku")
    Name = serializers.CharField(source="name")
    Image = serializers.CharField(source="image")
    Size = serializers.CharField(source="size")
    Stock = serializers.IntegerField(source="stock")
    OriginalPrice = MoneyField(source="original_price")
    SalePrice = MoneyField(source="sale_price")
    Currency = serializers.CharField(source="currency")
    IsAvailable = serializers.BooleanField(source="is_available")
    Language = serializers.CharField(source="language")
    BrandName = serializers.CharField(source="brand_name")
    CreatedAt = MomentField(source="created_at")
    UpdatedAt = MomentField(source="updated_at")


class ProductSerializer(serializers.Serializer[Product]):
    """The documented fields with the variants, and the hub id that changes name the product by."""

    HubId = serializers.IntegerField(source="id")
    ProductId = serializers.CharField(source="product_id")
    ProductName = serializers.CharField(source="product_name")
    Taxonomy = serializers.ListField(source="taxonomy")
    IsOfflineExclusive = serializers.BooleanField(source="is_offline_exclusive")
    ProductVariants = VariantSerializer(source="variants", many=True)
    CreatedAt = MomentField(source="created_at")
    UpdatedAt = MomentField(source="updated_at")
