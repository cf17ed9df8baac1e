"""Acting on a list that somebody mailed: paste or upload it, see whom it means, choose, confirm, undo.

Everything is sent by POST, and what was typed goes from page to page within the forms, signed, and nowhere else: it is
in no address, no session, no table and no log.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import action

from customers.acting.edits import Acted, Seen, act
from customers.acting.matching import MOST_OF_A_LINE, Line, Listed, matched
from customers.acting.standing import standing_of
from customers.admin.list_files import Column, NoList, columns_in, identifiers, texts_in
from customers.admin.list_forms import ChoiceForm, ListForm
from customers.admin.list_outcome import HEADER, figures, happens, outcomes, said
from customers.models import Customer
from hub.admin.csv import csv_response
from tenants.admin.access import tenants_of, write_times_in
from tenants.admin.records import RecordAdmin, origin_of
from tenants.admin.undo_links import undo_links
from tenants.audit.looks import Looks, write_looks
from tenants.models import Entity, Role, Source, Tenant, Way

GOOD_FOR = 2 * 60 * 60  # seconds: pages that were left open longer say so
TOO_OLD = "This page was open for more than two hours, or was changed. Begin again with the list."
MOST_SHOWN = 200  # lines with several matches that the page names
MOST_SIGNED = 2_000_000  # bytes that a form can carry back
STEPS = {
    "list": "Act on a list",
    "column": "Act on a list: choose the column",
    "choose": "Act on a list: choose what to change",
    "confirm": "Act on a list: confirm",
    "done": "Act on a list: done",
}


@action(  # type: ignore[untyped-decorator]
    description="Paste or upload a list", url_path="paste-list", icon="playlist_add_check", permissions=["change"]
)
def act_on_list(model_admin: RecordAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for a list, and lead from it to what becomes of its customers."""
    tenants = {str(tenant.pk): tenant for tenant in tenants_of(request.user, Role.STAFF).order_by("name")}
    if not tenants:
        raise PermissionDenied
    steps = {"list": _take, "column": _column, "choose": _choose, "act": _act}
    step = steps.get(request.POST.get("step", ""))
    if request.POST.get("step") == "download":
        return _download(model_admin, request)
    try:
        return step(model_admin, request, tenants) if step else _asking(model_admin, request, ListForm(tenants=tenants))
    except signing.BadSignature:
        return _asking(model_admin, request, ListForm(tenants=tenants), wrong=TOO_OLD)
    except NoList as error:
        return _asking(model_admin, request, ListForm(tenants=tenants), wrong=str(error))


def _page(model_admin: RecordAdmin, request: HttpRequest, step: str, status: int = 200, **shown: Any) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": STEPS[step],
    }
    context |= {"step": step, "list_url": model_admin.list_url(), **shown}
    headers = {"Cache-Control": "no-store"}
    return TemplateResponse(request, "tenants/act_on_list.html", context, status=status, headers=headers)


def _asking(model_admin: RecordAdmin, request: HttpRequest, form: ListForm, wrong: str = "") -> HttpResponse:
    return _page(model_admin, request, "list", 400 if wrong or form.errors else 200, form=form, wrong=wrong)


# The list


def _take(model_admin: RecordAdmin, request: HttpRequest, tenants: dict[str, Tenant]) -> HttpResponse:
    form = ListForm(request.POST, request.FILES, tenants=tenants)
    if not form.is_valid():
        return _asking(model_admin, request, form)
    tenant, upload = tenants[form.cleaned_data["tenant"]], form.cleaned_data["file"]
    try:
        if not upload:
            return _matched(model_admin, request, tenant, texts_in(form.cleaned_data["lines"]))
        columns = columns_in(upload)
        if len(columns) == 1:
            return _matched(model_admin, request, tenant, identifiers(columns[0].cells))
        return _which(model_admin, request, tenant, columns)
    except NoList as error:
        return _asking(model_admin, request, form, str(error))


def _which(model_admin: RecordAdmin, request: HttpRequest, tenant: Tenant, columns: Sequence[Column]) -> HttpResponse:
    carried = sign(request, [str(tenant.pk), [[column.name, list(column.cells)] for column in columns]])
    if len(carried) > MOST_SIGNED:
        raise NoList("The columns that may hold identifiers are too large. Send a file with one column.")
    return _page(model_admin, request, "column", columns=columns, carried=carried)


def _column(model_admin: RecordAdmin, request: HttpRequest, tenants: dict[str, Tenant]) -> HttpResponse:
    tenant_id, columns = unsigned(request)
    tenant, number = of(tenants, tenant_id), request.POST.get("column", "")
    if number not in map(str, range(len(columns))):
        return _which(model_admin, request, tenant, [Column(*column) for column in columns])
    return _matched(model_admin, request, tenant, identifiers(columns[int(number)][1]))


# Whom it means, and what is to become of them


def _matched(model_admin: RecordAdmin, request: HttpRequest, tenant: Tenant, texts: Sequence[str]) -> HttpResponse:
    listed = Listed(tenant, matched(tenant, texts))
    if ids := listed.ids(shared=True):
        looks = Looks(tenant.pk, Entity.CUSTOMERS, Way.LIST, user_id=request.user.pk, records=len(ids))
        write_looks([looks])
    return _choosing(model_admin, request, listed, ChoiceForm(required=tenant.requires_reason))


def _choosing(
    model_admin: RecordAdmin, request: HttpRequest, listed: Listed, form: ChoiceForm, status: int = 200
) -> HttpResponse:
    several = listed.several[:MOST_SHOWN]
    people = Customer.objects.filter(tenant_id=listed.tenant.pk).in_bulk([pk for line in several for pk in line.ids])
    named = [(line.text, [people[pk] for pk in line.ids if pk in people]) for line in several]
    return _page(
        model_admin,
        request,
        "choose",
        status,
        listed=listed,
        several=named,
        figures=figures(listed, shared=bool(form["shared"].value())),
        finds=bool(listed.single or listed.several),
        most_of_a_line=MOST_OF_A_LINE,
        form=form,
        carried=carry(request, listed),
    )


def _choose(model_admin: RecordAdmin, request: HttpRequest, tenants: dict[str, Tenant]) -> HttpResponse:
    """Show what would change, in numbers, before it is done."""
    listed = carried(request, tenants)
    form = ChoiceForm(request.POST, required=listed.tenant.requires_reason)
    if not form.is_valid():
        return _choosing(model_admin, request, listed, form, 400)
    return _confirming(model_admin, request, listed, form)


def _confirming(model_admin: RecordAdmin, request: HttpRequest, listed: Listed, form: ChoiceForm) -> HttpResponse:
    ids = listed.ids(shared=form.cleaned_data["shared"])
    customers = standing_of(listed.tenant, ids, form.wanted.members)
    shown = [[each.id, each.flags, each.members] for each in customers]
    carried = sign(request, [str(listed.tenant.pk), packed(listed.lines), shown, as_sent(form)])
    happening = happens(customers, form.wanted)
    of_lines = figures(listed, shared=form.cleaned_data["shared"])
    shown_so: dict[str, Any] = {"listed": listed, "number": len(shown), "figures": of_lines, "happens": happening}
    return _page(model_admin, request, "confirm", carried=carried, **shown_so)


# Doing it


def _act(model_admin: RecordAdmin, request: HttpRequest, tenants: dict[str, Tenant]) -> HttpResponse:
    tenant_id, lines, shown, sent = unsigned(request)
    tenant, listed = of(tenants, tenant_id), unpacked(lines)
    write_times_in([tenant.time_zone])
    form = ChoiceForm(sent, required=tenant.requires_reason)
    if not form.is_valid():  # the tenant wants a reason since
        return _choosing(model_admin, request, Listed(tenant, listed), form, 400)
    seen = {pk: Seen(flags, members) for pk, flags, members in shown}
    acted = act(tenant, seen, form.wanted, origin=origin(request, form.cleaned_data["reason"]))
    return _done(model_admin, request, tenant, listed, seen, acted)


def _done(
    model_admin: RecordAdmin,
    request: HttpRequest,
    tenant: Tenant,
    lines: Sequence[Line],
    seen: dict[int, Seen],
    acted: Acted,
) -> HttpResponse:
    rows = list(outcomes(lines, seen, acted))
    return _page(
        model_admin,
        request,
        "done",
        said=said(tenant, acted, len(seen)),
        links=undo_links(request, tenant, acted.number),
        carried=sign(request, rows),
    )


def _download(model_admin: RecordAdmin, request: HttpRequest) -> HttpResponse:
    """Answer with the lines as typed, and what became of each; from the form, for nobody keeps them."""
    try:
        rows: list[list[str]] = unsigned(request)
    except signing.BadSignature:
        tenants = {str(tenant.pk): tenant for tenant in tenants_of(request.user, Role.STAFF)}
        return _asking(model_admin, request, ListForm(tenants=tenants), wrong=TOO_OLD)
    return csv_response("result-of-list.csv", HEADER, rows)


def origin(request: HttpRequest, reason: str) -> Any:
    """Return what a list's changeset is recorded under: a list from elsewhere, brought by a member."""
    return replace(origin_of(request, reason), source=Source.IMPORT)


def sign(request: HttpRequest, carried: Any) -> str:
    """Return what a form carries to the next page: for this user alone, and unchanged."""
    return signing.dumps(carried, salt=_salt(request), compress=True)


def unsigned(request: HttpRequest) -> Any:
    """Return what the form carried; raises BadSignature for what was changed, is another's or too old."""
    return signing.loads(request.POST.get("carried", ""), salt=_salt(request), max_age=GOOD_FOR)


def _salt(request: HttpRequest) -> str:
    return f"customers.admin.acting {request.user.pk}"


def of(tenants: dict[str, Tenant], tenant_id: str) -> Tenant:
    """Return a tenant whose staff the user is still; raises PermissionDenied."""
    if tenant_id not in tenants:
        raise PermissionDenied
    return tenants[tenant_id]


def carry(request: HttpRequest, listed: Listed) -> str:
    """Sign a list."""
    return sign(request, [str(listed.tenant.pk), packed(listed.lines)])


def carried(request: HttpRequest, tenants: dict[str, Tenant]) -> Listed:
    """Return the list that a form carried."""
    tenant_id, lines = unsigned(request)
    return Listed(of(tenants, tenant_id), unpacked(lines))


def packed(lines: Sequence[Line]) -> list[list[Any]]:
    """Write lines for a form."""
    return [[line.text, line.same_as, *line.ids] for line in lines]


def unpacked(lines: Sequence[Sequence[Any]]) -> list[Line]:
    """Read what `packed` wrote."""
    return [Line(text, tuple(ids), same_as) for text, same_as, *ids in lines]


def as_sent(form: ChoiceForm) -> dict[str, str]:
    """Return what was chosen, as the form takes it again."""
    return {name: str(value) for name, value in form.cleaned_data.items() if name not in ("wanted", "shared") and value}
