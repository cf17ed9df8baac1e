"""How products leave as a file."""

from products.filters import ProductFilterSet
from products.models import Product
from products.serializers import ProductSerializer
from tenants.entities import exporting

EXPORTING = exporting(Product, ProductFilterSet, ProductSerializer(), "product_id")
