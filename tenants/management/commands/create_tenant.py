"""`manage.py create_tenant NAME`: a tenant and its first key; with `--sandbox-of`, the sandbox of a tenant."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from hub.records.types import normal_country
from tenants.audit.events import SERVER
from tenants.changes.fingerprint import check_erasure_key
from tenants.entities import customer_fields
from tenants.models import Priority, Tenant
from tenants.provisioning import create_tenant, named_tenant, one_line
from tenants.sandboxes.filling import LEAST, MOST, fill_sandbox
from tenants.sandboxes.twins import create_sandbox

CONFIGURING = ("name", "slug", "priority", "require", "country", "per_minute", "per_hour")


class Command(BaseCommand):
    help = "Create a tenant and its first API key, whose text is shown this once."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?")
        parser.add_argument("--sandbox-of", metavar="TENANT", help="make the sandbox of a tenant, by id or slug")
        parser.add_argument(
            "--fill", type=int, metavar="N", help=f"send it N customers of sample data, {LEAST} to {MOST}"
        )
        parser.add_argument("--slug", default="", help="short name in addresses (default: made from the name)")
        parser.add_argument("--priority", choices=Priority.values)
        parser.add_argument(
            "--require",
            nargs="+",
            action="extend",
            default=[],
            metavar="FIELD",
            choices=list(customer_fields()),
            help=f"customer fields demanded in every record: {', '.join(customer_fields())}",
        )
        parser.add_argument(
            "--country", default="", metavar="CODE", help="whose national phone numbers the shop has (ISO 3166: FI)"
        )
        parser.add_argument("--per-minute", type=int, metavar="N", help="requests a minute")
        parser.add_argument("--per-hour", type=int, metavar="N", help="requests an hour")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        if options["sandbox_of"] is not None:
            self._create_sandbox(options)
            return
        if options["name"] is None:
            raise CommandError("the following arguments are required: name")
        if options["fill"] is not None:
            raise CommandError("--fill goes with --sandbox-of.")
        country = normal_country(options["country"])
        if options["country"] and country is None:
            raise CommandError(f"--country: no such country: {options['country']!r}. Name an ISO 3166 code such as FI.")
        try:
            tenant, key = create_tenant(
                options["name"],
                slug=options["slug"],
                priority=options["priority"] or Priority.CUSTOMER_ID,
                required=options["require"],
                country=country or "",
                per_minute=options["per_minute"],
                per_hour=options["per_hour"],
            )
        except ValidationError as error:
            raise CommandError(one_line(error)) from None
        self._show(tenant, key, options)

    def _create_sandbox(self, options: dict[str, Any]) -> None:
        """Make a sandbox, which is configured as its tenant is, so by no option, and fill it where that is asked."""
        check_erasure_key()
        if any(options[name] for name in CONFIGURING):
            raise CommandError(
                "A sandbox is called and configured as its tenant is: only --fill and --json go with it."
            )
        if options["fill"] is not None and not LEAST <= options["fill"] <= MOST:
            raise CommandError(f"--fill must be a whole number from {LEAST} to {MOST}.")
        tenant = named_tenant(options["sandbox_of"])
        if tenant is None:
            raise CommandError(f"There is no tenant {options['sandbox_of']!r}.")
        try:
            sandbox, key = create_sandbox(tenant, by=SERVER)
        except ValidationError as error:
            raise CommandError(one_line(error)) from None
        if options["fill"]:
            fill_sandbox(sandbox, options["fill"], by=SERVER)
        self._show(sandbox, key, options)

    def _show(self, tenant: Tenant, key: str, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"tenant_id": str(tenant.pk), "slug": tenant.slug, "key": key}))
        else:
            self.stdout.write(f"Tenant {tenant} ({tenant.slug})\n  id   {tenant.pk}\n  key  {key}  (shown once)")
