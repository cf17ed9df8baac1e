"""What an undo would change of a record, field by field, as staff read it: each by its name, now and then."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Field, Model

from tenants.admin.sections import yes_or_no
from tenants.changes.images import Kept

Values = Mapping[str, Any]
NOTHING = "–"
SUPPLIED = "which fields were ever sent"  # `given`, and what else staff are not shown


def differences(kept: Kept, stored: str | None, target: str | None) -> list[tuple[str, str, str]]:
    """Return (field, now, then) of all that differs between two images of a record, of its parts too."""
    now, then = (json.loads(text, parse_float=Decimal) if text else {} for text in (stored, target))
    found = list(_fields(kept.model, now, then))
    if kept.parts:
        found += _parts(kept, now, then)
    return found or [(SUPPLIED, NOTHING, NOTHING)]


def _parts(kept: Kept, now: Values, then: Values) -> Iterator[tuple[str, str, str]]:
    assert kept.parts is not None  # noqa: S101 — asked of documents
    model, place = kept.parts.model, kept.parts.place
    ours, theirs = ({part[place]: part for part in image.get("parts", ())} for image in (now, then))
    for at in sorted({**ours, **theirs}):
        named = f"{model._meta.verbose_name} {at}"
        for name, before, after in _fields(model, ours.get(at, {}), theirs.get(at, {})):
            yield f"{named}: {name}", before, after


def _fields(model: type[Model], now: Values, then: Values) -> Iterator[tuple[str, str, str]]:
    for field in model._meta.concrete_fields:
        if field.editable and not field.is_relation and not field.primary_key:
            before, after = now.get(str(field.column)), then.get(str(field.column))
            if before != after:
                yield str(field.verbose_name), _text(field, before), _text(field, after)


def _text(field: "Field[Any, Any]", value: Any) -> str:
    if value is None or value in ([], {}):
        return NOTHING
    if isinstance(value, bool):
        return yes_or_no(value)
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    if field.get_internal_type() == "DateTimeField":
        return datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M:%S")
    return str(value)
