"""Corrections of one record by staff: what they were shown, what they want instead, and what somebody changed since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hub.records.faults import fault_of

Values = Mapping[str, Any]  # of a record, by documented name


class Gone(Exception):
    """The record is not there any more."""


class Refused(Exception):
    """Values that can't be stored, by field with the reasons; nothing was changed."""

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        super().__init__(f"{len(faults)} fields were refused")
        self.faults = faults


class ChangedSince(Exception):
    """Somebody has given some of the same `fields` other values since they were shown; nothing was changed.

    `stored` is what the record holds now.
    """

    def __init__(self, stored: Values, fields: Sequence[str]) -> None:
        super().__init__(f"{len(fields)} fields changed since they were shown")
        self.stored, self.fields = stored, fields


@dataclass(frozen=True, slots=True)
class Rectified:
    """What a correction did: the changeset's number, None where all was so already, and the values before and after.

    `followed` are how many orders went along.
    """

    number: int | None
    before: Values
    after: Values
    followed: int = 0

    @property
    def changed(self) -> list[str]:
        """The fields that have another value."""
        return [name for name, value in self.after.items() if self.before[name] != value]


def asked_for(shown: Values, wanted: Values) -> dict[str, Any]:
    """Return the values that an editor wants changed: those that differ from what the form showed."""
    return {name: value for name, value in wanted.items() if value != shown[name]}


def still_asked_for(shown: Values, wanted: Values, stored: Values) -> dict[str, Any]:
    """Return what is to be changed of what is stored.

    A field that has got another value since it was shown is refused, but where that is the wanted one; a field that
    went to and fro is as it was seen. Raises ChangedSince.
    """
    asked = asked_for(shown, wanted)
    if clashing := [name for name, value in asked.items() if stored[name] not in (shown[name], value)]:
        raise ChangedSince(stored, clashing)
    return {name: value for name, value in asked.items() if stored[name] != value}


def checked(adapter: TypeAdapter[Any], values: Values, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return values in the form in which the API stores them; raises Refused, its texts in the words of `labels`."""
    try:
        found: dict[str, Any] = adapter.validate_python(values)
    except ValidationError as error:
        faults: dict[str, list[str]] = {}
        for fault in map(fault_of, error.errors(include_url=False)):
            name = str(fault.loc[0])
            texts, text = faults.setdefault(name, []), replace(fault, name=labels[name]).text
            texts += [text] if text not in texts else []
        raise Refused(faults) from None
    return found
