"""The admin of members, which a tenant's admins keep, and of users, which superusers keep."""

from typing import Any
from urllib.parse import quote

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from hub.admin.site import HubModelAdmin
from tenants.admin.configuration import ConfigurationAdmin
from tenants.admin.forms import MembershipForm
from tenants.admin.list_filters import TenantFilter, one_of, yes_no
from tenants.audit.events import actor_of, changes_of, record
from tenants.members import LastAdmin, add_member, remove_member, set_role
from tenants.models import AuditKind, Membership, Role

admin.site.unregister(Group)  # memberships say who may what; groups would say nothing
admin.site.unregister(User)


@admin.register(Membership)
class MembershipAdmin(ConfigurationAdmin):
    """Who looks after a tenant, in which role. A tenant that has an admin keeps one."""

    form = MembershipForm
    delete_role = Role.ADMIN
    list_display = ["user", "full_name", "tenant", "role", "last_login"]
    list_select_related = ["user", "tenant"]
    list_filter = [TenantFilter, one_of("role", "role", Role.choices)]
    search_fields = ["user__username", "user__email"]
    actions_detail = ("audit",)
    audited_by = "member"

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return ["tenant", "username" if obj is None else "user", "role"]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        return [] if obj is None else ["tenant", "user"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if change:  # the user of a membership does not change, so nobody is looked up
            kwargs["form"] = ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    @display(description="Name")  # type: ignore[untyped-decorator]
    def full_name(self, membership: Membership) -> str:
        return str(membership.user.get_full_name())

    @display(description="Last log-in")  # type: ignore[untyped-decorator]
    def last_login(self, membership: Membership) -> Any:
        return membership.user.last_login

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            set_role(obj, Role(obj.role), by=actor_of(request))
        else:
            obj.pk = add_member(obj.tenant, obj.user, Role(obj.role), by=actor_of(request)).pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        remove_member(obj, by=actor_of(request))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except LastAdmin:
            return self._keep_admin(request)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        self.found(request, object_id)  # before Django's 403 tells that there is such a member
        try:
            return super().delete_view(request, object_id, extra_context)
        except LastAdmin:
            return self._keep_admin(request)

    def _keep_admin(self, request: HttpRequest) -> HttpResponse:
        messages.error(request, "This is the tenant's only admin. Make somebody else an admin first.")
        return HttpResponseRedirect(request.path)


@admin.register(User)
class HubUserAdmin(DjangoUserAdmin, HubModelAdmin):  # type: ignore[type-arg, misc]
    """Users, for superusers alone. Nobody is deleted, so that history keeps its names: untick "active" instead."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "first_name", "last_name", "is_superuser", "is_active", "last_login"]
    list_filter = [yes_no("is_superuser", "superuser"), yes_no("is_active", "active")]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()
    actions = None
    actions_detail = ("audit",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "password1", "password2", "is_staff")}),)

    def construct_change_message(  # type: ignore[override]  # what log_change takes is ours
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[str]:
        """Say what changed, as the audit does."""
        return [] if add else changes_of(form)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        record(AuditKind.USER_ADDED, actor_of(request), user_id=obj.pk)

    def log_change(self, request: HttpRequest, obj: Any, message: list[str]) -> None:  # type: ignore[override]
        if message:
            record(AuditKind.USER_CHANGED, actor_of(request), user_id=obj.pk, details=message)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead to what the audit has of the user."""
        user = self.get_object(request, object_id)
        if user is None or not self.has_view_permission(request, user):
            raise Http404
        return HttpResponseRedirect(f"{reverse('admin:tenants_accountevent_changelist')}?user={quote(user.username)}")

    @action(description="Audit", url_path="audit", icon="policy")  # type: ignore[untyped-decorator]
    def audit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to what the audit has of the user."""
        return self.history_view(request, object_id)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
