"""Storing an upload: which customers a record means, and what it makes of them."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from customers.dialects.bounds import MOST_STRINGS, change_strings
from customers.dialects.custobar.fields import (
    ATTRIBUTES,
    COMPANY,
    FIELDS,
    LISTS,
    MAILING_LISTS,
    SENT_AS,
    SOUGHT,
    TAGS,
)
from customers.dialects.custobar.groups import REMOVED, Group
from customers.dialects.custobar.records import Sent
from customers.dialects.matching import Candidate, Candidates
from customers.flags import BITS
from customers.folding import Row, several_meant
from customers.ingest import CUSTOMERS, SUPERSEDED
from customers.overrides import HELD_BACK, grants_in, held_back, sticks
from customers.restoring import note_sent
from hub.records.faults import path
from hub.records.records import Records
from hub.sql.files import read_sql
from tenants.changes.changesets import Origin, Receipt, Warnings
from tenants.changes.statements import at_once_statement
from tenants.changes.writing import Write, open_write, store_at_once
from tenants.identity import IDENTIFIERS, key_sql, match_key
from tenants.models import Entity, Operation, Priority, Source, Tenant

MORE = ATTRIBUTES | {COMPANY, *LISTS}  # what a record adds to, or takes from, what is stored
MOST_TAGS, MOST_LISTS = f"{MOST_STRINGS:,} tags", f"{MOST_STRINGS:,} mailing lists"
CONSENTS = ("can_email", "can_post", "can_profile", "can_push", "can_sms")
CONSENT_FIELDS = {name: SENT_AS[name] for name in BITS if name in SENT_AS}
KEPT = "Another customer is known by it; the stored value stays."
SEVERAL_ERASED = "{n:,} customers are meant, and all of them erased."
SEVERAL_AND_NEW = "{n:,} customers may be meant: withdrawals were applied to all of them, everything is a new one's."
AT_ONCE = replace(
    CUSTOMERS,
    key={"match_key": key_sql("CustomerId", "s.external_id")},
    sent=SUPERSEDED,
    columns=[replace(column, field=SENT_AS.get(column.field, column.field)) for column in CUSTOMERS.columns],
)
STORE_AT_ONCE = at_once_statement(
    AT_ONCE,
    note=note_sent(AT_ONCE),
    question=read_sql("customers", "custobar_question").format(key=key_sql("CustomerId", "external_id")),
)


def as_row(record: Mapping[str, Any]) -> Row:
    """Write a record in the hub's fields; "" gives a value up, but for external_id, where it is a missing one."""
    row = {name: value for ours, name in FIELDS.items() if (value := record.get(ours)) is not None}
    if "CustomerId" in row and not row["CustomerId"].strip():
        del row["CustomerId"]
    return row


def attributes_in(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record says about attributes, in the order sent: those of documented names first."""
    said = {name: value for name, value in record.items() if name in ATTRIBUTES and value is not None}
    said.update((name, value) for name, value in (record.get(COMPANY) or {}).items() if value is not None)
    return said


def gives_up(record: Mapping[str, Any]) -> bool:
    """Tell whether a record takes an identifier away, or a whole customer."""
    erases = record.get("is_forgotten") or record.get("is_deleted")
    return bool(erases or record.get("email") == "" or record.get("phone_number") == "")


def withdrawals(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a record takes a permission or a mailing list away: that must reach everyone it may mean."""
    said: dict[str, Any] = {name: False for name in CONSENTS if record.get(name) is False}
    return {**said, REMOVED: removed} if (removed := record.get(REMOVED)) else said


class Upload:
    """One call's records, taken one after the other, written at once."""

    def __init__(self, write: Write, tenant: Tenant, sent: Sent, origin: Origin) -> None:
        self.warnings, self.sent = write.changes.warnings, sent
        self.rows = [as_row(record) for record in sent.records]
        self.customers = Candidates(write, tenant, self.rows, origin, relatives=any(map(gives_up, sent.records)))
        self.skipped: list[int] = []
        self.groups: dict[Hashable, Group] = {}

    def take(self, i: int) -> None:
        """Forget, delete, skip or store what record `i` matches."""
        record, row = self.sent.records[i], self.rows[i]
        if record.get("is_forgotten"):
            self._erase(i, None)
        elif record.get("is_deleted"):
            self._erase(i, Source.CUSTOBAR)
        elif self.customers.is_suppressed(row):
            self.skipped.append(self.sent.places[i])
        elif len(matches := self._matches(row)) < 2:
            self._store(i, matches[0] if matches else self.customers.create())
        elif self._names_somebody_new(row):
            self._withdraw(i, matches, SEVERAL_AND_NEW.format(n=len(matches)))
            self._store(i, self.customers.create())
        else:
            self._withdraw(i, matches, self._meaning(i, len(matches)))

    def _matches(self, row: Row) -> list[Candidate]:
        """Return whom a row matches: by the first identifier that anyone has; of several, those the next ones name."""
        found: list[Candidate] = []
        for name in map(FIELDS.__getitem__, SOUGHT):
            carriers = self._carrying(name, row)
            among = set(carriers) if found else carriers
            found = [one for one in found if one in among] or found or carriers
            if len(found) == 1:
                break
        return found

    def _carrying(self, name: str, row: Row) -> list[Candidate]:
        """Return the carriers that a row may match: none with another external_id, but by the priority identifier."""
        ours = row.get("CustomerId")
        if ours is None or name == self.customers.order[0]:
            return self.customers.carrying(name, row.get(name))
        return self.customers.carrying_as(ours, name, row.get(name))

    def _erase(self, i: int, source: Source | None) -> None:
        """Erase everyone whom record `i` means, as a delete by e-mail does; if it names somebody new, nobody else."""
        row = self.rows[i]
        matches = self._matches(row)
        if len(matches) > 1 and self._names_somebody_new(row):
            matches = []
        elif len(matches) > 1:
            self._warn(i, SEVERAL_ERASED.format(n=len(matches)))
        self.groups.clear()
        self.customers.erase(matches, row, source)

    def _meaning(self, i: int, number: int) -> str:
        """Say that record `i` means several, and what became of it."""
        record = self.sent.records[i]
        withdrawn = withdrawals(record)
        said = {name for name, value in record.items() if value is not None} - {*withdrawn, *SOUGHT}
        missing = SENT_AS[self.customers.order[0]]
        return several_meant(number, withdrawn=bool(withdrawn), more=bool(said), missing=missing)

    def _names_somebody_new(self, row: Row) -> bool:
        """Tell whether a row has the tenant's priority identifier, and nobody carries it: no doubt whom it names."""
        first = self.customers.order[0]
        return bool(row.get(first)) and not self.customers.carrying(first, row[first])

    def _withdraw(self, i: int, matches: Sequence[Candidate], warning: str) -> None:
        """Withdraw from all whom record `i` means what it withdraws, and apply nothing else of it to any of them."""
        self._warn(i, warning)
        if withdrawn := withdrawals(self.sent.records[i]):
            group = self.groups.setdefault(self._meaning_of(self.rows[i]), Group(matches))
            if fresh := group.not_noted(withdrawn):
                self.customers.note_withdrawn(matches, fresh)
            for name in group.not_yet(withdrawn):
                for candidate in matches:
                    if not _is_withdrawn(candidate, name):
                        flag = {name: False}
                        self.customers.update(candidate, as_row(flag) | self._grown(i, candidate, flag))
            for candidate in group.remove(withdrawn.get(REMOVED, ())):
                self.customers.update(candidate, {"MailingLists": candidate.mailing_lists})

    def _meaning_of(self, row: Row) -> Hashable:
        """Return what decides whom a row matches, until anyone is stored or erased."""
        named = [(name, row.get(name)) for name in IDENTIFIERS]
        return row.get("CustomerId") is None, *[pair for pair in named if self.customers.carriers.get(pair)]

    def _store(self, i: int, candidate: Candidate) -> None:
        """Note what record `i` sends for the customer it means, or creates."""
        self.groups.clear()
        row = dict(self.rows[i])
        for name in self.customers.taken(candidate, row):
            self._warn(i, KEPT, SENT_AS[name])
            del row[name]
        for name in self.customers.update(candidate, row | self._grown(i, candidate, self.sent.records[i])):
            self._warn(i, HELD_BACK, SENT_AS[name])

    def _grown(self, i: int, candidate: Candidate, record: Mapping[str, Any]) -> Row:
        """Change a customer's attributes, tags and mailing lists by a record, and return those it says anything about.

        What there is no room for is left out, and warned of.
        """
        row: Row = {}
        if MORE.isdisjoint(record):
            return row
        full: dict[str, str] = {}
        if said := attributes_in(record):
            row["Attributes"] = candidate.attributes.values
            full.update(candidate.attributes.change(said))
            if "can_post" in full and record["can_post"] is False:  # absent it is false, too
                candidate.attributes.change({"can_post": ""})
                del full["can_post"]
        for name, strings, names, bound in (
            ("Tags", candidate.tags, TAGS, MOST_TAGS),
            ("MailingLists", candidate.mailing_lists, MAILING_LISTS, MOST_LISTS),
        ):
            plain, added, removed = map(record.get, names)
            if plain is not None or added is not None or removed is not None:
                row[name] = strings
                if change_strings(strings, plain, added or (), removed or ()):
                    full[names[1]] = bound
        self.sent.findings.leave_out_full(self.sent.places[i], full)
        return row

    def _warn(self, i: int, text: str, *field: str) -> None:
        self.warnings.setdefault(path((self.sent.places[i], *field)), []).append(text)


def _is_withdrawn(candidate: Candidate, name: str) -> bool:
    """Tell whether records before withdrew a permission, or whether it is stored as withdrawn."""
    field = FIELDS.get(name)
    return (candidate.sent.get(field) if field else candidate.attributes.values.get(name)) is False


def store_upload(tenant: Tenant, sent: Sent, *, origin: Origin) -> tuple[Receipt, list[int]]:
    """Store records as if one after the other, in one transaction; return the receipt, and which records were skipped.

    At once where the external_id alone says who is meant, else by looking first, as where before-images are kept.
    """
    if not tenant.keeps_images and _names_alone(tenant, sent.records):
        granted = grants_in(sent.records, CONSENT_FIELDS) if sticks(tenant) else {}
        look = partial(_look, tenant, sent, granted) if granted else None
        receipt = store_at_once(
            STORE_AT_ONCE,
            tenant,
            Entity.CUSTOMERS,
            sent.records,
            received=sent.received,
            origin=origin,
            look=look,
            alone_next=True,
        )
        if receipt:
            return receipt, []
    with open_write(tenant, Entity.CUSTOMERS, Operation.UPSERT, origin) as write:
        write.changes.received = sent.received
        upload = Upload(write, tenant, sent, origin)
        for i in range(len(sent.records)):
            upload.take(i)
        upload.customers.save()
    return write.receipt, upload.skipped


def _look(tenant: Tenant, sent: Sent, granted: Mapping[int, list[str]]) -> Warnings:
    """Return warnings about the grants of stored records that were held back; each has an external_id."""
    named = sent.records.column("external_id")
    held = held_back(tenant, granted, {i: match_key("CustomerId", named[i]) for i in granted})
    return {path((sent.places[i], SENT_AS[name])): [HELD_BACK] for i, names in held.items() for name in names}


def _names_alone(tenant: Tenant, records: Records[Any]) -> bool:
    """Tell whether each record has an external_id of its own, by which the tenant names customers, and says no more.

    That is: nothing that needs the stored value first (attributes, tags, lists), and no identifier given up.
    """
    return (
        tenant.priority == Priority.CUSTOMER_ID
        and records.names <= FIELDS.keys()
        and records.all_differ("external_id")
        and not any(value is not None and not value.strip() for name in SOUGHT for value in records.column(name))
    )
