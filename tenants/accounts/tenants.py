"""The tenants that one looks after, and leaving them."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from tenants.accounts.pages import Frame
from tenants.audit.events import actor_of
from tenants.members import LastAdmin, agree, remove_member
from tenants.models import Membership

LAST_ADMIN = "You are the only admin of {tenant}. Make somebody else an admin first."


@method_decorator(login_required, name="dispatch")
class OwnTenants(Frame, TemplateView):
    """One's memberships; POST leaves one, or agrees to one that somebody else gave without asking."""

    title = "Your tenants"
    template_name = "tenants/accounts/tenants.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = (
            Membership.objects.filter(user=cast(User, self.request.user))
            .select_related("tenant")
            .order_by("tenant__name")
        )
        return {**super().get_context_data(**kwargs), "memberships": own}

    def post(self, request: HttpRequest, pk: int, answer: str) -> HttpResponse:
        """Leave or agree; the last admin stays."""
        membership = Membership.objects.filter(pk=pk, user=cast(User, request.user)).select_related("tenant").first()
        if membership is None:
            raise Http404
        if answer == "agree":
            agree(membership)
        else:
            _leave(request, membership)
        return HttpResponseRedirect(reverse("own_tenants"))


def _leave(request: HttpRequest, membership: Membership) -> None:
    try:
        remove_member(membership, by=actor_of(request))
        messages.success(request, f"You no longer look after {membership.tenant}.")
    except LastAdmin:
        messages.error(request, LAST_ADMIN.format(tenant=membership.tenant))
