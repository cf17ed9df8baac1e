"""What the OpenAPI document says of the customer endpoints."""

from customers.models import Customer
from customers.schemas import CustomerRecord, customer_schema
from customers.serializers import CustomerSerializer
from hub.api.openapi.answers import stored
from hub.api.openapi.operations import Operation
from tenants.api.answers import Removed
from tenants.api.operations import paged, read, removed, saved
from tenants.api.reconciling import compared

StoredCustomer = stored("StoredCustomer", CustomerSerializer, Customer, CustomerRecord)


class RemovedCustomer(Removed):
    """What erasing a customer did."""

    customerId: str | None
    """The CustomerId that was asked for."""
    email: str | None
    """The e-mail that was asked for, in its one form."""


OPERATIONS = {
    "create": Operation(
        "Customers",
        "Upsert customers",
        "Stores up to 1,000 customers in one transaction: all of them, or none where one has a fault. A customer is "
        "found by the tenant's priority identifier, else by the other. Fields that are left out, or null, keep their "
        'stored value; "" clears a text. A tenant may demand more fields than the schema does.',
        saved("Customers"),
        takes=("Prefer",),
        body=customer_schema(()).body,
        examples={
            "one field of a customer": [{"CustomerId": "C-123", "EmailOptin": False}],
            "all fields": [
                {
                    "CustomerId": "C-123",
                    "Email": "john.doe@example.com",
                    "Name": "John",
                    "Surname": "Doe",
                    "Phone": "+358401234567",
                    "Language": "en-US",
                    "Username": "johndoe",
                    "EmailOptin": True,
                    "SmsOptin": False,
                    "WhatsappOptin": False,
                    "AppPushOptin": True,
                    "GdprOptin": True,
                    "IsExcluded": False,
                }
            ],
        },
    ),
    "list": Operation(
        "Customers",
        "Read customers",
        "Customers page by page, filtered: `next` is the address of the next page. Filters look for the stored form "
        "of a value.",
        paged(StoredCustomer, "A page of customers."),
    ),
    "retrieve": Operation(
        "Customers",
        "Read one customer",
        "The customer that an identifier names: the priority identifier, else the other; the first of several.",
        read(StoredCustomer, "The customer."),
        takes=("If-None-Match",),
    ),
    "reconcile": compared("Customers", "the tenant's priority identifier"),
    "remove": Operation(
        "Customers",
        "Erase a customer",
        "Erases by CustomerId, e-mail, or both; one of them must be there. No personal value stays; orders stay as "
        "anonymous sales.",
        removed("Customer removed.", RemovedCustomer),
    ),
}
