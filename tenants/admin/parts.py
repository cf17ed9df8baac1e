"""Records with parts of their own, lines of an order or variants of a product, deleted one or many at a time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from hub.sql.bigint import is_bigint
from tenants.admin.question import Question, chosen_ids, counted, joined
from tenants.admin.reasons import reason_form
from tenants.admin.records import RecordAdmin, origin_of
from tenants.changes.changesets import Origin, Receipt
from tenants.models import Tenant


class RecordWithPartsAdmin(RecordAdmin):
    """The admin of records whose page lists `parts` (their related name) with boxes to tick."""

    parts: str
    parts_stay: Sequence[str] = ()

    def delete_parts(self, tenant: Tenant, ids: Sequence[int], origin: Origin) -> Receipt:
        """Delete parts by their own hub ids."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, self.url_name
        return [
            path(f"<int:pk>/{self.parts}/", wrap(self.ask_parts_view), name=f"{name}_ask_parts"),
            path(f"<int:pk>/{self.parts}/delete/", wrap(self.delete_parts_view), name=f"{name}_delete_parts"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Offer boxes to tick to those who may delete."""
        if obj is not None and self.has_delete_permission(request, obj):
            context["ask_parts_url"] = reverse(f"admin:{self.url_name}_ask_parts", args=[obj.pk])
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def ask_parts_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask before deleting the parts ticked on a record's page."""
        record = self.record_or_404(request, str(pk))
        ticked = [int(part) for part in request.POST.getlist("part") if is_bigint(part)]
        found = list(getattr(record, self.parts).filter(pk__in=ticked))
        if not found:
            self.message_user(request, "Tick what to delete first.", messages.WARNING)
            return HttpResponseRedirect(self.record_url(pk))
        return self.ask(request, self.parts_deletion(record, found))

    def delete_parts_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete the parts that a confirmation page named."""
        record = self.record_or_404(request, str(pk))
        found = getattr(record, self.parts).filter(pk__in=chosen_ids(request))
        parts, form = list(found), reason_form([record], request.POST)
        if parts and not form.is_valid():
            return self.ask(request, replace(self.parts_deletion(record, parts), form=form), status=400)
        ids = [part.pk for part in parts]
        if ids:
            self.delete_parts(record.tenant, ids, origin_of(request, form.cleaned_data["reason"]))
        self.message_user(request, f"{counted(len(ids), found.model._meta)} deleted.", messages.SUCCESS)
        return HttpResponseRedirect(self.record_url(pk))

    def parts_deletion(self, record: Any, found: Sequence[Any]) -> Question:
        """Return the question asked before parts are deleted."""
        number = counted(len(found), found[0]._meta)
        return Question(
            title=f"Delete {number} of {record}",
            records=found,
            happens=[f"{number} of this {self.opts.verbose_name} deleted for good."],
            stays=[f"The {self.opts.verbose_name} itself, with everything else it has.", *self.parts_stay],
            button=f"Yes, delete {number}",
            url=reverse(f"admin:{self.url_name}_delete_parts", args=[record.pk]),
            chosen=joined(found),
            back=self.record_url(record.pk),
        )
