"""A worker's turn with a webhook: what the tenant's feed has after its position is sent in order, until one fails."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

from django.utils import timezone

from hub.metrics.counters import count_attempt
from tenants.audit.events import SERVER, Actor, record
from tenants.changes.feed import Expired, items_after
from tenants.changes.included import Item
from tenants.models import AuditKind, Entity, Fault, Webhook
from tenants.webhooks.endpoints import kept_by, name_of
from tenants.webhooks.leases import (
    HELD_SECONDS,
    Held,
    let_go,
    note_delivered,
    note_failed,
    note_passed,
    note_tested,
)
from tenants.webhooks.messages import message_of, test_message
from tenants.webhooks.sealing import LostSecret, unseal
from tenants.webhooks.sending import SECONDS, Outcome, Sender

PAGE = 50  # changesets read at once; of 10,000 records together at most
TURN_SECONDS = 10  # after which a webhook makes room for others
MARGIN = 1  # seconds between the latest end of an attempt and the end of the hold
LOST = Outcome(0, fault=Fault.SECRET)
EXPIRED = Outcome(0, fault=Fault.EXPIRED)

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Database(Protocol):
    """Where a call that asks the database is run, off the loop."""

    async def __call__(self, call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result: ...


@dataclass(slots=True)
class Turn:
    """A turn with a webhook, which the worker has held since `held_from` (time.monotonic) or earlier."""

    worker: UUID
    webhook: Held
    database: Database
    sender: Sender
    held_from: float

    async def take(self) -> None:
        """Send the test event that was asked for, then what has changed, and let the webhook go."""
        webhook = self.webhook
        async with self.sender:
            try:
                secrets = secrets_of(webhook.secret, webhook.former_secret)
            except LostSecret:
                await self._lose()
            else:
                if webhook.test_asked_at:
                    await self._test(secrets)
                if not webhook.is_waiting:
                    await self._deliver(secrets)
        await self.database(let_go, self.worker, webhook)

    async def _lose(self) -> None:
        """Pause the webhook, whose secret signs nothing any more."""
        if self.webhook.test_asked_at:
            await self.database(note_tested, self.webhook.id, self.webhook.test_asked_at, LOST)
        if not self.webhook.is_waiting:
            await self._note(note_failed, self.webhook.position + 1, LOST)

    async def _test(self, secrets: Sequence[str]) -> None:
        webhook = self.webhook
        asked_at = webhook.test_asked_at or timezone.now()
        message = test_message(
            tenant_id=webhook.tenant_id, webhook_id=webhook.id, asked_at=asked_at, is_sandbox=webhook.is_sandbox
        )
        outcome = await self.sender.send(message, secrets)
        await self.database(note_tested, webhook.id, webhook.test_asked_at, outcome)

    async def _deliver(self, secrets: Sequence[str]) -> None:
        """Send page after page, to the end of the feed as it was, for TURN_SECONDS at most."""
        webhook, ends = self.webhook, time.monotonic() + TURN_SECONDS
        while webhook.position < webhook.last and time.monotonic() < ends:
            items = await self._next()
            if items is None:
                await self._note(note_failed, webhook.position + 1, EXPIRED)
                return
            for item in items:
                if webhook.lets_through(item["Entity"], item["Operation"]) and not await self._send(item, secrets):
                    return
            end = items[-1]["Number"] if items else webhook.last
            if webhook.position < end and not await self._note(note_passed, end):
                return

    async def _next(self) -> list[Item] | None:
        """Return what comes next in the feed, None where some of that is no longer kept."""
        tenant_id, position, entity = self.webhook.tenant_id, self.webhook.position, only(self.webhook.entities)
        # Of the feed 0 asks for what is kept, whatever that is.
        if position == 0 and (await self.database(kept_by, tenant_id)).before:
            return None
        try:
            return await self.database(
                items_after, tenant_id, position, most=PAGE, entities=[entity] if entity else None
            )
        except Expired:
            return None

    async def _send(self, item: Item, secrets: Sequence[str]) -> bool:
        """Send a changeset, and tell whether to go on with the next."""
        if time.monotonic() > self.held_from + HELD_SECONDS - SECONDS - MARGIN:
            return False
        webhook = self.webhook
        message = message_of(item, tenant_id=webhook.tenant_id, webhook_id=webhook.id, is_sandbox=webhook.is_sandbox)
        outcome = await self.sender.send(message, secrets)
        count_attempt(outcome.fault.value if outcome.fault else "delivered")
        if outcome.fault is None:
            return bool(await self._note(note_delivered, item["Number"], outcome))
        await self._note(note_failed, item["Number"], outcome)
        return False

    async def _note(self, note: Callable[..., Any], number: int, *outcome: Outcome) -> Any:
        """Note something that holds the webhook for longer, if it is still ours."""
        began = time.monotonic()
        noted = await self.database(note, self.worker, self.webhook, number, *outcome)
        self.held_from = began
        return noted


def secrets_of(secret: str, former: str) -> list[str]:
    """Return the secrets that sign, the present one first; raises LostSecret where that can't be read."""
    secrets = [unseal(secret)]
    if former:
        with suppress(LostSecret):
            secrets.append(unseal(former))
    return secrets


def only(entities: Sequence[str]) -> Entity | None:
    """Return the one entity that a filter names: the feed of one has an index."""
    return Entity(entities[0]) if len(entities) == 1 else None


def send_test(webhook: Webhook, *, by: Actor = SERVER) -> Outcome:
    """Send a test event from here, now, and return what became of it. Raises LostSecret."""
    former = webhook.former_secret if webhook.former_until and webhook.former_until > timezone.now() else ""
    secrets, asked_at = secrets_of(webhook.secret, former), timezone.now()
    message = test_message(
        tenant_id=webhook.tenant_id,
        webhook_id=webhook.pk,
        asked_at=asked_at,
        is_sandbox=webhook.tenant.is_sandbox,
    )

    async def send() -> Outcome:
        async with Sender(webhook.url) as sender:
            return await sender.send(message, secrets)

    outcome = asyncio.run(send())
    note_tested(webhook.pk, None, outcome)
    record(AuditKind.WEBHOOK_TESTED, by, tenant_id=webhook.tenant_id, details=[name_of(webhook)])
    return outcome
