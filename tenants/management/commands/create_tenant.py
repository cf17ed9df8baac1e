"""`manage.py create_tenant NAME`: a tenant and its first key."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from hub.records.types import normal_country
from tenants.entities import customer_fields
from tenants.models import Priority
from tenants.provisioning import create_tenant, one_line


class Command(BaseCommand):
    help = "Create a tenant and its first API key, whose text is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--slug", default="", help="short name in addresses (default: made from the name)")
        parser.add_argument("--priority", choices=Priority.values, default=Priority.CUSTOMER_ID)
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
        country = normal_country(options["country"])
        if options["country"] and country is None:
            raise CommandError(f"--country: no such country: {options['country']!r}. Name an ISO 3166 code such as FI.")
        try:
            tenant, key = create_tenant(
                options["name"],
                slug=options["slug"],
                priority=options["priority"],
                required=options["require"],
                country=country or "",
                per_minute=options["per_minute"],
                per_hour=options["per_hour"],
            )
        except ValidationError as error:
            raise CommandError(one_line(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps({"tenant_id": str(tenant.pk), "slug": tenant.slug, "key": key}))
        else:
            self.stdout.write(f"Tenant {tenant.name} ({tenant.slug})\n  id   {tenant.pk}\n  key  {key}  (shown once)")
