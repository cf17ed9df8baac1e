"""How far the search for people is behind, for the system page."""

from datetime import UTC, datetime

from customers.searching.lag import words_behind
from tenants.models import Tenant
from tenants.system.figures import Figure, said

LATE_SECONDS = 60


def words_kept() -> Figure:
    """Return how old the first change is that is not searched yet, of any tenant."""
    behind = words_behind(list(Tenant.objects.values_list("pk", flat=True)))
    age = (datetime.now(UTC) - behind.since).total_seconds() if behind.since else 0
    said_so = "being made anew" if behind.is_filling else f"{said(age)} behind" if behind.since else "up to date"
    return Figure(
        "Names searched",
        said_so,
        "Bad from a minute on: no worker runs, or it is making them anew, which takes minutes for a million customers"
        " (docs/admin.md, Finding people).",
        age >= LATE_SECONDS,
    )
