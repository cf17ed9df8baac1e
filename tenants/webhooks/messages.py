"""What a receiver gets, as Standard Webhooks (https://www.standardwebhooks.com) has it: an id, a body, signatures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import orjson
from standardwebhooks import Webhook as Signer

from hub.api.responses import utc
from tenants.changes.included import Item

TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Message:
    """A message: what it is known by, however often it is sent, and its body."""

    id: str
    body: str

    def headers(self, secrets: Sequence[str], at: datetime) -> dict[str, str]:
        """Return the headers of an attempt: a signature by each secret over the id, the moment and the body."""
        signatures = [Signer(secret).sign(self.id, at, self.body) for secret in secrets]
        return {
            "content-type": "application/json",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def message_of(item: Item, *, tenant_id: UUID, webhook_id: int, is_sandbox: bool = False) -> Message:
    """Return the message that tells a webhook of a changeset: of the same id whenever it is sent, in no other hub.

    That of a sandbox says so.
    """
    kind = f"{item['Entity']}.{item['Operation']}"
    return Message(_id(tenant_id, webhook_id, item["Number"]), _body(kind, item["At"], item, is_sandbox))


def test_message(*, tenant_id: UUID, webhook_id: int, asked_at: datetime, is_sandbox: bool) -> Message:
    """Return a test event, which says that it is one, whether of a sandbox, and nothing else."""
    asked = utc(asked_at)
    return Message(_id(tenant_id, webhook_id, f"test {asked}"), _body(TEST, asked, {}, is_sandbox))


def now() -> datetime:
    """Return the moment that an attempt is signed with."""
    return datetime.now(UTC)


def _id(tenant_id: UUID, webhook_id: int, what: object) -> str:
    return f"msg_{uuid5(tenant_id, f'{webhook_id} {what}').hex}"


def _body(kind: str, at: str, data: dict[str, Any], is_sandbox: bool) -> str:
    said: dict[str, Any] = {"type": kind, "timestamp": at, "data": data}
    return orjson.dumps({**said, "sandbox": True} if is_sandbox else said).decode()
