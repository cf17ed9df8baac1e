"""Confirmation pages: what is asked before records are changed or deleted, and what the answer names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.forms import BaseForm
from django.http import Http404, HttpRequest

from hub.sql.bigint import is_bigint

MOST_NAMED = 20  # records


@dataclass(frozen=True, slots=True)
class Question:
    """A confirmation page: what will happen to which records, what stays, and where the answer is sent.

    `chosen` names the records in the answer, `fields` is what else it carries, `form` what is asked beside.
    """

    title: str
    records: Sequence[Any]
    happens: Sequence[str]
    stays: Sequence[str]
    button: str
    url: str
    chosen: str
    back: str
    fields: Mapping[str, str] = field(default_factory=dict)
    destroys: bool = True
    form: BaseForm | None = None

    @property
    def named(self) -> Sequence[Any]:
        return self.records[:MOST_NAMED]

    @property
    def unnamed(self) -> int:
        return len(self.records) - len(self.named)


def chosen_or_404(request: HttpRequest) -> list[str]:
    """Return what a confirmation page sent in `chosen`; raises Http404 for any other request."""
    if request.method != "POST" or not request.POST.get("chosen"):
        raise Http404
    return request.POST["chosen"].split(",")


def chosen_ids(request: HttpRequest) -> list[int]:
    """Return the hub ids that a confirmation page sent; raises Http404 for anything but a list of them."""
    parts = chosen_or_404(request)
    if not all(map(is_bigint, parts)):
        raise Http404
    return [int(part) for part in parts]


def joined(records: Sequence[Model]) -> str:
    """Write the records' hub ids for `chosen`, which `chosen_ids` reads."""
    return ",".join(str(record.pk) for record in records)


def counted(number: int, opts: Any) -> str:
    """Write a number of records: `1 customer`, `2 customers`."""
    return f"{number:,} {opts.verbose_name if number == 1 else opts.verbose_name_plural}"
