"""What the admins of a tenant's configuration share: roles, who sees what, and what changed, for the audit."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Model
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.decorators import action

from hub.admin.site import HubModelAdmin
from tenants.admin.access import TenantScopedAdmin, access_of, tenants_of
from tenants.admin.audit import audit_of
from tenants.audit.events import changes_of
from tenants.models import Role, Tenant


class ConfigurationAdmin(TenantScopedAdmin, HubModelAdmin):
    """Configuration is the tenant's admins' alone, and every change is in the audit (tenants.audit): who, when, what.

    `audited_by` is the parameter by which the audit is filtered for an object's own part of it.
    """

    audited_by: str

    view_role = Role.ADMIN
    add_role: Role | None = Role.ADMIN
    change_role: Role | None = Role.ADMIN
    delete_role: Role | None = None
    actions = None

    def construct_change_message(  # Django takes a text too
        self, request: HttpRequest, form: BaseForm, formsets: Iterable[Any], add: bool = False
    ) -> list[str]:
        """Say what changed, as the audit does."""
        return [] if add else changes_of(form)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead to the object's part of the audit; Django's own log is not written."""
        return HttpResponseRedirect(audit_of(self.found(request, object_id), self.audited_by))

    @action(description="History", url_path="audit", icon="history")  # type: ignore[untyped-decorator]
    def audit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the object's part of the audit."""
        return self.history_view(request, object_id)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show a form with one button: configuration is not entered in series.

        Raises Http404, where Django would answer 403, for what another tenant has or nobody.
        """
        if object_id is not None:
            self.found(request, object_id, self.view_role)
        context = {"show_save_and_continue": False, "show_save_and_add_another": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the tenants that the user configures, without the buttons that add and change them."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.related_model is Tenant and field is not None:
            queryset = tenants_of(request.user, Role.ADMIN).order_by("name")
            field.queryset, field.initial = queryset, queryset[0].pk if len(queryset[:2]) == 1 else None
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def found(self, request: HttpRequest, object_id: str, at_least: Role = Role.ADMIN) -> Any:
        """Return the object with this id; raises Http404 for none, or where the user lacks the role on its tenant."""
        obj = self.get_object(request, object_id)
        if obj is None or not access_of(request).may(at_least, self.tenant_id_of(obj)):
            raise Http404
        return obj

    def page(
        self, request: HttpRequest, template: str, title: str, obj: Model, /, status: int = 200, **context: Any
    ) -> HttpResponse:
        """Answer with a page about an object, in the admin's frame."""
        frame = {**self.admin_site.each_context(request), "opts": self.model._meta, "original": obj, "title": title}
        return TemplateResponse(request, template, {**frame, **context}, status=status)
