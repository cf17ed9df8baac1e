"""The head of a customer's page: who it is, what to know at once, and what they bought."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from django.urls import reverse

from customers.duplicates import suspected
from customers.models import Customer
from hub.sql.prepared import Row
from tenants.admin.head import BAD, WARN, Chip, Fact
from tenants.admin.sections import moment, money
from tenants.links import order_totals_of_customer

MOST_ORDERS = 10_000  # that are counted


class Sum(NamedTuple):
    """What some orders come to: how many, and the revenue of each currency."""

    orders: int
    revenue: list[tuple[str, Decimal]]

    @property
    def text(self) -> str:
        """Write it: `12 orders, 1,240.00 EUR`."""
        number = f"{self.orders:,} order{'' if self.orders == 1 else 's'}"
        return ", ".join([number, *(money(amount, currency) for currency, amount in self.revenue)])


class Totals(NamedTuple):
    """What a customer's orders come to, those that stand and those that were cancelled, and when they were placed.

    `more`: there are more than were counted.
    """

    placed: Sum
    cancelled: Sum
    first: datetime | None
    last: datetime | None
    more: bool

    @property
    def orders(self) -> str:
        """Write how many orders there are, cancelled ones too."""
        return f"{MOST_ORDERS:,}+" if self.more else f"{self.placed.orders + self.cancelled.orders:,}"

    @property
    def title(self) -> str:
        """Write what stands above a customer's orders."""
        if self.more:
            return f"More than {MOST_ORDERS:,} orders"
        return self.placed.text if self.placed.orders + self.cancelled.orders else "No orders"


def totals_of(customer: Customer) -> Totals:
    """Return what a customer's orders come to."""
    rows = order_totals_of_customer(customer.tenant, customer.customer_id, customer.email, MOST_ORDERS + 1)
    more = sum(row[2] for row in rows) > MOST_ORDERS
    firsts, lasts = [row[4] for row in rows], [row[5] for row in rows]
    placed, cancelled = (_sum([row for row in rows if row[1] is is_cancelled]) for is_cancelled in (False, True))
    return Totals(placed, cancelled, min(firsts, default=None), max(lasts, default=None), more)


def _sum(rows: list[Row]) -> Sum:
    revenue = [(currency, sum(row[3] for row in own)) for currency, own in groupby(rows, key=lambda row: row[0])]
    return Sum(sum(row[2] for row in rows), revenue)


def identifiers_of(customer: Customer) -> list[tuple[str, str]]:
    """Return what names a customer, each with its label."""
    named = [
        ("Customer ID", customer.customer_id),
        ("E-mail", customer.email),
        ("Phone", customer.phone),
        ("Hub id", f"{customer.pk}"),
    ]
    return [(label, value) for label, value in named if value]


def facts_of(totals: Totals) -> list[Fact]:
    """Return the figures of a customer's head."""
    note = f"{totals.cancelled.orders:,} cancelled" if totals.cancelled.orders and not totals.more else ""
    facts = [Fact("Orders", totals.orders, note)]
    if totals.more:  # of what was counted nothing is said that is not so of all
        return facts
    revenue = ", ".join(money(amount, currency) for currency, amount in totals.placed.revenue)
    facts += [Fact("Revenue", revenue)] if revenue else []
    dates = (("First order", totals.first), ("Last order", totals.last))
    return facts + [Fact(label, moment(date)) for label, date in dates if date]


def excluded(customer: Customer) -> Chip | None:
    """Tell that nobody may write to the customer."""
    return Chip("Excluded", BAD) if customer.is_excluded else None


def without_gdpr_consent(customer: Customer) -> Chip | None:
    """Tell that the customer has not agreed to be stored."""
    return None if customer.gdpr_optin else Chip("No GDPR consent", WARN)


def of_sandbox(customer: Customer) -> Chip | None:
    """Tell that the customer is not a real one."""
    return Chip("Sandbox", WARN) if customer.tenant.is_sandbox else None


def possible_duplicate(customer: Customer) -> Chip | None:
    """Tell that another customer may be the same person; leads to where the two are merged."""
    others = suspected(customer.tenant, customer)
    if not others:
        return None
    url = reverse("admin:customers_customer_merge", args=[customer.pk])
    return Chip("Possible duplicate", WARN, f"{url}?with={others[0]}" if len(others) == 1 else url)


# What may be said of a customer, in this order.
CHIPS: tuple[Callable[[Customer], Chip | None], ...] = (
    excluded,
    without_gdpr_consent,
    possible_duplicate,
    of_sandbox,
)


def chips_of(customer: Customer) -> list[Chip]:
    """Return what is to be known of a customer at once."""
    return [chip for chip in (said(customer) for said in CHIPS) if chip]
