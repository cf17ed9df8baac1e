"""Where the order endpoints live. An identifier may hold any character, line breaks too: (?s:.).

A record may be called reconcile: it is read and deleted, what is posted to it reconciles.
"""

from django.urls import re_path

from orders.views import OrderViewSet

urlpatterns = [
    re_path(r"^orders/(?P<tenant_id>[^/]+)/?$", OrderViewSet.as_view({"post": "create", "get": "list"})),
    re_path(
        r"^orders/(?P<tenant_id>[^/]+)/(?P<order_id>(?s:.+))/items/?$", OrderViewSet.as_view({"delete": "remove_item"})
    ),
    re_path(
        r"^orders/(?P<tenant_id>[^/]+)/(?P<order_id>reconcile)/?$",
        OrderViewSet.as_view({"get": "retrieve", "delete": "remove", "post": "reconcile"}),
    ),
    re_path(
        r"^orders/(?P<tenant_id>[^/]+)/(?P<order_id>(?s:.+?))/?$",
        OrderViewSet.as_view({"get": "retrieve", "delete": "remove"}),
    ),
]
