"""Who may see what: a Membership gives a user a role on a tenant, and a superuser has every role on all of them.

On a tenant's sandbox its members have the roles that they have on the tenant; whoever is made a member of the sandbox
alone has that role there.

Django's model permissions play no part: a member is a user with `is_staff`, and the Membership alone decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from hub.middleware.pages import Users
from hub.middleware.requests import HubRequest
from tenants.models import Membership, Role, Tenant

RANKS = {Role.VIEWER: 0, Role.STAFF: 1, Role.ADMIN: 2}


def tenants_of(user: AbstractBaseUser | AnonymousUser, at_least: Role = Role.VIEWER) -> QuerySet[Tenant]:
    """Return the tenants on which the user has a role, or a higher one."""
    if not user.is_active:
        return Tenant.objects.none()
    if getattr(user, "is_superuser", False):
        return Tenant.objects.all()
    own = Membership.objects.filter(user=user.pk, role__in=_enough(at_least)).values("tenant")
    return Tenant.objects.filter(Q(pk__in=own) | Q(sandbox_of__in=own))


def _enough(at_least: Role) -> list[Role]:
    return [role for role, rank in RANKS.items() if rank >= RANKS[at_least]]


def tenants_by_id(request: HttpRequest, at_least: Role, ids: Any) -> dict[Any, Tenant]:
    """Return the tenants with these ids, by id; raises PermissionDenied where the user lacks the role on one."""
    found = tenants_of(request.user, at_least).in_bulk(list(ids))
    if len(found) < len(set(ids)):
        raise PermissionDenied
    return found


def tenant_ids_of(request: HttpRequest) -> list[UUID]:
    """Return the ids of the user's tenants: a search that names them, a superuser's too, has indexes on (tenant, …)."""
    return list(tenants_of(request.user).values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do: everything, or what the roles by tenant say."""

    everywhere: bool
    roles: Mapping[UUID, Role]
    needs_factor: bool = False  # a tenant among them demands a second factor
    zones: Mapping[UUID, str] = field(default_factory=dict)  # the tenants' time zones
    sandboxes: frozenset[UUID] = frozenset()  # among the tenants

    def may(self, at_least: Role, tenant_id: UUID | None = None) -> bool:
        """Tell whether the user has the role on the tenant; without one: on any."""
        if self.everywhere:
            return True
        roles = self.roles.values() if tenant_id is None else filter(None, [self.roles.get(tenant_id)])
        return any(RANKS[role] >= RANKS[at_least] for role in roles)

    @property
    def sees_several(self) -> bool:
        """Tell whether records of more than one tenant may stand in a list."""
        return self.everywhere or len(self.roles) > 1

    def zones_of(self, tenant_id: UUID | None = None) -> set[str]:
        """Return the time zone of a tenant that the user sees; else those of all, of sandboxes only without others."""
        if tenant_id is not None and tenant_id in self.zones:
            return {self.zones[tenant_id]}
        return {zone for pk, zone in self.zones.items() if pk not in self.sandboxes} or {*self.zones.values()}

    def limit(self, queryset: QuerySet[Any], path: str = "tenant_id", at_least: Role = Role.VIEWER) -> QuerySet[Any]:
        """Keep the rows of tenants on which the user has the role; `path` leads from a row to its tenant's id."""
        if self.everywhere:
            return queryset
        return queryset.filter(**{f"{path}__in": [pk for pk in self.roles if self.may(at_least, pk)]})


class PageRequest(HubRequest):
    """A request for a page of the admin: Members has given it what is declared here. For typing alone."""

    access: Access | None  # what its user may do; None until somebody asks


class Members(Users):
    """Gives a page the user who is logged in, and `access`, which `access_of` fills when first asked."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        PageRequest.of(request).access = None


def access_of(request: HttpRequest) -> Access:
    """Return what a page's user may do: one query, once a request."""
    page = PageRequest.of(request)
    if page.access is None:
        page.access = _read_access(page.user)
    return page.access


def _read_access(user: AbstractBaseUser | AnonymousUser) -> Access:
    if not user.is_active:
        return Access(everywhere=False, roles={})
    if getattr(user, "is_superuser", False):
        all_of_them = Tenant.objects.values_list("pk", "requires_factor", "time_zone", "sandbox_of")
        return _access(True, [(pk, None, requires, zone, real) for pk, requires, zone, real in all_of_them])
    of_tenant = ("tenant_id", "role", "tenant__requires_factor", "tenant__time_zone", "tenant__sandbox_of")
    of_sandbox = (
        "tenant__sandbox",
        "role",
        "tenant__sandbox__requires_factor",
        "tenant__sandbox__time_zone",
        "tenant_id",
    )
    found = Membership.objects.filter(user=user.pk).values_list(*of_tenant, *of_sandbox)
    return _access(False, [half for row in found for half in (row[:5], row[5:]) if half[0] is not None])


def _access(everywhere: bool, rows: Iterable[tuple[Any, ...]]) -> Access:
    """Return the access that rows give: (tenant id, role, requires a factor, time zone, whose sandbox it is)."""
    roles, zones, sandboxes, needs_factor = dict[UUID, Role](), dict[UUID, str](), set[UUID](), False
    for tenant_id, role, requires, zone, real in rows:
        if role is not None:
            roles[tenant_id] = max(Role(role), roles.get(tenant_id, Role.VIEWER), key=RANKS.__getitem__)
        zones[tenant_id] = zone
        needs_factor |= requires
        if real is not None:
            sandboxes.add(tenant_id)
    return Access(everywhere, roles, needs_factor, zones, frozenset(sandboxes))


def write_times_in(zones: Iterable[str]) -> None:
    """Write a page's times in the one time zone there is, in UTC where there are several or none."""
    names = {*zones}
    timezone.activate(ZoneInfo(names.pop()) if len(names) == 1 else UTC)


class TenantScopedAdmin:
    """Mixin, before the ModelAdmin: rows, choices and permissions by the user's role on each row's tenant.

    Rows of other tenants are not in the queryset, so their addresses are 404. `tenant_path` leads from a row to its
    tenant's id. Each `…_role` is the least role that may; None: nobody, superusers included.
    """

    tenant_path = "tenant_id"
    view_role = Role.VIEWER
    add_role: Role | None = None
    change_role: Role | None = Role.STAFF
    delete_role: Role | None = Role.STAFF

    def may(self, request: HttpRequest, at_least: Role | None, obj: Model | None = None) -> bool:
        """Tell whether the user has the role on the object's tenant; without an object: on any."""
        return at_least is not None and access_of(request).may(at_least, self.tenant_id_of(obj))

    def tenant_id_of(self, obj: Model | None) -> UUID | None:
        """Return the id of the object's tenant, by `tenant_path`; None without an object."""
        for step in self.tenant_path.split("__"):
            obj = getattr(obj, step, None)
        return obj  # type: ignore[return-value]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the object that a page is about, whose tenant's time zone the page's times are written in."""
        obj = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        tenant_id = self.tenant_id_of(obj)
        if tenant_id is not None:
            write_times_in(access_of(request).zones_of(tenant_id))
        return obj

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows the user may see."""
        queryset = super().get_queryset(request)  # type: ignore[misc]
        return access_of(request).limit(queryset, self.tenant_path, self.view_role)

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only tenants on which the user may change things."""
        if db_field.related_model is Tenant:
            kwargs["queryset"] = tenants_of(request.user, self.change_role or Role.ADMIN)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.view_role)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, self.view_role, obj)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return self.may(request, self.add_role)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, self.change_role, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, self.delete_role, obj)


def by_tenant(objects: Sequence[Any]) -> dict[UUID, list[Any]]:
    """Group tenant-owned objects by their tenant's id."""
    groups: dict[UUID, list[Any]] = {}
    for obj in objects:
        groups.setdefault(obj.tenant_id, []).append(obj)
    return groups
