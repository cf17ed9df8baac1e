"""How a tenant reads tables with the same headers is remembered: what was used last goes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tenants.entities import entity_config
from tenants.imports.headers import digest
from tenants.imports.options import Options, OptionsRefused, read_options
from tenants.models import ImportMapping, Tenant


def remember(tenant: Tenant, entity: str, header: Sequence[str], options: Options) -> None:
    """Remember how a table with a header was read; not that all its persons had consented: the next one's did not."""
    flags = {flag.name for flag in entity_config(entity).consents}
    constants = {name: text for name, text in options.constants.items() if name not in flags}
    ImportMapping.objects.update_or_create(
        tenant=tenant,
        entity=entity,
        digest=digest(header),
        defaults={"options": replace(options, constants=constants).json, "used_at": datetime.now(UTC)},
    )


def recalled(tenant: Tenant, entity: str, header: Sequence[str]) -> Options | None:
    """Return how a table with a header was read last; None where there was none, or a field of it is no more."""
    stored = ImportMapping.objects.filter(tenant=tenant, entity=entity, digest=digest(header)).first()
    if stored is None:
        return None
    try:
        return read_options(stored.options, entity_config(entity).columns)
    except OptionsRefused:
        return None
