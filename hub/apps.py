from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_dependencies
from django.core.checks import Tags, register

from hub.checks import check_admin, check_front_door


class HubConfig(AppConfig):
    name = "hub"
    verbose_name = "Hub"

    def ready(self) -> None:
        """Have `check --deploy` look at the front door, too."""
        register(check_front_door, deploy=True)


class HubAdminConfig(SimpleAdminConfig):
    """The admin: what apps register in their admin package, on the hub's own site.

    It is loaded with the addresses (hub.urls): a command that has neither starts in half the time.
    """

    default_site = "hub.admin.site.HubAdminSite"

    def ready(self) -> None:
        """Have `check` look at the admin, which it loads for that."""
        register(check_dependencies, Tags.admin)
        register(check_admin, Tags.admin)
