"""How long the admin's pages take: counted by route and hour, for the system page."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

BOUNDS = (50, 100, 200, 500, 1000, 2000, 5000)  # milliseconds; what took longer is counted behind the last


class PageCount(models.Model):
    """How often a page of the admin was asked for in an hour, and how long it took. Kept for 7 days.

    `route` is the pattern of its address, without any value. `buckets` are counts of answers by the first of BOUNDS
    that they did not exceed. Of the last answer that was a 5xx `fault` is the kind of exception.
    """

    hour = models.DateTimeField("hour (UTC)")
    route = models.CharField(max_length=200)
    requests = models.BigIntegerField()
    failed = models.BigIntegerField()
    slowest = models.FloatField("slowest, in milliseconds")
    buckets = ArrayField(models.BigIntegerField())
    fault = models.CharField(max_length=100)
    fault_trace_id = models.CharField(max_length=32)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "route"], name="page_count_of_hour")]

    def __str__(self) -> str:
        return f"{self.requests} of {self.route}"
