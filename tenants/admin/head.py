"""The head of a record's page: what it is, at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

BAD, WARN, GOOD = "bad", "warn", "good"


@dataclass(frozen=True, slots=True)
class Chip:
    """A word about a record's state; `tone` is one of the above, or "" for what is neither good nor bad."""

    text: str
    tone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of the head with its label; `note` stands beside it, small."""

    label: str
    value: SafeString | str
    note: SafeString | str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A record's title, `identifiers` (label and value) that can be copied, its tenant, its chips and its figures."""

    title: str
    identifiers: Sequence[tuple[str, str]] = ()
    tenant: SafeString | str = ""
    chips: Sequence[Chip] = ()
    facts: Sequence[Fact] = ()
