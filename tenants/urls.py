"""Where the endpoints live that are about the tenant itself."""

from django.urls import re_path

from tenants.api.exports import ExportViewSet
from tenants.api.feed import ChangeViewSet
from tenants.api.requests import RequestViewSet
from tenants.api.views import tenant_missing

urlpatterns = [
    re_path(r"^(?:customers|orders|products|changes|exports|requests)/?$", tenant_missing),
    re_path(r"^changes/(?P<tenant_id>[^/]+)/?$", ChangeViewSet.as_view({"get": "list"})),
    re_path(r"^exports/(?P<tenant_id>[^/]+)/?$", ExportViewSet.as_view({"get": "list"})),
    re_path(r"^requests/(?P<tenant_id>[^/]+)/?$", RequestViewSet.as_view({"get": "list"})),
    re_path(r"^changes/(?P<tenant_id>[^/]+)/(?P<number>[^/]+)/?$", ChangeViewSet.as_view({"get": "retrieve"})),
]
