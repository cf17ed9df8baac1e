"""Several customers that records of an upload mean, and what is withdrawn from all of them."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from customers.dialects.custobar.fields import (
    FIELDS,
)
from customers.dialects.matching import Candidate
from customers.restoring import ATTRIBUTES as ATTRIBUTES_BIT
from customers.restoring import LISTS as LISTS_BIT

REMOVED = "mailing_lists.remove"


class Group:
    """Several customers that records mean, and what was withdrawn from all of them since any was last stored.

    1,000 records that take a mailing list each from 10,000 carriers of a till's number took a minute one by one.
    """

    def __init__(self, customers: Sequence[Candidate]) -> None:
        self.customers = customers
        self.withdrawn: set[str] = set()
        self.noted = 0

    def not_yet(self, withdrawals: Iterable[str]) -> list[str]:
        """Return which permissions are not withdrawn yet, and note that they are."""
        names = [name for name in withdrawals if name != REMOVED and name not in self.withdrawn]
        self.withdrawn.update(names)
        return names

    def not_noted(self, withdrawals: Iterable[str]) -> int:
        """Return the bits of lists and attributes that are withdrawn and were not before, and note that they are."""
        fresh = sum({LISTS_BIT if name == REMOVED else ATTRIBUTES_BIT for name in withdrawals if name not in FIELDS})
        fresh &= ~self.noted
        self.noted |= fresh
        return fresh

    def remove(self, lists: Iterable[str]) -> list[Candidate]:
        """Take mailing lists away from all, and return who had one."""
        had: dict[Candidate, None] = {}
        for name in lists:
            for candidate in self._on.pop(name, ()):
                candidate.mailing_lists.pop(name, None)
                had[candidate] = None
        return list(had)

    @cached_property
    def _on(self) -> dict[str, list[Candidate]]:
        """Who is on which mailing list."""
        on: dict[str, list[Candidate]] = {}
        for candidate in self.customers:
            for name in candidate.mailing_lists:
                on.setdefault(name, []).append(candidate)
        return on
