"""The customer endpoints (documents 000 and 001)."""

from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpResponse
from pydantic import ValidatorFunctionWrapHandler, WrapValidator
from rest_framework.request import Request

from customers.erasure import erase_customers
from customers.filters import CustomerFilterSet
from customers.ingest import upsert_customers
from customers.models import Customer
from customers.operations import OPERATIONS
from customers.schemas import CustomerRecord, customer_schema
from customers.serializers import GROWING, CustomerSerializer
from hub.api.errors import UNEXPECTED
from hub.api.filters import list_parameters
from hub.api.parameters import EMAIL, UPSERTS, WRITES, Parameters, field_type, meaning
from hub.records.emails import normal_email
from hub.records.schemas import parse
from tenants.api.views import TenantViewSet, reads
from tenants.identity import COLUMNS, identifiers_of
from tenants.models import Entity

CUSTOMER_ID = field_type(CustomerRecord, "CustomerId")


def _unless_email(text: str, is_id: ValidatorFunctionWrapHandler) -> str:
    """Hold an identifier of either kind to the rule of a CustomerId, unless it is an e-mail address."""
    return text if normal_email(text) else str(is_id(text))


class CustomerViewSet(TenantViewSet):
    """POST, GET and DELETE /customers/{tenantId}, GET /customers/{tenantId}/{id}."""

    operations = OPERATIONS
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilterSet
    shows = Entity.CUSTOMERS
    keyset = "match_key"
    growing = GROWING
    in_path = Parameters({"id": Annotated[meaning(CUSTOMER_ID, "CustomerId or e-mail."), WrapValidator(_unless_email)]})
    in_query = {
        "create": Parameters(UPSERTS),
        "list": list_parameters(CustomerFilterSet),
        "remove": Parameters(
            {"customerId": meaning(CUSTOMER_ID, "The CustomerId."), "email": meaning(EMAIL, "The e-mail.")},
            needs=any,
            otherwise="Customer ID or email is required.",
            also=WRITES,
        ),
    }

    @property
    def unexpected(self) -> str:
        """The words of a 500 (document 000 has its own for the delete)."""
        return "Failed to delete customer." if self.action == "remove" else UNEXPECTED

    def get_queryset(self) -> QuerySet[Customer]:
        return Customer.objects.filter(tenant_id=self.tenant.pk)

    def create(self, request: Request, **_: Any) -> HttpResponse:
        batch = parse(customer_schema(self.tenant.required_fields), self.body())
        receipt = upsert_customers(self.tenant, batch.records, origin=self.origin, results=self.wants_results)
        return self.saved("Customers saved.", batch, receipt)

    def remove(self, request: Request, **_: Any) -> HttpResponse:
        customer_id, email = self.query.get("customerId"), self.query.get("email")
        receipt = erase_customers(self.tenant, customer_id=customer_id, email=email, origin=self.origin)
        return self.removed("Customer removed.", receipt, customerId=customer_id, email=email)

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        return self.page("Customers found.")

    @reads
    def retrieve(self, request: Request, **_: Any) -> HttpResponse:
        return self.record("Customer found.", self._named(self.ids["id"]), "Customer not found.")

    def _named(self, identifier: str) -> Customer | None:
        """Return the customer an identifier names: by the tenant's priority, else by the other one."""
        for name in identifiers_of(self.tenant)[:2]:
            value = normal_email(identifier) if name == "Email" else identifier
            found = value and self.get_queryset().filter(**{COLUMNS[name]: value}).order_by("match_key").first()
            if found:
                return found
        return None
