"""The request log: every call of a tenant's keys, and of those who call without a tenant what has a bound."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.models.changes import Source
from tenants.models.tenants import ApiKey, TenantOwned

DIALECTS = [(source.value, str(source.label)) for source in (Source.API, Source.CUSTOBAR, Source.JERICOMMERCE)]


class LoggedRequest(TenantOwned):
    """One call of the API with a tenant's key, as it was answered. Appended by tenants.requests, kept for 30 days.

    No value that was sent is in it. `route` is the template, `errors` are
    [{"code", "text", "field", "is_warning", "times", "records"}] (tenants.requests.entries), `faults` how many there
    were in all, and `codes` theirs. `created_at` is when the call came, `logged_at` when the row was written.
    """

    api_key = models.ForeignKey(
        ApiKey, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    source = models.CharField("dialect", max_length=20, choices=DIALECTS)
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=200)
    status = models.SmallIntegerField()
    milliseconds = models.FloatField()
    size = models.BigIntegerField("bytes")
    received = models.IntegerField(null=True)
    created = models.IntegerField(null=True)
    updated = models.IntegerField(null=True)
    unchanged = models.IntegerField(null=True)
    removed = models.IntegerField(null=True)
    changeset = models.BigIntegerField(null=True)
    faults = models.IntegerField()
    codes = ArrayField(models.CharField(max_length=50), default=list)
    errors = models.JSONField(default=list)
    trace_id = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    logged_at = models.DateTimeField()

    class Meta:
        verbose_name = "request"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "id"], name="request_of_tenant"),
            models.Index(fields=["trace_id"], name="request_of_trace"),
            models.Index(fields=["tenant", "id"], name="request_with_faults", condition=models.Q(faults__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.method} {self.route}"


class RequestCount(TenantOwned):
    """How many calls of a tenant were answered with a status on a day (UTC); `warned` of them had something odd."""

    day = models.DateField()
    status = models.SmallIntegerField()
    requests = models.BigIntegerField()
    warned = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "status"], name="request_count_of_day")]


class StrangerCount(models.Model):
    """How many calls without a tenant a network made in an hour, by status. An hour has a bound of networks.

    Those beyond it are counted together, under the network "others".
    """

    hour = models.DateTimeField("hour (UTC)")
    network = models.CharField(max_length=50)
    status = models.SmallIntegerField()
    requests = models.BigIntegerField()

    class Meta:
        verbose_name = "count of strangers"
        verbose_name_plural = "counts of strangers"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["hour", "network", "status"], name="stranger_count_of_hour")]

    def __str__(self) -> str:
        return f"{self.requests} of {self.network}"


class StrangerRequest(models.Model):
    """One of the last 1,000 calls without a tenant: a wrong key, an unknown tenant, an address that is no endpoint."""

    network = models.CharField(max_length=50)
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=200)
    status = models.SmallIntegerField()
    code = models.CharField(max_length=50)
    milliseconds = models.FloatField()
    size = models.BigIntegerField("bytes")
    trace_id = models.CharField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "stranger's request"
        verbose_name_plural = "strangers' requests"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.status} {self.method} {self.route}"
