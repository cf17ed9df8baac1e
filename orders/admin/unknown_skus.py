"""Sold SKUs that no variant has: which, how much hangs on them, what comes near, and what to tell the partner.

As the background worker measured them last: looking anew takes seconds at 3e6 lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from unfold.admin import ModelAdmin

from hub.admin.csv import csv_response
from hub.sql.bigint import is_bigint
from tenants.admin.access import tenants_of
from tenants.admin.figures import list_address
from tenants.admin.sections import money
from tenants.health import last_snapshots
from tenants.models import HealthSnapshot, Tenant

A_PAGE, IN_LETTER = 100, 50
HEADER = ("SKU", "Lines", "Orders", "Currency", "Revenue", "First order (UTC)", "Last order (UTC)", "Near")
SORTS = {"lines": "Lines", "revenue": "Revenue"}
LETTER = """Hello,

{number} in our orders {verb} no product in the data hub: {lines}, {orders}.
Please send the products with these SKUs, as their variants' Sku. The orders need not be sent again:
they mend themselves then.

{skus}{more}"""


@dataclass(frozen=True, slots=True)
class UnknownSku:
    """A sold SKU that no variant has; revenue is by currency, without cancelled orders.

    `near` are variants whose SKU differs in case, blanks, punctuation or leading zeros alone: (product, SKU).
    """

    sku: str
    lines: int
    orders: int
    revenue: Sequence[tuple[str, Decimal]]
    first: datetime
    last: datetime
    near: Sequence[tuple[int, str]]

    @property
    def amounts(self) -> list[str]:
        """The revenue in each currency, as it is written."""
        return [money(amount, currency) for currency, amount in self.revenue]

    @property
    def most(self) -> Decimal:
        """The largest of its revenues: what it is sorted by."""
        return max((amount for _, amount in self.revenue), default=Decimal(0))


def unknown_skus_page(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Show a tenant's unknown SKUs, a page of them."""
    tenants, tenant, snapshot = _chosen(request)
    found = _unknown(snapshot, _sort(request))
    number = request.GET.get("page", "1")
    if not is_bigint(number):
        raise BadRequest
    page = Paginator(found, A_PAGE).get_page(int(number))
    shown = {
        **model_admin.admin_site.each_context(request),
        "model_admin": model_admin,  # for the way to the page
        "title": "Unknown SKUs",
        "tenants": tenants,
        "tenant": tenant,
        "snapshot": snapshot,
        "page": page,
        "sort": _sort(request),
        "sorts": SORTS,
        "total": snapshot.figures.get("unknown_skus", 0) if snapshot else 0,
        "letter": _letter(found, tenant) if found else "",
        "orders_url": list_address("orders.order", tenant=str(tenant.pk)),
        "csv_url": f"{reverse('admin:orders_order_unknown_skus_csv')}?{urlencode({'tenant': tenant.slug})}",
    }
    return TemplateResponse(request, "orders/unknown_skus.html", shown)


def unknown_skus_csv(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Answer with all of a tenant's unknown SKUs that are kept, a line for each currency."""
    _, tenant, snapshot = _chosen(request)
    rows = [row for sku in _unknown(snapshot, _sort(request)) for row in _rows(sku)]
    return csv_response(f"unknown-skus-{tenant.slug}.csv", HEADER, rows)


def _chosen(request: HttpRequest) -> tuple[list[Tenant], Tenant, HealthSnapshot | None]:
    """Return one's tenants, the one that is asked for and its last snapshot.

    Unasked, the one with most lines to mend. Raises Http404 for another's tenant, or where one has none.
    """
    tenants = list(tenants_of(request.user).order_by("name"))
    snapshots = {snapshot.tenant_id: snapshot for snapshot in last_snapshots([tenant.pk for tenant in tenants])}
    if slug := request.GET.get("tenant", ""):
        found = [tenant for tenant in tenants if tenant.slug == slug]
    else:
        real = [tenant for tenant in tenants if not tenant.is_sandbox] or tenants
        found = sorted(real, key=lambda tenant: -_lines_of(snapshots.get(tenant.pk)))
    if not found:
        raise Http404
    return tenants, found[0], snapshots.get(found[0].pk)


def _lines_of(snapshot: HealthSnapshot | None) -> int:
    return int(snapshot.figures.get("lines_without_variant", 0)) if snapshot else 0


def _sort(request: HttpRequest) -> str:
    """Return what to sort by; raises BadRequest for what no link offers."""
    sort = request.GET.get("sort", "lines")
    if sort not in SORTS:
        raise BadRequest
    return sort


def _unknown(snapshot: HealthSnapshot | None, sort: str) -> list[UnknownSku]:
    found = [_read(kept) for kept in (snapshot.unknown_skus or [] if snapshot else [])]
    return found if sort == "lines" else sorted(found, key=lambda sku: (-sku.most, sku.sku))


def _read(kept: dict[str, Any]) -> UnknownSku:
    return UnknownSku(
        sku=kept["sku"],
        lines=kept["lines"],
        orders=kept["orders"],
        revenue=[(currency, Decimal(amount)) for currency, amount in kept["revenue"].items()],
        first=datetime.fromisoformat(kept["first"]),
        last=datetime.fromisoformat(kept["last"]),
        near=[(product, sku) for product, sku in kept["near"]],
    )


def _rows(sku: UnknownSku) -> list[tuple[object, ...]]:
    near = " ".join(near for _, near in sku.near)
    seen = (f"{sku.first:%Y-%m-%d %H:%M:%S}", f"{sku.last:%Y-%m-%d %H:%M:%S}")
    return [(sku.sku, sku.lines, sku.orders, currency, amount, *seen, near) for currency, amount in sku.revenue]


def _letter(found: Sequence[UnknownSku], tenant: Tenant) -> str:
    """Return what to tell the partner, ready to be sent."""
    lines, orders = sum(sku.lines for sku in found), sum(sku.orders for sku in found)
    named = [f"{sku.sku}{_nearest(sku)}" for sku in found[:IN_LETTER]]
    more = f"\n… and {len(found) - IN_LETTER:,} more, in the file." if len(found) > IN_LETTER else ""
    return LETTER.format(
        number=_counted(len(found), "SKU"),
        verb="has" if len(found) == 1 else "have",
        lines=_counted(lines, "line"),
        orders=f"in {_counted(orders, 'order')}" if orders == 1 else f"in up to {_counted(orders, 'order')}",
        skus="\n".join(named),
        more=more,
    )


def _nearest(sku: UnknownSku) -> str:
    return f" (there is {', '.join(near for _, near in sku.near)}: is that the same?)" if sku.near else ""


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
