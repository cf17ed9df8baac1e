"""Any sequence of writes and of undos of any of them: the rows are what a reference says, which remembers all of them.

The reference reads the tables before and after each step, in every column, and knows nothing of images: who was touched
since, who withdrew since, and which records erasures made unknown, it notes by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.models import Customer
from orders.models import Order, OrderItem
from products.models import Product, Variant
from tenants.models import Changeset, Role
from tests.conftest import MakeTenant, Partner, examples
from tests.customers import model as shops
from tests.customers import test_sequences as customers
from tests.members import member, text
from tests.orders import test_sequences as orders
from tests.products import test_sequences as products
from tests.undoing import latest, take_back, undo_page

pytestmark = pytest.mark.slow

Row = dict[str, Any]
Moment = dict[str, dict[int, Row]]  # by entity and hub id, documents with their parts

MODELS: Mapping[str, Any] = {"customers": Customer, "orders": Order, "products": Product}
PARTS: Mapping[str, tuple[Any, str]] = {"orders": (OrderItem, "order_id"), "products": (Variant, "product_id")}
KEYS = {"customers": "match_key", "orders": "order_id", "products": "product_id"}
# By column, the value that withdraws, and the bit in `given`.
FLAGS = {
    "email_optin": (False, 7), "sms_optin": (False, 8), "whatsapp_optin": (False, 9), "app_push_optin": (False, 10),
    "gdpr_optin": (False, 11), "is_excluded": (True, 12),
}  # fmt: skip
COLUMNS = dict(zip(shops.FLAGS, FLAGS, strict=True))
OWN = {"updated_at", "previous_flags", "overridden", "withdrawn_by_staff"}  # an undo says of its own what staff did
BOOKKEEPING = {
    "id", "match_key", "given", "former_ids", "former_emails",
    "created_at", "position",
}  # fmt: skip
FORMER = {"customer_id": "former_ids", "email": "former_emails"}

PEOPLE = (
    st.tuples(st.just("customers"), st.lists(customers.RECORDS, min_size=1, max_size=4))
    | st.tuples(st.just("again"))
    | st.tuples(st.just("unsubscribe"), st.sampled_from(["x@shop.example", "y@shop.example"]))
    | st.tuples(st.just("rename"), st.sampled_from(["x@shop.example", "y@shop.example"]), st.sampled_from("AB"))
    | st.tuples(st.just("edit"), st.integers(0, 3), st.sampled_from(list(FLAGS)), st.booleans())
    | st.tuples(st.just("erase"), customers.DELETES)
)
DOCUMENTS = (
    st.tuples(st.just("orders"), st.lists(orders.ORDERS, min_size=1, max_size=3))
    | st.tuples(st.just("delete order"), orders.ORDER_IDS)
    | st.tuples(st.just("delete line"), orders.ORDER_IDS, orders.PRODUCT_IDS, orders.SKUS)
    | st.tuples(st.just("products"), st.lists(products.PRODUCTS, min_size=1, max_size=3))
    | st.tuples(st.just("delete product"), products.PRODUCT_IDS)
    | st.tuples(st.just("delete variant"), products.PRODUCT_IDS, products.VARIANT_IDS)
)
UNDOS = st.tuples(st.just("undo"), st.integers(0, 3), st.booleans())


def steps_of(writes: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Return up to eight rounds: some writes, then an undo."""
    rounds = st.tuples(st.lists(writes, min_size=1, max_size=3), UNDOS).map(lambda pair: [*pair[0], pair[1]])
    return st.lists(rounds, min_size=1, max_size=5).map(lambda found: [step for steps in found for step in steps])


@dataclass
class Image:
    """A record as a changeset found it, and the flags that may still be given back."""

    row: Row
    grants: set[str]


@dataclass
class Reference:
    """What there was, by changeset, and what undoing one of them must leave."""

    partner: Partner
    admin: Client
    now: Moment = field(default_factory=dict)
    images: dict[tuple[int, int], Image] = field(default_factory=dict)  # by number and hub id
    changesets: list[Changeset] = field(default_factory=list)
    batch: list[Row] = field(default_factory=list)

    @property
    def priority(self) -> str:
        return str(self.partner.tenant.priority)

    def take(self, step: tuple[Any, ...]) -> None:
        """Take a step, an undo of which must come out as said; then look what there is."""
        if step[0] == "undo":
            self.undo(step[1], gives=step[2])
        else:
            self.write(*step)
        self.look()

    def look(self) -> None:
        """Note what new changesets found, and what erasures made unknown."""
        before, self.now = self.now, moment(self.partner)
        known = self.changesets[-1].number if self.changesets else 0
        found = Changeset.objects.filter(tenant=self.partner.tenant, number__gt=known).order_by("number")
        for changeset in found:
            self.changesets.append(changeset)
            if changeset.operation == "erase":
                continue
            for hub_id in (*changeset.updated_ids, *changeset.deleted_ids):
                row = before[changeset.entity][hub_id]
                self.images[changeset.number, hub_id] = Image(row, grants(row))

    def write(self, kind: str, *sent: Any) -> None:
        send = self.partner.send
        if kind == "customers":
            self.batch = sent[0]
        if kind in ("customers", "again"):
            self.hear(self.batch)
            self.partner.save("customers", *self.batch)
        elif kind == "unsubscribe":
            self.withdrawn(
                {row["id"] for row in self.now["customers"].values() if row["email"] == sent[0]}, "email_optin"
            )
            body: Any = {"events": [{"type": "MAIL_UNSUBSCRIBE", "email": sent[0]}]}
            assert (
                send("POST", "/api/events/upload/", body, Authorization=f"Bearer {self.partner.key}").status_code == 200
            )
        elif kind == "rename":
            payload = {"externalCustomerId": sent[1], "email": f"{sent[1].lower()}@shop.example"}
            body = [{"email": sent[0], "feature": "users", "payload": payload}]
            send("POST", f"/v1/programs/{self.partner.slug}/integrations/api", body, **{"api-key": self.partner.key})
        elif kind == "edit":
            self.edit(*sent)
        elif kind == "erase":
            self.erase(*sent[0])
        elif kind in ("orders", "products"):
            self.partner.save(kind, *sent[0])
        else:
            self.delete(kind, *sent)

    def delete(self, kind: str, name: str, *part: str) -> None:
        entity = "products" if kind in ("delete product", "delete variant") else "orders"
        path = f"/{entity}/{{tenant}}/{name}"
        if kind == "delete line":
            answer = self.partner.delete(f"{path}/items", productId=part[0], sku=part[1])
        else:
            answer = self.partner.delete(f"{path}/variants/{part[0]}" if part else path)
        assert answer.status_code == 200

    def edit(self, which: int, flag: str, value: bool) -> None:
        people = sorted(self.now["customers"])
        if people:
            hub_id = people[which % len(people)]
            if value is FLAGS[flag][0]:
                self.withdrawn({hub_id}, flag)
            page = self.admin.get(f"/admin/customers/customer/{hub_id}/change/")
            shown = page.context["adminform"].form.initial["seen"]
            sent = {"chosen": shown, "flag": flag, "value": "yes" if value else "no"}
            self.admin.post("/admin/customers/customer/opt-ins/", sent)

    def hear(self, batch: list[Row]) -> None:
        """Note what a batch withdraws from whom, though nothing of it may be left to change."""

        class Heard(shops.Customer):
            def apply(this, record: Mapping[str, Any]) -> None:
                super().apply(record)
                for name in shops.withdrawals(record):
                    self.withdrawn({ids[this]} if this in ids else set(), COLUMNS[name])

        shop = shops.Shop(self.priority)
        ids = {}
        for row in self.now["customers"].values():
            person = Heard({**shops.DEFAULTS, "CustomerId": row["customer_id"], "Email": row["email"]})
            ids[person] = row["id"]
            shop.customers.append(person)
        shop.post(batch)

    def withdrawn(self, hub_ids: set[int], flag: str) -> None:
        for (number, hub_id), image in self.images.items():
            if hub_id in hub_ids and self.entity_of(number) == "customers":
                image.grants.discard(flag)

    def erase(self, customer_id: str | None, email: str | None) -> None:
        named = shops.supplied({"CustomerId": customer_id, "Email": email})
        before = moment(self.partner)["customers"]
        sent = {name: value for name, value in (("customerId", customer_id), ("email", email)) if value is not None}
        answer = self.partner.delete("/customers/{tenant}", **sent)
        if not named:
            assert answer.status_code == 400
            return
        left = moment(self.partner)
        erased = [before[hub_id] for hub_id in before.keys() - left["customers"].keys()]
        names = {*named.values(), *(name for row in erased for name in names_of(row))}
        self.forget(names, {row["id"] for row in erased}, left)

    def forget(self, names: set[str], erased: set[int], left: Moment) -> None:
        """Drop the images that say something of who is erased."""
        people = {key: image for key, image in self.images.items() if self.entity_of(key[0]) == "customers"}
        gone = set()
        for key, image in people.items():
            living = left["customers"].get(key[1], {})
            about = names & names_of(image.row)
            if key[1] in erased or about - {living.get("customer_id"), living.get("email")}:
                gone.add(key)
        strangers = {hub_id for number, hub_id in people if hub_id not in left["customers"]}
        matched = {hub_id for number, hub_id in gone}
        gone |= {key for key in people if key[1] in strangers & matched}
        self.images = {key: image for key, image in self.images.items() if key not in gone}

    def entity_of(self, number: int) -> str:
        return next(str(one.entity) for one in self.changesets if one.number == number)

    def undo(self, which: int, *, gives: bool) -> None:
        """Undo one of the latest changesets and compare every row with what must be there."""
        undoable = [one for one in self.changesets if one.operation != "erase"]
        if not undoable:
            return
        undone = undoable[-1 - which % len(undoable)]
        expected = self.expected(undone, gives=gives)
        before = latest(self.partner)
        if any(one.undoes == undone.number for one in self.changesets) or not self.could(undone):
            assert "can't be taken back" in text(self.admin.get(undo_page(self.partner, undone.number)))
            return
        answer = take_back(self.admin, self.partner, undone.number, **({"gives": "on", "reason": "r"} if gives else {}))
        assert answer.status_code == 302
        after = moment(self.partner)
        assert after == {**self.now, undone.entity: expected}
        assert (latest(self.partner) > before) == (expected != self.now[undone.entity])

    def could(self, undone: Changeset) -> bool:
        """Tell whether it created anything, or an image of it is left."""
        return bool(undone.created_ids) or any(number == undone.number for number, _ in self.images)

    def expected(self, undone: Changeset, *, gives: bool) -> dict[int, Row]:
        """Return the rows of the changeset's entity as its undo must leave them."""
        stored = self.now[undone.entity]
        later = [one for one in self.changesets if one.number > undone.number and one.entity == undone.entity]
        touched = {i for one in later for i in (*one.created_ids, *one.updated_ids, *one.deleted_ids)}
        going = {i for i in undone.created_ids if i not in touched}
        moving = {
            hub_id: row
            for hub_id in {*undone.updated_ids, *undone.deleted_ids} - touched
            if (image := self.images.get((undone.number, hub_id)))
            and (row := self.restored(image, stored.get(hub_id), undone.entity, gives=gives))
            and (hub_id not in stored or shown(row) != shown(stored[hub_id]))
        }
        while True:
            result = {hub_id: row for hub_id, row in stored.items() if hub_id not in going} | moving
            holders: dict[str, list[int]] = {}
            for hub_id, row in result.items():
                holders.setdefault(row[KEYS[undone.entity]], []).append(hub_id)
            shared = [ids for ids in holders.values() if len(ids) > 1]
            if not shared:
                return result
            for ids in shared:
                movers = sorted(i for i in ids if i in moving)
                for hub_id in movers[len(movers) == len(ids) :]:
                    del moving[hub_id]

    def restored(self, image: Image, stored: Row | None, entity: str, *, gives: bool) -> Row:
        row = dict(image.row)
        if entity != "customers":
            return row
        given = row["given"]
        for flag, (withdraws, bit) in FLAGS.items():
            was_granted = row[flag] is not withdraws
            is_withdrawn = stored[flag] is withdraws if stored else withdraws is False
            may = gives and stored is not None and flag in image.grants
            if was_granted and is_withdrawn and not may:
                row[flag] = withdraws
                given |= (stored or {}).get("given", 0) & 1 << bit
        row["given"] = given
        first, second = ("email", "customer_id") if self.priority == "email" else ("customer_id", "email")
        keys = {"customer_id": "i:", "email": "e:"}
        row["match_key"] = next(keys[name] + row[name] for name in (first, second) if row[name])
        for name, former in FORMER.items():
            mine = row[former] or []
            more = [stored[name], *(stored[former] or [])] if stored else []
            row[former] = [*(v for v in more if v and v not in mine and v != row[name]), *mine] or row[former]
        return row


def shown(row: Row) -> Row:
    """Return what anybody is shown of a record and its parts; of the bookkeeping, who was never asked."""
    seen = {name: value for name, value in row.items() if name not in BOOKKEEPING}
    if "match_key" in row:
        seen["said"] = {flag: bool(row["given"] & 1 << bit) for flag, (_, bit) in FLAGS.items()}
    if "parts" in row:
        seen["parts"] = [shown(part) for part in row["parts"]]
    return seen


def grants(row: Row) -> set[str]:
    return {flag for flag, (withdraws, _) in FLAGS.items() if flag in row and row[flag] is not withdraws}


def names_of(row: Row) -> set[str]:
    return {row["customer_id"], row["email"], *(row["former_ids"] or ()), *(row["former_emails"] or ())} - {None}


def moment(partner: Partner) -> Moment:
    """Return all columns of all records, with parts, but for when, from what and by whom they were last changed."""
    found: Moment = {}
    for entity, model in MODELS.items():
        rows = model.objects.filter(tenant=partner.tenant).values()
        found[entity] = {row["id"]: {k: v for k, v in row.items() if k not in OWN} for row in rows}
        if entity in PARTS:
            parts, of = PARTS[entity]
            for part in parts.objects.filter(tenant=partner.tenant).order_by("id").values():
                found[entity][part[of]].setdefault("parts", []).append(part)
    return found


@pytest.mark.parametrize("priority", ["customerid", "email"])
@examples(25)
@given(steps=steps_of(PEOPLE))
def test_any_sequence_with_undos_leaves_the_customers_of_the_reference(
    make_tenant: MakeTenant, priority: str, steps: list[Any]
) -> None:
    partner = make_tenant(priority=priority, keeps_images=True)
    go_through(partner, steps)


@examples(20)
@given(steps=steps_of(DOCUMENTS))
def test_any_sequence_with_undos_leaves_the_documents_of_the_reference(
    make_tenant: MakeTenant, steps: list[Any]
) -> None:
    go_through(make_tenant(keeps_images=True), steps)


def go_through(partner: Partner, steps: list[Any]) -> None:
    reference = Reference(partner, member(Role.ADMIN, partner.tenant))
    reference.look()
    for step in steps:
        reference.take(step)
