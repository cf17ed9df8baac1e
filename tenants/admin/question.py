"""Confirmation pages: what is asked before records are changed or deleted, and what the answer names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from hub.sql.bigint import is_bigint
from tenants.admin.access import access_of
from tenants.models import Role

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


def question_page(model_admin: Any, request: HttpRequest, question: Question, *, status: int = 200) -> HttpResponse:
    """Show a confirmation page, whose answers lead back to the list as it was filtered.

    Raises PermissionDenied where the user is not staff of every record's tenant.
    """
    access = access_of(request)
    if not all(access.may(Role.STAFF, tenant_id) for tenant_id in {record.tenant_id for record in question.records}):
        raise PermissionDenied
    url, back = (model_admin.returning(request, address) for address in (question.url, question.back))
    context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "title": question.title}
    context |= {"question": replace(question, url=url, back=back), "original": None}
    return TemplateResponse(request, "tenants/confirm.html", context, status=status)


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
