"""Who must not come back, and the key that keeps the memory of them."""

from django.db import models

from tenants.models.changes import Source
from tenants.models.tenants import TenantOwned


class Forgotten(TenantOwned):
    """A keyed hash of an identifier of a person who must never come back: through any door, or through one source."""

    source = models.CharField(max_length=20, choices=Source.choices, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "digest"], name="forgotten_digest_in_tenant")
        ]

    def __str__(self) -> str:
        return self.digest


class ErasureKey(models.Model):
    """One row: the fingerprint of the key that keyed hashes are made with, which tenants.changes.fingerprint checks."""

    is_only = models.BooleanField(primary_key=True, default=True, editable=False)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(is_only=True), name="only_erasure_key")]

    def __str__(self) -> str:
        return self.fingerprint
