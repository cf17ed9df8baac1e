"""Views of lists that people save: some filters, under a name."""

from django.conf import settings
from django.db import models

from tenants.models.tenants import Tenant

LONGEST_NAME = 60
LONGEST_QUERY = 1000


class SavedView(models.Model):
    """The filters of a list under a name: its maker's alone, or of all members of a tenant that it is shared with.

    `listing` is the label of the list's model, `query` the part of an address that chooses the filters. It holds no
    search and no text that may name a person, so an erasure has nothing to look for here. Like memberships it is the
    coordinator's, with no foreign key to tenants, and goes with the tenant or with its maker.
    """

    listing = models.CharField("list", max_length=60)
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.CharField("filters", max_length=LONGEST_QUERY)
    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, db_constraint=False, related_name="saved_views")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    created_at = models.DateTimeField("saved", auto_now_add=True)

    class Meta:
        verbose_name = "saved view"
        ordering = ["listing", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["made_by", "listing", "name"], condition=models.Q(tenant=None), name="own_view_named_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "listing", "name"],
                condition=models.Q(tenant__isnull=False),
                name="shared_view_named_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name
