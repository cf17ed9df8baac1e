"""`manage.py sandbox fill|copy|empty TENANT`: what is done to a tenant's sandbox, and never to the tenant."""

from argparse import ArgumentParser
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from tenants.audit.events import SERVER
from tenants.changes.changesets import Origin
from tenants.changes.emptying import NotASandbox
from tenants.changes.fingerprint import check_erasure_key
from tenants.configuration import CustomersCollide
from tenants.models import Source, Tenant
from tenants.provisioning import named_tenant
from tenants.sandboxes.emptying import empty_sandbox
from tenants.sandboxes.filling import LEAST, MOST, fill_sandbox
from tenants.sandboxes.twins import copy_configuration

COMMAND = Origin(Source.ADMIN, "manage.py sandbox", "")
BUSY = "Somebody else is writing there, or empties it. Try again."


class Command(BaseCommand):
    help = "Fill a sandbox with sample data, configure it as its tenant is, or empty it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        fill = what.add_parser("fill", help="send sample data: the same each time")
        fill.add_argument("--customers", type=int, default=100, metavar="N", help=f"{LEAST} to {MOST}; 100 without it")
        copy = what.add_parser("copy", help="copy the tenant's configuration")
        empty = what.add_parser("empty", help="delete all records, and all that was noted of them and of calls")
        for parts in (fill, copy, empty):
            parts.add_argument("tenant", help="the sandbox's own id or slug")

    def handle(self, what: str, tenant: str, customers: int = 0, **_: Any) -> None:
        check_erasure_key()
        sandbox = named_tenant(tenant)
        if sandbox is None:
            raise CommandError(f"There is no tenant {tenant!r}.")
        try:
            self.stdout.write(self._done(what, sandbox, customers))
        except NotASandbox:
            raise CommandError(f"{sandbox} is no sandbox: nothing was done.") from None
        except CustomersCollide as refused:
            raise CommandError(f"Nothing is copied: {refused}.") from None
        except ValueError as refused:
            raise CommandError(str(refused)) from None
        except (OperationalError, psycopg.OperationalError):
            raise CommandError(BUSY) from None

    def _done(self, what: str, sandbox: Tenant, customers: int) -> str:
        if what == "fill":
            filled = fill_sandbox(sandbox, customers, by=SERVER)
            return f"{filled.sent} records were sent to {sandbox}, {filled.stored} changed something."
        if what == "copy":
            return f"{sandbox}: {copy_configuration(sandbox, origin=COMMAND)} settings changed."
        empty_sandbox(sandbox, by=SERVER, seconds=None)
        return f"{sandbox} is empty."
