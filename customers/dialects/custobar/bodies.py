"""The bodies of Custobar's calls: the array inside, what of it is left out, and what is rejected.

The clients are shops' plugins, which cannot mend a record: one of 500 does not stop the others.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

from customers.dialects.custobar.fields import NAMES
from hub.api.body import read_json
from hub.api.errors import ApiError
from hub.records.columns import ESCAPED_NUL
from hub.records.faults import Fault, failed
from hub.records.mistakes import MOST, Mistake, mistake_of, mistakes_of, of_record
from hub.records.reading import MOST_WARNINGS, UNKNOWN_FIELD
from hub.records.schemas import MOST_SOUGHT, has_more_values, refuse_too_many_values
from tenants.changes.changesets import Warnings

MOST_NAMED = 10_000  # places: ten of each record
LEFT_OUT = "Left out."


@dataclass
class Findings:
    """What is to be said about the elements of a body: values left out, names unknown, elements that are not taken."""

    warnings: Warnings = field(default_factory=dict)
    texts: Warnings = field(default_factory=dict)  # those of them that are not about values left out
    rejected: dict[int, Sequence[Fault]] = field(default_factory=dict)
    left_out: list[Fault] = field(default_factory=list)
    unknown: int = 0
    unnamed: int = 0

    def leave_out(self, faults: Iterable[Fault]) -> None:
        """Warn of values that are left out; every one of them is named, if there are not ten in every record."""
        for fault in faults:
            if len(self.warnings) < MOST_NAMED:
                self.warnings.setdefault(fault.key, []).append(f"{fault.text} {LEFT_OUT}")
                self.left_out.append(fault)
            else:
                self.unnamed += 1

    def leave_out_full(self, i: int, full: Mapping[str, str]) -> None:
        """Warn of what record `i` has no room for: by the name of each field, the bound that it is over."""
        room = max(0, MOST_NAMED - len(self.warnings))
        named = islice(full.items(), room)
        self.leave_out(
            Fault((i, printable(name)), "record_full", limit=bound, coined=name not in NAMES) for name, bound in named
        )
        self.unnamed += max(0, len(full) - room)

    def ignore(self, i: int, name: str) -> None:
        """Warn of a field with an unknown name; a plugin has it in every record, so the first are enough."""
        self.unknown += 1
        if self.unknown <= MOST_WARNINGS:
            self.warn(f"[{i}].{printable(name)}", UNKNOWN_FIELD)

    def reject(self, i: int, faults: Sequence[Fault]) -> None:
        """Note that element `i` is not taken, and why."""
        self.rejected[i] = faults

    def warn(self, place: str, text: str) -> None:
        """Warn of something else about a place of documented names."""
        self.warnings[place] = self.texts[place] = [text]

    @property
    def faults(self) -> int:
        """How many things were wrong or odd."""
        rejected = sum(map(len, self.rejected.values()))
        unknown = max(0, self.unknown - MOST_WARNINGS)
        return len(self.left_out) + self.unnamed + unknown + len(self.texts) + rejected

    def mistakes(self) -> list[Mistake]:
        """Return the first of what was rejected and what was left out, as the request log keeps it."""
        rejected = [mistake for i, faults in self.rejected.items() for mistake in of_record(mistakes_of(faults), i)]
        left_out = [mistake_of(fault, more=LEFT_OUT, is_warning=True) for fault in self.left_out[:MOST]]
        return [*rejected[:MOST], *left_out]

    def refuse_all_rejected(self, received: int) -> None:
        """Raise ValidationFailed where nothing is left of a body that held something."""
        if received and len(self.rejected) == received:
            raise failed([fault for faults in self.rejected.values() for fault in faults])

    def said(self) -> dict[str, Any]:
        """Return what the answer says, by place: {"warnings": {"[0].city": [text]}, "rejected": {"[3]": [text]}}."""
        rejected = {f"[{i}]": [fault.text for fault in faults] for i, faults in self.rejected.items()}
        more = {"": [f"{self.unnamed:,} more. {LEFT_OUT}"]} if self.unnamed else {}
        return {"warnings": {**self.warnings, **more}, "rejected": rejected}


def elements_of(body: bytes, name: str, limit: int) -> tuple[list[Any], bool]:
    """Return the array of {name: […]}, or of the array alone, and whether it may hold what no table can.

    Raises ApiError or ValidationFailed where there is none, or of more than `limit` elements.
    """
    refuse_too_many_values(body)
    loaded, odd = _loaded(body)
    elements = _as_list(_member(loaded, name) if isinstance(loaded, dict) else loaded)
    if not isinstance(elements, list):
        raise ApiError(400, f'The request body must be a JSON object with an array: {{"{name}": […]}}.')
    if len(elements) > limit:
        raise failed([Fault((), "batch_too_large", name=name, limit=limit)])
    return elements, odd


def _member(loaded: dict[str, Any], name: str) -> Any:
    """Return a member by its name, in any case."""
    return next((value for sent, value in loaded.items() if sent.lower() == name), None)


def _as_list(value: Any) -> Any:
    """Return what PHP writes as an object for a list with gaps, {"0": …, "2": …}, as the list it is."""
    return list(value.values()) if isinstance(value, dict) and value and all(map(str.isdecimal, value)) else value


def _loaded(body: bytes) -> tuple[Any, bool]:
    """Read JSON; Python's own parser takes what orjson refuses for the whole body: NaN, half a character.

    A body that this is in is looked at value by value, and may have MOST_SOUGHT.
    """
    try:
        loaded = orjson.loads(body)
        if odd := ESCAPED_NUL in body:
            refuse_too_many_values(body, MOST_SOUGHT)
        return loaded, odd
    except orjson.JSONDecodeError:
        pass
    try:
        if has_more_values(body, MOST_SOUGHT):
            return read_json(body), True
        return json.loads(body.decode("utf-8-sig"), parse_int=_integer), True
    except RecursionError:
        raise failed([Fault((), "too_deep")]) from None
    except ValueError:
        return read_json(body), True  # which says where the fault is


def _integer(digits: str) -> int | float:
    """Read an integer as orjson does: one beyond 64 bits is a float."""
    number = int(digits) if len(digits) <= 20 else float(digits)
    return number if -(2**63) <= number < 2**64 else float(digits)


def printable(name: str) -> str:
    """Return the name of a field as an answer can say it."""
    return name[:100].encode(errors="replace").decode().replace("\0", "\ufffd")
