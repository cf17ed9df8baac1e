"""Notes of staff on a customer, in the admin: written and deleted on the customer's page."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from customers.models import MOST_NOTE, Customer, CustomerNote
from customers.notes import add_note, delete_note
from hub.sql.bigint import is_bigint
from tenants.admin.access import access_of
from tenants.admin.looks import count_page
from tenants.admin.record_pages import RecordPage
from tenants.admin.records import RecordAdmin
from tenants.admin.saving import saved
from tenants.admin.sections import moment
from tenants.models import Entity, Role

MOST_SHOWN = 5


class NoteForm(forms.Form):
    """What is written down about a customer."""

    note = forms.CharField(
        label="A note",
        max_length=MOST_NOTE,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "autocomplete": "off", "placeholder": "Write a note"}),
        error_messages={"required": "Write something first."},
    )


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note as the page shows it."""

    pk: int
    text: str
    author: str
    at: SafeString
    may_delete: bool


def notes_of(request: HttpRequest, customer: Customer) -> list[ShownNote]:
    """Return a customer's latest notes, one more than the page shows."""
    notes = CustomerNote.objects.filter(tenant_id=customer.tenant_id, customer_id=customer.pk)
    return [
        ShownNote(note.pk, note.text, note.author, moment(note.created_at), may_delete(request, note))
        for note in notes.order_by("-created_at", "-pk")[: MOST_SHOWN + 1]
    ]


def may_delete(request: HttpRequest, note: CustomerNote) -> bool:
    """Tell whether the user may delete a note: their own as staff, anybody's as the tenant's admin."""
    access, is_own = access_of(request), note.user_id == request.user.pk
    return access.may(Role.STAFF if is_own else Role.ADMIN, note.tenant_id)


def write_note(model_admin: RecordAdmin, request: HttpRequest, customer: Customer) -> HttpResponse:
    """Write a note on a customer, or delete the one that a form names; raises Http404 for what is no form."""
    if request.method != "POST":
        raise Http404
    if not access_of(request).may(Role.STAFF, customer.tenant_id):
        raise PermissionDenied
    if "delete" in request.POST:
        return _deleted(model_admin, request, customer, request.POST["delete"])
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _refused(model_admin, request, customer, form)
    user = request.user
    if not add_note(customer, form.cleaned_data["note"], author=user.get_username(), user_id=user.pk):
        raise Http404
    return saved(request, _to_notes(model_admin, customer))


NOTES = RecordPage("", "notes", write_note, Role.VIEWER)  # where the forms of a customer's page are sent


def shown_notes(model_admin: RecordAdmin, request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Return what a customer's page shows of notes."""
    notes = notes_of(request, customer)
    form = NoteForm() if model_admin.has_change_permission(request, customer) else None
    shown = {"notes": notes[:MOST_SHOWN], "more_notes": len(notes) > MOST_SHOWN}
    return {**shown, "note_form": form, "notes_url": NOTES.url(model_admin.url_name, customer.pk)}


def _deleted(model_admin: RecordAdmin, request: HttpRequest, customer: Customer, note: str) -> HttpResponse:
    """Delete a note; raises Http404 where there is none that the user may delete."""
    anybody = access_of(request).may(Role.ADMIN, customer.tenant_id)
    if not is_bigint(note) or not delete_note(customer, int(note), user_id=request.user.pk, anybody=anybody):
        raise Http404
    model_admin.message_user(request, "Note deleted.", messages.SUCCESS)
    return _to_notes(model_admin, customer)


def _refused(model_admin: RecordAdmin, request: HttpRequest, customer: Customer, form: NoteForm) -> HttpResponse:
    """Show what was typed once more, with what is wrong with it."""
    count_page(request, customer.tenant_id, Entity.CUSTOMERS, customer.pk)
    frame = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "original": customer}
    about = {"title": f"A note on {customer}", "form": form, "back": model_admin.record_url(customer.pk)}
    return TemplateResponse(request, "tenants/note.html", {**frame, **about}, status=400)


def _to_notes(model_admin: RecordAdmin, customer: Customer) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{model_admin.record_url(customer.pk)}#notes")
