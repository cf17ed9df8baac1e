from typing import get_args, get_type_hints

from customers.schemas import CustomerRecord
from tenants.entities import EntityConfig


class CustomersConfig(EntityConfig):
    default = True
    name = "customers"
    verbose_name = "Customers"
    tables = "customers.columns.COLUMNS"
    kept = "customers.ingest.KEPT"
    model = "customer"
    exports = "customers.exporting.EXPORTING"
    reads = "customers.serializers.READING"
    takes = {"": "customers.taking.TAKING", "custobar": "customers.dialects.custobar.taking.TAKING"}
    finds = "customers.searching.finding.ids_by_words"
    tells_consents = "customers.consents.CONSENTS"
    requirable_fields = {name: get_args(hint)[0] for name, hint in get_type_hints(CustomerRecord).items()}
