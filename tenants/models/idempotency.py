"""Answers that are given again to whoever sends the same request again."""

from django.db import models

from tenants.models.tenants import TenantOwned


class KeptAnswer(TenantOwned):
    """The 2xx answer to a write that came with an Idempotency-Key, written in the transaction of the write.

    Kept for 24 hours. `name` is a keyed hash of API key and Idempotency-Key, `request` one of the request, and `answer`
    is sealed with a key that is made of the request and stored nowhere: only who sends it again can read it
    (tenants.api.sealing).
    """

    name = models.BinaryField(max_length=32)
    request = models.BinaryField(max_length=32)
    answer = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="answer_of_idempotency_key")]

    def __str__(self) -> str:
        return f"answer #{self.pk}"
