"""The columns of exported lists of customers, and of the consent ledger."""

import json
from typing import Any

from customers.admin.lines import lines, source_of
from customers.admin.optins import TITLES, state_of
from customers.models import Customer
from tenants.admin.export_rows import ExportColumn
from tenants.models import ConsentChange


def _flag(name: str) -> ExportColumn:
    def state(customer: Customer) -> str:
        return state_of(customer, name).lower()

    return ExportColumn(TITLES[name], state)


def _attributes(customer: Customer) -> str:
    return json.dumps(customer.attributes, ensure_ascii=False) if customer.attributes else ""


def _what(change: ConsentChange) -> str:
    return "; ".join(f"{line.change} ({line.direction})" for line in lines(change))


def _against(change: Any) -> bool:
    return bool(change.against_staff)


CUSTOMER_COLUMNS = (
    ExportColumn("Hub id", lambda customer: f"{customer.pk}"),
    ExportColumn("Customer ID", lambda customer: customer.customer_id),
    ExportColumn("E-mail", lambda customer: customer.email),
    ExportColumn("Name", lambda customer: customer.name),
    ExportColumn("Surname", lambda customer: customer.surname),
    ExportColumn("Phone", lambda customer: customer.phone),
    ExportColumn("Language", lambda customer: customer.language),
    ExportColumn("Username", lambda customer: customer.username, usual=False),
    *map(_flag, TITLES),
    ExportColumn("Tags", lambda customer: customer.tags, usual=False),
    ExportColumn("Mailing lists", lambda customer: customer.mailing_lists, usual=False),
    ExportColumn("Attributes (JSON)", _attributes, usual=False),
    ExportColumn("Created", lambda customer: customer.created_at),
    ExportColumn("Updated", lambda customer: customer.updated_at, usual=False),
)
LEDGER_COLUMNS = (
    ExportColumn("When", lambda change: change.created_at),
    ExportColumn("Hub id of the customer", lambda change: f"{change.customer}"),
    ExportColumn("Change", _what),
    ExportColumn("Through", source_of),
    ExportColumn("By", lambda change: change.actor),
    ExportColumn("Why", lambda change: change.reason),
    ExportColumn("After staff opted out", _against, usual=False),
    ExportColumn("Changeset", lambda change: f"{change.changeset_number}"),
)
