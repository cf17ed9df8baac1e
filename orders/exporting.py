"""How orders leave as a file."""

from orders.filters import OrderFilterSet
from orders.models import Order
from orders.serializers import OrderSerializer
from tenants.entities import exporting

EXPORTING = exporting(Order, OrderFilterSet, OrderSerializer(), "order_id")
