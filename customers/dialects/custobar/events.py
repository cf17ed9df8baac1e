"""Custobar's events: those that unsubscribe withdraw a permission, of all others nothing is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from customers.dialects.custobar.bodies import Findings, elements_of
from customers.dialects.custobar.conversions import plain_text
from customers.dialects.custobar.fields import FIELDS, SOUGHT, rules_of
from customers.dialects.custobar.records import Mending
from customers.dialects.matching import Candidate, Candidates
from customers.folding import Row
from hub.records.faults import Fault
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.writing import open_write
from tenants.models import Entity, Operation, Tenant

MOST_EVENTS = 1000
WITHDRAWS = {"MAIL_UNSUBSCRIBE": "EmailOptin", "SMS_UNSUBSCRIBE": "SmsOptin"}
UNSUBSCRIBES = "UNSUB"
NEAR_MISS = f"Ignored: what withdraws is {' and '.join(WITHDRAWS)}."
GUEST = "0"  # Magento's, as customer_id
OTHER_NAMES = {"customer_id": "external_id"}
NOBODY = "Nobody is known by it, so nothing was withdrawn."


@dataclass(frozen=True)
class Withdrawal:
    """An event that withdraws `flag` from everyone who has one of the identifiers, pairs of hub name and value."""

    place: int
    flag: str
    identifiers: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class SentEvents:
    """What an upload of events holds: its withdrawals, how many events it had, and what is to be said of them."""

    withdrawals: list[Withdrawal]
    received: int
    findings: Findings = field(default_factory=Findings)


def read_events(tenant: Tenant, body: bytes) -> SentEvents:
    """Read {"events": […]}, or the array alone; raises ValidationFailed or ApiError where no event can be taken."""
    elements, odd = elements_of(body, "events", MOST_EVENTS)
    mending = Mending(rules_of(tenant), Findings(), odd=odd)
    found = [event for i, element in enumerate(elements) if (event := _withdrawal(mending, i, element))]
    mending.findings.refuse_all_rejected(len(elements))
    return SentEvents(found, len(elements), mending.findings)


def _withdrawal(mending: Mending, i: int, element: Any) -> Withdrawal | None:
    """Return what an event withdraws, None for one that withdraws nothing, or cannot be read."""
    if not isinstance(element, dict):
        mending.findings.reject(i, [Fault((i,), "not_an_object")])
        return None
    element = {name.lower(): value for name, value in element.items()}
    if not isinstance(kind := element.get("type"), str) or not kind.strip():
        mending.findings.reject(i, [Fault((i, "type"), "required")])
        return None
    flag = WITHDRAWS.get(name := kind.strip().upper())
    if not flag and UNSUBSCRIBES in name:
        mending.findings.warn(f"[{i}].type", NEAR_MISS)
    identifiers = _identifiers(mending, i, element) if flag else []
    return Withdrawal(i, flag, identifiers) if flag and identifiers else None


def _identifiers(mending: Mending, i: int, event: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return by which identifiers an event names somebody; without any it is rejected."""
    faults: list[Fault] = []
    found: list[tuple[str, str]] = []
    for sent in (*SOUGHT, *OTHER_NAMES):
        value, name = plain_text(event.get(sent)), OTHER_NAMES.get(sent, sent)
        if value is None or (sent == "customer_id" and value == GUEST):
            continue
        if mending.is_storable(i, name, value, faults):
            usable = mending.value(i, name, value, faults)
            found += [(FIELDS[name], usable)] if usable and usable.strip() else []
    if found:
        mending.findings.leave_out(faults)
    elif not faults and plain_text(event.get("customer_id")) == GUEST:
        mending.findings.warn(f"[{i}]", NOBODY)
    else:
        missing = Fault((i,), "identifier_missing", name=", ".join((*SOUGHT, *OTHER_NAMES)))
        mending.findings.reject(i, faults or [missing])
    return found


def withdraw(tenant: Tenant, events: list[Withdrawal], *, origin: Origin) -> Receipt:
    """Withdraw from all whom each event names, by any of its identifiers, in one transaction; nobody is created.

    The receipt warns of events that name nobody.
    """
    if not events:
        return Receipt()
    rows: list[Row] = [{name: value} for event in events for name, value in event.identifiers]
    with open_write(tenant, Entity.CUSTOMERS, Operation.UPSERT, origin) as write:
        write.changes.received = len(events)
        customers = Candidates(write, tenant, rows, origin, relatives=False)
        found: dict[tuple[str, str, str], int] = {}  # 1,000 events of a till's number with 10,000 carriers: once
        for event in events:
            for pair in event.identifiers:
                if (event.flag, *pair) not in found:
                    found[event.flag, *pair] = _withdraw_from(customers, customers.carrying(*pair), event.flag)
            if not any(found[event.flag, *pair] for pair in event.identifiers):
                write.changes.warnings[f"[{event.place}]"] = [NOBODY]
        customers.save()
    return write.receipt


def _withdraw_from(customers: Candidates, meant: Sequence[Candidate], flag: str) -> int:
    """Withdraw a permission from customers, and return how many they are."""
    for candidate in meant:
        if candidate.sent.get(flag) is not False:
            customers.update(candidate, {flag: False})
    return len(meant)
