"""Any sequence of Jericommerce calls leaves what a small naive model leaves that takes updates one by one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MakeTenant, examples
from tests.customers.dialects.vendors import PROGRAM, assert_keys_true, statuses

EMAILS = ("a@x.org", "b@x.org")
IDS = ("1", "2")

Customer = dict[str, Any]


class Program:
    """What document 002 and docs/vendors.md say, as plainly as it can be said."""

    def __init__(self, priority: str) -> None:
        self.by_id = priority == "customerid"
        self.customers: list[Customer] = []

    def update(self, record: dict[str, Any]) -> str:
        email, payload = record["email"].strip().lower(), record["payload"]
        id_, renamed = payload.get("externalCustomerId"), (payload.get("email") or email).strip().lower()
        if not id_ or record["feature"] != "users":
            return "failed"
        try:
            customer = self.meant(email, renamed, id_)
        except LookupError:
            return "failed"
        others = [other for other in self.customers if other is not customer]
        if renamed != email and any(other["Email"] == renamed for other in others):
            return "failed"
        if self.by_id and any(other["CustomerId"] == id_ for other in others):
            return "failed"
        created = customer is None
        if customer is None:
            customer = {"Name": None, "Phone": None, "Attributes": {"emailVerified": False}}
            self.customers.append(customer)
        customer.update(CustomerId=id_, Email=renamed)
        self.store(customer, payload)
        return "created" if created else "updated"

    def meant(self, email: str, renamed: str, id_: str) -> Customer | None:
        """Return the customer an e-mail names, None for a new one; raises LookupError where several may be meant."""
        carriers = self.carrying(email)
        if not carriers:
            return next((c for c in self.carrying(renamed) if c["CustomerId"] == id_), None)
        same = [c for c in carriers if c["CustomerId"] == id_] or [c for c in carriers if c["CustomerId"] is None]
        if not same and len(carriers) > 1:
            raise LookupError
        return (same or carriers)[0]

    def carrying(self, email: str) -> list[Customer]:
        return [customer for customer in self.customers if customer["Email"] == email]

    def store(self, customer: Customer, payload: dict[str, Any]) -> None:
        if "name" in payload:
            customer["Name"] = payload["name"] or None
        if payload.get("phone") is not None:
            customer["Phone"] = payload["phone"] or None
        if payload.get("emailVerified") is not None:
            customer["Attributes"] = {"emailVerified": payload["emailVerified"]}

    def delete(self, email: str) -> None:
        self.customers = [customer for customer in self.customers if customer["Email"] != email]

    def save(self, customer_id: str | None, email: str | None) -> None:
        """Take a native record, so that customers share an e-mail or have no CustomerId."""
        name, value = ("CustomerId", customer_id) if self.by_id else ("Email", email)
        sent = {n: v for n, v in (("CustomerId", customer_id), ("Email", email)) if v is not None}
        if value is None:
            name, value = ("Email", email) if self.by_id else ("CustomerId", customer_id)
        found = [customer for customer in self.customers if customer[name] == value]
        if not found:
            found = [{"CustomerId": None, "Email": None, "Name": None, "Phone": None, "Attributes": {}}]
            self.customers += found
        for customer in found:
            customer.update(sent)

    def seen(self) -> list[str]:
        return sorted(str([c[name] for name in SEEN]) for c in self.customers)


SEEN = ("CustomerId", "Email", "Name", "Phone", "Attributes")
emails, ids = st.sampled_from(EMAILS), st.sampled_from(IDS)
payloads = st.fixed_dictionaries(
    {"externalCustomerId": st.sampled_from([*IDS, *IDS, *IDS, None])},
    optional={
        "name": st.sampled_from([None, "", "Ann", "Bo"]),
        "phone": st.sampled_from([None, "", "+358101234567"]),
        "emailVerified": st.sampled_from([None, True, False]),
        "email": st.sampled_from([None, "", " B@X.org", *EMAILS]),
    },
)
features = st.sampled_from(["users"] * 9 + ["points"])
updates = st.fixed_dictionaries(
    {"email": st.sampled_from(["A@x.org ", *EMAILS]), "feature": features, "payload": payloads}
)
batches = st.lists(updates, min_size=1, max_size=6)
natives = st.tuples(st.sampled_from([None, *IDS]), st.sampled_from([None, *EMAILS])).filter(any)
calls = st.lists(st.one_of(batches, batches, batches, natives, natives, emails), min_size=3, max_size=8)


@pytest.mark.parametrize("priority", ["customerid", "email"])
@examples(20)
@given(sent=calls)
def test_calls_leave_what_the_model_leaves(priority: str, make_tenant: MakeTenant, sent: list[Any]) -> None:
    partner, program = make_tenant(priority=priority), Program(priority)

    for call in sent:
        if isinstance(call, list):
            assert statuses(partner, *call) == [program.update(record) for record in call]
        elif isinstance(call, str):
            assert partner.send("DELETE", f"{PROGRAM}?email={call}", **{"api-key": partner.key}).status_code == 201
            program.delete(call)
        else:
            partner.save("customers", {"CustomerId": call[0], "Email": call[1]})
            program.save(*call)

        stored = sorted(str([c[name] for name in SEEN]) for c in partner.read("customers"))
        assert stored == program.seen()
        assert_keys_true(partner)
