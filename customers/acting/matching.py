"""Whom the lines of a list mean: by CustomerId, e-mail, phone or hub id, all of them in one statement."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.admin.pasting import pasted
from hub.records.emails import normal_email
from hub.records.phones import normal_phone
from hub.sql.bigint import is_bigint
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.models import Tenant

MOST_OF_A_LINE = 20  # customers; an address that more share is a till's, and names nobody
NAMED_BY = read_sql("customers", "named_by").format(most=MOST_OF_A_LINE + 1)
LONGEST = 320  # characters of an identifier
PHONE = re.compile(r"[\s+(]*\d[\d\s().\-/]{4,}")
KINDS = ("id", "email", "phone", "hub")
AS_TYPED, SPELLED_OTHERWISE = 0, 1
Value = tuple[str, int, str | int]  # a kind, a rank, and what is looked up


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list as it was typed, and the hub ids of the customers that it means.

    Of a line that was there before, the number of the first, `same_as`, and no ids: it means nobody more.
    """

    text: str
    ids: tuple[int, ...] = ()
    same_as: int = 0

    @property
    def is_shared(self) -> bool:
        """Tell whether more customers have it than a person can be."""
        return len(self.ids) > MOST_OF_A_LINE


@dataclass(frozen=True)
class Listed:
    """A list of a tenant, line by line, with the customers that each means."""

    tenant: Tenant
    lines: Sequence[Line]

    @property
    def single(self) -> list[Line]:
        return [line for line in self.lines if len(line.ids) == 1]

    @property
    def several(self) -> list[Line]:
        return [line for line in self.lines if len(line.ids) > 1 and not line.is_shared]

    @property
    def shared(self) -> list[Line]:
        return [line for line in self.lines if line.is_shared]

    @property
    def missing(self) -> list[str]:
        return [line.text for line in self.lines if not line.ids and not line.same_as]

    @property
    def repeats(self) -> list[Line]:
        return [line for line in self.lines if line.same_as]

    def ids(self, *, shared: bool) -> list[int]:
        """Return the hub ids of whom the list means, those of lines with several matches too, or not."""
        lines = [*self.single, *self.several] if shared else self.single
        return sorted({hub_id for line in lines for hub_id in line.ids})


def matched(tenant: Tenant, texts: Sequence[str]) -> list[Line]:
    """Return the lines of a list, each with the tenant's customers whom it means, in the order of the list."""
    first: dict[str, int] = {}
    for number, text in enumerate(texts, start=1):
        first.setdefault(text, number)
    found = dict(zip(first, _named(tenant, list(first)), strict=True))
    return [
        Line(text, found[text]) if first[text] == number else Line(text, same_as=first[text])
        for number, text in enumerate(texts, start=1)
    ]


def _named(tenant: Tenant, texts: Sequence[str]) -> list[tuple[int, ...]]:
    """Return of each text the hub ids of the customers whom it means."""
    columns: dict[str, list[object]] = {f"{kind}_{part}": [] for kind in KINDS for part in ("lines", "ranks", "values")}
    for line, text in enumerate(texts):
        for kind, rank, value in dict.fromkeys(values_of(tenant, text)):
            columns[f"{kind}_lines"].append(line)
            columns[f"{kind}_ranks"].append(rank)
            columns[f"{kind}_values"].append(value)
    found: dict[int, dict[int, dict[int, None]]] = defaultdict(lambda: defaultdict(dict))
    for line, rank, hub_id in execute_where_tenant_is(NAMED_BY, {"tenant_id": tenant.pk, **columns}):
        found[line][rank][hub_id] = None
    return [_best(found.get(line, {})) for line in range(len(texts))]


def _best(by_rank: dict[int, dict[int, None]]) -> tuple[int, ...]:
    return tuple(sorted(by_rank[min(by_rank)])) if by_rank else ()


def values_of(tenant: Tenant, text: str) -> Iterator[Value]:
    """Yield what a line may be looked up by: as it stands first, then spelled otherwise."""
    if len(text) > LONGEST:
        return
    for reading in pasted(text):
        yield "id", AS_TYPED, reading
        if email := normal_email(reading):
            yield "email", AS_TYPED, email
            continue
        if reading != text and text.lstrip("#").strip() == reading and is_bigint(reading):
            yield "hub", AS_TYPED, int(reading)
        if PHONE.fullmatch(reading):
            yield from (("phone", AS_TYPED, phone) for phone in _phones(tenant, reading))
        yield from (("id", SPELLED_OTHERWISE, each) for each in (reading.upper(), reading.lower()))


def _phones(tenant: Tenant, text: str) -> set[str]:
    """Return a phone number as it may be stored: as typed, by its digits alone, and in its one form."""
    digits = "".join(character for character in text if "0" <= character <= "9")
    forms = {text, digits, f"+{digits}", normal_phone(text, tenant.default_country), normal_phone(f"+{digits}")}
    return {form for form in forms if form}
