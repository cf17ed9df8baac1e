"""The admin of members, which a tenant's admins keep, and of users, which superusers keep."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from hub.admin.site import HubModelAdmin
from hub.middleware.compression import keep_plain
from tenants.admin.configuration import ConfigurationAdmin
from tenants.admin.list_filters import TenantFilter, one_of, yes_no
from tenants.admin.sections import moment, time_column
from tenants.audit.events import actor_of, changes_of, record
from tenants.members import LastAdmin, confirm_email, remove_member, set_role
from tenants.models import AuditKind, Membership, Role
from tenants.passwords import forget_factors, minutes_to_reset, reset_path

LAST_LOGIN = time_column("last_login", "Last log-in", "last_login")
JOINED = time_column("date_joined", "Joined")

admin.site.unregister(Group)  # memberships say who may what; groups would say nothing
admin.site.unregister(User)
for model in [model for model in admin.site._registry if model.__module__.startswith("allauth.")]:
    admin.site.unregister(model)  # factors, sessions and e-mails are their users' own (tenants.accounts)


@admin.register(Membership)
class MembershipAdmin(ConfigurationAdmin):
    """Who looks after a tenant, in which role. A tenant that has an admin keeps one; new members are invited.

    Name, e-mail and last log-in are shown of those who agreed to be members. None can be searched for.
    """

    add_role = None
    delete_role = Role.ADMIN
    list_display = [
        "user",
        "full_name",
        "email",
        "tenant",
        "role",
        "last_login",
        time_column("accepted_at", "Accepted", "accepted_at"),
    ]
    list_select_related = ["user", "tenant"]
    list_filter = [TenantFilter, one_of("role", "role", Role.choices)]
    search_fields = ["user__username"]
    fields = ["tenant", "user", "role"]
    readonly_fields = ["tenant", "user"]
    actions_list = ("invite", "invitations")
    actions_detail = ("audit",)
    audited_by = "member"

    @action(description="Invite", url_path="invite", icon="person_add", permissions=["view"])  # type: ignore[untyped-decorator]
    def invite(self, request: HttpRequest) -> HttpResponse:
        """Lead to a new invitation."""
        return HttpResponseRedirect(reverse("admin:tenants_invitation_add"))

    @action(description="Invitations", url_path="invitations", icon="mail", permissions=["view"])  # type: ignore[untyped-decorator]
    def invitations(self, request: HttpRequest) -> HttpResponse:
        """Lead to the invitations."""
        return HttpResponseRedirect(reverse("admin:tenants_invitation_changelist"))

    @display(description="Name")  # type: ignore[untyped-decorator]
    def full_name(self, membership: Membership) -> str:
        return str(membership.user.get_full_name()) if membership.accepted_at else ""

    @display(description="E-mail")  # type: ignore[untyped-decorator]
    def email(self, membership: Membership) -> str:
        return str(membership.user.email) if membership.accepted_at else ""

    @display(description="Last log-in")  # type: ignore[untyped-decorator]
    def last_login(self, membership: Membership) -> SafeString | None:
        at = membership.user.last_login if membership.accepted_at else None
        return moment(at) if at else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        set_role(obj, Role(obj.role), by=actor_of(request))

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
    list_display = ["username", "email", "first_name", "last_name", "is_superuser", "is_active", LAST_LOGIN]
    list_filter = [yes_no("is_superuser", "superuser"), yes_no("is_active", "active")]
    readonly_fields = [LAST_LOGIN, JOINED]
    filter_horizontal = ()
    actions = None
    actions_detail = ("password_link", "remove_factors", "audit")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": (LAST_LOGIN, JOINED)}),
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

    @action(description="History", url_path="audit", icon="history")  # type: ignore[untyped-decorator]
    def audit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to what the audit has of the user."""
        return self.history_view(request, object_id)

    @action(description="Password link", url_path="password-link", icon="link")  # type: ignore[untyped-decorator]
    def password_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a link by which the user sets a new password, and show it, this once; after a question."""
        return self._ask(request, object_id, "tenants/user_password_link.html", "Password link for", self._show_link)

    @action(description="Remove factors", url_path="remove-factors", icon="phonelink_erase")  # type: ignore[untyped-decorator]
    def remove_factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a user's second factors away who lost them; after a question."""
        return self._ask(request, object_id, "tenants/user_remove_factors.html", "Factors of", self._forget_factors)

    def _ask(
        self,
        request: HttpRequest,
        object_id: str,
        template: str,
        title: str,
        then: Callable[..., dict[str, Any] | None],
    ) -> HttpResponse:
        """Ask on GET; on POST do it, and show what comes of it or go back to the user."""
        user = self.get_object(request, object_id)
        if user is None or not self.has_change_permission(request, user):
            raise Http404
        shown = then(request, user) if request.method == "POST" else {}
        if shown is None:
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[user.pk]))
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": user}
        context = {**frame, "title": f"{title} {user.get_username()}", **shown}
        return keep_plain(TemplateResponse(request, template, context))

    def _show_link(self, request: HttpRequest, user: User) -> dict[str, Any]:
        self.log_change(request, user, ["password link made"])
        return {"link": request.build_absolute_uri(reset_path(user)), "minutes": minutes_to_reset()}

    def _forget_factors(self, request: HttpRequest, user: User) -> None:
        forget_factors(user, by=actor_of(request))
        messages.success(request, f"{user.get_username()} has no second factor any more, and is logged out.")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store the user; an e-mail that a superuser enters is taken to be theirs."""
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            confirm_email(obj)

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
