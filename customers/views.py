"""The customer endpoints (documents 000 and 001)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from customers.erasure import erase_customers
from customers.filters import CustomerFilterSet
from customers.ingest import upsert_customers
from customers.models import Customer
from customers.schemas import customer_schema
from customers.serializers import CustomerSerializer
from hub.api.errors import UNEXPECTED, ApiError
from hub.api.responses import removed
from hub.records.schemas import parse
from tenants.api.views import TenantViewSet
from tenants.identity import COLUMNS, identifiers_of


class CustomerViewSet(TenantViewSet):
    """POST, GET and DELETE /customers/{tenantId}, GET /customers/{tenantId}/{id}."""

    serializer_class = CustomerSerializer
    filterset_class = CustomerFilterSet
    keyset = "match_key"

    @property
    def unexpected(self) -> str:
        """The words of a 500 (document 000 has its own for the delete)."""
        return "Failed to delete customer." if self.action == "remove" else UNEXPECTED

    def get_queryset(self) -> QuerySet[Customer]:
        return Customer.objects.filter(tenant_id=self.tenant.pk)

    def create(self, request: Request, **_: Any) -> HttpResponse:
        batch = parse(customer_schema(self.tenant.required_fields), self.body())
        receipt = upsert_customers(self.tenant, batch.records, origin=self.origin)
        return self.saved("Customers saved.", batch, receipt)

    def remove(self, request: Request, **_: Any) -> HttpResponse:
        customer_id, email = self.query_ids("customerId", "email")
        if customer_id is None and email is None:
            raise ApiError(400, "Customer ID or email is required.")
        erase_customers(self.tenant, customer_id=customer_id, email=email, origin=self.origin)
        return removed("Customer removed.", customerId=customer_id, email=email)

    def list(self, request: Request, **_: Any) -> HttpResponse:
        return self.page("Customers found.")

    def retrieve(self, request: Request, **_: Any) -> HttpResponse:
        return self.record("Customer found.", self._named(self.path_id("id")), "Customer not found.")

    def _named(self, identifier: str) -> Customer | None:
        """Return the customer an identifier names: by the tenant's priority, else by the other one."""
        for column in (COLUMNS[name] for name in identifiers_of(self.tenant)[:2]):
            value = identifier.lower() if column == "email" else identifier
            if found := self.get_queryset().filter(**{column: value}).order_by("match_key").first():
                return found
        return None
