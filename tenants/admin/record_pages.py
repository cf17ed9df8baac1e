"""Pages of a single record beside its own, each an entry of the menu at its head."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse

from tenants.admin.access import access_of
from tenants.models import Role


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A page of one record: what the menu calls it, the last part of its address, and who may open it.

    One without a title is led to from elsewhere, or takes what the record's own page sends.

    `view` is given the model's admin, the request and the record, which is there and whose tenant the user has `role`
    on. The address is named `<app>_<model>_<path>`, dashes as underscores. `destroys`: the menu has it last, in red.
    """

    title: str
    path: str
    view: Callable[[Any, HttpRequest, Any], HttpResponseBase]
    role: Role = Role.STAFF
    destroys: bool = False

    def url(self, url_name: str, pk: int) -> str:
        """Return the address of a record's page; `url_name` is that of its model's admin."""
        return reverse(f"admin:{self.name(url_name)}", args=[pk])

    def name(self, url_name: str) -> str:
        """Return what the address is named, within the admin."""
        return f"{url_name}_{self.path.replace('-', '_')}"

    def may_open(self, request: HttpRequest, record: Any) -> bool:
        """Tell whether the request's user may open the page of a record."""
        return access_of(request).may(self.role, record.tenant_id)

    def pattern(self, model_admin: Any) -> URLPattern:
        """Return its address below the list's."""

        def opened(request: HttpRequest, pk: int) -> HttpResponseBase:
            record = model_admin.get_object(request, str(pk))
            if record is None:
                raise Http404
            if not self.may_open(request, record):
                raise PermissionDenied
            return self.view(model_admin, request, record)

        view = model_admin.admin_site.admin_view(opened)
        pattern: URLPattern = path(f"<int:pk>/{self.path}/", view, name=self.name(model_admin.url_name))
        return pattern
