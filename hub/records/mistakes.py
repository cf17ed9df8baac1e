"""What was wrong with a request, as it may be kept: no value, and no name that a client made up."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from hub.records.faults import TEXTS, Fault
from hub.records.reading import UNKNOWN_FIELD

MOST = 1000  # of a request that are looked at; the rest is counted
LIKE_EMAIL = re.compile(r"[^\s@\"'<>(),;]+@[^\s@\"'<>(),;]+")
PLACE = re.compile(r"\[([0-9]+)\]")
UNKNOWN, WARNING, REFUSED = "unknown_field", "warning", "refused"  # beside those of faults and of statuses


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that was wrong: its stable code, the sentence the answer says, the documented field, the record.

    `is_warning`: the record, or what else was asked, was taken all the same.
    """

    code: str
    text: str
    field: str = ""
    record: int | None = None
    is_warning: bool = False


def masked(text: str) -> str:
    """Return a sentence with what looks like an e-mail address masked: j…@e….com."""
    return LIKE_EMAIL.sub(lambda found: _masked_email(found[0]), text) if "@" in text else text


def masked_name(name: str) -> str:
    """Return as much of a name that a client made up as tells a slip of the pen from another: E…n for Emailoptn."""
    ends = name[:1] + name[-1:]
    return f"{name[0]}…{name[-1]}" if len(name) > 3 and ends.isascii() and ends.isalpha() else "…"


def mistake_of(fault: Fault, *, more: str = "", is_warning: bool = False) -> Mistake:
    """Return a fault as it may be kept, `more` said behind its sentence."""
    first, *rest = fault.loc or ("",)
    record, names = (first, rest) if isinstance(first, int) else (None, list(fault.loc))
    field = ".".join(part for part in names if isinstance(part, str))
    text = fault.text
    if fault.coined:
        field = masked_name(fault.field)
        text = TEXTS[fault.kind].format(field=field, n=fault.limit, at=fault.at)
    return Mistake(fault.kind, masked(f"{text} {more}".strip()), masked(field), record, is_warning)


def mistakes_of(faults: Sequence[Fault]) -> list[Mistake]:
    """Return the first faults of a request as they may be kept."""
    return [mistake_of(fault) for fault in faults[:MOST]]


def warned(warnings: Mapping[str, Sequence[str]]) -> Iterator[Mistake]:
    """Yield what an answer warns of by place, {"[3].Phone": [text]}: the first of it.

    A place names a documented field, but for that of an unknown one.
    """
    for place, texts in islice(warnings.items(), MOST):
        found = PLACE.match(place)
        name = PLACE.sub("", place[found.end() :] if found else place).strip(".")
        record = int(found[1]) if found else None
        for text in texts:
            if text == UNKNOWN_FIELD:
                yield Mistake(UNKNOWN, text, masked_name(name.rpartition(".")[2]), record, is_warning=True)
            else:
                yield Mistake(WARNING, masked(text), name, record, is_warning=True)


def of_record(mistakes: Iterable[Mistake], record: int) -> list[Mistake]:
    """Return mistakes as those of a record of a batch that was read one by one."""
    return [replace(mistake, record=record) for mistake in mistakes]


def _masked_email(address: str) -> str:
    name, _, domain = address.partition("@")
    host, _, top = domain.rpartition(".")
    return f"{name[:1]}…@{(host or top)[:1]}…{f'.{top}' if host and len(top) < 4 else ''}"
