"""What the admin's search box finds customers by, beside identifiers and words: `name=value`, `tag:vip`, `list:news`.

Each condition repeats that of a partial index, or the planner would not use it (see customers.models.Customer).
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.searching.lag import words_behind
from tenants.admin.sections import moment

MOST_BEHIND = timedelta(seconds=2)
LISTS = {"tag": "tags", "list": "mailing_lists"}


def conditions_of(term: str) -> list[Q]:
    """Return what a search term asks of attributes, tags and mailing lists; a term may ask for two things."""
    conditions = []
    name, _, value = term.partition("=")
    if name and value:
        conditions.append(~Q(attributes={}) & _attribute(name, value))
    kind, _, entry = term.partition(":")
    if kind in LISTS and entry:
        column = LISTS[kind]
        conditions.append(~Q(**{column: []}) & Q(**{f"{column}__contains": [entry]}))
    return conditions


def searched_as_of(tenants: Sequence[UUID]) -> SafeString | str:
    """Say how far behind the searched words of some tenants are, where it is more than people expect."""
    behind = words_behind(tenants)
    if behind.is_filling:
        return "The index of names is being built: not everybody is found by name yet."
    if behind.since and timezone.now() - behind.since > MOST_BEHIND:
        return format_html("Names are searched as of {}.", moment(behind.since))
    return ""


def _attribute(name: str, value: str) -> Q:
    """Ask for an attribute that is the value, or a list with it."""
    return reduce(or_, (Q(attributes__contains={name: kept}) for one in _typed(value) for kept in (one, [one])))


def _typed(value: str) -> list[Any]:
    """Return the JSON scalars that a text may stand for: itself, and the number or boolean it writes."""
    try:
        scalar = orjson.loads(value)
    except orjson.JSONDecodeError:
        return [value]
    return [value, scalar] if isinstance(scalar, bool | int | float) else [value]
