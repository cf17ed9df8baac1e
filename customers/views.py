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
from customers.serializers import GROWING, HASH, RECONCILIATION, CustomerSerializer
from hub.api.errors import UNEXPECTED
from hub.api.filters import list_parameters
from hub.api.parameters import EMAIL, REFERENCE, UPSERTS, WRITES, Parameters, field_type, meaning, one_of
from hub.api.selection import selectable
from hub.records.emails import normal_email
from hub.records.faults import Fault, failed
from hub.records.types import RequiredEmail, identifier
from tenants.api.idempotency import writes
from tenants.api.reconciling import differences, read_question, texts_of
from tenants.api.views import TenantViewSet, reads
from tenants.identity import COLUMNS, identifiers_of, match_key
from tenants.models import Entity, LegalBasis
from tenants.scopes import Scope

CUSTOMER_ID = field_type(CustomerRecord, "CustomerId")
ERASURES = {
    "legalBasis": meaning(
        one_of("choice", LegalBasis.values), "The ground of Art. 17(1) GDPR, which the certificate of the erasure says."
    ),
    "reference": meaning(
        REFERENCE, "The request's number or ticket, which the certificate says: left out where it names the person."
    ),
}
RECONCILED_BY = {"CustomerId": texts_of(Annotated[str, identifier(100)]), "Email": texts_of(RequiredEmail)}


def _unless_email(text: str, is_id: ValidatorFunctionWrapHandler) -> str:
    """Hold an identifier of either kind to the rule of a CustomerId, unless it is an e-mail address."""
    return text if normal_email(text) else str(is_id(text))


class CustomerViewSet(TenantViewSet):
    """POST, GET and DELETE /customers/{tenantId}, GET /customers/{tenantId}/{id}, POST …/reconcile."""

    operations = OPERATIONS
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilterSet
    shows = Entity.CUSTOMERS
    keyset = "match_key"
    growing = GROWING
    needs = {
        "create": Scope.WRITE_CUSTOMERS,
        "list": Scope.READ_CUSTOMERS,
        "retrieve": Scope.READ_CUSTOMERS,
        "reconcile": Scope.READ_CUSTOMERS,
        "remove": Scope.ERASE_CUSTOMERS,
    }
    hash_sql = HASH
    in_path = Parameters({"id": Annotated[meaning(CUSTOMER_ID, "CustomerId or e-mail."), WrapValidator(_unless_email)]})
    in_query = {
        "create": Parameters(UPSERTS),
        "list": list_parameters(CustomerFilterSet, CustomerSerializer, ("CustomerId", "Email")),
        "retrieve": selectable(CustomerSerializer),
        "remove": Parameters(
            {"customerId": meaning(CUSTOMER_ID, "The CustomerId."), "email": meaning(EMAIL, "The e-mail.")},
            needs=any,
            otherwise="Customer ID or email is required.",
            also={**WRITES, **ERASURES},
        ),
    }

    @property
    def unexpected(self) -> str:
        """The words of a 500 (document 000 has its own for the delete)."""
        return "Failed to delete customer." if self.action == "remove" else UNEXPECTED

    def get_queryset(self) -> QuerySet[Customer]:
        return Customer.objects.filter(tenant_id=self.tenant.pk)

    @writes
    def create(self, request: Request, **_: Any) -> HttpResponse:
        batch = self.parsed(customer_schema(self.tenant.required_fields))
        receipt = self.stored(upsert_customers, batch)
        return self.saved("Customers saved.", batch, receipt)

    @writes
    def remove(self, request: Request, **_: Any) -> HttpResponse:
        customer_id, email = self.query.get("customerId"), self.query.get("email")
        receipt = self.write(erase_customers, customer_id=customer_id, email=email)
        return self.removed("Customer removed.", receipt, customerId=customer_id, email=email)

    @reads
    def reconcile(self, request: Request, **_: Any) -> HttpResponse:
        first = identifiers_of(self.tenant)[0]
        question = read_question(self.body(), RECONCILED_BY[first])
        prefix = match_key(first, "")
        return differences(self, message="Customers compared.", how=RECONCILIATION, question=question, prefix=prefix)

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        self._refuse_other_order()
        return self.page("Customers found.")

    @reads
    def retrieve(self, request: Request, **_: Any) -> HttpResponse:
        return self.record("Customer found.", self._named(self.ids["id"]), "Customer not found.")

    def _refuse_other_order(self) -> None:
        """Raise ValidationFailed for an order by an identifier that is not the tenant's priority one, so not unique."""
        first = identifiers_of(self.tenant)[0]
        if self.query.get("order", first).removeprefix("-") != first:
            raise failed([Fault(("order",), "order", limit=f"{first}, -{first}")])

    def _named(self, identifier: str) -> Customer | None:
        """Return the customer an identifier names: by the tenant's priority, else by the other one."""
        for name in identifiers_of(self.tenant)[:2]:
            value = normal_email(identifier) if name == "Email" else identifier
            named = self.records().filter(**{COLUMNS[name]: value}).order_by("match_key")
            found: Customer | None = named.first() if value else None
            if found:
                return found
        return None
