"""What is counted: requests, guesses, refusals, and the health of a tenant's data."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.models.changes import Entity
from tenants.models.tenants import ApiKey, TenantOwned


class RateCounter(models.Model):
    """Requests counted in the current minute and hour: an unlogged table, written by authorise.sql alone."""

    bucket = models.TextField(primary_key=True)
    minute = models.DateTimeField()
    in_minute = models.IntegerField()
    hour = models.DateTimeField()
    in_hour = models.IntegerField()


class FailureCounter(models.Model):
    """Wrong passwords counted in a budget: an unlogged table, written by tenants/attempts.py alone.

    No attempt is looked at before `ready_at`; from `forgotten_at` on it is as if there had been none.
    """

    bucket = models.TextField(primary_key=True)
    forgotten_at = models.DateTimeField()
    ready_at = models.DateTimeField()


class RefusedRequest(TenantOwned):
    """Retired: the request log has what it had (tenants.models.requests), and nothing writes or shows it any more.

    Its table is there for processes of the version before, which read and purge it; the version after this one drops
    it.
    """

    api_key = models.ForeignKey(ApiKey, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=200)
    status = models.SmallIntegerField()
    codes = ArrayField(models.CharField(max_length=200), default=list)
    trace_id = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["tenant", "created_at"], name="refused_request_of_tenant")]

    def __str__(self) -> str:
        return f"{self.status} {self.method} {self.route}"


class DailyCount(TenantOwned):
    """What a tenant's changesets of a day (in its time zone) and entity add up to; `last_number` is the last counted.

    `changesets`, `received` and `last_at` are about what partners sent, `last_number` about all changes.
    """

    day = models.DateField()
    entity = models.CharField(max_length=10, choices=Entity.choices)
    changesets = models.BigIntegerField()
    received = models.BigIntegerField()
    last_number = models.BigIntegerField()
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "entity"], name="daily_count_of_entity")]


class HealthSnapshot(TenantOwned):
    """The figures of tenants/sql/health_*.sql as they were last measured on a day, after the changeset `number`.

    `orders` are hub ids of the newest orders behind a figure: {"orders_without_customer": [9, 7], …}.
    `unknown_skus` are what tenants/sql/health_unknown_skus.sql says; a tenant's last snapshot alone has them.
    """

    day = models.DateField()
    figures = models.JSONField(default=dict)
    worst_skus = models.JSONField(default=list)
    orders = models.JSONField(default=dict)
    unknown_skus = models.JSONField(null=True)
    number = models.BigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="health_snapshot_of_day")]
