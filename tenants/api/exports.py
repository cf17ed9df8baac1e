"""GET /exports/{tenantId}?entity=customers: all records of a kind that filters leave, in one answer of any length."""

from collections.abc import Mapping
from typing import Annotated, Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from pydantic import Field
from rest_framework.request import Request

from hub.api.openapi.operations import Answer, Operation
from hub.api.parameters import FLAG, Parameters, meaning, one_of, sent_with, some_of, written
from tenants.api.permissions import refuse_beyond
from tenants.api.views import TenantViewSet
from tenants.changes.news import last_number
from tenants.entities import entity_config
from tenants.exports.export import FORMATS, Export
from tenants.exports.recording import Recorded, Taker
from tenants.models import Entity, FileFormat
from tenants.scopes import Scope, scope_of

ENTITY = Annotated[
    str,
    written("entity", {entity.value: entity.value for entity in Entity}.get),
    Field(description="Which records.", json_schema_extra={"enum": Entity.values}),
]
FORMAT = meaning(one_of("choice", [each.value for each in FORMATS]), "As what; NDJSON where nothing is said.")
ESCAPES = meaning(FLAG, "Of a CSV: whether an apostrophe stands before what a spreadsheet would run as a formula.")
FIELDS = "Which members to write, and no other."
NAMED = "Say which records to export: entity=customers, orders or products."
SAID = ("entity", "format", "fields", "escapeFormulas")  # all others are filters


def _parameters(*entities: Entity) -> Parameters:
    """Return what an export of some entities knows: how it is written, and their filters, each a ValueFilter."""
    found = [entity_config(entity).exporting for entity in entities]
    filters = {name: each.kind() for one in found for name, each in _filters(one).items()}
    members = dict.fromkeys(name for one in found for name in one.layout.members)
    fields = meaning(some_of("fields", members), FIELDS)
    also = {"format": FORMAT, "fields": fields, "escapeFormulas": ESCAPES, **filters}
    return Parameters({"entity": ENTITY}, needs=all, otherwise=NAMED, also=also)


def _filters(exporting: Any) -> Mapping[str, Any]:
    filters: Mapping[str, Any] = exporting.filters.base_filters
    return filters


KNOWN = {entity: _parameters(entity) for entity in Entity}

EXPORTS = {
    "list": Operation(
        "Exports",
        "Export records",
        "All records of a kind, filtered as reads filter them, in the order of their identifiers and in one answer of "
        "any length. The feed from `X-Changeset` on has what is written meanwhile. NDJSON has the objects that reads "
        "answer, one a line; CSV a row for each line item or variant. An answer that ends without its end is cut off: "
        "ask again.",
        {
            200: Answer(
                str,
                "The records.",
                ("X-Changeset", "Content-Disposition"),
                media_type="application/x-ndjson",
                also=("text/csv",),
            )
        },
    )
}


class ExportViewSet(TenantViewSet):
    """GET /exports/{tenantId}: an answer of pages that are read as the client takes them."""

    needs = {"list": Scope.READ}  # of the entity that is named
    operations = EXPORTS
    in_query = {"list": _parameters(*Entity)}

    def list(self, request: Request, **_: Any) -> HttpResponseBase:
        """Answer with all records of an `entity`; raises ApiError 403 where the key may not read these.

        The first page is read before the answer begins, so what fails by then has an answer of its own.
        """
        export = self._asked(request)
        headers = {
            "X-Changeset": str(last_number(self.tenant.pk)),
            "Content-Disposition": f'attachment; filename="{export.file_name}"',
            "Cache-Control": "no-store",
        }
        if request.method == "HEAD":
            return HttpResponse(content_type=export.content_type, headers=headers)
        taker = Taker(api_key_id=self.origin.api_key_id, trace_id=self.origin.trace_id)
        pieces = Recorded(export, taker)
        pieces.begin()
        return StreamingHttpResponse(pieces, content_type=export.content_type, headers=headers)

    def _asked(self, request: Request) -> Export:
        entity = Entity(self.query["entity"])
        refuse_beyond(self.caller.scopes, scope_of("read", entity))
        asked = KNOWN[entity].read(sent_with(request))
        return Export(
            self.tenant,
            entity,
            FileFormat(asked.get("format", FileFormat.NDJSON)),
            filters={name: value for name, value in asked.items() if name not in SAID},
            fields=asked.get("fields"),
            escapes=asked.get("escapeFormulas", False),
        )
