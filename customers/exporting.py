"""How customers leave as a file."""

from customers.filters import CustomerFilterSet
from customers.models import Customer
from customers.serializers import CustomerSerializer
from tenants.entities import exporting

EXPORTING = exporting(Customer, CustomerFilterSet, CustomerSerializer(), "match_key")
