"""How many consents a dry run would give and withdraw: what the ledger says of it, before it is rolled back."""

from collections.abc import Mapping

from hub.sql.execute import execute_where_tenant_is
from tenants.changes.changesets import Origin
from tenants.changes.transactions import Parameters, Rows
from tenants.entities import entity_config
from tenants.models import Entity, Tenant

# The ledger has an index by customer, none by changeset: the changeset says whom it touched.
CONSENTS = """
SELECT l.before, l.after, l.channels, count(*) AS customers
  FROM tenants_changeset c
 CROSS JOIN LATERAL unnest(c.created_ids || c.updated_ids) AS x(id)
  JOIN tenants_consentchange l ON l.tenant_id = c.tenant_id AND l.customer = x.id AND l.changeset_number = c.number
 WHERE c.tenant_id = %(tenant_id)s AND l.tenant_id = %(tenant_id)s AND c.number = %(number)s
 GROUP BY l.before, l.after, l.channels
"""
Counted = dict[str, list[int]]  # {"EmailOptin": [given, withdrawn]}


def consents_of(tenant: Tenant, entity: Entity, number: int) -> Counted:
    """Count by flag the consents that a changeset gives and withdraws, in the transaction that writes it.

    Of somebody new only what is given counts: nobody's consent is withdrawn who gave none.
    """
    counted: Counted = {}
    flags = entity_config(entity).consents
    for before, after, channels, customers in (
        execute_where_tenant_is(CONSENTS, {"tenant_id": tenant.pk, "number": number}) if flags else ()
    ):
        for flag in flags:
            if not channels & flag.bit:
                continue
            grants = bool(after & flag.bit) is flag.grants
            if before is None and (not grants or not flag.grants):
                continue
            counted.setdefault(flag.name, [0, 0])[0 if grants else 1] += customers
    return counted


def counting(origin: Origin, tenant: Tenant, entity: Entity, into: Counted) -> Origin:
    """Return the origin of a dry run that also counts its consents, before it is rolled back."""
    run = origin.dry_run
    assert run is not None  # noqa: S101 — only what is tried is counted

    def look(parameters: Parameters, ids: list[int]) -> Rows:
        assert run.number is not None  # noqa: S101 — it has changed something
        into.clear()
        into.update(consents_of(tenant, entity, run.number))
        return looks(parameters, ids)

    looks, run.look = run.look, look
    return origin


def added(counted: Mapping[str, list[int]], more: Mapping[str, list[int]]) -> Counted:
    """Return two counts added up."""
    names = dict.fromkeys((*counted, *more))
    return {
        name: [a + b for a, b in zip(counted.get(name, [0, 0]), more.get(name, [0, 0]), strict=True)] for name in names
    }
