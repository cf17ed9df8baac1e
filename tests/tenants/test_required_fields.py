"""The customer fields a tenant may demand: every door refuses others, and a new one migrates no tenants."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db.migrations.writer import MigrationWriter

from tenants.entities import customer_fields
from tenants.models import Tenant
from tenants.provisioning import create_tenant
from tests.conftest import Partner
from tests.members import superuser, text

SAID = "No such customer field: Shoesize. Choose of CustomerId, Email, "


def test_the_form_offers_every_field_and_refuses_others(partner: Partner) -> None:
    client, url = superuser(), f"/admin/tenants/tenant/{partner.id}/change/"
    fields = {"name": "Shop", "slug": "shop", "tier": "standard", "time_zone": "UTC", "consent_policy": "source"}

    refused = client.post(url, {**fields, "required_fields": ["Shoesize"]})

    assert all(f'value="{name}"' in text(client.get(url)) for name in list(customer_fields()))
    assert "Shoesize is not one of the available choices." in text(refused)
    partner.tenant.refresh_from_db()
    assert partner.tenant.required_fields == []
    assert client.post(url, {**fields, "required_fields": list(customer_fields())}).status_code == 302
    partner.tenant.refresh_from_db()
    assert partner.tenant.required_fields == list(customer_fields())


def test_the_command_refuses_others(db: None) -> None:
    with pytest.raises(CommandError, match="--require: invalid choice: 'Shoesize'"):
        call_command("create_tenant", "Shop", "--require", "Language", "Shoesize")

    assert not Tenant.objects.exists()


def test_a_tenant_made_by_code_is_refused_others(db: None) -> None:
    with pytest.raises(ValidationError, match=SAID):
        create_tenant("Shop", required=["Language", "Shoesize"])

    assert not Tenant.objects.exists()


def test_a_new_customer_field_migrates_no_tenants() -> None:
    written, _ = MigrationWriter.serialize(Tenant._meta.get_field("required_fields"))

    assert not [name for name in list(customer_fields()) if name in written]
