from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core.checks import register

from hub.checks import check_front_door


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "Hub"

    def ready(self) -> None:
        """Have `check --deploy` look at the front door, too."""
        register(check_front_door, deploy=True)


class HubAdminConfig(AdminConfig):
    """The admin: what apps register in their admin package, on the hub's own site."""

    default_site = "hub.admin.site.HubAdminSite"
