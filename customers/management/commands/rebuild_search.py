"""`manage.py rebuild_search`: the words that customers are searched by, made anew from the customers."""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError
from tqdm import tqdm

from customers.models import Customer
from customers.searching.filling import begin, fill, follow, is_filling
from tenants.models import Tenant
from tenants.provisioning import named_tenant

INTERRUPTED = 130
WAIT_SECONDS = 0.2  # for a worker that is at the same tenant


class Command(BaseCommand):
    help = "Make the words that customers are searched by anew, while the hub runs; broken off, it is gone on with."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="of one tenant, by slug or id (default: of all)")

    def handle(self, **options: Any) -> None:
        tenants = _tenants(options["tenant"])
        try:
            for tenant in tenants:
                self.stdout.write(f"{_rebuild(tenant):,} customers of {tenant}")
        except KeyboardInterrupt:
            self.stderr.write("Ended: the background worker goes on with it, or this command does.")
            sys.exit(INTERRUPTED)
        except (DatabaseError, InterfaceError, psycopg.Error) as error:
            raise CommandError(f"The words were not all made: {error}") from None


def _tenants(named: str | None) -> Sequence[Tenant]:
    if named is None:
        return list(Tenant.objects.order_by("slug"))
    tenant = named_tenant(named)
    if tenant is None:
        raise CommandError(f"There is no tenant {named!r}.")
    return [tenant]


def _rebuild(tenant: Tenant) -> int:
    """Go through a tenant's customers, from where that was broken off if it was; return how many there are."""
    if not is_filling(tenant.pk):
        begin(tenant.pk)
    total = Customer.objects.filter(tenant=tenant).count()
    with tqdm(total=total, unit=" customers", desc=tenant.slug, disable=None) as bar:  # where it is a terminal
        while is_filling(tenant.pk):
            some = fill(tenant.pk)
            bar.update(some)
            if not some and is_filling(tenant.pk):
                time.sleep(WAIT_SECONDS)
    while follow(tenant.pk):
        pass
    return total
