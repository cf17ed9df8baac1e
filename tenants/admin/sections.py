"""What a record's page shows below its fields: small tables, and the record's history."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hub.admin.times import day as day
from hub.admin.times import moment as moment
from hub.admin.times import time_column as time_column
from tenants.changes.reasons import IDS_OF_A_BLOCK
from tenants.models import Changeset, Entity, Tenant

LATEST = 20
BADGE = format_html('<span class="hub-sandbox">{}</span>', "Sandbox")
LINK = "text-primary-600 dark:text-primary-500"
TOUCHED = "created_ids || updated_ids || deleted_ids"
BLOCKS = f"id_blocks({TOUCHED})"  # the expression that changeset_by_record indexes
ARRAYS = ("created_ids", "updated_ids", "deleted_ids")


@dataclass(frozen=True, slots=True)
class Section:
    """A table: its title, columns and rows of cells; what stands there when it is empty; a note; a link to more.

    `links` are further ones, each with its text. `parts` are hub ids of what the rows show, where they can be ticked
    and deleted.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = "None."
    note: str = ""
    url: str = ""
    url_text: str = ""
    parts: Sequence[int] = ()
    links: Sequence[tuple[str, str]] = ()

    @property
    def numbered(self) -> list[tuple[int | None, list[tuple[str, object]]]]:
        """Each row with the hub id of the part it shows, each cell of it with its column's name."""
        return list(zip_longest(self.parts, [list(zip(self.columns, row, strict=True)) for row in self.rows]))


def link(url: str, text: object) -> SafeString:
    """Return a link; bdi keeps right-to-left text from turning around what stands beside it."""
    return format_html('<a class="{}" href="{}"><bdi>{}</bdi></a>', LINK, url, text)


def record_link(model: str, pk: int, text: object) -> SafeString:
    """Return a link to a record's page; `model` is the beginning of its URL's name, such as `customers_customer`."""
    return link(reverse(f"admin:{model}_change", args=[pk]), text)


def clipped(text: object) -> SafeString:
    """Return text that ends in … where a list has no room for it; whole when pointed at."""
    return format_html('<bdi class="hub-clip" title="{}">{}</bdi>', text, text)


def named(tenant: Tenant) -> SafeString:
    """Return a tenant's name for a list, a sandbox's with a badge: the end of a long name is not read."""
    if not tenant.is_sandbox:
        return clipped(tenant)
    return format_html('<span class="whitespace-nowrap">{} {}</span>', clipped(tenant), BADGE)


def money(amount: Decimal, currency: str) -> str:
    """Write an amount with two decimals, or with as many as it has."""
    return f"{without_zeros(amount, ',.4f')} {currency}"


def without_zeros(number: Decimal, written: str = "f") -> str:
    """Write a number with two decimals, or with as many as say something; `written` is the format of all of them."""
    whole, _, decimals = f"{number:{written}}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"


def yes_or_no(flag: bool) -> str:
    """Write a flag: Yes or No."""
    return "Yes" if flag else "No"


def touching(changesets: QuerySet[Changeset], entity: Entity, hub_id: int) -> QuerySet[Changeset]:
    """Keep the changesets that touched a record: of those that touched its block, which an index knows."""
    blocks, touched = (RawSQL(ids, [], output_field=ArrayField(BigIntegerField())) for ids in (BLOCKS, TOUCHED))  # noqa: S611 — constants
    named = changesets.filter(entity=entity).alias(blocks=blocks, touched=touched)
    return named.filter(Q(blocks__contains=[hub_id // IDS_OF_A_BLOCK]), Q(touched__contains=[hub_id]))


def history(record: Any, entity: Entity) -> Section:
    """Return the latest changesets that touched a record."""
    changesets = touching(Changeset.objects.filter(tenant_id=record.tenant_id), entity, record.pk)
    rows = [
        [
            moment(changeset.created_at),
            record_link("tenants_changeset", changeset.pk, f"number {changeset.number:,}"),
            changeset.get_operation_display(),
            changeset.get_source_display(),
            changeset.actor,
        ]
        for changeset in changesets.order_by("-pk").defer(*ARRAYS)[:LATEST]
    ]
    url = f"{reverse('admin:tenants_changeset_changelist')}?record={entity}:{record.pk}"
    return Section(
        "History",
        ("When", "Changeset", "What", "Through", "By"),
        rows,
        note="The latest changes to this record.",
        url=url,
        url_text="All of its history",
    )
