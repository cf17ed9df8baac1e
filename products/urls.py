"""Where the product endpoints live."""

from django.urls import re_path

from products.views import ProductViewSet

urlpatterns = [
    re_path(r"^products/(?P<tenant_id>[^/]+)/?$", ProductViewSet.as_view({"post": "create", "get": "list"})),
    re_path(
        r"^products/(?P<tenant_id>[^/]+)/(?P<product_id>.+)/variants/(?P<variant_id>.+?)/?$",
        ProductViewSet.as_view({"delete": "remove_variant"}),
    ),
    re_path(
        r"^products/(?P<tenant_id>[^/]+)/(?P<product_id>.+?)/?$",
        ProductViewSet.as_view({"get": "retrieve", "delete": "remove"}),
    ),
]
