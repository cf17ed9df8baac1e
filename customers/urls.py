"""Where the customer endpoints live."""

from django.urls import re_path

from customers.views import CustomerViewSet

urlpatterns = [
    re_path(
        r"^customers/(?P<tenant_id>[^/]+)/?$",
        CustomerViewSet.as_view({"post": "create", "get": "list", "delete": "remove"}),
    ),
    re_path(r"^customers/(?P<tenant_id>[^/]+)/(?P<id>.+?)/?$", CustomerViewSet.as_view({"get": "retrieve"})),
]
