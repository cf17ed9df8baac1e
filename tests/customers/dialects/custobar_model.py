"""The reference model: what a sequence of Custobar uploads leaves behind, records taken one by one.

It knows nothing of the hub's code; where the two disagree, document 003 and docs/vendors.md say which one is wrong.
"""

from typing import Any

IDENTIFIERS = {
    "external_id": ["1", "2", "3"],
    "phone_number": ["+358101000001", "+358102000002"],
    "email": ["a@x.org", "b@x.org"],
}
TEXTS = ("first_name", "city", "SHOP__level")
# Other spellings of a value, and what each plainly means.
SPELLINGS: dict[str, dict[Any, Any]] = {
    "external_id": {1: "1", 2.0: "2"},
    "phone_number": {"00358 (0)10-100 0001": "+358101000001", "010 200 0002": "+358102000002"},
    "email": {" A@x.org ": "a@x.org"},
    "can_email": {"YES": True, "1": True, "No": False, "0": False, 0.0: False, "off": False, "perhaps": None},
    "can_post": {"true": True, "never": False, 0: False},
}
COUNTRY = "FI"  # of the shop's customers


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as it is meant; what means nothing plainly is left out."""
    said = {name: SPELLINGS.get(name, {}).get(value, value) if not isinstance(value, bool | list) else value
            for name, value in record.items()}  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


class Shop:
    """What document 003 and docs/vendors.md say, as plainly as it can be said."""

    def __init__(self, priority: str) -> None:
        self.by_email = priority == "email"
        self.customers: list[dict[str, Any]] = []
        self.gone: set[tuple[str, str]] = set()

    def take(self, record: dict[str, Any]) -> int:
        """Take a record; return how many customers it meant, 0 where that did not matter."""
        record = plain(record)
        meant = self.meant(record)
        named = {(name, record[name]) for name in IDENTIFIERS if record.get(name)}
        first = "email" if self.by_email else "external_id"
        is_new = bool(record.get(first)) and not self.carrying(first, record[first])
        if record.get("is_forgotten") or record.get("is_deleted"):
            if len(meant) > 1 and is_new:
                meant = []
            for customer in meant:
                self.customers.remove(customer)
                named |= {(name, customer[name]) for name in IDENTIFIERS if customer.get(name)}
                named |= customer.get("former", set())
            self.gone |= {(name, value) for name, value in named if not self.carrying(name, value)}
            return len(meant)
        if named & self.gone:
            return 0
        for customer in meant if len(meant) > 1 else ():
            self.withdraw(customer, record)
        if not meant or (len(meant) > 1 and is_new):
            self.customers.append({})
            self.store(self.customers[-1], record)
        elif len(meant) == 1:
            self.store(meant[0], record)
        return max(1, len(meant))

    def carrying(self, name: str, value: str | None) -> list[dict[str, Any]]:
        return [customer for customer in self.customers if value and customer.get(name) == value]

    def meant(self, record: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for name in IDENTIFIERS:
            carriers = self.carrying(name, record.get(name))
            if record.get("external_id") and not (self.by_email and name == "email"):
                carriers = [c for c in carriers if c.get("external_id") in (None, record["external_id"])]
            agreed = [customer for customer in found if any(customer is carrier for carrier in carriers)]
            found = agreed or found or carriers
        return found

    def withdraw(self, customer: dict[str, Any], record: dict[str, Any]) -> None:
        for name in ("can_email", "can_post"):
            if name in record and not record[name]:
                customer[name] = False
        customer["mailing_lists"] -= set(record.get("mailing_lists.remove", ()))

    def store(self, customer: dict[str, Any], record: dict[str, Any]) -> None:
        sent = {name: record[name] for name in IDENTIFIERS if name in record}
        if sent.get("external_id") == "":
            del sent["external_id"]
        order = ["email", "external_id", "phone_number"] if self.by_email else ["external_id", "email", "phone_number"]
        for name in order:
            if any(
                self.key({**customer, **sent}, order) == self.key(c, order) for c in self.customers if c is not customer
            ):
                sent.pop(name, None)
        texts = {name: record[name] for name in TEXTS if name in record}
        held = {(name, customer[name]) for name in ("external_id", "email") if customer.get(name) and name in sent}
        lost = {(name, value) for name, value in held if sent[name] != value}
        customer["former"] = customer.get("former", set()) | lost
        customer.update(sent | texts)
        for name in [name for name, value in customer.items() if value == ""]:
            del customer[name]
        customer.update({name: record[name] or False for name in ("can_email", "can_post") if name in record})
        for name in ("tags", "mailing_lists"):
            strings = set(record.get(name, customer.get(name, ()))) | set(record.get(f"{name}.add", ()))
            customer[name] = strings - set(record.get(f"{name}.remove", ()))

    def key(self, customer: dict[str, Any], order: list[str]) -> tuple[str, str] | None:
        return next(((name, customer[name]) for name in order if customer.get(name)), None)

    def seen(self) -> list[Any]:
        names = ("external_id", "phone_number", "email", *TEXTS)
        return sorted(
            [
                [str(c.get(name)) for name in names]
                + [
                    str(c.get("can_email", False)),
                    str(c.get("can_post")),
                    sorted(c["tags"]),
                    sorted(c["mailing_lists"]),
                ]
                for c in self.customers
            ]
        )


def seen(customers: list[dict[str, Any]]) -> list[Any]:
    rows = []
    for c in customers:
        attributes = [c["Attributes"].get("city"), c["Attributes"].get("SHOP__level")]
        values = [c["CustomerId"], c["Phone"], c["Email"], c["Name"], *attributes, c["EmailOptin"]]
        assert len(c["Tags"]) == len(set(c["Tags"]))
        rows.append(
            [*map(str, values), str(c["Attributes"].get("can_post")), sorted(c["Tags"]), sorted(c["MailingLists"])]
        )
    return sorted(rows)
