"""`manage.py webhooks`: what scripts make, read and change of webhooks."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook as Verifier

from tenants.models import Delivery, Operation, Webhook
from tenants.tasks import purge
from tenants.webhooks import purge as purging
from tenants.webhooks.sealing import unseal
from tests.conftest import Partner
from tests.webhooks.conftest import change, hook
from tests.webhooks.receiver import answering, receiving

pytestmark = pytest.mark.django_db

URL = "https://erp.example/hooks?code=s3cret"


def run(*arguments: str) -> str:
    """Run the command, and return what it printed."""
    output = io.StringIO()
    call_command("webhooks", *arguments, stdout=output)
    return output.getvalue()


def test_a_webhook_is_made_with_its_secret_shown(partner: Partner) -> None:
    options = ["--label", "ERP", "--entity", "orders", "--operation", "delete", "--operation", "erase"]

    made = json.loads(run("create", partner.slug, URL, *options, "--json"))

    webhook = Webhook.objects.get(pk=made["id"])
    assert made["secret"] == unseal(webhook.secret)
    assert (webhook.label, webhook.entities, webhook.operations) == ("ERP", ["orders"], ["delete", "erase"])
    assert "(shown once)" in run("create", partner.id, URL)


def test_a_webhook_is_made_for_any_operation(partner: Partner) -> None:
    for operation in Operation.values:
        run("create", partner.slug, URL, "--label", operation, "--operation", operation)

    made = Webhook.objects.order_by("pk").values_list("label", "operations")
    assert list(made) == [(operation, [operation]) for operation in Operation.values]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "nobody", URL], "There is no tenant 'nobody'."),
        (["create", "shop", "https://127.1/"], "The address must be one on the public internet."),
        (["create", "shop", URL, "--label", "x" * 101], "label: Ensure this value has at most 100 characters"),
        (["create", "shop", URL, "--label", "Taken"], "label: There is a webhook with this label already."),
        (["pause", "0"], "There is no webhook 0."),
        (["redeliver", "{id}", "--from", "7"], "Enter a number from 1 to 1: these changes are kept."),
        (["rotate", "{id}", "--overlap", "721"], "--overlap must be a number of hours from 0 to 720."),
    ],
)
def test_what_can_not_be_is_one_line(make_tenant: object, arguments: list[str], said: str) -> None:
    shop: Partner = make_tenant(slug="shop")  # type: ignore[operator]
    change(shop)
    webhook = hook(shop, URL, label="Taken")

    with pytest.raises(CommandError, match=f"^{said[:40]}") as refused:
        run(*(word.format(id=webhook.pk) for word in arguments))
    assert str(refused.value).startswith(said)


def test_a_webhook_is_listed_paused_resumed_set_back_rotated_and_deleted(partner: Partner) -> None:
    change(partner, 2)
    number = str(hook(partner, URL, label="ERP").pk)
    change(partner)

    assert "active  at 2, 1 behind" in run("list", partner.slug)
    assert "s3cret" not in run("list")
    run("pause", number)
    assert "paused by hand" in run("list")
    assert "goes on after number 2" in run("resume", number)
    run("redeliver", number, "--from", "1")
    assert "active  at 0, 3 behind" in run("list")
    before = Webhook.objects.get().secret
    assert "(shown once)" in run("rotate", number)
    assert Webhook.objects.get().former_secret == before
    run("delete", number)
    assert not Webhook.objects.exists()


def test_a_test_event_is_sent_and_what_became_of_it_is_said(partner: Partner, settings: Settings) -> None:
    with receiving(answering("200 OK"), answering("503 Busy")) as receiver:
        made = json.loads(run("create", partner.slug, receiver.url, "--json"))

        assert run("test", str(made["id"])).startswith("Delivered: 200, in ")
        with pytest.raises(CommandError, match=r"^Not delivered: answered with an error \(503\)\.$"):
            run("test", str(made["id"]))
        settings.ERASURE_KEY = "another key of thirty-two characters"
        call_command("erasure_key", "--replace")
        with pytest.raises(CommandError, match="rotate it"):
            run("test", str(made["id"]))

    assert Verifier(made["secret"]).verify(receiver.got[0].body, receiver.got[0].headers)["type"] == "webhook.test"
    assert list(Delivery.objects.order_by("pk").values_list("number", "status")) == [(None, 200), (None, 503)]


def test_deliveries_are_kept_for_thirty_days(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "CHUNK", 3)
    webhook, now = hook(partner, URL), timezone.now()
    ages = [40, 31, 31, 31, 31, 30, 29, 0]
    Delivery.objects.bulk_create(
        Delivery(webhook=webhook, attempt=1, milliseconds=1, created_at=now - timedelta(days=age)) for age in ages
    )

    purge(int(now.timestamp()))

    assert [(now - delivery.created_at).days for delivery in Delivery.objects.order_by("pk")] == [29, 0]
