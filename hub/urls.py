"""Every address of the hub: the apps' endpoints, the admin, health."""

from django.contrib import admin
from django.urls import include, path

from hub.health import health

urlpatterns = [
    path("health", health),
    path("admin/", admin.site.urls),
    path("", include("customers.urls")),
    path("", include("orders.urls")),
    path("", include("products.urls")),
    path("", include("tenants.urls")),
]

handler400 = "hub.errors.bad_request"
handler404 = "tenants.views.unknown_path"
handler500 = "hub.errors.server_error"
