"""The admin of tenants: their configuration, how partners connect, and the change of the identifier priority."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from hub.admin.palette import MOST_HITS, Group, Hit
from tenants.admin.access import access_of, tenants_of
from tenants.admin.collisions import collision_page
from tenants.admin.connect import ANSWERS, LANGUAGES, endpoints
from tenants.admin.forms import TenantForm
from tenants.admin.list_filters import one_of, yes_no
from tenants.admin.records import origin_of
from tenants.admin.sandboxes import SandboxPages
from tenants.admin.sections import BADGE
from tenants.audit.events import actor_of, record
from tenants.configuration import CustomersCollide, change_priority, plan_priority
from tenants.health import count_changesets, measure
from tenants.models import AuditKind, LoggedRequest, Priority, Role, Tenant
from tenants.requests.summary import mistaken
from tenants.sandboxes.twins import switch


@admin.register(Tenant)
class TenantAdmin(SandboxPages):
    """Tenants: all members see their own, its admins configure it; rates, slug and the switch are the superusers'."""

    form = TenantForm
    tenant_path = "pk"
    view_role = Role.VIEWER
    list_display = ["name_shown", "slug", "priority", "per_minute", "per_hour", "is_enabled"]
    list_filter = [yes_no("is_enabled", "enabled"), one_of("priority", "identifier priority", Priority.choices)]
    search_fields = ["name", "slug", "id"]
    search_help_text = "Name, slug or tenant id"
    actions_detail = ("connect", "priority", "keys", "members", "sandbox", "audit")
    audited_by = "tenant"
    change_form_outer_after_template = "tenants/tenant_requests.html"
    radio_fields = {"priority": admin.HORIZONTAL, "consent_policy": admin.VERTICAL}

    class Media:
        css = {"all": ["tenants/tenants.css"]}

    identity = ("Identity", {"fields": ["name", "slug", "is_enabled"]})
    customers = ("Customers", {"fields": ["priority", "required_fields", "default_country"]})
    consents = ("Consents", {"fields": ["consent_policy", "requires_reason"]})
    rates = ("Rate limit", {"fields": ["tier", ("per_minute", "per_hour")]})
    plain_rates = ("Rate limit", {"fields": [("per_minute", "per_hour")]})
    undo = ("Undo", {"fields": ["keeps_images"]})
    time = ("Time", {"fields": ["time_zone"]})
    security = ("Security", {"fields": ["requires_factor"]})

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return bool(request.user.is_superuser)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        rates = self.rates if request.user.is_superuser else self.plain_rates
        return [self.identity, self.customers, self.consents, rates, self.time, self.security, self.undo]

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> list[str]:
        fixed = ["priority"] if obj else []
        return fixed if request.user.is_superuser else [*fixed, "slug", "is_enabled", "per_minute", "per_hour"]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Return the buttons on the tenant's page: who only reads is shown how to connect, no more."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        may = tenants_of(request.user, Role.ADMIN).filter(pk=object_id).exists()
        return offered if may else offered[:1]

    def get_urls(self) -> list[URLPattern]:
        own = path("measure/", self.admin_site.admin_view(self.measure), name="tenants_tenant_measure")
        return [own, *super().get_urls()]

    def find(self, request: HttpRequest, term: str) -> Group:
        """Return the tenants with a term in their name."""
        named = self.get_queryset(request).filter(name__icontains=term).order_by("name")[:MOST_HITS]
        address = "admin:tenants_tenant_change"
        return Group("Tenants", [Hit(str(tenant), reverse(address, args=[tenant.pk]), tenant.slug) for tenant in named])

    @display(description="Name", ordering="name")  # type: ignore[untyped-decorator]
    def name_shown(self, tenant: Tenant) -> SafeString:
        return (
            format_html("<bdi>{}</bdi> {}", tenant, BADGE)
            if tenant.is_sandbox
            else format_html("<bdi>{}</bdi>", tenant)
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store the configuration; who switches a tenant off or on does so to its sandbox."""
        super().save_model(request, obj, form, change)
        if change and "is_enabled" in form.changed_data:
            switch(obj)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Lead who has one tenant back to its page, others to the list."""
        if access_of(request).sees_several:
            return super().response_post_save_change(request, obj)  # type: ignore[no-any-return]
        return HttpResponseRedirect(reverse("admin:tenants_tenant_change", args=[obj.pk]))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        record(AuditKind.TENANT_CREATED, actor_of(request), tenant_id=obj.pk)

    def log_change(self, request: HttpRequest, obj: Any, message: list[str]) -> None:
        if message:
            record(AuditKind.TENANT_CHANGED, actor_of(request), tenant_id=obj.pk, details=message)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tenant = self.found(request, object_id, Role.VIEWER)
        latest = mistaken(LoggedRequest.objects.filter(tenant_id=tenant.pk)).order_by("-pk")[:10]
        context = {**(extra_context or {}), "failed_requests": latest}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    @action(description="Connect", url_path="connect", icon="integration_instructions")  # type: ignore[untyped-decorator]
    def connect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the tenant's partners how to call the hub, in commands ready to paste."""
        tenant = self.found(request, object_id, Role.VIEWER)
        base = request.build_absolute_uri("/").rstrip("/")
        shown = {"languages": LANGUAGES, "endpoints": endpoints(tenant, base), "answers": ANSWERS, "tenant": tenant}
        may = tenants_of(request.user, Role.ADMIN).filter(pk=tenant.pk).exists()
        return self.page(request, "tenants/connect.html", f"Connect {tenant}", tenant, **shown, may_configure=may)

    @action(description="Identifier priority", url_path="priority", icon="swap_horiz")  # type: ignore[untyped-decorator]
    def priority(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what naming customers by the other identifier means; apply it on POST."""
        tenant = self.found(request, object_id)
        other = Priority.CUSTOMER_ID if tenant.priority == Priority.EMAIL else Priority.EMAIL
        if request.method == "POST" and request.POST.get("priority") == other:
            return self._change_priority(request, tenant, other)
        return self._priority_page(request, tenant, plan_priority(tenant, other))

    def _change_priority(self, request: HttpRequest, tenant: Tenant, priority: Priority) -> HttpResponse:
        try:
            changes = change_priority(tenant, priority, origin=origin_of(request))
        except CustomersCollide as refused:
            return self._priority_page(request, tenant, refused.plan, status=409)
        moved = f"{len(changes.updated):,} customers got another key"
        messages.success(request, f"Customers of {tenant} are named by {priority.label} from now on: {moved}.")
        return HttpResponseRedirect(reverse("admin:tenants_tenant_change", args=[tenant.pk]))

    def _priority_page(self, request: HttpRequest, tenant: Tenant, plan: Any, status: int = 200) -> HttpResponse:
        title = f"Identifier priority of {tenant}"
        shown = {"plan": plan, "tenant": tenant}
        if plan.colliding:
            shown["collisions"] = collision_page(request, tenant, plan.priority)
        return self.page(request, "tenants/priority.html", title, tenant, status, **shown)

    @action(description="API keys", url_path="keys", icon="key")  # type: ignore[untyped-decorator]
    def keys(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the tenant's keys."""
        return self._list_of(request, object_id, "admin:tenants_apikey_changelist")

    @action(description="Members", url_path="members", icon="badge")  # type: ignore[untyped-decorator]
    def members(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the tenant's members."""
        return self._list_of(request, object_id, "admin:tenants_membership_changelist")

    def _list_of(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        tenant = self.found(request, object_id)
        return HttpResponseRedirect(f"{reverse(name)}?tenant={tenant.pk}")

    def measure(self, request: HttpRequest) -> HttpResponse:
        """Measure a tenant's health now (POST), and lead back to it."""
        tenant = tenants_of(request.user).filter(slug=request.POST.get("tenant", "")).first()
        if tenant is None:
            raise Http404
        count_changesets([tenant.pk])
        measure(tenant)
        return HttpResponseRedirect(f"{reverse('admin:index')}?tenant={tenant.slug}")
