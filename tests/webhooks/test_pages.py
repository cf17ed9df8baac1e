"""The admin's pages of webhooks: what an admin does there, what it changes, what the audit keeps of it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from hub.sql.files import read_sql
from tenants.models import AuditEvent, Delivery, Operation, Role, Tenant, Webhook
from tenants.webhooks.endpoints import MOST
from tenants.webhooks.leases import note_tested
from tenants.webhooks.sealing import unseal
from tenants.webhooks.sending import Outcome
from tests.conftest import MakeTenant, Partner
from tests.members import member, text
from tests.tenants.test_isolation import Fields
from tests.webhooks.conftest import change, hook

pytestmark = pytest.mark.django_db

LIST = "/admin/tenants/webhook/"
URL = "https://erp.example/hooks?code=s3cret"


@pytest.fixture
def maria(partner: Partner) -> Client:
    """The browser of the tenant's admin."""
    return member(Role.ADMIN, partner.tenant)


@pytest.fixture
def webhook(partner: Partner) -> Webhook:
    change(partner, 3)
    return hook(partner, URL, label="ERP")


def page(webhook: Webhook, name: str = "change") -> str:
    return f"{LIST}{webhook.pk}/{name}/"


def add(client: Client, partner: Partner, **fields: Any) -> Any:
    return client.post(f"{LIST}add/", {"tenant": partner.id, "label": "ERP", "url": URL, "_save": "1", **fields})


def told(partner: Partner) -> tuple[str, list[str]]:
    """Return the kind and the details of the tenant's last event in the audit."""
    event = AuditEvent.objects.filter(tenant=partner.tenant).latest("pk")
    assert event.user is not None
    return event.kind, event.details


def test_a_new_webhooks_secret_is_shown_once(maria: Client, partner: Partner) -> None:
    answer = add(maria, partner, entities=["orders"], operations=["delete", "erase"])

    webhook = Webhook.objects.get()
    secret = unseal(webhook.secret)
    assert secret.startswith("whsec_")
    assert secret in text(answer)
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert (webhook.entities, webhook.operations, webhook.position) == (["orders"], ["delete", "erase"], 0)
    assert secret not in webhook.secret
    for url in (LIST, page(webhook), page(webhook, "rotate")):
        assert secret not in text(maria.get(url))
    assert told(partner) == ("webhook_created", [f"webhook #{webhook.pk}"])


def test_a_webhook_is_made_and_rotated_once_however_often_a_form_is_sent(maria: Client, partner: Partner) -> None:
    once = Fields(text(maria.get(f"{LIST}add/"))).held["once"]
    add(maria, partner, once=once)
    webhook, secret = Webhook.objects.get(), Webhook.objects.values_list("secret")

    again = maria.post(f"{LIST}add/", {"tenant": partner.id, "label": "ERP", "url": URL, "once": once}, follow=True)

    assert again.redirect_chain == [(page(webhook), 302)]
    assert "its secret was shown once. Nothing new was made. Rotate its secret for a new one." in text(again)
    form = {**Fields(text(maria.get(page(webhook, "rotate")))).held, "hours": "24"}
    before = secret.get()
    assert "shown this once" in text(maria.post(page(webhook, "rotate"), form))
    rotated = secret.get()
    assert "This form made a new secret, which was shown once." in text(
        maria.post(page(webhook, "rotate"), form, follow=True)
    )
    assert before != rotated == secret.get()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"url": "https://10.0.0.1/"}, "must be one on the public internet"),
        ({"url": "https://u:p@erp.example/"}, "Leave user name and password out"),
        ({"url": "ftp://erp.example/"}, "Enter an address such as"),
        ({"url": ""}, "This field is required"),
        ({"label": ""}, "This field is required"),
        ({"entities": ["shops"]}, "is not one of the available choices"),
    ],
)
def test_what_a_webhook_can_not_be_is_said(maria: Client, partner: Partner, fields: Any, said: str) -> None:
    assert said in text(add(maria, partner, **fields))
    assert not Webhook.objects.exists()


def test_who_sends_the_form_twice_has_one_webhook(maria: Client, partner: Partner) -> None:
    add(maria, partner)

    assert "There is a webhook with this label already." in text(add(maria, partner))
    assert Webhook.objects.count() == 1


def test_a_tenant_has_so_many_webhooks_at_most(maria: Client, partner: Partner) -> None:
    for number in range(MOST):
        hook(partner, URL, label=str(number))

    assert f"has {MOST} webhooks at most" in text(add(maria, partner))
    assert Webhook.objects.count() == MOST


def test_what_is_changed_of_a_webhook_is_audited_without_its_address(
    maria: Client, partner: Partner, webhook: Webhook
) -> None:
    hook(partner, URL, label="Taken")
    Webhook.objects.update(failing_since=timezone.now(), next_at=timezone.now() + timedelta(hours=1), attempts=7)
    form = {"label": "ERP", "url": "https://new.example/", "entities": ["customers"], "_save": "1"}

    assert maria.post(page(webhook), form).status_code == 302
    assert "There is a webhook with this label already." in text(maria.post(page(webhook), {**form, "label": "Taken"}))

    webhook.refresh_from_db()
    assert (webhook.url, webhook.entities, webhook.version) == ("https://new.example/", ["customers"], 1)
    assert (webhook.failing_since, webhook.next_at, webhook.attempts) == (None, None, 0)
    assert told(partner) == ("webhook_changed", [f"webhook #{webhook.pk}", "url", "entities"])


def test_a_webhook_is_paused_and_resumed(maria: Client, partner: Partner, webhook: Webhook) -> None:
    assert "resume/" not in text(maria.get(page(webhook)))
    assert "Pause “ERP”?" in text(maria.get(page(webhook, "pause")))
    maria.post(page(webhook, "pause"))
    assert told(partner) == ("webhook_paused", [f"webhook #{webhook.pk}"])
    change(partner, 2)
    shown = text(maria.get(page(webhook)))
    assert "paused by hand" in shown
    assert "3, 2 behind" in shown
    assert "pause/" not in shown

    maria.post(page(webhook, "resume"))
    webhook.refresh_from_db()
    assert (webhook.paused_at, webhook.pause_reason, webhook.position) == (None, "", 3)
    assert told(partner) == ("webhook_resumed", [f"webhook #{webhook.pk}", "after: 3"])


def test_a_webhook_of_a_copy_says_why_it_is_paused(maria: Client, webhook: Webhook) -> None:
    with connection.cursor() as cursor:
        cursor.execute(read_sql("tenants", "quiet_copy"))

    shown = text(maria.get(page(webhook)))

    assert "paused in a copy of the hub, which tells nobody" in shown
    assert "stopped" not in shown
    assert "resume/" in shown


@pytest.mark.parametrize(("number", "position"), [("2", 1), ("1", 0), ("3", 2), ("0", 3), ("4", 3), ("", 3), ("x", 3)])
def test_a_webhook_is_set_back_to_a_number_that_is_kept(
    maria: Client, partner: Partner, webhook: Webhook, number: str, position: int
) -> None:
    answer = maria.post(page(webhook, "redeliver"), {"number": number})

    webhook.refresh_from_db()
    assert webhook.position == position
    assert answer.status_code == (302 if position < 3 else 200)
    if position < 3:
        assert told(partner) == ("webhook_redelivered", [f"webhook #{webhook.pk}", f"from: {number}"])


def test_a_test_event_is_asked_for(maria: Client, partner: Partner, webhook: Webhook) -> None:
    maria.get(page(webhook, "test"))
    webhook.refresh_from_db()
    assert webhook.test_asked_at is None

    maria.post(page(webhook, "test"))
    webhook.refresh_from_db()
    assert webhook.test_asked_at
    assert told(partner) == ("webhook_tested", [f"webhook #{webhook.pk}"])


def test_a_rotated_secret_is_shown_once_and_the_old_one_signs_on(
    maria: Client, partner: Partner, webhook: Webhook
) -> None:
    old = unseal(webhook.secret)

    shown = text(maria.post(page(webhook, "rotate"), {"hours": "24", "version": webhook.version}))

    webhook.refresh_from_db()
    assert unseal(webhook.secret) in shown
    assert unseal(webhook.former_secret) == old
    assert webhook.former_until
    assert webhook.former_until > timezone.now() + timedelta(hours=23)
    assert told(partner) == ("webhook_rotated", [f"webhook #{webhook.pk}", "old secret: 24 hours"])


def test_of_two_rotations_at_once_the_second_changes_nothing(maria: Client, webhook: Webhook) -> None:
    form = {"hours": "24", "version": webhook.version}
    maria.post(page(webhook, "rotate"), form)
    kept = Webhook.objects.values("secret", "former_secret").get()

    answer = maria.post(page(webhook, "rotate"), form, follow=True)

    assert "Somebody has changed this webhook meanwhile." in text(answer)
    assert Webhook.objects.values("secret", "former_secret").get() == kept


def test_an_old_secret_can_be_ended_at_once(maria: Client, webhook: Webhook) -> None:
    maria.post(page(webhook, "rotate"), {"hours": "0", "version": webhook.version})

    assert Webhook.objects.values_list("former_secret", "former_until").get() == ("", None)


def test_a_webhook_is_deleted_with_its_log_after_a_question(maria: Client, partner: Partner, webhook: Webhook) -> None:
    note_tested(webhook.pk, None, Outcome(1, 200))
    assert "ERP, with its log of deliveries" in text(maria.get(page(webhook, "delete")))

    maria.post(page(webhook, "delete"), {"post": "yes"})

    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()
    assert told(partner) == ("webhook_deleted", [f"webhook #{webhook.pk}"])


def test_the_list_tells_how_each_stands_and_where_none_leads(maria: Client, partner: Partner, webhook: Webhook) -> None:
    now = timezone.now()
    hook(partner, URL, label="Failing")
    Webhook.objects.filter(label="Failing").update(failing_since=now, position=1)
    hook(partner, URL, label="Stopped")
    Webhook.objects.filter(label="Stopped").update(paused_at=now, pause_reason="gone")

    shown = text(maria.get(LIST))

    for said in ("3, up to date", "1, 2 behind", "failing", "stopped", "the receiver answered 410", "all records"):
        assert said in shown
    assert "erp.example" not in shown


def test_a_webhook_can_be_told_of_whatever_is_done(maria: Client, partner: Partner) -> None:
    offered = re.findall(r'name="operations" value="(\w+)"', text(maria.get(f"{LIST}add/")))

    add(maria, partner, operations=offered)

    assert Webhook.objects.get().operations == offered == Operation.values


@pytest.mark.parametrize("idle", ["paused", "tenant disabled"])
def test_while_nothing_is_sent_no_attempt_is_due(maria: Client, webhook: Webhook, idle: str) -> None:
    due = datetime(2999, 1, 2, 3, 4, 5, tzinfo=UTC)
    Webhook.objects.update(next_at=due)
    assert ">2999-01-02 03:04<" in text(maria.get(page(webhook)))

    if idle == "paused":
        Webhook.objects.update(paused_at=timezone.now(), pause_reason="failing")
    else:
        Tenant.objects.update(is_enabled=False)

    assert "2999-01-02" not in text(maria.get(page(webhook)))


def test_moments_are_written_in_one_way(maria: Client, webhook: Webhook) -> None:
    at = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    later = datetime(2999, 1, 2, 3, 4, 5, tzinfo=UTC)
    Webhook.objects.update(last_success_at=at, failing_since=at, former_until=later, next_at=later)

    shown, listed, home = (text(maria.get(url)) for url in (page(webhook), LIST, "/admin/"))

    assert (shown.count(">2025-01-02 03:04<"), shown.count(">2999-01-02 03:04<")) == (2, 2)
    assert ">2025-01-02 03:04<" in listed
    assert re.search("since <time [^>]*>2025-01-02 03:04</time>", home)


def test_an_empty_list_says_what_a_webhook_is(maria: Client) -> None:
    assert "A webhook is an address of yours" in text(maria.get(LIST))
    assert "A webhook is" not in text(maria.get(LIST, {"q": "nothing"}))


def test_the_page_shows_the_latest_deliveries_and_leads_to_all(maria: Client, webhook: Webhook) -> None:
    note_tested(webhook.pk, None, Outcome(123, 500))

    shown = text(maria.get(page(webhook)))
    listed = text(maria.get("/admin/tenants/delivery/", {"webhook": str(webhook.pk)}))

    assert f"/admin/tenants/delivery/?webhook={webhook.pk}" in shown
    for text_ in (shown, listed):
        assert "500" in text_
        assert "123" in text_


@pytest.mark.parametrize("role", [Role.VIEWER, Role.STAFF])
def test_who_is_no_admin_sees_nothing_of_webhooks(partner: Partner, webhook: Webhook, role: Role) -> None:
    client = member(role, partner.tenant)

    assert client.get(LIST).status_code == 403
    assert client.get(page(webhook)).status_code == 404
    assert "Webhooks" not in text(client.get("/admin/"))


def test_lists_of_many_webhooks_cost_no_query_each(
    partner: Partner, make_tenant: MakeTenant, django_assert_max_num_queries: Any
) -> None:
    others = [make_tenant() for _ in range(3)]
    client = member(Role.ADMIN, partner.tenant, *(other.tenant for other in others))
    client.get(LIST)

    def queries() -> int:
        with django_assert_max_num_queries(50) as counted:
            client.get(LIST)
        return len(counted)

    before = queries()
    for other in others:
        for number in range(3):
            hook(other, URL, label=str(number))
    assert queries() <= before + 2
