from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import autodiscover_modules


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "Hub"


class HubAdminConfig(AdminConfig):
    """The admin: what apps register in their admin.py and history.py, on the hub's own site."""

    default_site = "hub.admin.HubAdminSite"

    def ready(self) -> None:
        super().ready()
        autodiscover_modules("history", register_to=admin.site)
