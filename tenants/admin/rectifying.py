"""What the pages that correct a record share: what they showed, what was typed, and a choice where both differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from tenants.admin.differences import plain_text
from tenants.admin.forms import reason_field
from tenants.admin.looks import count_page
from tenants.admin.records import RecordAdmin
from tenants.admin.sections import ARRAYS, moment, record_link, touching
from tenants.changes.rectifying import ChangedSince, Rectified, Values, asked_for
from tenants.models import Changeset, Entity

CHOICES = {"stored": "Keep what is stored", "typed": "Use what I wrote"}
UNCHOSEN = "Somebody has changed this meanwhile: choose one of the two."
CLASH = "Somebody has changed some of the same fields since you opened this page. Nothing was saved: choose, then save."
MOST_NAMED = 3  # changes, in a message
MOST_LETTERS = 60  # of a value in it: messages are kept in a cookie, which has room for 2,048


class RectifyForm(forms.Form):
    """The fields of a record that are corrected, under their documented names, why, and what the form showed."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, requires_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = reason_field(required=requires_reason)

    def refuse(self, faults: Mapping[str, Sequence[Any]]) -> None:
        """Show what is wrong with fields beside them."""
        for name, texts in faults.items():
            for text in texts:
                self.add_error(name, text)


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else has given another value: what is stored now, and what was typed."""

    now: str
    typed: str


def write_seen(values: Values) -> str:
    """Write down what a form shows."""
    return orjson.dumps(dict(values)).decode()


def read_seen(text: str, kinds: Mapping[str, type]) -> dict[str, Any]:
    """Return what a form showed, of fields that each hold a text or none, a flag, or a list of texts.

    Raises BadRequest for what `write_seen` did not write.
    """
    try:
        seen = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest from None
    if not isinstance(seen, dict) or seen.keys() != kinds.keys():
        raise BadRequest
    if not all(_is_a(kinds[name], value) for name, value in seen.items()):
        raise BadRequest
    return seen


def _is_a(kind: type, value: Any) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, bool) if kind is bool else value is None or isinstance(value, str)


def as_input(value: Any) -> str:
    """Write a value as a form's field holds it: texts in one line, lists with an item a line."""
    if isinstance(value, list):
        return "\n".join(map(one_line, value))
    return ("no", "yes")[value] if isinstance(value, bool) else one_line(value or "")


def one_line(text: str) -> str:
    """Return a text as a browser sends it back from a field of one line."""
    return text.replace("\r", "").replace("\n", "")


def chosen(post: QueryDict, shown: Values) -> tuple[QueryDict, dict[str, list[str]]]:
    """Return a form's data with what was chosen between what is stored and what was typed, and what was not chosen."""
    data, unchosen = post.copy(), dict[str, list[str]]()
    for name in set(post.getlist("asked")) & shown.keys():
        choice = post.get(f"choose:{name}")
        if choice == "stored":
            data[name] = as_input(shown[name])
        elif choice != "typed":
            unchosen[name] = [UNCHOSEN]
    return data, unchosen


def wanted_of(data: QueryDict, shown: Values) -> dict[str, Any]:
    """Return what was typed, as values; a field that is as it was shown, or not there, is that value exactly."""
    return {name: _typed(data.get(name), value) for name, value in shown.items()}


def _typed(text: str | None, shown: Any) -> Any:
    if text is None or text.replace("\r\n", "\n").strip() == as_input(shown).strip():
        return shown
    if isinstance(shown, bool):
        return text == "yes"
    return items_of(text, shown) if isinstance(shown, list) else text.strip()


def items_of(text: str, shown: Sequence[str]) -> list[str]:
    """Read a list, with an item a line or commas between; an item that was shown with a comma stays whole."""
    whole = {one_line(item): item for item in shown}
    lines = [line.strip() for line in text.splitlines()]
    parts = [[whole[line]] if line in whole else line.split(",") for line in lines]
    return [item.strip() for part in parts for item in part if item.strip()]


def shown_again(data: QueryDict, shown: Values, wanted: Values, stored: Values) -> QueryDict:
    """Return a form's data that shows what is stored now, but for the fields that its editor has changed."""
    asked, again = asked_for(shown, wanted), data.copy()
    for name, value in stored.items():
        if name not in asked:
            again[name] = as_input(value)
    again["seen"] = write_seen(stored)
    return again


def clashes(fields: Sequence[str], stored: Values, wanted: Values) -> dict[str, Clash]:
    """Return the two values of each field that is to be chosen."""
    return {name: Clash(plain_text(stored[name]), plain_text(wanted[name])) for name in fields}


def clash_of(since: ChangedSince, wanted: Values) -> dict[str, Any]:
    """Return how `correcting_page` answers who would write over what somebody else changed meanwhile."""
    return {"clashing": clashes(since.fields, since.stored, wanted), "said": CLASH, "status": 409}


def unchosen_of(unchosen: Iterable[str], shown: Values, wanted: Values) -> dict[str, Any]:
    """Return how `correcting_page` asks again for what is right: what was typed, and what was not chosen."""
    again = {name: Clash(as_input(shown[name]), as_input(wanted[name])) for name in unchosen}
    return {"clashing": again, "status": 400}


def correcting_page(
    model_admin: RecordAdmin,
    request: HttpRequest,
    record: Any,
    form: RectifyForm,
    fields: Sequence[str],
    *,
    clashing: Mapping[str, Clash] | None = None,
    said: str = "",
    status: int = 200,
    template: str = "tenants/rectify.html",
    **more: Any,
) -> HttpResponse:
    """Show the form that corrects a record, `fields` of it in their order, and count that the user sees the record.

    A field that is `clashing` is shown with the choice of the two values. `more` is what the template knows beside.
    """
    count_page(request, record.tenant_id, model_admin.entity, record.pk)
    rows = [(form[name], (clashing or {}).get(name)) for name in fields]
    context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "original": record}
    context |= {"form": form, "rows": rows, "said": said, "back": model_admin.record_url(record.pk), **more}
    context["last_written"] = last_written(record, model_admin.entity) if said else ""
    return TemplateResponse(request, template, context, status=status)


def last_written(record: Any, entity: Entity) -> SafeString | str:
    """Say who has changed a record last, through what, when, and in which changeset."""
    found = touching(Changeset.objects.filter(tenant_id=record.tenant_id), entity, record.pk)
    last = found.order_by("-pk").defer(*ARRAYS).first()
    if last is None:
        return ""
    said = (last.actor, last.get_source_display(), moment(last.created_at))
    link = record_link("tenants_changeset", last.pk, f"number {last.number:,}")
    return format_html("Last changed by <bdi>{}</bdi> through {}, {}, {}.", *said, link)


def changes_text(rectified: Rectified, labels: Mapping[str, str], record: Any) -> SafeString:
    """Say what a correction changed, field by field while they are few: `E-mail of Ada: a@… → b@….`"""
    names = rectified.changed
    if len(names) > MOST_NAMED:
        return format_html("{} fields of <bdi>{}</bdi> changed.", len(names), shortened(record))
    lines = [
        (
            labels[name],
            shortened(record),
            *(shortened(plain_text(of[name])) for of in (rectified.before, rectified.after)),
        )
        for name in names
    ]
    return format_html_join(" ", "{} of <bdi>{}</bdi>: <bdi>{}</bdi> → <bdi>{}</bdi>.", lines)


def shortened(text: object) -> str:
    """Shorten a text as a message has room for it."""
    return Truncator(str(text)).chars(MOST_LETTERS)
