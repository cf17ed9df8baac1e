"""`manage.py webhooks …`: what the admin's page of webhooks does, for scripts."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.changes.fingerprint import check_erasure_key
from tenants.models import Entity, Operation, Tenant, Webhook
from tenants.provisioning import named_tenant, one_line
from tenants.webhooks import endpoints
from tenants.webhooks.deliveries import send_test
from tenants.webhooks.endpoints import last_numbers
from tenants.webhooks.sealing import LostSecret

LOST = "Its secret was encrypted with another ERASURE_KEY: rotate it."


class Command(BaseCommand):
    help = "Create, list, pause, resume, redeliver, rotate, test or delete the webhooks of tenants."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="a webhook of a tenant; its secret is shown this once")
        create.add_argument("tenant", help="the tenant's id, slug, or name that no other has")
        create.add_argument("url", help="where changes are posted to, https://…")
        create.add_argument("--label", default="Webhook", help="what it is for")
        create.add_argument("--entity", action="append", default=[], choices=Entity.values, help="all, unless named")
        create.add_argument(
            "--operation", action="append", default=[], choices=Operation.values, help="all, unless named"
        )
        create.add_argument("--json", action="store_true", help="print JSON")
        show = actions.add_parser("list", help="the webhooks, of one tenant or of all")
        show.add_argument("tenant", nargs="?", help="the tenant's id, slug, or name that no other has")
        for name, said in {
            "pause": "send nothing until it is resumed",
            "resume": "go on from where it stood",
            "redeliver": "deliver everything from a number on again",
            "rotate": "a new secret, shown this once",
            "test": "send a test event now, from here, and say what became of it",
            "delete": "delete it with its log",
        }.items():
            actions.add_parser(name, help=said).add_argument("id", type=int, help="as `webhooks list` has it")
        actions.choices["redeliver"].add_argument("--from", type=int, required=True, dest="number", metavar="NUMBER")
        actions.choices["rotate"].add_argument(
            "--overlap", type=int, default=24, metavar="HOURS", help="in which the old secret signs, too (24)"
        )

    def handle(self, action: str, **options: Any) -> None:
        check_erasure_key()
        acts: dict[str, Callable[..., None]] = {
            "create": self._create,
            "list": self._list,
            "pause": self._pause,
            "resume": self._resume,
            "redeliver": self._redeliver,
            "rotate": self._rotate,
            "test": self._test,
            "delete": self._delete,
        }
        try:
            acts[action](options)
        except ValidationError as error:
            raise CommandError(one_line(error)) from None

    def _create(self, options: dict[str, Any]) -> None:
        tenant = _tenant(options)
        webhook, secret = endpoints.create_webhook(
            tenant,
            label=options["label"],
            url=options["url"],
            entities=options["entity"],
            operations=options["operation"],
        )
        if options["json"]:
            self.stdout.write(json.dumps({"id": webhook.pk, "secret": secret}))
        else:
            self.stdout.write(f"Webhook {webhook.pk}, “{webhook}”, of {tenant}\n  secret  {secret}  (shown once)")

    def _list(self, options: dict[str, Any]) -> None:
        found = Webhook.objects.select_related("tenant").order_by("tenant__name", "pk")
        if options["tenant"]:
            found = found.filter(tenant=_tenant(options))
        numbers = last_numbers({webhook.tenant_id for webhook in found})
        for webhook in found:
            behind = max(0, numbers.get(webhook.tenant_id, 0) - webhook.position)
            self.stdout.write(
                f"{webhook.pk}  {webhook.tenant.slug}  “{webhook}”  {_host(webhook)}  {_state(webhook)}"
                f"  at {webhook.position}, {behind} behind"
            )

    def _pause(self, options: dict[str, Any]) -> None:
        webhook = _named(options)
        endpoints.pause_webhook(webhook)
        self.stdout.write(f"“{webhook}” is paused.")

    def _resume(self, options: dict[str, Any]) -> None:
        webhook = _named(options)
        position = endpoints.resume_webhook(webhook)
        self.stdout.write(f"“{webhook}” goes on after number {position}.")

    def _redeliver(self, options: dict[str, Any]) -> None:
        webhook = _named(options)
        endpoints.redeliver(webhook, options["number"])
        self.stdout.write(f"“{webhook}” gets everything from number {options['number']} on again.")

    def _rotate(self, options: dict[str, Any]) -> None:
        webhook = _named(options)
        if not 0 <= options["overlap"] <= 24 * 30:
            raise CommandError("--overlap must be a number of hours from 0 to 720.")
        secret = endpoints.rotate(webhook, overlap=timedelta(hours=options["overlap"]))
        self.stdout.write(f"Webhook {webhook.pk}, “{webhook}”\n  secret  {secret}  (shown once)")

    def _test(self, options: dict[str, Any]) -> None:
        try:
            outcome = send_test(_named(options))
        except LostSecret:
            raise CommandError(LOST) from None
        if outcome.fault:
            status = f" ({outcome.status})" if outcome.status else ""
            raise CommandError(f"Not delivered: {outcome.fault.label}{status}.")
        self.stdout.write(f"Delivered: {outcome.status}, in {outcome.milliseconds} ms.")

    def _delete(self, options: dict[str, Any]) -> None:
        webhook = _named(options)
        endpoints.delete_webhook(webhook)
        self.stdout.write(f"“{webhook}” is deleted.")


def _tenant(options: dict[str, Any]) -> Tenant:
    tenant = named_tenant(options["tenant"])
    if tenant is None:
        raise CommandError(f"There is no tenant {options['tenant']!r}.")
    return tenant


def _named(options: dict[str, Any]) -> Webhook:
    webhook = Webhook.objects.select_related("tenant").filter(pk=options["id"]).first()
    if webhook is None:
        raise CommandError(f"There is no webhook {options['id']}.")
    return webhook


def _state(webhook: Webhook) -> str:
    if webhook.paused_at:
        return webhook.get_pause_reason_display()
    return f"failing since {webhook.failing_since:%Y-%m-%d %H:%M} UTC" if webhook.failing_since else "active"


def _host(webhook: Webhook) -> str:
    """Return where a webhook leads without what may be a token."""
    return webhook.url.partition("?")[0]
