from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "Hub"


class HubAdminConfig(AdminConfig):
    default_site = "hub.admin.HubAdminSite"
