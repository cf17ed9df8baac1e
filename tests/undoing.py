"""How a tenant's admin takes a changeset back: the page of the plan is opened, and sent as it stands."""

from typing import Any

from django.test import Client

from tenants.models import Changeset
from tests.conftest import Partner


def changeset_of(partner: Partner, number: int) -> Changeset:
    """Return a tenant's changeset by its number."""
    return Changeset.objects.get(tenant=partner.tenant, number=number)


def latest(partner: Partner) -> int:
    """Return the number of a tenant's latest changeset."""
    return Changeset.objects.filter(tenant=partner.tenant).order_by("-number").values_list("number", flat=True)[0]


def undo_page(partner: Partner, number: int) -> str:
    """Return the address of the page that takes a changeset back."""
    return f"/admin/tenants/changeset/{changeset_of(partner, number).pk}/undo/"


def plan_of(admin: Client, partner: Partner, number: int) -> Any:
    """Return the answer that shows what taking a changeset back would do."""
    answer = admin.get(undo_page(partner, number))
    assert answer.status_code == 200
    return answer


def take_back(admin: Client, partner: Partner, number: int, **sent: str) -> Any:
    """Take a changeset back as an admin does who agrees to the plan; return the answer to that."""
    plan = plan_of(admin, partner, number).context["plan"]
    return admin.post(undo_page(partner, number), {"planned": plan.digest, **sent})


def taken_back(admin: Client, partner: Partner, number: int, **sent: str) -> Changeset | None:
    """Take a changeset back; return the changeset that did it, where there was anything to do."""
    before = latest(partner)
    answer = take_back(admin, partner, number, **sent)
    assert answer.status_code == 302, answer.context["said"]
    found = Changeset.objects.filter(tenant=partner.tenant, number__gt=before)
    return found.get() if found else None
