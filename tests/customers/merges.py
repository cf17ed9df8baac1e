"""How staff merge two customers, and undo it: the page is opened, and sent as it stands."""

import re
from typing import Any

from django.test import Client

from customers.models import Customer
from tenants.models import Changeset
from tests.conftest import Partner

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def merge_address(kept: int, lost: int) -> str:
    return f"/admin/customers/customer/{kept}/merge/?with={lost}"


def hub_id(partner: Partner, **named: str) -> int:
    return Customer.objects.get(tenant=partner.tenant, **named).pk


def shown_by(page: Any) -> dict[str, str]:
    """Return what the page's form sends beside what is chosen in it."""
    return {name: value for name, value in HIDDEN.findall(page.content.decode()) if name != "csrfmiddlewaretoken"}


def sent(staff: Client, kept: int, lost: int, **chosen: str) -> Any:
    """Choose, look at the preview, and confirm it; return the answer."""
    address = merge_address(kept, lost)
    choices = {name.replace("__", ":"): value for name, value in chosen.items()}
    preview = staff.post(address, {**shown_by(staff.get(address)), **choices, "_preview": "1"})
    assert preview.status_code == 200
    return staff.post(address, {**shown_by(preview), **choices, "_merge": "1"})


def merged(staff: Client, kept: int, lost: int, **chosen: str) -> Changeset:
    """Merge as staff do; return the changeset."""
    answer = sent(staff, kept, lost, **chosen)
    assert answer.status_code == 302, answer.context["said"]
    return Changeset.objects.filter(operation="merge", entity="customers", updated_ids=[kept]).latest("number")


def undo_address(merge: Changeset) -> str:
    return f"/admin/customers/customer/{merge.updated_ids[0]}/unmerge/{merge.number}/"


def undone(staff: Client, merge: Changeset, **said: str) -> Any:
    """Undo a merge as staff do who agree to what is shown; return the answer."""
    page = staff.get(undo_address(merge))
    assert page.status_code == 200
    return staff.post(undo_address(merge), {**shown_by(page), **said})
