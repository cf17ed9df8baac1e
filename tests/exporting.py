"""Exports that are made in the background, for tests: asked for as the page does, and made as the worker does."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from hub.admin import changelist
from tenants.admin.export_worker import run
from tenants.models import Export, Tenant
from tests.conftest import Partner

LIST = "/admin/customers/customer/"


def ask(client: Client, tenant: Tenant, address: str = LIST, form: str = "csv", per: str = "", **query: str) -> Any:
    """Ask for an export with all columns, as the form of the list's page does."""
    page = client.get(f"{address}export/?{urlencode(query)}")
    fields = page.context["form"].fields
    chosen = {"tenant": str(tenant.pk), "format": form, "columns": [number for number, _ in fields["columns"].choices]}
    if "per" in fields:
        chosen |= {"per": per or "record", "part_columns": [number for number, _ in fields["part_columns"].choices]}
    return client.post(f"{address}export/?{urlencode(query)}", chosen)


def asked(client: Client, tenant: Tenant, *args: Any, **how: Any) -> Export:
    """Return an export that is to be made in the background, as one of any length is here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changelist, "MOST_COUNTED", -1)
        answer = ask(client, tenant, *args, **how)
    assert answer.status_code == 302, answer.content
    return Export.objects.get(pk=answer["Location"].rstrip("/").split("/")[-2])


def exported(partner: Partner, client: Client, **how: Any) -> Export:
    """Return an export of a tenant's customers, or another list, that is ready, for who is logged in."""
    return made(asked(client, partner.tenant, **how))


def made(export: Export) -> Export:
    """Make an export as the worker does, and return it as it is stored."""
    run(export.pk, export.tenant_id)
    return Export.objects.get(pk=export.pk)
