"""The admin of webhooks, which a tenant's admins keep; viewers and staff see nothing of them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from hub.admin.changelist import HubChangeList
from hub.middleware.compression import keep_plain
from hub.middleware.requests import HubRequest
from tenants.admin.configuration import ConfigurationAdmin
from tenants.admin.deliveries import latest
from tenants.admin.list_filters import TenantFilter
from tenants.admin.once import WEBHOOK, MadeAlready, check_made, make_once, to_made
from tenants.admin.sections import clipped, moment, named
from tenants.admin.webhook_forms import RedeliverForm, RotateForm, WebhookForm
from tenants.admin.webhook_secrets import rotate_once
from tenants.audit.events import actor_of, record
from tenants.models import AuditKind, Webhook
from tenants.webhooks import endpoints
from tenants.webhooks.endpoints import last_numbers, name_of

STATES = {"active": "success", "failing": "warning", "paused": "", "stopped": "danger", "tenant disabled": ""}


class NewWebhookRequest(HubRequest):
    """A request that adds a webhook, between the two hooks that make it and answer. For typing alone."""

    secret: str


class WebhookList(HubChangeList):
    """A list that knows how far each webhook's tenant has got: the feed is asked once, apart from webhooks."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        numbers = last_numbers({webhook.tenant_id for webhook in self.result_list})
        for webhook in self.result_list:
            webhook.last_number = numbers.get(webhook.tenant_id, 0)


@admin.register(Webhook)
class WebhookAdmin(ConfigurationAdmin):
    """A tenant's webhooks. A secret is in the one answer that made it, encrypted in the database, and nowhere else."""

    form = WebhookForm
    delete_role = ConfigurationAdmin.add_role
    list_display = ["called", "shop", "state", "reason", "told_of", "standing", "last_success"]
    sortable_by = ()
    list_select_related = ["tenant"]
    list_filter = [TenantFilter]
    search_fields = ["label"]
    audited_by = "webhook"
    actions_detail = ("test", "pause", "resume", "redeliver", "rotate", "audit")
    change_form_outer_after_template = "tenants/record_sections.html"
    empty_text = (
        "A webhook is an address of yours that is told of changes as they are made: the hub posts each to it, signed,"
        " in order, and again until it is taken."
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return WebhookList

    def get_fieldsets(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        fields = ["tenant", "label", "url", "entities", "operations"]
        state = (
            "How it stands",
            {"fields": [("state", "since"), ("standing", "last_success"), ("next_attempt", "signs")]},
        )
        return [state, (None, {"fields": fields})] if obj else [(None, {"fields": [*fields, "once"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Webhook | None = None) -> list[str]:
        shown = ["tenant", "state", "since", "standing", "last_success", "next_attempt", "signs"]
        return [] if obj is None else shown

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer to pause what is not paused, and to resume what is."""
        webhook = self.get_object(request, object_id)
        idle = "pause" if webhook is None or webhook.paused_at else "resume"
        actions: list[Any] = super().get_actions_detail(request, object_id)
        return [one for one in actions if not one.action_name.endswith(f"_{idle}")]

    @display(description="Label")  # type: ignore[untyped-decorator]
    def called(self, webhook: Webhook) -> SafeString:
        return clipped(webhook)

    @display(description="Tenant")  # type: ignore[untyped-decorator]
    def shop(self, webhook: Webhook) -> SafeString:
        return named(webhook.tenant)

    @display(description="State", label=STATES)  # type: ignore[untyped-decorator]
    def state(self, webhook: Webhook) -> str:
        if webhook.paused_at:
            return "stopped" if webhook.is_stopped else "paused"
        if not webhook.tenant.is_enabled:
            return "tenant disabled"
        return "failing" if webhook.failing_since else "active"

    @display(description="Reason")  # type: ignore[untyped-decorator]
    def reason(self, webhook: Webhook) -> str:
        """Why nothing is sent any more."""
        return webhook.get_pause_reason_display() if webhook.paused_at else ""

    @display(description="Since")  # type: ignore[untyped-decorator]
    def since(self, webhook: Webhook) -> SafeString:
        """Since when nothing is sent, and why, or nothing was taken."""
        if webhook.paused_at:
            return format_html("{}: {}", moment(webhook.paused_at), webhook.get_pause_reason_display())
        if webhook.failing_since:
            return moment(webhook.failing_since)
        return format_html("{}, when it was made", moment(webhook.created_at))

    @display(description="Last success")  # type: ignore[untyped-decorator]
    def last_success(self, webhook: Webhook) -> SafeString | str:
        return moment(webhook.last_success_at) if webhook.last_success_at else "–"

    @display(description="Next attempt")  # type: ignore[untyped-decorator]
    def next_attempt(self, webhook: Webhook) -> SafeString | str:
        """When the next attempt is due; none is while nothing is sent."""
        idle = webhook.paused_at or not webhook.tenant.is_enabled
        return moment(webhook.next_at) if webhook.next_at and not idle else "–"

    @display(description="Told of")  # type: ignore[untyped-decorator]
    def told_of(self, webhook: Webhook) -> str:
        named = [*map(str, webhook.entities or ["all records"]), *map(str, webhook.operations)]
        return ", ".join(named)

    @display(description="Position")  # type: ignore[untyped-decorator]
    def standing(self, webhook: Any) -> str:
        """How far it has got, and how far it is behind."""
        last = getattr(webhook, "last_number", None)
        last = last_numbers([webhook.tenant_id]).get(webhook.tenant_id, 0) if last is None else last
        behind = max(0, last - webhook.position)
        return f"{webhook.position:,}, {behind:,} behind" if behind else f"{webhook.position:,}, up to date"

    @display(description="Secret")  # type: ignore[untyped-decorator]
    def signs(self, webhook: Webhook) -> SafeString | str:
        if webhook.former_until and webhook.former_until > timezone.now():
            return format_html("whsec_…; the former one signs, too, until {}", moment(webhook.former_until))
        return "whsec_…, shown when it was made"

    def save_model(self, request: NewWebhookRequest, obj: Any, form: Any, change: bool) -> None:
        """Store what was changed, or make a webhook and keep its secret for `response_add`."""
        told = {"label": obj.label, "url": obj.url, "entities": obj.entities, "operations": obj.operations}
        if change:
            endpoints.edit_webhook(obj, **told)
            return
        once, by = form.cleaned_data["once"], actor_of(request)
        made, request.secret = make_once(
            request, obj.tenant, once, lambda: endpoints.create_webhook(obj.tenant, **told, by=by)
        )
        obj.pk, obj.created_at = made.pk, made.created_at

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Show the form, or save it; where another of the tenant's webhooks came first, say so. One is made once."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except MadeAlready as already:
            return to_made(self, request, already, WEBHOOK)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(request.path)

    def log_change(self, request: HttpRequest, obj: Any, message: list[str]) -> None:
        if message:
            details = [name_of(obj), *message]
            record(AuditKind.WEBHOOK_CHANGED, actor_of(request), tenant_id=obj.tenant_id, details=details)

    def response_add(
        self, request: NewWebhookRequest, obj: Webhook, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_secret(request, obj, request.secret)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Webhook | None = None, **kwargs: Any
    ) -> HttpResponse:
        """Show the latest deliveries below the fields."""
        if obj is not None:
            context["sections"] = [latest(obj)]
        elif "once" in (sent := getattr(context["adminform"].form, "cleaned_data", {})) and "tenant" in sent:
            check_made(request, sent["tenant"], sent["once"])
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        self.found(request, object_id)  # before Django's 403 tells that there is such a webhook
        return super().delete_view(request, object_id, extra_context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the webhook, and not each line of its log."""
        named = [f"{webhook}, with its log of deliveries" for webhook in objs]
        return named, {"webhooks": len(named)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        endpoints.delete_webhook(obj, by=actor_of(request))

    @action(description="Send a test event", url_path="test", icon="send")  # type: ignore[untyped-decorator]
    def test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have a test event sent, after a question."""
        webhook = self.found(request, object_id)
        if request.method != "POST":
            says = ["It is signed like any other, its type is webhook.test and its data is empty."]
            return self._ask(request, webhook, f"Send a test event to “{webhook}”?", says, "Send it")
        endpoints.ask_test(webhook, by=actor_of(request))
        messages.success(request, "The test event is on its way. What became of it is in the log below in a moment.")
        return self._to_page(webhook)

    @action(description="Pause", url_path="pause", icon="pause")  # type: ignore[untyped-decorator]
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Pause a webhook, after a question."""
        webhook = self.found(request, object_id)
        if request.method != "POST":
            says = ["Nothing is sent until it is resumed; then it goes on from where it stands."]
            return self._ask(request, webhook, f"Pause “{webhook}”?", says, "Pause")
        endpoints.pause_webhook(webhook, by=actor_of(request))
        messages.success(request, f"“{webhook}” is paused.")
        return self._to_page(webhook)

    @action(description="Resume", url_path="resume", icon="play_arrow")  # type: ignore[untyped-decorator]
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go on with a webhook from where it stood, after a question."""
        webhook = self.found(request, object_id)
        if request.method != "POST":
            after = max(webhook.position, endpoints.kept_by(webhook.tenant_id).before)
            says = [f"It goes on after number {after:,}."]
            if after > webhook.position:
                lost = after - webhook.position
                says.append(f"{lost:,} changes before it have expired: take a full export to catch up with them.")
            return self._ask(request, webhook, f"Resume “{webhook}”?", says, "Resume")
        endpoints.resume_webhook(webhook, by=actor_of(request))
        messages.success(request, f"“{webhook}” is active again.")
        return self._to_page(webhook)

    @action(description="Redeliver", url_path="redeliver", icon="replay")  # type: ignore[untyped-decorator]
    def redeliver(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have everything from a number on delivered again."""
        webhook, form = self.found(request, object_id), RedeliverForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                endpoints.redeliver(webhook, form.cleaned_data["number"], by=actor_of(request))
            except ValidationError as error:
                form.add_error("number", error)
            else:
                messages.success(request, f"“{webhook}” gets everything from this number on again.")
                return self._to_page(webhook)
        says = ["Everything from a number on is sent again, in order, each under the id it had before."]
        return self._ask(request, webhook, f"Deliver to “{webhook}” again", says, "Deliver again", form)

    @action(description="Rotate secret", url_path="rotate", icon="autorenew")  # type: ignore[untyped-decorator]
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Replace the secret; the old one signs beside the new one for as long as the form says."""
        webhook = self.found(request, object_id)
        form = RotateForm(request.POST or None, initial={"version": webhook.version})
        if request.method == "POST" and form.is_valid():
            secret = rotate_once(request, webhook, form)
            return self._show_secret(request, webhook, secret) if secret else self._to_page(webhook)
        says = [
            "You get a new secret now. For a while deliveries are signed with both, so that the receiver can change in"
            " its own time. If somebody else may have the old one, let it sign not at all."
        ]
        return self._ask(request, webhook, f"Replace the secret of “{webhook}”", says, "Make the new secret", form)

    def _ask(
        self,
        request: HttpRequest,
        webhook: Webhook,
        question: str,
        says: Sequence[str],
        button: str,
        form: forms.Form | None = None,
    ) -> HttpResponse:
        template = "tenants/webhook_ask.html"
        return self.page(request, template, question, webhook, webhook=webhook, says=says, button=button, form=form)

    def _show_secret(self, request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
        """Answer with the secret, this once."""
        title = f"Webhook “{webhook}”"
        shown = self.page(request, "tenants/webhook_shown.html", title, webhook, webhook=webhook, secret=secret)
        return keep_plain(shown)

    def _to_page(self, webhook: Webhook) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:tenants_webhook_change", args=[webhook.pk]))
