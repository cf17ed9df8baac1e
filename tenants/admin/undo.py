"""Taking a changeset back in the admin: what would happen, asked of the tenant's admins, and done where they agree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.admin import display
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from tenants.admin.differences import differences, given_back
from tenants.admin.forms import ReasonForm
from tenants.admin.history import HistoryAdmin
from tenants.admin.looks import count_shown
from tenants.admin.question import counted
from tenants.admin.records import origin_of
from tenants.admin.sections import Section, link, moment, record_link
from tenants.admin.undo_links import came_from, link_to, may_take_back, own_edit
from tenants.audit.looks import PERSONAL
from tenants.changes.images import KEPT_FOR
from tenants.changes.undo import (
    FOLLOWED,
    MERGES,
    NO_IMAGES,
    TAKEN_BACK,
    Plan,
    PlanChanged,
    follower_of,
    leader_of,
    plan_undo,
    sample,
    undo,
    undo_of,
    why_not,
)
from tenants.changes.undoing import KEPT
from tenants.entities import model_label
from tenants.models import Changeset, Entity, Role, Tenant, Way

MOST_COMPARED = 50  # records that are shown field by field
MOST_NAMED = 200  # for each of what else becomes of them
MOST_REASON = 200  # characters
OTHERWISE = "Meanwhile something else was written. This is what would happen now: look again, then decide."
NOTHING_SEEN = "Nothing anybody sees changes, unless consent is given back."
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


def _many(changeset: Changeset, ids: Sequence[int]) -> str:
    return counted(len(ids), KEPT[Entity(changeset.entity)].model._meta)


def _verb(ids: Sequence[int], one: str, several: str) -> str:
    return one if len(ids) == 1 else several


def happens(changeset: Changeset, plan: Plan) -> list[str]:
    """Say what an undo does."""
    lines = []
    if plan.back:
        lines.append(f"{_many(changeset, plan.back)} {_verb(plan.back, 'goes', 'go')} back to what was before.")
    if plan.go:
        lines.append(f"{_many(changeset, plan.go)} that it created {_verb(plan.go, 'goes', 'go')}.")
    if plan.come:
        lines.append(f"{_many(changeset, plan.come)} {_verb(plan.come, 'comes', 'come')} back under the same hub id.")
    if lines:
        lines.append("It is recorded as a changeset of its own, with your name, and can be taken back itself.")
    elif plan.offered:
        lines.append(NOTHING_SEEN)
    return lines


def followers(changeset: Changeset, tenant: Tenant, plan: Plan) -> list[str]:
    """Say of the orders that followed a customer which go back with it, and which stay since something came after."""
    followed = follower_of(changeset) if plan.back else None
    if followed is None or undo_of(followed):
        return []
    orders = plan_undo(followed, tenant.priority)
    back, left = counted(len(orders.back), KEPT[Entity.ORDERS].model._meta), len(orders.stays)
    stay = f"; {left:,} changed since, and stay as they are" if left else ""
    return [f"{back} that followed {_verb(orders.back, 'goes', 'go')} back with it{stay}."]


def stays(changeset: Changeset, plan: Plan) -> list[str]:
    """Say what an undo leaves alone, and why."""
    reasons = list(plan.stays.values())
    lines = [
        f"{counted(reasons.count(reason), KEPT[Entity(changeset.entity)].model._meta)}: {reason}."
        for reason in dict.fromkeys(reasons)
    ]
    if changeset.entity == Entity.CUSTOMERS:
        if plan.go:
            lines.append("The orders of customers who go: this is no erasure, they still name who bought.")
        if plan.come:
            lines.append("Customers who come back have no opt-in and are on no mailing list.")
        lines.append("Consent that was withdrawn, opt-ins, mailing lists and attributes that were true: it stays so.")
    return lines


def offer(changeset: Changeset, plan: Plan) -> str:
    """Say to whom withdrawn consent may be given back; nothing where there is nobody."""
    if not plan.offered:
        return ""
    text = f"Give consent back to {_many(changeset, plan.offered)} from whom this changeset withdrew it"
    rest = len(plan.withdrawn) - len(plan.offered)
    return f"{text}; not to {rest:,} who withdrew it since." if rest else f"{text}."


def giving(changeset: Changeset, tenant: Tenant, plan: Plan) -> list[Section]:
    """Return what the tick gives back to whom, for the first; none where nothing is offered."""
    if not plan.offered:
        return []
    ids = plan.offered[:MOST_COMPARED]
    kept, found = KEPT[Entity(changeset.entity)], _found(changeset, ids)
    without, given = (sample(changeset, tenant.priority, ids, gives=gives) for gives in (False, True))
    targets = {hub_id: target for hub_id, _, target in given}
    rows = [
        [_named(changeset, hub_id, found), *row]
        for hub_id, _, target in without
        for row in given_back(kept, target, targets.get(hub_id))
    ]
    note = f"The first {MOST_COMPARED} of {len(plan.offered):,}." if len(plan.offered) > MOST_COMPARED else ""
    return [Section("What the tick gives back", ("Record", "Channel", "Now", "Then"), rows, note=note)]


def _found(changeset: Changeset, ids: Iterable[int]) -> dict[int, Any]:
    records = apps.get_model(model_label(changeset.entity))._default_manager.filter(tenant_id=changeset.tenant_id)
    return dict(records.in_bulk(set(ids)))


def plan_sections(request: HttpRequest, changeset: Changeset, tenant: Tenant, plan: Plan) -> list[Section]:
    """Return what becomes of which records: field by field for the first, and who stays, with the reason.

    Count that the request's user saw those that say something of a person.
    """
    kept = KEPT[Entity(changeset.entity)]
    compared = [*plan.back, *plan.come][:MOST_COMPARED]
    samples = sample(changeset, tenant.priority, compared) if compared else []
    offered = plan.offered[:MOST_COMPARED]
    found = _found(changeset, [*compared, *offered, *plan.go[:MOST_NAMED], *list(plan.stays)[:MOST_NAMED]])
    if changeset.entity in PERSONAL:
        count_shown(request, Entity(changeset.entity), Way.CHANGESET, found.values())
    rows = [
        [_named(changeset, hub_id, found), *difference]
        for hub_id, stored, target in samples
        for difference in differences(kept, stored, target)
    ]
    does = len(plan.back) + len(plan.come)
    note = f"The first {MOST_COMPARED} of {does:,}." if does > MOST_COMPARED else ""
    sections = [Section("Field by field", ("Record", "Field", "Now", "Then"), rows, note=note)] if rows else []
    going = [[_named(changeset, hub_id, found)] for hub_id in plan.go[:MOST_NAMED]]
    staying = [[_named(changeset, hub_id, found), reason] for hub_id, reason in list(plan.stays.items())[:MOST_NAMED]]
    return [
        *sections,
        *_section(f"Go: {len(plan.go):,}", ("Record",), going, len(plan.go)),
        *_section(f"Stay: {len(plan.stays):,}", ("Record", "Why"), staying, len(plan.stays)),
    ]


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], number: int) -> Iterable[Section]:
    if rows:
        yield Section(title, columns, rows, note=f"The first {MOST_NAMED}." if number > MOST_NAMED else "")


def _named(changeset: Changeset, hub_id: int, found: Mapping[int, Any]) -> SafeString | str:
    record = found.get(hub_id)
    if not record:
        return f"#{hub_id}"
    return record_link(model_label(changeset.entity).replace(".", "_"), hub_id, f"{record} #{hub_id}")
