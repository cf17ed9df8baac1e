"""The request log in the admin: every call, what was wrong with it, and the mistakes that are made again and again."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hub.admin.pasting import pasted, trace_id_in
from hub.sql.bigint import is_bigint
from tenants.admin.access import tenant_ids_of
from tenants.admin.curl import write_again
from tenants.admin.day_filters import arrived
from tenants.admin.export_columns import REQUEST_COLUMNS
from tenants.admin.exporting import ExportedList
from tenants.admin.figures import list_address
from tenants.admin.history import HistoryAdmin, in_trace
from tenants.admin.list_filters import ChoiceFilter, ExactFilter, TenantFilter, one_of
from tenants.admin.lists import tenants_shown
from tenants.admin.palette import Findable
from tenants.admin.request_charts import chart, options, repeated
from tenants.admin.sections import Section, clipped, link, record_link
from tenants.models import DIALECTS, ApiKey, Changeset, LoggedRequest
from tenants.requests.summary import mistaken

# Lists that a search by trace id leads to from a request: (model, what it is called).
OF_TRACE = (("tenants.changeset", "changesets"), ("tenants.quarantinedrecord", "records in quarantine"))
MOST_NUMBERS = 20  # of records that are named with a mistake


class OutcomeFilter(ChoiceFilter):
    """How a call ended."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("2xx", "Done (2xx)"),
            ("warned", "Done, with warnings"),
            ("refused", "Refused for a mistake, or failed"),
            ("4xx", "Refused (4xx)"),
            ("5xx", "Failed (5xx)"),
        ]

    def chosen(self, queryset: QuerySet[LoggedRequest], value: str) -> QuerySet[LoggedRequest]:
        if value == "refused":
            return mistaken(queryset)
        if value in ("2xx", "warned"):
            done = queryset.filter(status__lt=400)
            return done.filter(faults__gt=0) if value == "warned" else done
        least = int(value[0]) * 100  # each of these has a fault, which an index knows
        return queryset.filter(faults__gt=0, status__gte=least, status__lt=least + 100)


class StatusFilter(ExactFilter):
    """The status that was answered."""

    title = "status"
    parameter_name = "status"

    def normal(self, value: str) -> str:
        """Return the value as it is stored; one that can't be a status becomes 0, which finds nothing."""
        return value if is_bigint(value) and len(value) == 3 else "0" if value else ""

    def names_nobody(self, value: str) -> bool:
        return is_bigint(value) and len(value) == 3

    def mistake(self) -> str:
        if any(self.normal(value) != "0" for value in pasted(self.value() or "")):
            return ""
        return f"{self.words()} is not a status: write three digits, as 429."


class RouteFilter(ExactFilter):
    """A route, as the documents write it."""

    title = "route, as /customers/{tenantId}"
    parameter_name = "route"

    def normal(self, value: str) -> str:
        """Return the route with the slash that it begins with."""
        return f"/{value.lstrip('/')}"


class KeyFilter(ExactFilter):
    """A key, by the beginning that is stored."""

    title = "beginning of the key"
    parameter_name = "key"

    def having(self, queryset: QuerySet[LoggedRequest], values: list[str]) -> QuerySet[LoggedRequest]:
        keys = ApiKey.objects.filter(prefix__in=[value[:8] for value in values]).values_list("pk", flat=True)
        return queryset.filter(api_key__in=list(keys))


class CodeFilter(ExactFilter):
    """The code of an error or a warning."""

    title = "error code, as too_long"
    parameter_name = "code"

    def having(self, queryset: QuerySet[LoggedRequest], values: list[str]) -> QuerySet[LoggedRequest]:
        return queryset.filter(faults__gt=0, codes__overlap=values)


@admin.register(LoggedRequest)
class LoggedRequestAdmin(ExportedList, Findable, HistoryAdmin):
    """Written by the hub alone, and deleted by it after 30 days."""

    class Media:
        css = {"all": ["tenants/tenants.css"]}
        js = ["tenants/tenants.js"]

    exports = REQUEST_COLUMNS
    list_display = ("at", "shop", "outcome", "method", "route", "counts", "took", "first_codes", "key")
    list_filter = (
        TenantFilter,
        OutcomeFilter,
        StatusFilter,
        RouteFilter,
        KeyFilter,
        CodeFilter,
        one_of("source", "dialect", DIALECTS),
        arrived("day"),
    )
    search_fields = ("trace_id",)
    search_help_text = "Trace id, as traceId or traceparent have it"
    list_before_template = "tenants/requests.html"
    to_the_second = True
    fieldsets = (
        (
            "Request",
            {
                "fields": (
                    ("at", "outcome"),
                    ("method", "route"),
                    ("took", "size"),
                    ("source", "key"),
                    "all_counts",
                    "led_to",
                    "tenant",
                    "trace_id",
                )
            },
        ),
    )
    readonly_fields = ("at", "outcome", "took", "key", "all_counts", "led_to")
    change_form_outer_after_template = "tenants/request.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoggedRequest]:
        """Return requests with their keys, which are on the coordinator, where requests need not be."""
        found: QuerySet[LoggedRequest] = super().get_queryset(request).prefetch_related("api_key")
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LoggedRequest], search_term: str
    ) -> tuple[QuerySet[LoggedRequest], bool]:
        """Keep the requests of a trace."""
        return (in_trace(queryset, search_term) if pasted(search_term) else queryset), False

    def may_name(self, term: str) -> bool:
        return trace_id_in(term) is not None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the calls of each day, and the mistakes of the last 24 hours, above the newest requests."""
        shown: dict[str, Any] = {}
        if not {"p", "q"} & request.GET.keys():
            tenants = _tenants(request)
            shown = {"chart": chart(tenants), "chart_options": options(), "mistakes": repeated(tenants, request)}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **shown})
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: LoggedRequest | None = None, **kwargs: Any
    ) -> HttpResponse:
        """Show what was wrong below the fields, and how to send the same again."""
        if obj is not None:
            base = request.build_absolute_uri("/").rstrip("/")
            context |= {"sections": [errors_of(obj)] if obj.errors else [], "curl": write_again(obj, base)}
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    @admin.display(description="status")
    def outcome(self, row: LoggedRequest) -> SafeString:
        return format_html('<span class="health-badge {}">{}</span>', "bad" if row.status >= 400 else "", row.status)

    @admin.display(description="milliseconds")
    def took(self, row: LoggedRequest) -> str:
        return f"{row.milliseconds:,.1f}"

    @admin.display(description="records")
    def counts(self, row: LoggedRequest) -> SafeString:
        return clipped(said_counts(row))

    @admin.display(description="records")
    def all_counts(self, row: LoggedRequest) -> str:
        return said_counts(row)

    @admin.display(description="what was wrong")
    def first_codes(self, row: LoggedRequest) -> SafeString:
        more = len(row.codes) - 2
        return clipped(", ".join(row.codes[:2]) + (f" and {more} more" if more > 0 else "") or "–")

    @admin.display(description="API key")
    def key(self, row: LoggedRequest) -> SafeString:
        return clipped(row.api_key or "–")

    @admin.display(description="see also")
    def led_to(self, row: LoggedRequest) -> SafeString:
        number = row.changeset or 0  # which no changeset has
        found = Changeset.objects.filter(tenant=row.tenant_id, number=number).values_list("pk", flat=True)
        changeset = [record_link("tenants_changeset", pk, f"changeset {number:,}") for pk in found]
        lists = [
            link(list_address(model, tenant=str(row.tenant_id), q=row.trace_id), f"{name} of this trace")
            for model, name in OF_TRACE
        ]
        return SafeString(" · ".join([*changeset, *lists]))


def _tenants(request: HttpRequest) -> list[UUID]:
    shown = tenants_shown(request)
    return tenant_ids_of(request) if shown is None else shown


def said_counts(row: LoggedRequest) -> str:
    """Say what became of the records of a call: `500 received: 3 created, 2 updated`."""
    names = ("created", "updated", "unchanged", "removed")
    became = ", ".join(f"{getattr(row, name):,} {name}" for name in names if getattr(row, name))
    if row.received is None:
        return became or "–"
    return f"{row.received:,} received" + (f": {became}" if became else "")


def errors_of(row: LoggedRequest) -> Section:
    """Return the mistakes of a request as a table, those that are the same put together."""
    shown = sum(error["times"] for error in row.errors)
    rows = [
        [
            "warning" if error["is_warning"] else "error",
            error["field"] or "–",
            error["code"],
            error["text"] or "–",
            f"{error['times']:,}",
            _numbers(error["records"]),
        ]
        for error in row.errors
    ]
    note = f"{row.faults:,} in all, of which {shown:,} are told apart here." if row.faults > shown else ""
    return Section("What was wrong", ("Kind", "Field", "Code", "Sentence", "Times", "In records"), rows, note=note)


def _numbers(records: Iterable[int]) -> str:
    """Name records by their place in the batch, from 0."""
    named = list(records)
    said = ", ".join(str(number) for number in named[:MOST_NUMBERS])
    return f"{said}, …" if len(named) > MOST_NUMBERS else said or "–"


def request_of(changeset: Changeset) -> SafeString | str:
    """Return a link to the request that a changeset came with, where it is in the log."""
    mine = LoggedRequest.objects.filter(Q(changeset=changeset.number) | Q(trace_id=changeset.trace_id))
    found = mine.filter(tenant=changeset.tenant_id, trace_id=changeset.trace_id, status__lt=400).order_by("-pk").first()
    return record_link("tenants_loggedrequest", found.pk, str(found)) if found else "–"
