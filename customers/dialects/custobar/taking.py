"""How Custobar's records are taken in again that an upload rejected."""

from collections.abc import Mapping, Sequence
from typing import Any

from customers.dialects.custobar.fields import FIELDS, FLAGS, LISTS, NAMES, SOUGHT, rules_of
from customers.dialects.custobar.groups import REMOVED
from customers.dialects.custobar.lookup import COLUMNS, as_sent
from customers.dialects.custobar.records import Sent, read_upload, valid
from customers.dialects.custobar.upload import CONSENTS, store_upload
from customers.models import Customer
from customers.taking import MOST_FOUND, means
from tenants.changes.changesets import Origin, Receipt
from tenants.entities import Taking
from tenants.models import Tenant


def _withdrawals(record: Mapping[str, Any]) -> set[str]:
    """Return the names by which a record takes consent, or a mailing list, away: "" is a flag without a value."""
    said = {name for name in CONSENTS if record.get(name) == "" or means(record.get(name), False)}
    return {*said, REMOVED} if record.get(REMOVED) else said


def _withdraws(record: Mapping[str, Any]) -> bool:
    return bool(_withdrawals(record))


def _only_withdraws(record: Mapping[str, Any]) -> bool:
    said = {name for name, value in record.items() if value is not None} - set(SOUGHT)
    return bool(said) and said == _withdrawals(record)


def _store(tenant: Tenant, sent: Sent, origin: Origin) -> Receipt:
    return store_upload(tenant, sent, origin=origin)[0]


def _find(tenant: Tenant, record: Mapping[str, Any]) -> Sequence[Customer]:
    """Return who has the first of the record's identifiers that anyone has."""
    rules = rules_of(tenant)
    for name in SOUGHT:
        value = valid(rules.fields[name], (name,), record.get(name), []) if record.get(name) else None
        if value and "\0" not in value:
            found = Customer.objects.filter(tenant_id=tenant.pk, **{COLUMNS[FIELDS[name]]: value})
            if named := list(found.order_by("match_key")[:MOST_FOUND]):
                return named
    return []


TAKING = Taking(
    fields={name: bool if name in FLAGS else list if name in LISTS else str for name in sorted(NAMES)},
    identifiers=SOUGHT,
    persons=tuple(sorted(NAMES)),
    parse=read_upload,
    store=_store,
    find=_find,
    write=as_sent,
    withdraws=_withdraws,
    only_withdraws=_only_withdraws,
)
