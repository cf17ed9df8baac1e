"""Where an invitation leads: accepted by somebody who logs in, or with a new account."""

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.generic.edit import FormView

from tenants.accounts.forms import NewAccountForm
from tenants.accounts.pages import Frame, frame
from tenants.invitations import InvitationGone, NeedsNoInvitation, accept, accept_as_new, new_user, open_invitation
from tenants.models import Invitation

GONE = "tenants/accounts/invitation_gone.html"
NOT_NEEDED = "You see {tenant} already, so there is nothing to accept. Log out to accept as somebody else."


class Accept(Frame, FormView):  # type: ignore[type-arg]
    """Says who invites to what; accepts on POST."""

    title = "Invitation"
    template_name = "tenants/accounts/invitation.html"
    form_class = NewAccountForm
    invitation: Invitation

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Find the invitation, or answer 404 with a page that says what may have become of it."""
        try:
            self.invitation = open_invitation(kwargs["text"])
            return super().dispatch(request, *args, **kwargs)
        except InvitationGone:
            return TemplateResponse(request, GONE, frame(request, self.title), status=404)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": new_user(self.invitation)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "invitation": self.invitation}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Accept as who is logged in; else make the account that the form describes."""
        if not request.user.is_authenticated:
            return super().post(request, *args, **kwargs)
        try:
            accept(kwargs["text"], request.user)
        except NeedsNoInvitation:
            messages.error(request, NOT_NEEDED.format(tenant=self.invitation.tenant))
            return HttpResponseRedirect(request.path)
        messages.success(request, f"You look after {self.invitation.tenant} now.")
        return HttpResponseRedirect(reverse("admin:index"))

    def form_valid(self, form: NewAccountForm) -> HttpResponse:
        user = form.save(commit=False)
        accept_as_new(self.kwargs["text"], user)
        messages.success(self.request, f"Your user name is {user.get_username()}; your e-mail does as well to log in.")
        record_authentication(self.request, user, method="password", reauthenticated=True)
        answer: HttpResponse = perform_login(self.request, Login(user=user))
        return answer
