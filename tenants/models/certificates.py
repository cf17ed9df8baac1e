"""The proof of erasures: one certificate for each person that was erased."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from tenants.models.changes import Source
from tenants.models.tenants import TenantOwned


class LegalBasis(models.TextChoices):
    """On which ground of Art. 17(1) GDPR somebody is erased."""

    NO_LONGER_NEEDED = "no_longer_needed", "Art. 17(1)(a): no longer needed"
    CONSENT_WITHDRAWN = "consent_withdrawn", "Art. 17(1)(b): consent withdrawn"
    OBJECTION = "objection", "Art. 17(1)(c): objection"
    UNLAWFUL = "unlawful", "Art. 17(1)(d): unlawfully processed"
    LEGAL_OBLIGATION = "legal_obligation", "Art. 17(1)(e): legal obligation"
    CHILD = "child", "Art. 17(1)(f): collected from a child"
    OTHER = "other", "Another reason"


class ErasureCertificate(TenantOwned):
    """That a person was erased: when, by whom, through what, for which request, what went, signed. Kept for good.

    It holds no personal value. `digests` are keyed hashes of all that the person was known by
    (tenants.changes.erasure); by them "Was this person erased?" is answered. `hub_id` is null of somebody whom only
    orders or records that were left out named. `went` are counts (tenants.changes.certificates).
    `reference_hash` is a keyed hash of the reference, which is signed in its place: where a later erasure finds the
    reference to name somebody, it is cleared, and the signature holds.
    `key` names the key that it was signed with, `format` what exactly was signed.
    """

    number = models.CharField(max_length=19)
    hub_id = models.BigIntegerField("hub id", null=True)
    changeset_number = models.BigIntegerField("changeset", null=True)
    source = models.CharField("through", max_length=20, choices=Source.choices)
    actor = models.CharField("by", max_length=200)
    legal_basis = models.CharField(max_length=20, choices=LegalBasis.choices, blank=True, default="")
    reference = models.CharField(max_length=100, blank=True, default="")
    reference_hash = models.CharField(max_length=64, blank=True, default="")
    went = models.JSONField("what went", default=dict)
    digests = ArrayField(models.CharField(max_length=64), default=list)
    trace_id = models.CharField(max_length=32)
    format = models.SmallIntegerField(default=1)
    key = models.CharField(max_length=16)
    signature = models.CharField(max_length=64)
    created_at = models.DateTimeField("erased")

    class Meta:
        verbose_name = "erasure"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="certificate_number_in_tenant")]
        indexes = [
            GinIndex(fields=["digests"], name="certificate_by_digest"),
            models.Index(fields=["tenant", "changeset_number"], name="certificate_by_changeset"),
            models.Index(
                fields=["tenant", "reference"], name="certificate_by_reference", condition=~models.Q(reference="")
            ),
        ]

    def __str__(self) -> str:
        return self.number
