"""The reference model: what a sequence of customer upserts and deletes leaves behind, said as plainly as possible.

One record after the other over a plain list of customers: no keys, no folding, no SQL. It knows nothing of the hub's
code; where the two disagree, the contract says which one is wrong.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

TEXTS = ("Name", "Surname", "Phone", "Language", "Username")
FLAGS = ("EmailOptin", "SmsOptin", "WhatsappOptin", "AppPushOptin", "GdprOptin", "IsExcluded")
WITHDRAWN = {**dict.fromkeys(FLAGS, False), "IsExcluded": True}
DEFAULTS = {"CustomerId": None, "Email": None, **dict.fromkeys(TEXTS), **dict.fromkeys(FLAGS, False)}


@dataclass(eq=False)
class Customer:
    """What reads show, and which fields were ever supplied: "never given" is not "false"."""

    values: dict[str, Any] = field(default_factory=lambda: dict(DEFAULTS))
    supplied: set[str] = field(default_factory=set)

    def apply(self, record: Mapping[str, Any]) -> None:
        self.values.update(record)
        self.supplied.update(record)


@dataclass
class Shop:
    """A tenant's customers under an identifier priority."""

    priority: str
    customers: list[Customer] = field(default_factory=list)
    required: frozenset[str] = frozenset()
    meant: list[tuple[list[Customer], bool]] = field(default_factory=list)

    @property
    def first(self) -> str:
        return "Email" if self.priority == "email" else "CustomerId"

    @property
    def second(self) -> str:
        return "CustomerId" if self.priority == "email" else "Email"

    def accepts(self, batch: Iterable[Mapping[str, Any]]) -> bool:
        return all(self.accepts_one(supplied(record)) for record in batch)

    def accepts_one(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a record has an identifier, and all required fields where it does more than withdraw."""
        names = {name for name, value in record.items() if value is not None}
        says = record.keys() - {"CustomerId", "Email"}
        excused = bool(says) and says == withdrawals(record).keys()
        return bool({"CustomerId", "Email"} & names) and (excused or self.required <= names)

    def post(self, batch: Iterable[Mapping[str, Any]]) -> tuple[set[Customer], dict[str, int]]:
        """Store the records one after the other; return the customers they changed, and how many each meant if several.

        Where a record means several customers, what it withdraws is for all of them, the rest for none. `meant` is then
        whom each record meant, and whether anything of it was applied.
        """
        self.meant = []
        touched: set[Customer] = set()
        several: dict[str, int] = {}
        for i, record in enumerate(map(supplied, batch)):
            name = self.first if self.first in record else self.second
            customers = self.carriers(name, record[name]) or [self.create()]
            if len(customers) > 1:
                several[f"[{i}].{name}"] = len(customers)
                record = withdrawals(record)
            self.meant.append((customers, bool(record)))
            for customer in customers if record else ():
                customer.apply(record)
                touched.add(customer)
        return touched, several

    def delete(self, customer_id: str | None, email: str | None) -> None:
        """Remove those who have both; if there are none, those with the priority identifier; else with the other."""
        sought = supplied({"CustomerId": customer_id, "Email": email})
        by_first = self.carriers(self.first, sought.get(self.first))
        by_second = self.carriers(self.second, sought.get(self.second))
        both = [customer for customer in by_first if customer in by_second]
        for customer in both or by_first or by_second:
            self.customers.remove(customer)

    def carriers(self, name: str, value: str | None) -> list[Customer]:
        return [customer for customer in self.customers if value is not None and customer.values[name] == value]

    def create(self) -> Customer:
        self.customers.append(Customer())
        return self.customers[-1]


def withdrawals(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the opt-outs of a record, and that it excludes."""
    return {name: value for name, value in record.items() if name in WITHDRAWN and value is WITHDRAWN[name]}


def supplied(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields a record supplies, as they are stored: null and blank identifiers are missing, "" clears."""
    fields: dict[str, Any] = {}
    for name, value in record.items():
        if value is None or (name in ("CustomerId", "Email") and not value.strip()):
            continue
        if name == "Email":
            fields[name] = value.strip().lower()
        elif name in TEXTS:
            fields[name] = value.strip() or None
        else:
            fields[name] = value
    return fields
