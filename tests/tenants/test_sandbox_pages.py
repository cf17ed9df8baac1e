"""The sandbox in the admin: its page, who sees it, where it is marked, and where it is left out."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from tenants.models import ApiKey, AuditEvent, Changeset, Delivery, Role, Tenant, Webhook
from tenants.requests.writer import WRITER
from tenants.webhooks.endpoints import create_webhook
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.members import member, superuser, text
from tests.tenants.sandboxes import MOMENT, counts, fill_every_table, sandbox_for

pytestmark = pytest.mark.django_db
BADGE = '<span class="hub-sandbox">Sandbox</span>'
NOTICE = "nothing here is real"


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    return make_tenant(slug="noir")


@pytest.fixture
def sandbox(shop: Partner) -> Partner:
    return sandbox_for(shop)


def page(tenant: Partner) -> str:
    return reverse("admin:tenants_tenant_sandbox", args=[tenant.id])


def listed(client: Client, model: str, **query: str) -> set[Any]:
    answer = client.get(reverse(f"admin:{model}_changelist"), query)
    return {row.tenant_id for row in answer.context["cl"].result_list}


# Its page


def test_an_admin_creates_a_sandbox_and_is_shown_its_key_once(shop: Partner) -> None:
    client = member(Role.ADMIN, shop.tenant)
    assert "Create the sandbox" in text(client.get(page(shop)))

    answer = client.post(page(shop), {"do": "create"})

    sandbox = Tenant.objects.get(sandbox_of=shop.tenant)
    key = answer.context["text"]
    assert key in text(answer)
    assert NOTICE in text(answer)
    assert Partner(sandbox, key).get("/customers/{tenant}").status_code == 200
    assert "Open the sandbox" in text(client.get(page(shop)))
    assert client.post(page(shop), {"do": "create"}).status_code == 409
    assert Tenant.objects.filter(sandbox_of=shop.tenant).count() == 1


def test_it_is_filled_configured_and_emptied_on_its_page(shop: Partner, sandbox: Partner) -> None:
    client = member(Role.ADMIN, shop.tenant)
    Tenant.objects.filter(pk=shop.tenant.pk).update(time_zone="Europe/Paris")

    client.post(page(sandbox), {"do": "fill", "customers": "100"})
    assert Customer.objects.filter(tenant=sandbox.tenant).count() == 100
    assert "Europe/Paris" in text(client.get(page(sandbox)))
    client.post(page(sandbox), {"do": "copy"})
    assert "It is configured as its tenant is." in text(client.get(page(sandbox)))
    assert client.post(page(sandbox), {"do": "empty"}).status_code == 400
    assert Customer.objects.filter(tenant=sandbox.tenant).count() == 100
    done = client.post(page(sandbox), {"do": "empty", "sure": "yes"}, follow=True)

    assert "noir (sandbox) is empty." in text(done)
    assert not Customer.objects.filter(tenant=sandbox.tenant).exists()
    user = AuditEvent.objects.filter(tenant=shop.tenant, kind="sandbox_emptied").get().user
    assert user is not None


@pytest.mark.parametrize("do", ["fill", "copy", "empty", "", "delete", "create "])
def test_a_forged_form_does_nothing_to_a_real_tenant(shop: Partner, sandbox: Partner, do: str) -> None:
    fill_every_table(shop)
    before = counts(shop.tenant)
    forged = {"do": do, "sure": "yes", "customers": "100", "tenant": sandbox.id}

    for client in (member(Role.ADMIN, shop.tenant), superuser()):
        assert client.post(page(shop), forged).status_code == 400
        assert client.post(f"{page(shop)}?tenant={sandbox.id}", forged).status_code == 400

    assert counts(shop.tenant) == before


@pytest.mark.parametrize("size", ["", "0", "50", "1000000", "-100", "100.0", "١٠٠"])
def test_a_size_that_is_not_offered_is_refused(shop: Partner, sandbox: Partner, size: str) -> None:
    assert member(Role.ADMIN, shop.tenant).post(page(sandbox), {"do": "fill", "customers": size}).status_code == 400
    assert not Changeset.objects.filter(tenant=sandbox.tenant).exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.STAFF, None])
def test_only_admins_have_the_page(shop: Partner, sandbox: Partner, role: Role | None) -> None:
    sandbox.save("customers", customer())
    client = member(role, shop.tenant) if role else member(Role.ADMIN)

    for tenant in (shop, sandbox):
        assert client.get(page(tenant)).status_code in (403, 404)
        for do in ("create", "fill", "copy", "empty"):
            sent = {"do": do, "sure": "yes", "customers": "100"}
            assert client.post(page(tenant), sent).status_code in (403, 404)

    assert Customer.objects.filter(tenant=sandbox.tenant).count() == 1


def test_an_admin_of_another_tenant_has_no_business_here(shop: Partner, sandbox: Partner, partner: Partner) -> None:
    client = member(Role.ADMIN, partner.tenant)

    assert client.get(page(sandbox)).status_code == 404
    assert client.post(page(sandbox), {"do": "empty", "sure": "yes"}).status_code == 404


# Who looks after it


@pytest.mark.parametrize("role", Role)
def test_members_of_the_tenant_have_their_role_in_the_sandbox(shop: Partner, sandbox: Partner, role: Role) -> None:
    sandbox.save("customers", customer())
    record = Customer.objects.get(tenant=sandbox.tenant)
    client = member(role, shop.tenant)

    assert client.get(reverse("admin:customers_customer_change", args=[record.pk])).status_code == 200
    assert client.get(reverse("admin:tenants_tenant_change", args=[sandbox.id])).status_code == 200
    deletes = client.get(reverse("admin:customers_customer_delete", args=[record.pk])).status_code
    assert deletes == (403 if role == Role.VIEWER else 200)


def test_who_leaves_the_tenant_leaves_the_sandbox(shop: Partner, sandbox: Partner) -> None:
    client = member(Role.STAFF, shop.tenant)
    shop.tenant.memberships.all().delete()

    assert client.get(reverse("admin:tenants_tenant_change", args=[sandbox.id])).status_code in (403, 404)


def test_a_member_of_the_sandbox_alone_sees_nothing_of_the_tenant(shop: Partner, sandbox: Partner) -> None:
    for tenant in (shop, sandbox):
        tenant.save("customers", customer())
    client = member(Role.ADMIN, sandbox.tenant)

    assert listed(client, "customers_customer") == {sandbox.tenant.pk}
    assert NOTICE in text(client.get(reverse("admin:customers_customer_changelist")))
    assert client.get(reverse("admin:tenants_tenant_change", args=[shop.id])).status_code == 404
    assert client.get("/admin/", {"tenant": "noir"}).status_code == 404


def test_who_disables_a_tenant_disables_its_sandbox(shop: Partner, sandbox: Partner) -> None:
    address = reverse("admin:tenants_tenant_change", args=[shop.id])
    fields = {"name": "noir", "slug": "noir", "tier": "standard", "time_zone": "UTC", "consent_policy": "source"}

    superuser().post(address, fields)
    assert sandbox.get("/customers/{tenant}").status_code == 403
    superuser().post(address, {**fields, "is_enabled": "on"})
    assert sandbox.get("/customers/{tenant}").status_code == 200


# Left out


def test_a_list_of_all_shows_what_is_real(shop: Partner, sandbox: Partner) -> None:
    for tenant in (shop, sandbox):
        tenant.save("customers", customer())
        tenant.post("customers", [{}])
    WRITER.flush()

    for client in (member(Role.ADMIN, shop.tenant), superuser()):
        for model in ("customers_customer", "tenants_changeset", "tenants_loggedrequest"):
            assert listed(client, model) == {shop.tenant.pk}
            assert listed(client, model, tenant=sandbox.id) == {sandbox.tenant.pk}
        assert listed(client, "customers_customer", q="C-123") <= {shop.tenant.pk, sandbox.tenant.pk}


def test_who_looks_for_something_finds_it_in_a_sandbox_too(shop: Partner, sandbox: Partner) -> None:
    sandbox.save("customers", customer(CustomerId="ONLY-1"))
    record = Customer.objects.get(tenant=sandbox.tenant)
    client = member(Role.ADMIN, shop.tenant)

    assert listed(client, "customers_customer", q="ONLY-1") == {sandbox.tenant.pk}
    assert listed(client, "tenants_changeset", record=f"customers:{record.pk}") == {sandbox.tenant.pk}


def test_the_home_page_adds_up_what_is_real(shop: Partner, sandbox: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    for tenant in (shop, sandbox, other):
        tenant.save("customers", customer())

    for client in (member(Role.ADMIN, shop.tenant, other.tenant), superuser()):
        home = client.get("/admin/")
        assert [figure.value for figure in home.context["health"].records] == [2, 0, 0]
        assert "All 2 tenants" in text(home)
        chosen = client.get("/admin/", {"tenant": sandbox.slug})
        assert [figure.value for figure in chosen.context["health"].records] == [1, 0, 0]
        assert NOTICE in text(chosen)


def test_a_tenant_and_its_sandbox_are_one_tenant_on_the_home_page(shop: Partner, sandbox: Partner) -> None:
    home = member(Role.VIEWER, shop.tenant).get("/admin/")

    assert home.context["health"].tenant == shop.tenant
    assert "All " not in text(home)
    assert "noir (sandbox)</option>" in text(home)
    assert NOTICE not in text(home)


# Marked


def test_every_page_about_a_sandbox_says_so(shop: Partner, sandbox: Partner) -> None:
    for tenant in (shop, sandbox):
        tenant.save("customers", customer())
        webhook, _ = create_webhook(tenant.tenant, label="ERP", url="https://erp.example/hooks")
        Delivery.objects.create(webhook=webhook, number=1, attempt=1, milliseconds=1, created_at=MOMENT)
    client = member(Role.ADMIN, shop.tenant)

    def pages(tenant: Tenant) -> list[str]:
        of_tenant = {"tenant": tenant}
        record, changeset = Customer.objects.get(**of_tenant), Changeset.objects.get(**of_tenant)
        key, hook = ApiKey.objects.get(**of_tenant), Webhook.objects.get(**of_tenant)
        about = {
            "customers_customer_change": record.pk,
            "customers_customer_delete": record.pk,
            "tenants_changeset_change": changeset.pk,
            "tenants_apikey_change": key.pk,
            "tenants_apikey_roll": key.pk,
            "tenants_webhook_change": hook.pk,
            "tenants_tenant_change": tenant.pk,
            "tenants_tenant_connect": tenant.pk,
            "tenants_tenant_priority": tenant.pk,
            "tenants_tenant_sandbox": tenant.pk,
        }
        lists = ("customers_customer", "tenants_changeset", "tenants_apikey", "tenants_webhook", "tenants_membership")
        found = [reverse(f"admin:{name}", args=[pk]) for name, pk in about.items()]
        return found + [f"{reverse(f'admin:{name}_changelist')}?tenant={tenant.pk}" for name in lists]

    marked = {address: NOTICE in text(client.get(address)) for address in pages(sandbox.tenant)}
    assert {address for address, is_marked in marked.items() if not is_marked} == set()
    unmarked = {address: NOTICE in text(client.get(address)) for address in pages(shop.tenant)}
    assert {address for address, is_marked in unmarked.items() if is_marked} == set()


def test_rows_and_choices_of_sandboxes_are_marked(shop: Partner, sandbox: Partner) -> None:
    sandbox.save("customers", customer(CustomerId="ONLY-1"))
    webhook, _ = create_webhook(sandbox.tenant, label="ERP", url="https://erp.example/hooks")
    Delivery.objects.create(webhook=webhook, number=1, attempt=1, milliseconds=1, created_at=MOMENT)
    Tenant.objects.filter(pk=sandbox.tenant.pk).update(name="Trial")
    client = superuser()

    for model in ("tenants_tenant", "tenants_webhook", "tenants_delivery"):
        assert BADGE in text(client.get(reverse(f"admin:{model}_changelist"))), model
    assert BADGE in text(client.get(reverse("admin:customers_customer_changelist"), {"q": "ONLY-1"}))
    for address in ("tenants_apikey_changelist", "tenants_apikey_add", "tenants_webhook_add", "tenants_invitation_add"):
        assert "Trial (sandbox)" in text(client.get(reverse(f"admin:{address}"))), address
    assert f"test_{ApiKey.objects.get(tenant=sandbox.tenant).prefix}…" in text(
        client.get(reverse("admin:tenants_apikey_changelist"))
    )


def test_a_sandbox_keeps_no_admin_of_its_own(shop: Partner, sandbox: Partner) -> None:
    member(Role.ADMIN, sandbox.tenant)
    membership = sandbox.tenant.memberships.get()
    address = reverse("admin:tenants_membership_delete", args=[membership.pk])

    member(Role.ADMIN, shop.tenant).post(address, {"post": "yes"})

    assert not sandbox.tenant.memberships.exists()
