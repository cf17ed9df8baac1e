"""A record in quarantine field by field: what was sent, what is wrong with it, what is stored, what becomes of it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from hub.records.faults import Fault, path
from hub.records.reading import as_sent
from tenants.entities import Taking
from tenants.quarantine.correcting import Correction
from tenants.quarantine.keeping import documented, plain

FIRST = re.compile(r"^[^.\[]*")
NUMBER = re.compile("[-0-9]")
LONG = 200  # characters of a text that gets several lines
KEEP = "keep"
FLAGS = {"true": True, "false": False}
SAID = {"true": "Yes", "false": "No"}
WORD = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
SPELLED = {"id": "ID", "sku": "SKU", "gdpr": "GDPR", "sms": "SMS", "url": "URL", "email": "e-mail"}
VALUE, DROP = "value:", "drop:"  # how the form's fields begin
NO_JSON = "What stands here is no JSON."


@dataclass
class Field:
    """One field: its name, what kind of values it takes (None: nobody knows it), and how each value is written."""

    name: str
    kind: type | None
    sent: str | None = None
    shown: str = ""
    stored: str | None = None
    texts: list[str] = field(default_factory=list)
    is_dropped: bool = False
    title: str = ""

    @property
    def sent_in_words(self) -> str | None:
        """The value that was sent, a flag's as the admin says it."""
        return self._in_words(self.sent)

    @property
    def stored_in_words(self) -> str | None:
        """The value that is stored, a flag's as the admin says it."""
        return self._in_words(self.stored)

    def _in_words(self, value: str | None) -> str | None:
        return SAID.get(value or "", value) if self.kind is bool else value

    @property
    def is_known(self) -> bool:
        """Whether the field is a documented one: a template would call the kind."""
        return self.kind is not None

    @property
    def input(self) -> str:
        """What it is edited in: `text`, `lines`, `flag`, or nothing where nobody knows the field."""
        if self.kind is None:
            return ""
        if self.kind is bool:
            return "flag"
        return "lines" if self.kind is list or len(self.shown) > LONG or "\n" in self.shown else "text"

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        """Of a flag: what may be chosen; what was sent and is none may stay as it is."""
        kept = [(KEEP, f"As it was sent: {self.sent}")] if self.sent not in (None, "true", "false") else []
        return [("", "Not sent"), ("true", "Yes"), ("false", "No"), *kept]


def fields(
    taking: Taking, record: Any, stored: Mapping[str, Any] | None, titles: Mapping[str, str] | None = None
) -> list[Field]:
    """Return the fields of a record: those sent, its identifiers, then whatever else it could have.

    `titles` are what some are called, by documented name. One that nobody knows has its name alone.
    """
    titles = titles or {}
    sent = documented(taking, _members(record))
    now = stored or {}
    names = dict.fromkeys([*sent, *taking.identifiers, *taking.fields])
    return [
        Field(
            name,
            taking.fields.get(name),
            _sent(sent[name]) if name in sent else None,
            _shown(taking.fields.get(name), sent[name]) if name in sent else "",
            _written(now[name]) if now.get(name) is not None else None,
            title=titles.get(name) or (title_of(name) if name in taking.fields else ""),
        )
        for name in names
    ]


def title_of(name: str) -> str:
    """Return what people call a documented field: E-mail for Email, Customer ID for CustomerId."""
    words = [SPELLED.get(word.lower(), word.lower()) for word in WORD.findall(name)]
    return " ".join(words)[:1].upper() + " ".join(words)[1:] or name


def _members(record: Any) -> Mapping[str, Any]:
    return dict(record)  # of two of one name the last wins


def _sent(value: Any) -> str:
    """Write a value as JSON that people can read; what no page can hold is replaced."""
    if isinstance(value, str | list | dict):
        return json.dumps(plain(value), ensure_ascii=False, default=_odd)
    return as_sent(value)


def _shown(kind: type | None, value: Any) -> str:
    """Write a value as it stands in the form: text as it is, everything else as JSON."""
    plainly = plain(value)
    if kind is bool:
        return str(plainly).lower() if isinstance(value, bool) else KEEP
    if plainly is None or isinstance(plainly, str):
        return plainly or ""
    return json.dumps(plainly, ensure_ascii=False, indent=2, default=_odd) if kind is list else as_sent(value)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_odd)


def _odd(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def told(found: Sequence[Field], faults: Sequence[tuple[str, str]]) -> list[str]:
    """Put each fault (path, text) at its field; return the texts of those that are of no field."""
    by_name = {one.name: one for one in found}
    others: list[str] = []
    for place, text in faults:
        name = FIRST.findall(place)[0]
        if name in by_name:
            by_name[name].texts.append(text if place == name else f"{place[len(name) :].lstrip('.')}: {text}")
        else:
            others.append(f"{place}: {text}" if place else text)
    return others


def places(faults: Sequence[Fault]) -> list[tuple[str, str]]:
    """Return faults by their places in the record."""
    return [(path(fault.loc[1:]), fault.text) for fault in faults]


def read_form(found: Sequence[Field], form: Mapping[str, str]) -> tuple[Correction, list[tuple[str, str]]]:
    """Return what a sent form makes of a record, and the fields whose text can't be read.

    What was typed stands in the fields from now on.
    """
    values: dict[str, Any] = {}
    dropped, faults = [], []
    for one in found:
        if one.kind is None or VALUE + one.name not in form:
            continue
        was, one.shown = one.shown, form[VALUE + one.name].replace("\r\n", "\n")
        one.is_dropped = DROP + one.name in form
        if one.is_dropped or (one.sent is not None and one.kind is bool and not one.shown):
            dropped.append(one.name)
        elif one.kind is str and one.shown == was and NUMBER.match(one.sent or ""):
            values[one.name] = one.shown  # a number, say, in place of the text it should have been
        elif one.shown != was:
            try:
                values[one.name] = READ[one.kind](one.shown)
            except (ValueError, RecursionError):
                faults.append((one.name, NO_JSON))
    return Correction(values, dropped), faults


def _number(text: str) -> Any:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return text
    return number if number.is_finite() else text


READ: Mapping[type, Callable[[str], Any]] = {
    str: str,
    bool: lambda text: FLAGS.get(text, text),
    float: _number,
    list: partial(json.loads, parse_float=Decimal),
}


def read_value(taking: Taking, name: str, text: str) -> Any:
    """Return the value that a text writes for a field; raises ValueError for what is no JSON where that is asked."""
    kind = taking.fields.get(name, str)
    return READ[kind](text.strip().lower() if kind is bool else text)
