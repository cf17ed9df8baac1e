"""`manage.py demo`: three shops with two years of sales, posted through the API's own views."""

import secrets
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from tqdm import tqdm

from hub.sql.trials import require_trial
from tenants.changes.fingerprint import check_erasure_key
from tenants.demo import SHOPS, Shop, generate
from tenants.demo.history import age, batches
from tenants.health import refresh_health
from tenants.keys import create_key, revoke_key
from tenants.models import ApiKey, RateCounter, Tenant
from tenants.provisioning import create_tenant
from tenants.staging.desk import Desk
from tenants.staging.door import post
from tenants.superusers import first_superuser

TOTALS = {"customers": 5000, "orders": 20000, "products": 800}
LEAST = {"customers": 100}  # the first shop's staff have to do with 36 persons, who are its share of these
TRIAL_KEY = "Trial"
ADMIN = "admin"


class Command(BaseCommand):
    help = "Load the demo data the first time; show a key, a login and a request to try."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--into", metavar="NAME", help="the database of DATABASE_URL, where it is one for trials")
        parser.add_argument("--percent", type=int, default=100, metavar="N", help="load only a part of the data")

    def handle(self, percent: int, into: str | None, **_: Any) -> None:
        require_trial(into)
        if not 1 <= percent <= 100:
            raise CommandError("--percent must be a whole number from 1 to 100.")
        check_erasure_key()
        password = None
        if not Tenant.objects.filter(slug__in=[shop.slug for shop in SHOPS]).exists():
            password = self._load(percent)
        tenant = Tenant.objects.get(slug=SHOPS[0].slug)
        self._show(tenant, _fresh_key(tenant), password or _first_password())

    def _load(self, percent: int) -> str | None:
        """Load everything or nothing, so that a load that is broken off can simply be started again.

        Returns the password of the first superuser, where there was no user before.
        """
        counts = {entity: max(total * percent // 100, LEAST.get(entity, 0)) for entity, total in TOTALS.items()}
        datasets = list(generate(today=datetime.now(UTC).date(), **counts))
        sent = [(dataset, entity, records) for dataset in datasets for entity, records in batches(dataset)]
        with (
            transaction.atomic(),
            tqdm(total=sum(len(records) for *_, records in sent), unit=" records", disable=None) as bar,
        ):
            shops = {dataset.shop.slug: _create_shop(dataset.shop) for dataset in datasets}
            for dataset, entity, records in sent:
                bar.set_description(f"{dataset.shop.slug} {entity}")
                post(*shops[dataset.shop.slug], entity, records)
                bar.update(len(records))
            password = _first_password()
            desk = Desk(*shops[datasets[0].shop.slug], datasets[0])
            desk.before_aging()
            for tenant, _ in shops.values():
                age(tenant)
            desk.after_aging()
            RateCounter.objects.all().delete()  # the load was not the tenants' own
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # the lists show estimates; autovacuum would come in a minute
        refresh_health()  # the worker would in five
        return password

    def _show(self, tenant: Tenant, key: str, password: str | None) -> None:
        admin = first_superuser()
        login = f"{password}  (shown once)" if password else "as shown at the first start"
        address = f"http://127.0.0.1:{settings.ENVIRONMENT.PORT}"
        self.stdout.write(
            f"\n  Demo tenant    {tenant.name}\n  Tenant id      {tenant.pk}\n  Key            {key}"
            f"\n  Admin login    {admin or ADMIN}\n  Password       {login}\n\n  Try it:\n\n"
            f"  curl -X POST {address}/customers/{tenant.pk} \\\n"
            f"    -H 'Content-Type: application/json' -H 'x-replenit-auth-key: {key}' \\\n"
            """    -d '[{"CustomerId":"C-1","Email":"jane@example.com","Language":"en-GB","GdprOptin":true}]'\n"""
        )


def _create_shop(shop: Shop) -> tuple[Tenant, str]:
    first, *others = shop.key_labels
    tenant, key = create_tenant(
        shop.name,
        slug=shop.slug,
        priority=shop.priority,
        required=shop.required,
        time_zone=shop.time_zone,
        country=shop.country,
        label=first,
    )
    for label in others:
        create_key(tenant, label=label)
    return tenant, key


def _fresh_key(tenant: Tenant) -> str:
    """Replace the trial key: the text of the last one is stored nowhere."""
    for key in ApiKey.objects.filter(tenant=tenant, label=TRIAL_KEY, revoked_at=None):
        revoke_key(key)
    return create_key(tenant, label=TRIAL_KEY)[1]


def _first_password() -> str | None:
    """Create the first superuser and return its password; None where there are users already."""
    users = get_user_model()
    if users.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    users.objects.create_superuser(username=ADMIN, email="", password=password)
    return password
