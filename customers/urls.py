"""Where the customer endpoints live. An identifier may hold any character, line breaks too: (?s:.).

A record may be called reconcile: it is read, what is posted to it reconciles.
"""

from django.urls import re_path

from customers.dialects.custobar.views import CustobarViewSet, no_such_endpoint
from customers.dialects.jericommerce import JericommerceViewSet
from customers.views import CustomerViewSet

urlpatterns = [
    re_path(
        r"^customers/(?P<tenant_id>[^/]+)/?$",
        CustomerViewSet.as_view({"post": "create", "get": "list", "delete": "remove"}),
    ),
    re_path(
        r"^customers/(?P<tenant_id>[^/]+)/(?P<id>reconcile)/?$",
        CustomerViewSet.as_view({"get": "retrieve", "post": "reconcile"}),
    ),
    re_path(r"^customers/(?P<tenant_id>[^/]+)/(?P<id>(?s:.+?))/?$", CustomerViewSet.as_view({"get": "retrieve"})),
    re_path(
        r"^v1/programs/(?P<program_id>[^/]+)/integrations/api/?$",
        JericommerceViewSet.as_view({"post": "create", "delete": "remove"}),
    ),
    re_path(r"^api/customers/upload/?$", CustobarViewSet.as_view({"post": "create"})),
    re_path(r"^api/data/customers/?$", CustobarViewSet.as_view({"get": "list"})),
    re_path(r"^api/events/upload/?$", CustobarViewSet.as_view({"post": "withdraw"})),
    re_path(r"^api/?$", no_such_endpoint),
    re_path(r"^api/", no_such_endpoint),
]
