"""The system page: how the hub is, for superusers. Each figure says when it is bad, and what to do then."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from hub.admin.times import moment
from tenants.admin.sections import record_link
from tenants.system import database, jobs, pages, work
from tenants.system.figures import Card, patiently


def system_page(request: HttpRequest) -> HttpResponse:
    """Show how the hub is, measured now. Raises PermissionDenied for who is no superuser."""
    if not (request.user.is_active and request.user.is_superuser):
        raise PermissionDenied
    cards = [patiently(title, make) for title, make in CARDS.items()]
    shown: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "System",
        "cards": cards,
        "bad": [(card, figure) for card in cards for figure in card.bad],
        "unknown": [card for card in cards if card.unknown],
        "at": timezone.now(),
        "jobs_url": reverse("admin:procrastinate_procrastinatejob_changelist"),
    }
    return TemplateResponse(request, "tenants/system.html", shown)


def _job(pk: int, text: str) -> SafeString:
    return record_link("procrastinate_procrastinatejob", pk, text)


def _call(pk: int, text: str) -> SafeString:
    return record_link("tenants_loggedrequest", pk, text)


CARDS: dict[str, Callable[[], Card]] = {  # those without tables first, two in a row
    "Background workers": jobs.workers,
    "Work": lambda: work.work(moment),
    "Database": database.server,
    "The hub": work.versions,
    "Jobs": lambda: jobs.queue(moment, _job),
    "Periodic tasks": lambda: jobs.periodic(moment),
    "Pages of the admin": lambda: pages.pages(moment),
    "Calls of the API": lambda: pages.calls(moment, _call),
    "Tables and indexes": lambda: database.relations(moment),
}
