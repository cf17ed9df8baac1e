"""Customers as Custobar's clients read them: by identifiers, or page by page, under the vendor's names."""

from typing import Any

from django.db.models import QuerySet
from django.utils.datastructures import MultiValueDict
from rest_framework.utils.urls import remove_query_param

from customers.dialects.custobar.fields import ATTRIBUTES, COMPANY_FIELD, FIELDS, SOUGHT, Rules
from customers.dialects.custobar.records import valid
from customers.ingest import CUSTOMERS
from customers.models import Customer
from hub.api.pagination import KeysetPagination
from hub.api.parameters import Parameters, meaning, number, with_plus
from hub.records.faults import Fault, failed

COLUMNS = {column.field: column.name for column in CUSTOMERS.columns}
# An offset is counted row by row; the next page's address goes on from the last key.
OFFSET = Parameters({"offset": meaning(number(0, 10_000), "How many customers to skip.")})


def sought(rules: Rules, parameters: MultiValueDict[str, str]) -> dict[str, str]:
    """Return the identifiers that a query names, in their normal form, by column.

    Raises ValidationFailed for an empty one, or one that no upload could bring in: else everyone would be found.
    """
    faults: list[Fault] = []
    found: dict[str, str] = {}
    for name in SOUGHT:
        if (text := parameters.get(name)) is None:
            continue
        if len(parameters.getlist(name)) > 1:
            faults.append(Fault((name,), "doubled_parameter"))
        elif not text.strip():
            faults.append(Fault((name,), "empty_parameter"))
        elif value := valid(rules.fields[name], (name,), _as_typed(name, text), faults):
            found[COLUMNS[FIELDS[name]]] = value
    if faults:
        raise failed(faults)
    return found


def _as_typed(name: str, text: str) -> str:
    """Return an identifier with the + that arrives as a blank where it was not percent-encoded."""
    if name == "email":
        return with_plus(text)
    plus = name == "phone_number" and text.startswith(" ") and text[1:2].isdecimal()
    return f"+{text[1:]}" if plus else text


def skipping(customers: QuerySet[Customer], offset: int) -> QuerySet[Customer]:
    """Return customers without the first ones."""
    if not offset:
        return customers
    keys = customers.order_by("match_key").values_list("match_key", flat=True)
    last = list(keys[offset - 1 : offset])
    return customers.filter(match_key__gt=last[0]) if last else customers.none()


def next_url(pages: KeysetPagination) -> str | None:
    """Return the address of the next page, which begins behind this one however many there were before."""
    address = pages.next_url()
    return address and remove_query_param(address, "offset")


def as_sent(customer: Customer) -> dict[str, Any]:
    """Return a customer under the names an upload has."""
    kept = {
        name: value
        for name, value in customer.attributes.items()
        if name in ATTRIBUTES or COMPANY_FIELD.fullmatch(name)
    }
    return {
        **{ours: getattr(customer, COLUMNS[name]) for ours, name in FIELDS.items()},
        "can_post": False,
        "tags": customer.tags,
        "mailing_lists": customer.mailing_lists,
        **kept,
    }
