"""The admin of invitations: sent by mail, or their link shown once; revoked while nobody has accepted."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display

from hub.middleware.compression import keep_plain
from hub.middleware.requests import HubRequest
from tenants import mails
from tenants.admin.audit import audit_of
from tenants.admin.configuration import ConfigurationAdmin
from tenants.admin.forms import InvitationForm
from tenants.admin.list_filters import TenantFilter, one_of
from tenants.admin.once import INVITATION, MadeAlready, make_once, to_made
from tenants.admin.sections import time_column
from tenants.invitations import invite, revoke, with_state
from tenants.models import Invitation, Role

INVITED = time_column("created_at", "Invited", "created_at")
EXPIRES = time_column("expires_at", "Expires", "expires_at")
STATES = {"open": "info", "accepted": "success", "revoked": "danger", "expired": "", "void": ""}


class NewInvitationRequest(HubRequest):
    """A request that invites, between the two hooks that make the invitation and answer. For typing alone."""

    link_text: str


@admin.register(Invitation)
class InvitationAdmin(ConfigurationAdmin):
    """Who is invited to a tenant, as what. The link is in a mail, or in one answer, and nowhere else."""

    form = InvitationForm
    change_role = None
    list_display = ["email", "tenant", "role", "state", "invited_by", INVITED, EXPIRES]
    list_select_related = ["tenant", "invited_by"]
    list_filter = [TenantFilter, one_of("role", "role", Role.choices)]
    search_fields = ["email"]
    fields = ["tenant", "email", "role", "once"]
    actions_row = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return with_state(super().get_queryset(request))

    @display(description="State", label=STATES)  # type: ignore[untyped-decorator]
    def state(self, invitation: Any) -> str:
        if invitation.is_open:
            return "open"
        if invitation.accepted_at or invitation.revoked_at:
            return "accepted" if invitation.accepted_at else "revoked"
        return "expired" if invitation.expires_at <= timezone.now() else "void"  # who invited may not any more

    def save_model(self, request: NewInvitationRequest, obj: Any, form: Any, change: bool) -> None:
        """Make the invitation, and keep the text of its link for `response_add`."""
        role, by = Role(obj.role), cast(User, request.user)
        once = form.cleaned_data["once"]
        made, request.link_text = make_once(
            request, obj.tenant, once, lambda: invite(obj.tenant, obj.email, role, by=by)
        )
        obj.pk, obj.expires_at, obj.invited_by, obj.created_at = (
            made.pk,
            made.expires_at,
            request.user,
            made.created_at,
        )

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Show the form, or invite, once, however often the form is sent."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except MadeAlready as already:
            return to_made(self, request, already, INVITATION, to_list=True)

    def response_add(
        self, request: NewInvitationRequest, obj: Invitation, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Mail the link where mails are sent; else, and where the mail is not taken, show it, this once."""
        link = request.build_absolute_uri(reverse("invitation", args=[request.link_text]))
        if mails.is_set_up() and self._is_mailed(request, obj, link):
            messages.success(request, f"{obj.email} is invited, by mail.")
            return self._to_list(obj)
        title = f"Invitation of {obj.email}"
        shown = self.page(request, "tenants/invitation_shown.html", title, obj, invitation=obj, link=link)
        return keep_plain(shown)

    def _is_mailed(self, request: HttpRequest, invitation: Invitation, link: str) -> bool:
        try:
            mails.send_invitation(invitation, link)
        except OSError:
            messages.error(request, "The mail could not be sent. Pass the link on yourself.")
            return False
        Invitation.objects.filter(pk=invitation.pk).update(is_mailed=True)
        return True

    @action(description="Revoke", url_path="revoke", icon="block")  # type: ignore[untyped-decorator]
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take an invitation back, after a question."""
        invitation = self.found(request, object_id)
        if invitation.accepted_at or invitation.revoked_at:
            messages.error(request, "This invitation was accepted or revoked already.")
            return self._to_list(invitation)
        if request.method != "POST":
            title = f"Revoke the invitation of {invitation.email}"
            return self.page(request, "tenants/invitation_revoke.html", title, invitation, invitation=invitation)
        revoke(invitation, by=cast(User, request.user))
        messages.success(request, f"The invitation of {invitation.email} is over.")
        return self._to_list(invitation)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead to the tenant's part of the audit, which names invitations by number in its details."""
        return HttpResponseRedirect(audit_of(self.found(request, object_id).tenant, "tenant"))

    def _to_list(self, invitation: Invitation) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:tenants_invitation_changelist')}?tenant={invitation.tenant_id}")
