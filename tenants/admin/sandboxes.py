"""The page of a tenant's sandbox: made from the tenant's own page; filled, configured anew and emptied from its own."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action

from hub.middleware.compression import keep_plain
from tenants.admin.configuration import ConfigurationAdmin
from tenants.admin.figures import list_address
from tenants.admin.records import origin_of
from tenants.audit.events import actor_of
from tenants.configuration import CustomersCollide
from tenants.entities import model_label
from tenants.models import Entity, Tenant
from tenants.sandboxes.emptying import empty_sandbox, is_emptying
from tenants.sandboxes.filling import SIZES, fill_sandbox
from tenants.sandboxes.twins import copy_configuration, create_sandbox, differences, sandbox_of, tenant_of

EMPTYING = "It is being emptied. Wait a moment, then try again."
UNSURE = "Tick the box first: what the sandbox has can't be brought back."
COLLIDE = (
    "Nothing is copied: {n} customers of the sandbox would share a key by the tenant's identifier priority."
    " Correct or delete them, or empty the sandbox."
)


class SandboxPages(ConfigurationAdmin):
    """The sandbox's page of a tenant, for the tenant's admins."""

    @action(description="Sandbox", url_path="sandbox", icon="science")  # type: ignore[untyped-decorator]
    def sandbox(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what can be done about a tenant's sandbox; do it on POST, as `do` says."""
        tenant = self.found(request, object_id)
        if request.method != "POST":
            return self._sandbox_page(request, tenant)
        of_sandbox = {"fill": self._fill, "copy": self._copy, "empty": self._empty}
        known = of_sandbox if tenant.is_sandbox else {"create": self._create}
        if request.POST.get("do") not in known:
            raise BadRequest
        return known[request.POST["do"]](request, tenant)

    def _sandbox_page(self, request: HttpRequest, tenant: Tenant, status: int = 200) -> HttpResponse:
        if not tenant.is_sandbox:
            shown: dict[str, Any] = {"sandbox": sandbox_of(tenant)}
            return self.page(request, "tenants/sandbox_none.html", f"Sandbox of {tenant}", tenant, status, **shown)
        shown = {
            "tenant": tenant_of(tenant),
            "sandbox": tenant,
            "sizes": SIZES,
            "differences": differences(tenant),
            "is_emptying": is_emptying(tenant),
            "lists": [(entity.label, list_address(model_label(entity), tenant=str(tenant.pk))) for entity in Entity],
        }
        return self.page(request, "tenants/sandbox.html", str(tenant), tenant, status, **shown)

    def _create(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        """Create the sandbox, and show its first key, this once."""
        try:
            sandbox, text = create_sandbox(tenant, by=actor_of(request))
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
            return self._sandbox_page(request, tenant, status=409)
        key = sandbox.api_keys.get()
        return keep_plain(
            self.page(request, "tenants/key_shown.html", f"Key “{key.label}”", key, key=key, text=text, old=None)
        )

    def _fill(self, request: HttpRequest, sandbox: Tenant) -> HttpResponse:
        sizes = {str(size): size for size in SIZES}
        if request.POST.get("customers", "") not in sizes:
            raise BadRequest
        if is_emptying(sandbox):
            messages.error(request, EMPTYING)
            return self._sandbox_page(request, sandbox, status=409)
        filled = fill_sandbox(sandbox, sizes[request.POST["customers"]], by=actor_of(request))
        messages.success(
            request, f"{filled.sent:,} records were sent to {sandbox}, {filled.stored:,} changed something."
        )
        return self._back(sandbox)

    def _copy(self, request: HttpRequest, sandbox: Tenant) -> HttpResponse:
        if is_emptying(sandbox):
            messages.error(request, EMPTYING)
            return self._sandbox_page(request, sandbox, status=409)
        try:
            changed = copy_configuration(sandbox, origin=origin_of(request))
        except CustomersCollide as refused:
            messages.error(request, COLLIDE.format(n=f"{refused.plan.colliding:,}"))
            return self._sandbox_page(request, sandbox, status=409)
        messages.success(request, f"{sandbox} is configured as {tenant_of(sandbox)} is: {changed} settings changed.")
        return self._back(sandbox)

    def _empty(self, request: HttpRequest, sandbox: Tenant) -> HttpResponse:
        if "sure" not in request.POST:
            messages.error(request, UNSURE)
            return self._sandbox_page(request, sandbox, status=400)
        if empty_sandbox(sandbox, by=actor_of(request)):
            messages.success(request, f"{sandbox} is empty.")
        else:
            messages.info(request, f"{sandbox} is being emptied in the background. Nobody can write there until it is.")
        return self._back(sandbox)

    def _back(self, sandbox: Tenant) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:tenants_tenant_sandbox", args=[sandbox.pk]))
