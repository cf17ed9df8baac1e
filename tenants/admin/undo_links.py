"""Who may take a changeset back, and the links that lead there."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from tenants.admin.access import access_of
from tenants.admin.sections import ARRAYS, link
from tenants.models import Changeset, Operation, Role, Source, Tenant

LONGEST = 2000  # characters of an address that one is led back to


def may_take_back(request: HttpRequest, changeset: Changeset) -> bool:
    """Tell whether a user may take a changeset back: the tenant's admins any, staff the edits they made themselves."""
    access = access_of(request)
    if access.may(Role.ADMIN, changeset.tenant_id):
        return True
    own = is_edit(changeset) and changeset.user_id == request.user.pk
    return own and access.may(Role.STAFF, changeset.tenant_id)


def is_edit(changeset: Changeset) -> bool:
    """Tell whether a changeset is an edit by a member of staff, of a list too, or an undo of one."""
    return changeset.source in (Source.ADMIN, Source.IMPORT) and changeset.operation in (Operation.EDIT, Operation.UNDO)


def own_edit(changeset: Changeset) -> str:
    """Say who but the admins may take an edit back."""
    return " and by who made it" if is_edit(changeset) else ""


def undo_links(request: HttpRequest, tenant: Tenant, number: int | None) -> SafeString:
    """Return links to a changeset and to taking it back, for a message that says what it did; none without a number."""
    changesets = Changeset.objects.defer(*ARRAYS).filter(tenant_id=tenant.pk, number=number or 0)
    found = changesets.first()
    if found is None:
        return SafeString("")
    if not may_take_back(request, found):
        return link_to(found)
    return format_html("{} · {}", link(undo_url(found), "Undo"), link_to(found))


def undo_url(changeset: Changeset) -> str:
    """Return the address of the page that asks before a changeset is taken back."""
    return reverse("admin:tenants_changeset_undo", args=[changeset.pk])


def page_of(changeset: Changeset) -> str:
    """Return the address of a changeset's page."""
    return reverse("admin:tenants_changeset_change", args=[changeset.pk])


def link_to(changeset: Changeset) -> SafeString:
    """Return a link to a changeset."""
    return link(page_of(changeset), f"number {changeset.number:,}")


def came_from(request: HttpRequest, changeset: Changeset) -> str:
    """Return where who takes a changeset back is led then: to the list as it was, or the record's page, they came from.

    The form carries it; at first the browser says it, so that no link holds what somebody searched for. Else, and for
    any other address, it is the changeset's page.
    """
    carried = request.POST.get("back", "")[:LONGEST] if request.method == "POST" else _referring(request)
    return carried if _is_list_or_record(carried) else page_of(changeset)


def _referring(request: HttpRequest) -> str:
    """Return the path and query of the page of this host that led here; "" where none did."""
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # half an IPv6 address
        return ""
    address = parts._replace(scheme="", netloc="", fragment="").geturl()
    return address if parts.netloc == request.get_host() and len(address) <= LONGEST else ""


def _is_list_or_record(address: str) -> bool:
    if not url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return False
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return False
    return match.namespace == "admin" and (match.url_name or "").endswith(("_changelist", "_change"))
