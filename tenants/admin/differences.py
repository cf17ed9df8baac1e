"""What an undo, or a file, would change of a record, field by field, as staff read it: its name, now and then."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from django.db.models import Field, Model
from django.utils.text import capfirst

from tenants.admin.sections import moment, without_zeros, yes_or_no
from tenants.changes.images import Kept
from tenants.changes.undoing import hidden_columns

AnyField: TypeAlias = "Field[Any, Any]"
Values = Mapping[str, Any]
NOTHING = "–"
NEVER = "Never given"
NAMING = ("Sku", "VariantId", "ProductId", "Name")  # what a line of a record is called by, the best first


def differences(kept: Kept, stored: str | None, target: str | None) -> list[tuple[str, str, str]]:
    """Return (field, now, then) of all that differs between two images of a record, of its parts too."""
    now, then = (_read(kept, text) for text in (stored, target))
    found = list(_fields(kept.model, now, then))
    if kept.parts:
        found += _parts(kept, now, then)
    return found


def documented_differences(
    before: Values | None, after: Values | None, order: Sequence[str] = ()
) -> list[tuple[str, str, str]]:
    """Return (field, now, then) of all that differs between two records under their documented names, parts whole.

    The fields come in an order, and then the others. Of a record that is new, only what says something.
    """
    now, then = before or {}, after or {}
    sent = {**now, **then}
    names = [*(name for name in order if name in sent), *(name for name in sent if name not in order)]
    names = [name for name in names if before or then.get(name) is not False]
    found = [(name, plain_text(now.get(name)), plain_text(then.get(name))) for name in names]
    return [(name, now, then) for name, now, then in found if now != then]


def plain_text(value: Any) -> str:
    """Write a value of a documented record as staff read it."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return yes_or_no(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {plain_text(each)}" for name, each in value.items())
    if not isinstance(value, list):
        return str(value)
    if not any(isinstance(each, dict) for each in value):
        return ", ".join(map(plain_text, value))
    lines = [_line_text(each) if isinstance(each, dict) else plain_text(each) for each in value]
    return f"{len(lines)} line{'' if len(lines) == 1 else 's'}: {'; '.join(lines)}"


def _line_text(line: Values) -> str:
    """Write a line of a record, such as an order's: SKU-1 × 2, Price 9.00; without what says nothing."""
    said = {name: value for name, value in line.items() if value is not False and value not in (None, "", [], {})}
    name = next((name for name in NAMING if name in said), "")
    title, many = plain_text(said.pop(name, None)) if name else "", said.pop("Quantity", None)
    first = [" × ".join(filter(None, [title, "" if many is None else str(many)]))]
    return ", ".join(filter(None, [*first, *(f"{other} {plain_text(value)}" for other, value in said.items())]))


def given_back(kept: Kept, without: str | None, given: str | None) -> list[tuple[str, str, str]]:
    """Return (channel, now, then) of the consents that an undo gives back, of what it makes `without` giving them."""
    now, then = (_read(kept, text) for text in (without, given))
    return [
        row
        for field in _shown(kept.model)
        for row in _consents(field, now.get(str(field.column)), then.get(str(field.column)))
    ]


def _read(kept: Kept, text: str | None) -> Values:
    """Read an image; a flag that nobody ever said anything about is not simply false, as on the record's page."""
    image: dict[str, Any] = json.loads(text, parse_float=Decimal) if text else {}
    never = [name for name, bit in kept.said.items() if image.get(name) is False and not image["given"] & bit]
    return {**image, **dict.fromkeys(never, NEVER)}


def _consents(field: AnyField, now: Any, then: Any) -> Iterator[tuple[str, str, str]]:
    """Name a flag by its title, and each of several lists or attributes by its own name."""
    if isinstance(then, list):
        for name in then:
            if name not in now:
                yield f"Mailing list {name}", yes_or_no(False), yes_or_no(True)
    elif isinstance(then, dict):
        for name, value in then.items():
            if now.get(name) != value:
                yield f"Attribute {name}", _text(field, now.get(name)), _text(field, value)
    elif now != then:
        yield str(capfirst(field.verbose_name)), _text(field, now), _text(field, then)


def _parts(kept: Kept, now: Values, then: Values) -> Iterator[tuple[str, str, str]]:
    assert kept.parts is not None  # noqa: S101 — asked of documents
    model, place = kept.parts.model, kept.parts.place
    ours, theirs = ({part[place]: part for part in image.get("parts", ())} for image in (now, then))
    for at in sorted({**ours, **theirs}):
        named = f"{model._meta.verbose_name} {at}"
        for name, before, after in _fields(model, ours.get(at, {}), theirs.get(at, {})):
            yield f"{named}: {name}", before, after


def _fields(model: type[Model], now: Values, then: Values) -> Iterator[tuple[str, str, str]]:
    for field in _shown(model):
        before, after = now.get(str(field.column)), then.get(str(field.column))
        texts = _text(field, before), _text(field, after)
        if before != after and texts != (NOTHING, NOTHING):
            yield str(field.verbose_name), *texts


def _shown(model: type[Model]) -> list[AnyField]:
    hidden = hidden_columns(model)
    return [field for field in model._meta.concrete_fields if field.column not in hidden]


def _text(field: AnyField, value: Any) -> str:
    if value is None or value in ([], {}):
        return NOTHING
    if isinstance(value, bool):
        return yes_or_no(value)
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    if field.get_internal_type() == "DateTimeField":
        return moment(datetime.fromisoformat(value), exact=True)
    return without_zeros(value) if isinstance(value, Decimal) else str(value)
