"""Every address of the hub: the apps' endpoints, the admin, health, where to begin, whom to tell of a weakness."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from hub.api.health import health
from hub.api.pages import docs, openapi, start
from hub.api.security_txt import security_txt

admin.autodiscover()  # before its addresses are asked for, which are those of what is registered by then
urlpatterns = [
    path("", start, name="start"),
    re_path(r"^docs/?$", docs, name="docs"),
    path("openapi.json", openapi, name="openapi"),
    path("health", health, name="health"),
    path(".well-known/security.txt", security_txt),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", include("tenants.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("customers.urls")),
    path("", include("orders.urls")),
    path("", include("products.urls")),
    path("", include("tenants.urls")),
]

handler400 = "tenants.admin.errors.bad_request"
handler403 = "tenants.admin.errors.forbidden"
handler404 = "tenants.admin.errors.unknown_path"
handler500 = "tenants.admin.errors.server_error"
