"""Every page of the admin × every role: who may open it, whose form changes something, and that strangers get nothing.

The pages come from the resolver. The two tables say what is meant, so a new page fails until it stands in them.
"""

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from customers.admin.optins import seen
from customers.models import Customer, Duplicate
from orders.models import Order, OrderItem
from products.models import Product, Variant
from tenants.invitations import invite
from tenants.models import (
    AccountEvent,
    ApiKey,
    AuditEvent,
    AuditKind,
    Changeset,
    ConsentChange,
    Delivery,
    ErasureCertificate,
    Export,
    Import,
    Invitation,
    LoggedRequest,
    Look,
    Membership,
    QuarantinedRecord,
    Role,
    SavedView,
    Tenant,
    Webhook,
)
from tenants.requests.writer import WRITER
from tenants.tasks import purge
from tenants.webhooks.endpoints import create_webhook
from tenants.webhooks.leases import note_tested
from tenants.webhooks.sending import Outcome
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.exporting import exported
from tests.files.jobs import ndjson, tried_file
from tests.members import browser, make_user, taken_back, text
from tests.orders.records import order
from tests.products.records import product
from tests.quarantine.lenient import take
from tests.tenants.pages import Page, pages
from tests.tenants.test_tasks import defer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PAGES = {page.name: page for page in pages() if page.name != "logout"}  # it would end what is tried here
RANKS = ["anyone", "nobody", "viewer", "staff", "admin", "superuser", "never"]
ROLES = ["anyone", "nobody", "viewer", "staff", "admin", "superuser"]
VOLATILE = "last_login"
# What is written because somebody looked, knocked or guessed, whoever it was and whatever they were answered.
KNOCKS = {"tenants_ratecounter", "tenants_failurecounter", "tenants_look"}
GUESSES = [AuditKind.LOGIN_FAILED.value, AuditKind.LOCKED_OUT.value]  # so are these rows of tenants_accountevent


def table(text: str) -> dict[str, str]:
    """Read `role: page page …`, a line each, as {page: role}."""
    lines = (line.partition(":") for line in text.strip().splitlines())
    return {name: role.strip() for role, _, names in lines for name in names.split()}


# The least role that is shown more than a refusal; `never` where a page only takes what its form sends.
OPENS = table("""
anyone: login
nobody: index jsi18n password_change password_change_done search session
viewer: app_list customers_customer_change customers_customer_changelist customers_customer_history
viewer: customers_customer_consent_proof
viewer: customers_duplicate_change customers_duplicate_changelist customers_duplicate_history
viewer: orders_order_change orders_order_changelist orders_order_history products_product_change
viewer: orders_order_unknown_skus orders_order_unknown_skus_csv
viewer: products_product_changelist products_product_history tenants_changeset_change tenants_changeset_changelist
viewer: tenants_changeset_history tenants_consentchange_change tenants_consentchange_changelist
viewer: tenants_consentchange_history tenants_loggedrequest_change tenants_loggedrequest_changelist
viewer: tenants_loggedrequest_history tenants_tenant_change tenants_tenant_changelist tenants_tenant_connect
viewer: tenants_quarantinedrecord_change tenants_quarantinedrecord_changelist tenants_quarantinedrecord_history
viewer: tenants_import_change tenants_import_changelist tenants_import_history tenants_import_progress
viewer: tenants_savedview_change tenants_savedview_changelist tenants_savedview_history tenants_savedview_open
admin: tenants_savedview_delete
staff: tenants_import_add tenants_import_preview tenants_import_rejected
staff: customers_customer_act_on_list customers_customer_export orders_order_export products_product_export
staff: tenants_consentchange_export tenants_changeset_export tenants_loggedrequest_export
staff: tenants_quarantinedrecord_export tenants_erasurecertificate_export tenants_export_changelist
admin: tenants_auditevent_export tenants_look_export
staff: customers_customer_everything customers_customer_erased tenants_erasurecertificate_ask
staff: tenants_erasurecertificate_change tenants_erasurecertificate_changelist tenants_erasurecertificate_history
staff: tenants_erasurecertificate_json tenants_erasurecertificate_verify
staff: customers_customer_correct orders_order_correct
staff: customers_customer_merge
staff: customers_customer_delete orders_order_ask_parts orders_order_delete products_product_ask_parts
staff: products_product_delete
admin: tenants_accountevent_changelist tenants_apikey_add tenants_apikey_audit tenants_apikey_change
admin: tenants_apikey_changelist tenants_apikey_history tenants_apikey_revoke tenants_apikey_roll
admin: tenants_auditevent_changelist tenants_invitation_add tenants_invitation_change tenants_invitation_changelist
admin: tenants_invitation_history tenants_invitation_revoke tenants_look_changelist tenants_membership_audit
admin: tenants_membership_change tenants_membership_changelist tenants_membership_delete tenants_membership_history
admin: tenants_membership_invitations tenants_membership_invite tenants_tenant_audit tenants_tenant_history
admin: tenants_changeset_undo tenants_tenant_keys tenants_tenant_members tenants_tenant_priority
admin: tenants_tenant_sandbox
admin: tenants_delivery_changelist tenants_webhook_add tenants_webhook_audit tenants_webhook_change
admin: tenants_webhook_changelist tenants_webhook_delete tenants_webhook_history tenants_webhook_pause
admin: tenants_webhook_redeliver tenants_webhook_resume tenants_webhook_rotate tenants_webhook_test
superuser: auth_user_add auth_user_audit auth_user_change auth_user_changelist auth_user_history
superuser: auth_user_password_change auth_user_password_link auth_user_remove_factors
superuser: procrastinate_procrastinatejob_change procrastinate_procrastinatejob_changelist
superuser: procrastinate_procrastinatejob_history tenants_tenant_add
superuser: tenants_strangercount_changelist tenants_strangerrequest_changelist system
never: customers_customer_unmerge customers_duplicate_add customers_duplicate_delete
never: auth_user_delete autocomplete customers_customer_add customers_customer_delete_many customers_customer_set_flag
never: customers_customer_notes
never: orders_order_add orders_order_delete_many orders_order_delete_parts procrastinate_procrastinatejob_add
never: procrastinate_procrastinatejob_delete products_product_add products_product_delete_many
never: products_product_delete_parts tenants_accountevent_add tenants_accountevent_change tenants_accountevent_delete
never: tenants_accountevent_history tenants_apikey_delete tenants_auditevent_add tenants_auditevent_change
never: tenants_auditevent_delete tenants_auditevent_history tenants_changeset_add tenants_changeset_delete
never: tenants_consentchange_add tenants_consentchange_delete tenants_invitation_delete tenants_look_add
never: tenants_look_change tenants_look_delete tenants_look_history tenants_membership_add
never: tenants_loggedrequest_add tenants_loggedrequest_delete
never: tenants_strangercount_add tenants_strangercount_change tenants_strangercount_delete
never: tenants_strangercount_history tenants_strangerrequest_add tenants_strangerrequest_change
never: tenants_strangerrequest_delete tenants_strangerrequest_history
never: tenants_erasurecertificate_add tenants_erasurecertificate_delete
never: tenants_tenant_delete tenants_tenant_measure view_on_site tenants_delivery_add tenants_delivery_change
never: tenants_delivery_delete tenants_delivery_history tenants_quarantinedrecord_add
never: tenants_export_add tenants_export_again tenants_export_cancel tenants_export_change tenants_export_delete
never: tenants_export_download tenants_export_history tenants_export_progress
never: tenants_import_cancel tenants_import_confirm tenants_import_delete tenants_import_part
never: tenants_savedview_add tenants_savedview_save tenants_savedview_update
never: tenants_quarantinedrecord_delete tenants_quarantinedrecord_dismiss_many tenants_quarantinedrecord_send_many
""")
# The least role whose form changes a row; pages that are not here change none, whoever sends what.
CHANGES = table("""
viewer: tenants_tenant_measure tenants_savedview_save
admin: tenants_savedview_delete
staff: customers_customer_change customers_customer_changelist customers_customer_delete_many
staff: customers_customer_correct orders_order_correct
staff: customers_customer_notes customers_customer_set_flag orders_order_delete_many orders_order_delete_parts
staff: products_product_delete_many
staff: products_product_delete_parts tenants_quarantinedrecord_change tenants_quarantinedrecord_dismiss_many
staff: tenants_quarantinedrecord_send_many tenants_import_add tenants_import_cancel tenants_import_confirm
staff: tenants_import_preview
admin: tenants_apikey_add tenants_apikey_change tenants_apikey_revoke tenants_apikey_roll tenants_invitation_add
admin: tenants_invitation_revoke tenants_membership_change tenants_membership_delete tenants_tenant_change
admin: tenants_tenant_sandbox
admin: tenants_changeset_undo tenants_tenant_priority tenants_webhook_add tenants_webhook_change tenants_webhook_delete
admin: tenants_webhook_pause tenants_webhook_redeliver tenants_webhook_rotate tenants_webhook_test
superuser: auth_user_add auth_user_change auth_user_password_change auth_user_password_link auth_user_remove_factors
superuser: tenants_tenant_add
""")


class Fields(HTMLParser):
    """The fields of a page's forms, with what they hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.held: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in ("input", "select", "textarea") and said.get("name"):
            self.held[str(said["name"])] = said.get("value") or ""


@pytest.fixture
def ours(make_tenant: MakeTenant) -> Partner:
    return filled(make_tenant(slug="ours"), "Oursula")


@pytest.fixture
def theirs(make_tenant: MakeTenant) -> Partner:
    return filled(make_tenant(slug="theirs"), "Theirsbert")


def filled(partner: Partner, name: str) -> Partner:
    """Give a tenant one of everything, all with a name that nobody else's have."""
    partner.save("customers", customer(Name=name, SmsOptin=True))
    partner.save("customers", customer(SmsOptin=False))
    partner.save("customers", {"CustomerId": f"E-{name}"})
    partner.delete("/customers/{tenant}", customerId=f"E-{name}")
    pair = Customer.objects.filter(tenant=partner.tenant).order_by("pk").values_list("pk", flat=True)
    Duplicate.objects.create(tenant=partner.tenant, first=pair[0], second=pair[0], reasons=1, created_at=timezone.now())
    partner.save("orders", order(OrderId=f"O-{name}"))
    partner.save("products", product(ProductName=name))
    partner.post("customers", [{name: 1}])
    take(partner, "customers", customer(), {"CustomerId": f"Q-{name}", "Name": name, "Language": "much too long"})
    tried_file(partner, f"{name}.ndjson", ndjson([{"CustomerId": f"F-{name}"}, {"Name": name}]))
    WRITER.flush()
    Tenant.objects.filter(pk=partner.tenant.pk).update(name=name)
    ApiKey.objects.filter(tenant=partner.tenant).update(label=name)
    if not ProcrastinateJob.objects.exists():
        defer(purge)
    member = User.objects.create_user(f"member-{name}", is_staff=True)
    partner.tenant.memberships.create(user=member, role=Role.VIEWER)
    Authenticator.objects.create(user=member, type=Authenticator.Type.TOTP, data={"secret": name})
    admin = User.objects.create_user(f"admin-{name}", is_staff=True)
    partner.tenant.memberships.create(user=admin, role=Role.ADMIN)
    invite(partner.tenant, f"{name}@example.com", Role.VIEWER, by=admin)
    view = {"listing": "customers.customer", "query": "sms_optin=no", "tenant": partner.tenant}
    SavedView.objects.create(name=name, made_by=admin, **view)
    exported(partner, browser(admin))  # which is theirs alone
    webhook, _ = create_webhook(partner.tenant, label=name, url=f"https://{name}.example/hooks")
    note_tested(webhook.pk, None, Outcome(1, 200))
    browser(admin).get(f"/admin/customers/customer/{OF_TENANT[Customer](partner.tenant).pk}/change/")
    return partner


def client_of(role: str, tenant: Tenant) -> Client:
    """Return a browser in which somebody with a role on a tenant is logged in; nobody for `anyone`."""
    if role == "anyone":
        return Client()
    user = make_user(role, superuser=role == "superuser")
    if role in Role.values:
        Membership.objects.create(tenant=tenant, user=user, role=role)
    return browser(user)


OF_TENANT: dict[Any, Any] = {
    model: lambda tenant, model=model: model.objects.filter(tenant=tenant).order_by("pk").first()
    for model in (
        *(Customer, Duplicate, Order, Product, Changeset, ConsentChange, LoggedRequest, ApiKey, Membership),
        *(Invitation, AuditEvent, Look, Webhook, QuarantinedRecord, Import, SavedView, ErasureCertificate, Export),
    )
}
OF_TENANT[AccountEvent] = lambda tenant: AccountEvent.objects.filter(tenants__contains=[tenant.pk]).first()
OF_TENANT[Delivery] = lambda tenant: Delivery.objects.filter(webhook__tenant=tenant).first()
OF_TENANT[ProcrastinateJob] = lambda tenant: ProcrastinateJob.objects.first()
OF_TENANT[Tenant] = lambda tenant: tenant
OF_TENANT[User] = lambda tenant: User.objects.get(memberships__tenant=tenant, username__startswith="member-")


def addresses(tenant: Tenant) -> dict[str, str]:
    """Return the address of every page, about what the tenant has where it is about something."""
    return {name: page.address(_key(page, tenant), **SITE) for name, page in PAGES.items()}


SITE = {"app_label": "customers", "content_type_id": 1}


def _key(page: Page, tenant: Tenant) -> Any:
    find = OF_TENANT.get(page.model)
    return find(tenant).pk if find and page.is_about_one else 1


def form(page: str, tenant: Tenant, shown: str) -> dict[str, Any]:
    """Return what a form is sent back with, and all that other forms of the hub are told, about what a tenant has."""
    person, thing, goods = (OF_TENANT[model](tenant) for model in (Customer, Order, Product))
    about = {"customers": person, "orders": thing, "products": goods}.get(page.partition("_")[0], person)
    parts = [part.pk for model in (OrderItem, Variant) for part in model.objects.filter(tenant=tenant)]
    forged = {
        "chosen": seen(person) if page.endswith("set_flag") else str(parts[0] if "parts" in page else about.pk),
        "part": parts,
        "seen": seen(person),
        "_selected_action": about.pk,
        "action": "delete_selected",
        "index": "0",
        "post": "yes",
        "flag": "gdpr_optin",
        "note": "forged",
        "value": "yes",
        "gdpr_optin": str(person.pk),
        "_save": "1",
        "tenant": tenant.slug if page.endswith("measure") else str(tenant.pk),
        "priority": "email" if page.endswith("priority") else tenant.priority,
        "hours": "24",
        "list": "customers.customer",
        "query": "sms_optin=yes",
        "label": "forged",
        "url": "https://forged.example/",
        "number": "1",
        "name": "Forged",
        "slug": "forged",
        "tier": "standard",
        "time_zone": "UTC",
        "consent_policy": "source",
        "role": "admin",
        "email": "forged@example.com",
        "username": "outsider" if page.startswith("tenants") else "newcomer",
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }
    forged |= {"old_password": "x", "new_password1": "x", "new_password2": "x"}
    if page.endswith("delete_parts"):
        of = OrderItem if page.startswith("orders") else Variant
        forged["chosen"] = ",".join(str(part.pk) for part in of.objects.filter(tenant=tenant))
    if page.startswith("tenants_quarantinedrecord"):
        forged |= {"chosen": str(OF_TENANT[QuarantinedRecord](tenant).pk), "dismiss": "1", "reason": "test"}
        forged |= {"change": "drop", "field": "Language", "action": "dismiss_chosen"}
    if page == "tenants_import_add":
        forged |= {"file": SimpleUploadedFile("forged.ndjson", b"{}"), "entity": "customers"}
    if page == "tenants_import_preview":
        forged["try"] = "1"
    if page.endswith("_correct"):
        forged = {"Name": "forged", "IsOrderCancelled": "yes"}
    if page.endswith("_changelist"):
        del forged["_save" if not page.startswith("customers") else "action"]
    held = {name: value for name, value in Fields(shown).held.items() if name != "csrfmiddlewaretoken"}
    return {**held, **forged}


OWN = ("tenants_", "customers_", "orders_", "products_", "auth_user", "account_", "mfa_", "socialaccount_")


@cache
def digests() -> str:
    """Compose one statement for all tables: with one for each, half of the time here was theirs."""
    tables = [name for name in connection.introspection.table_names() if name.startswith(OWN) and name not in KNOCKS]
    return " UNION ALL ".join(
        f"SELECT '{table}', md5(string_agg(t::text, '' ORDER BY t::text)) "
        f"FROM (SELECT to_jsonb(t) - '{VOLATILE}' AS t FROM {table} t) t "
        "WHERE t->>'kind' IS NULL OR t->>'kind' != ALL(%(guesses)s)"
        for table in tables
    )


def rows() -> dict[str, str]:
    """Return a digest of every table of the hub, and of the users'."""
    with connection.cursor() as cursor:
        cursor.execute(digests(), {"guesses": GUESSES})
        return dict(cursor.fetchall())


def changed_by(client: Client, address: str, sent: dict[str, Any], known: dict[str, str]) -> tuple[set[str], str]:
    """Send a form, return the tables that it changed and the answer, and take the change back.

    `known` are the rows as they were when they were last seen; they are read anew where the form left others.
    """
    for file in (value for value in sent.values() if isinstance(value, SimpleUploadedFile)):
        file.seek(0)
    with taken_back(client):
        answer = client.post(address, sent)
        after = rows()
    if after != known:
        known.update(rows())
    return {table for table in after if known.get(table) != after[table]}, text(answer) if answer.content else ""


def is_open(answer: Any) -> bool:
    refused = answer.status_code in (403, 404) or answer.headers.get("Location", "").startswith("/admin/login/")
    return not refused


def test_every_page_is_in_the_tables() -> None:
    assert set(OPENS) == set(PAGES)
    assert set(CHANGES) <= set(PAGES)
    assert {*OPENS.values(), *CHANGES.values()} <= set(RANKS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_it_is_for(ours: Partner, role: str) -> None:
    client = client_of(role, ours.tenant)

    opened = {name: is_open(client.get(address)) for name, address in addresses(ours.tenant).items()}

    may = {name: RANKS.index(role) >= RANKS.index(OPENS[name]) for name in opened}
    assert {name for name in opened if opened[name] != may[name]} == set()


def test_a_role_changes_what_it_is_for(ours: Partner) -> None:
    """All roles send the form that a superuser was shown, which is read once."""
    User.objects.create_user("outsider", is_staff=True)
    clients, shown = {role: client_of(role, ours.tenant) for role in ROLES}, client_of("superuser", ours.tenant)

    known = rows()
    changed: dict[tuple[str, str], set[str]] = {}
    for name, address in addresses(ours.tenant).items():
        sent = form(name, ours.tenant, text(shown.get(address)) if name != "jsi18n" else "")
        changed |= {(role, name): changed_by(client, address, sent, known)[0] for role, client in clients.items()}

    may = {(role, name) for role in ROLES for name in CHANGES if RANKS.index(role) >= RANKS.index(CHANGES[name])}
    assert {what: tables for what, tables in changed.items() if bool(tables) != (what in may)} == {}


def test_a_stranger_is_shown_and_changes_nothing(ours: Partner, theirs: Partner) -> None:
    User.objects.create_user("outsider", is_staff=True)
    clients = {role: client_of(role, ours.tenant) for role in ("nobody", *Role.values)}
    shown = client_of("superuser", theirs.tenant)

    found, known = {}, rows()
    for name, address in addresses(theirs.tenant).items():
        sent = form(name, theirs.tenant, text(shown.get(address)) if name != "jsi18n" else "")
        for role, client in clients.items():
            answers = list(_asked(client, address, theirs))
            tables, answer = changed_by(client, address, sent, known)
            found[role, name] = (tables & OF_THEIRS, [said for said in [*answers, answer] if "Theirsbert" in said])

    assert {what: this for what, this in found.items() if any(this)} == {}


OF_THEIRS = {
    "customers_customer",
    "customers_customernote",
    "orders_order",
    "orders_orderitem",
    "products_product",
    "products_variant",
}
OF_THEIRS |= {"tenants_tenant", "tenants_apikey", "tenants_membership", "tenants_changeset", "tenants_healthsnapshot"}
OF_THEIRS |= {"tenants_webhook", "tenants_delivery", "tenants_quarantinedrecord"}
OF_THEIRS |= {"tenants_import", "tenants_filepart", "tenants_rejectedrow", "tenants_importmapping"}
OF_THEIRS |= {"tenants_export", "tenants_exportpart"}
OF_THEIRS |= {"tenants_invitation", "tenants_auditevent", "tenants_accountevent", "auth_user", "mfa_authenticator"}


def _asked(client: Client, address: str, theirs: Partner) -> Iterator[str]:
    """Yield what a page says alone and with each question; where it is refused alone, with all of them at once."""
    alone = client.get(address)
    yield text(alone)
    queries = [{"tenant": theirs.id}, {"tenant": theirs.slug}, {"q": "Theirs"}, {"q": "O-Theirs"}]
    for query in queries if is_open(alone) else [{"tenant": [theirs.id, theirs.slug], "q": "Theirs"}]:
        yield text(client.get(address, query))
