"""Where the endpoints live that are about the tenant itself, and those about the hub."""

from typing import Any

from django.urls import path, re_path

from tenants.api.exports import ExportViewSet
from tenants.api.feed import ChangeViewSet
from tenants.api.imports import ImportViewSet
from tenants.api.probes import livez, metrics, readyz
from tenants.api.requests import RequestViewSet
from tenants.api.views import tenant_missing

OF_IMPORTS: dict[str, Any] = {"get": "list", "post": "create"}
OF_IMPORT: dict[str, Any] = {"get": "retrieve", "patch": "append", "delete": "cancel"}

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
    re_path(r"^(?:customers|orders|products|changes|exports|imports|requests)/?$", tenant_missing),
    re_path(r"^changes/(?P<tenant_id>[^/]+)/?$", ChangeViewSet.as_view({"get": "list"})),
    re_path(r"^imports/(?P<tenant_id>[^/]+)/?$", ImportViewSet.as_view(OF_IMPORTS)),
    re_path(r"^imports/(?P<tenant_id>[^/]+)/(?P<id>[^/]+)/?$", ImportViewSet.as_view(OF_IMPORT)),
    re_path(r"^imports/(?P<tenant_id>[^/]+)/(?P<id>[^/]+)/start/?$", ImportViewSet.as_view({"post": "start"})),
    re_path(r"^imports/(?P<tenant_id>[^/]+)/(?P<id>[^/]+)/rejected/?$", ImportViewSet.as_view({"get": "rejected"})),
    re_path(r"^exports/(?P<tenant_id>[^/]+)/?$", ExportViewSet.as_view({"get": "list"})),
    re_path(r"^requests/(?P<tenant_id>[^/]+)/?$", RequestViewSet.as_view({"get": "list"})),
    re_path(r"^changes/(?P<tenant_id>[^/]+)/(?P<number>[^/]+)/?$", ChangeViewSet.as_view({"get": "retrieve"})),
]
