"""Taking a changeset back in the admin: what would happen, asked of the tenant's admins, and done where they agree."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from tenants.admin.forms import ReasonForm
from tenants.admin.history import HistoryAdmin
from tenants.admin.records import origin_of
from tenants.admin.sections import link, moment
from tenants.admin.undo_links import came_from, link_to, may_take_back, own_edit
from tenants.admin.undo_plans import followers, giving, happens, offer, plan_sections, stays
from tenants.changes.images import KEPT_FOR
from tenants.changes.undo import (
    FOLLOWED,
    MERGES,
    NO_IMAGES,
    TAKEN_BACK,
    PlanChanged,
    leader_of,
    plan_undo,
    undo,
    undo_of,
    why_not,
)
from tenants.models import Changeset, Entity, Role, Tenant

MOST_REASON = 200  # characters
OTHERWISE = "Meanwhile something else was written. This is what would happen now: look again, then decide."
SWITCH = "What API batches change is kept where the tenant wants it:"
NO_REASON = "Say why consent is given back: the reason stands in the ledger."


@dataclass(frozen=True)
class Answer:
    """What the page of a plan was sent back with."""

    planned: str
    gives: bool
    reason: str

    def wrong(self, requires_reason: bool) -> str:
        """Say what the reason lacks: nothing is given back without one, nor done where a tenant wants one."""
        if self.gives and not self.reason:
            return NO_REASON
        errors = ReasonForm({"reason": self.reason}, required=requires_reason).errors
        return str(errors["reason"][0]) if errors else ""


class UndoAdmin(HistoryAdmin):
    """The admin of changesets as far as they are taken back, and say what took back what."""

    actions_detail = ("undo",)

    def get_object(self, request: HttpRequest, object_id: Any, from_field: str | None = None) -> Any:
        """Return a changeset that knows whether the user is its tenant's admin, and may take it back."""
        changeset = super().get_object(request, object_id, from_field)
        if changeset:
            changeset.is_admins = self.may(request, Role.ADMIN, changeset)
            changeset.is_theirs = may_take_back(request, changeset)
        return changeset

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the button to the tenant's admins, and to staff for their own edits, where these can be taken back."""
        changeset = self.get_object(request, object_id)
        offers = changeset and changeset.is_theirs and not why_not(changeset)
        return super().get_actions_detail(request, object_id) if offers else []

    @action(description="Take this change back…", url_path="undo", icon="undo")  # type: ignore[untyped-decorator]
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what taking a changeset back would do; do it on POST, where it is still that."""
        changeset = self.get_object(request, object_id)
        if changeset is None or not changeset.is_theirs:
            raise Http404
        if request.method != "POST":
            return self._plan_page(request, changeset)
        text = request.POST.get("reason", "").strip()[:MOST_REASON]
        answer = Answer(request.POST.get("planned", ""), "gives" in request.POST, text)
        if wrong := answer.wrong(changeset.tenant.requires_reason):
            return self._plan_page(request, changeset, answer, wrong=wrong, status=400)
        return self._take_back(request, changeset, answer)

    def _take_back(self, request: HttpRequest, changeset: Changeset, answer: Answer) -> HttpResponse:
        tenant = Tenant.objects.get(pk=changeset.tenant_id)
        origin = origin_of(request, answer.reason)
        try:
            receipt = undo(tenant, changeset, planned=answer.planned, gives=answer.gives, origin=origin)
        except PlanChanged:
            return self._plan_page(request, changeset, answer, OTHERWISE, status=409)
        done = Changeset.objects.filter(tenant_id=tenant.pk, number=receipt.number or 0).first()
        if done is None:
            self.message_user(request, "Nothing was left to take back.", messages.INFO)
            return HttpResponseRedirect(came_from(request, changeset))
        text = format_html("Number {} is taken back by {}.", f"{changeset.number:,}", link_to(done))
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(came_from(request, changeset))

    def _plan_page(
        self,
        request: HttpRequest,
        changeset: Changeset,
        answer: Answer | None = None,
        said: str = "",
        wrong: str = "",
        status: int = 200,
    ) -> HttpResponse:
        tenant = Tenant.objects.get(pk=changeset.tenant_id)
        refusal = refused(changeset)
        title = f"Take back number {changeset.number:,} of {tenant}"
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": changeset, "title": title}
        context: dict[str, Any] = {
            "refusal": refusal,
            "said": said,
            "wrong": wrong,
            "answer": answer,
            "back": came_from(request, changeset),
        }
        if not refusal:
            plan = plan_undo(changeset, tenant.priority)
            context |= {"plan": plan, "happens": happens(changeset, plan), "stays": stays(changeset, plan)}
            context["happens"] += followers(changeset, tenant, plan)
            context["sections"] = plan_sections(request, changeset, tenant, plan)
            context |= {"offers": offer(changeset, plan), "given": giving(changeset, tenant, plan)}
            if plan.is_without_images:
                context["switch"] = switch_of(changeset)
        return TemplateResponse(request, "tenants/undo.html", {**frame, **context}, status=status)

    @display(description="taken back by")
    def taken_back_by(self, changeset: Changeset) -> SafeString | str:
        """The undos of this changeset."""
        undos = Changeset.objects.filter(tenant_id=changeset.tenant_id, undoes=changeset.number).order_by("number")
        return format_html_join(", ", "{}", ((link_to(one),) for one in undos)) or "–"

    @display(description="takes back")
    def takes_back(self, changeset: Changeset) -> SafeString | str:
        """The changeset that this one has undone."""
        undone = changeset.undoes and Changeset.objects.filter(tenant_id=changeset.tenant_id, number=changeset.undoes)
        found = undone.first() if undone else None
        return link_to(found) if found else "–"

    @display(description="can be taken back")
    def until(self, changeset: Changeset) -> SafeString | str:
        """Whether the changeset can be taken back, and how long."""
        end = changeset.created_at + KEPT_FOR
        by = f"By the tenant's admins{own_edit(changeset)}, until"
        return refused(changeset) or format_html("{} {}.", by, moment(end))


def switch_of(changeset: Changeset) -> str:
    """Return the address of the page that has the switch for before-images of API batches."""
    return reverse("admin:tenants_tenant_change", args=[changeset.tenant_id])


def refused(changeset: Any) -> SafeString | str:
    """Say why a changeset can't be taken back, with links to where one goes on; nothing where it can."""
    why = why_not(changeset)
    if why == MERGES and changeset.entity == Entity.CUSTOMERS:
        address = reverse("admin:customers_customer_unmerge", args=[changeset.updated_ids[0], changeset.number])
        return format_html("{} {}", why, link(address, "Undo the merge…"))
    taken = undo_of(changeset) if why else None
    if taken and why == TAKEN_BACK.format(by=f"number {taken.number:,}"):
        return format_html(TAKEN_BACK, by=link_to(taken))
    if (led := leader_of(changeset) if why else None) and why == FOLLOWED.format(led=f"number {led.number:,}"):
        return format_html(FOLLOWED, led=link_to(led))
    if why == NO_IMAGES and changeset.is_admins:
        return format_html("{} {} {}.", why, SWITCH, link(switch_of(changeset), "its configuration has the switch"))
    return why
