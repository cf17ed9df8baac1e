"""The first demo shop's days beside its batches: what its programs send and are refused, what its staff do."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.module_loading import import_string

from tenants.changes.changesets import Origin
from tenants.demo import Dataset, life
from tenants.imports import jobs, store
from tenants.imports.running import run
from tenants.models import Entity, FileFormat, Source, Tenant
from tenants.staging import staff
from tenants.staging.door import knock, post, upload
from tenants.superusers import first_superuser

HOURS = 20  # ago the first call was refused: the home page shows the last day's


class Desk:
    """A shop with its key, and what was sent for it."""

    def __init__(self, tenant: Tenant, key: str, dataset: Dataset) -> None:
        self.tenant, self.key, self.dataset = tenant, key, dataset
        self.user: User = staff.hire(tenant)

    def before_aging(self) -> None:
        """Do what has a history: it is dated back with all other changesets, over the last days of them."""
        twins = life.twins(self.dataset)
        post(self.tenant, self.key, "customers", twins)
        post(self.tenant, self.key, "orders", life.odd_orders(self.dataset))
        upload(self.tenant, self.key, life.profiles(self.dataset))
        objecting = self._plain(3)
        agreed = [{**one, "EmailOptin": True} for one in objecting]
        post(self.tenant, self.key, "customers", agreed)
        self._staff("hear", [one["CustomerId"] for one in objecting])
        post(self.tenant, self.key, "customers", agreed[:1])  # against what staff have heard
        post(self.tenant, self.key, "customers", [{**one, "EmailOptin": False} for one in agreed[2:]])
        for call in life.left_out(self.dataset):
            post(self.tenant, self.key, call.path, call.body, **call.headers)

    def after_aging(self) -> None:
        """Do what is signed, counted or kept by the day: that is of today."""
        fit = [one["CustomerId"] for one in self._plain(8)]
        twins = life.twins(self.dataset)
        pair = (self._first_named(twins[3]), twins[3]["CustomerId"])
        self._staff("work", noted=fit[:2], corrected=fit[4], pair=pair, erased=fit[7])
        self._import()
        knock(list(life.refused(self.dataset, self.tenant.pk)), self.key, hours=HOURS)
        staff.furnish(self.tenant, first_superuser() or self.user)

    def _staff(self, what: str, *args: Any, **named: Any) -> None:
        import_string(settings.DEMO_STAFF[what])(self.tenant, self.user, *args, **named)

    def _plain(self, number: int) -> list[dict[str, Any]]:
        """Return customers, from the tenth on, that have both identifiers."""
        both = [one for one in self.dataset.customers if {"CustomerId", "Email", "Surname"} <= one.keys()]
        return both[10 : 10 + number]

    def _first_named(self, twin: dict[str, Any]) -> str:
        """Return the CustomerId of the first customer with a twin's name and first letters of the e-mail."""
        same = [
            one
            for one in self.dataset.customers
            if (one.get("Name"), one.get("Surname")) == (twin["Name"], twin["Surname"])
        ]
        return str(same[0]["CustomerId"])

    def _import(self) -> None:
        """Have a file stored, two rows of which are rejected."""
        data = life.file(self.dataset)
        origin = Origin(Source.IMPORT, self.user.get_username(), secrets.token_hex(16), user_id=self.user.pk)
        job = jobs.create(
            self.tenant,
            origin,
            entity=Entity.CUSTOMERS,
            format=FileFormat.CSV,
            file_name=life.FILE_NAME,
            announced=len(data),
        )
        store.append(job, 0, data)
        jobs.start(job)
        run(job.pk, self.tenant.pk)
