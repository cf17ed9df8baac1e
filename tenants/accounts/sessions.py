"""Where the account is logged in, and how that ends."""

from typing import Any

from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tenants.accounts.pages import Frame
from tenants.audit.events import actor_of, record
from tenants.models import AuditKind


class Sessions(Frame, ListUserSessionsView):
    """The account's sessions; POST ends all but this one."""

    title = "Sessions"
    template_name = "tenants/accounts/sessions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        UserSession.objects.create_from_request(self.request)  # of a session that got a new key with a new password
        return super().get_context_data(**kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        record(AuditKind.SESSION_ENDED, actor_of(self.request), user_id=self.request.user.pk, details=["all others"])
        return answer


@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions, but for the one that asks: that is what logging out is for."""
    session = UserSession.objects.filter(pk=pk, user_id=request.user.pk).first()
    if session is None or session.is_current():
        raise Http404
    session.end()
    record(AuditKind.SESSION_ENDED, actor_of(request), user_id=request.user.pk)
    messages.success(request, "That session is over.")
    return HttpResponseRedirect(reverse("usersessions_list"))
