from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "Hub"


class HubAdminConfig(AdminConfig):
    """The admin: what apps register in their admin package, on the hub's own site."""

    default_site = "hub.admin.site.HubAdminSite"
