"""The page of everything that is held about one person, to print, and the same as a file (Art. 15 GDPR)."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone

from customers.admin.dossier import as_json, parts_of
from customers.admin.held import Part
from customers.models import Customer
from hub.admin.times import in_zone
from hub.api.responses import to_json, utc
from tenants.admin.differences import plain_text
from tenants.admin.record_pages import RecordPage
from tenants.admin.sections import moment, without_zeros
from tenants.audit.looks import Looks, write_looks
from tenants.models import Entity, Way

MOST_ROWS = 1000  # of a part on the page; the file has all
AMOUNTS = {"TotalRevenue", "Price", "OriginalPrice"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)  # as the API writes one
PURPOSE = (
    "The shop keeps this to know its customers, to fulfil and count their orders, and to contact those who agreed to"
    " it. It comes from the shop's own systems and those of its partners, which send it to the data hub."
)
RIGHTS = (
    "The person may have wrong data corrected, have data erased or its use restricted, object to its use, take consent"
    " back, and complain to a supervisory authority. No decision about the person is made by the data hub alone."
)


def everything(model_admin: Any, request: HttpRequest, customer: Customer) -> HttpResponseBase:
    """Show everything that is held about a person, or answer with it as JSON; either is a look that the audit has."""
    form = request.GET.get("format", "")
    if form not in ("", "json"):
        raise BadRequest
    look = Looks(customer.tenant_id, Entity.CUSTOMERS, Way.DOSSIER, user_id=request.user.pk, record=customer.pk)
    write_looks([look])
    if form == "json":
        return _file(customer)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"Everything held about {customer}",
        "original": customer,
        "customer": customer,
        "tenant": customer.tenant,
        "at": moment(timezone.now()),
        "zone": timezone.get_current_timezone_name(),
        "purpose": PURPOSE,
        "rights": RIGHTS,
        "most": MOST_ROWS,
        "parts": map(_shown, parts_of(customer)),
        "back": model_admin.record_url(customer.pk),
    }
    return TemplateResponse(request, "tenants/everything.html", context)


def _file(customer: Customer) -> StreamingHttpResponse:
    """Answer with the file; its name says the hub id alone."""
    head = {
        "Tenant": str(customer.tenant),
        "TenantId": str(customer.tenant_id),
        "HubId": customer.pk,
        "At": utc(timezone.now()),
        "Purpose": PURPOSE,
        "Rights": RIGHTS,
    }
    headers = {
        "Content-Disposition": f'attachment; filename="everything-{customer.pk}.json"',
        "Cache-Control": "no-store",
    }
    pieces = as_json(customer, head, _written)
    return StreamingHttpResponse(pieces, content_type="application/json", headers=headers)


def _written(value: Any) -> bytes:
    """Write an object as JSON, its moments as the API writes them."""
    return to_json({name: utc(each) if isinstance(each, datetime) else each for name, each in value.items()})


def _shown(part: Part) -> Mapping[str, Any]:
    """Return a part as its page shows it: at most so many rows, each a list of columns and cells."""
    rows = list(islice(part.rows, MOST_ROWS + 1))
    cells = [[(title, _cell(name, row.get(name))) for name, title in part.columns.items()] for row in rows[:MOST_ROWS]]
    return {"part": part, "rows": cells, "has_more": len(rows) > MOST_ROWS}


def _cell(name: str, value: Any) -> object:
    at = value if isinstance(value, datetime) else _moment_in(value)
    return moment(at) if at else plain_text(_readable(name, value))


def _moment_in(value: Any) -> datetime | None:
    """Return the moment that the API would have written so."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and MOMENT.fullmatch(value) else None
    except ValueError:  # a day that no month has, in something a partner sent
        return None


def _readable(name: str, value: Any) -> Any:
    """Return a value with the amounts and moments in it as people read them: two decimals, the page's time zone."""
    if isinstance(value, dict):
        return {each: _readable(each, held) for each, held in value.items()}
    if isinstance(value, list):
        return [_readable(name, each) for each in value]
    if at := _moment_in(value):
        return in_zone(at)
    is_amount = name in AMOUNTS and isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return without_zeros(Decimal(str(value))) if is_amount else value


EVERYTHING = RecordPage("Everything we hold about this person", "everything", everything)
