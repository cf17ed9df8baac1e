"""`manage.py create_key TENANT`: another key for a tenant."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.keys import create_key, suggested_expiry
from tenants.networks import read_networks
from tenants.provisioning import named_tenant, one_line, parse_expiry
from tenants.scopes import read_scopes

NO_END = "never; with --expires {:%Y-%m-%d} one ends in a year"


class Command(BaseCommand):
    help = "Create an API key for a tenant; its text is shown this once."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", help="the tenant's id, slug, or name that no other has")
        parser.add_argument("--label", default="Key", help="what the key is for")
        parser.add_argument("--expires", metavar="DATE", help="ISO 8601 date or date and time (UTC)")
        scopes = "what the key may do: all, read, write, erase, or for some: read:orders,products (default: all)"
        parser.add_argument("--scopes", nargs="+", metavar="SCOPE", default=["all"], help=scopes)
        networks = "from where it may be used, in CIDR: 203.0.113.0/24 2001:db8::/48 (default: anywhere)"
        parser.add_argument("--networks", nargs="+", metavar="CIDR", default=[], help=networks)
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        tenant = named_tenant(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']!r}.")
        try:
            expires_at = parse_expiry(options["expires"]) if options["expires"] else None
        except ValueError:
            raise CommandError("--expires must be an ISO 8601 date, for example 2027-01-31.") from None
        try:
            scopes, networks = read_scopes(options["scopes"]), read_networks(" ".join(options["networks"]))
        except ExceptionGroup as group:
            raise CommandError(f"--networks: {' '.join(map(str, group.exceptions))}") from None
        except ValueError as error:
            raise CommandError(f"--scopes: {error}") from None
        try:
            key, text = create_key(
                tenant, label=options["label"], expires_at=expires_at, scopes=scopes, networks=networks
            )
        except ValidationError as error:
            raise CommandError(one_line(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps({"tenant_id": str(tenant.pk), "slug": tenant.slug, "key": text}))
        else:
            self.stdout.write(f"Key {key.label} of {tenant.name}\n  key      {text}  (shown once)")
            self.stdout.write(f"  may      {key.may}, from {key.whence}")
            self.stdout.write(f"  expires  {key.expires_at or NO_END.format(suggested_expiry())}")
