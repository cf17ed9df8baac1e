"""Where the product endpoints live. An identifier may hold any character, line breaks too: (?s:.).

A record may be called reconcile: it is read and deleted, what is posted to it reconciles.
"""

from django.urls import re_path

from products.views import ProductViewSet

urlpatterns = [
    re_path(r"^products/(?P<tenant_id>[^/]+)/?$", ProductViewSet.as_view({"post": "create", "get": "list"})),
    re_path(
        r"^products/(?P<tenant_id>[^/]+)/(?P<product_id>(?s:.+))/variants/(?P<variant_id>(?s:.+?))/?$",
        ProductViewSet.as_view({"delete": "remove_variant"}),
    ),
    re_path(
        r"^products/(?P<tenant_id>[^/]+)/(?P<product_id>reconcile)/?$",
        ProductViewSet.as_view({"get": "retrieve", "delete": "remove", "post": "reconcile"}),
    ),
    re_path(
        r"^products/(?P<tenant_id>[^/]+)/(?P<product_id>(?s:.+?))/?$",
        ProductViewSet.as_view({"get": "retrieve", "delete": "remove"}),
    ),
]
