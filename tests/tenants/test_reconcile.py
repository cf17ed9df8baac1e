"""POST /customers|orders|products/{tenantId}/reconcile: what differs between a partner's ids and what is stored."""

import json
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from hub.records.emails import normal_email
from hub.records.faults import HINTS
from tenants import reconciling
from tests.conftest import MakeTenant, Partner, examples, quoted
from tests.hub.test_schemas import OF_RECONCILIATIONS
from tests.orders.records import line, order
from tests.products.records import product, variant

KEYS = {"customers": "CustomerId", "orders": "OrderId", "products": "ProductId"}
MAKE: dict[str, Any] = {
    "customers": lambda key: {"CustomerId": key},
    "orders": lambda key: order(OrderId=key),
    "products": lambda key: product(ProductId=key),
}
ENTITIES = list(KEYS)
NO_HASH = "0" * 64


def ask(partner: Partner, entity: str, body: Any) -> Any:
    return partner.send("POST", f"/{entity}/{{tenant}}/reconcile", body)


def told(partner: Partner, entity: str, **body: Any) -> dict[str, Any]:
    """Reconcile, what must be taken, and return the answer's data."""
    response = ask(partner, entity, body)
    assert response.status_code == 200, response.content
    data: dict[str, Any] = response.json()["data"]
    return data


def save(partner: Partner, entity: str, keys: list[str]) -> None:
    partner.save(entity, *map(MAKE[entity], keys))


def hashes(partner: Partner, entity: str, key: str = "") -> dict[str, str]:
    """Return the content hashes that reads answer, by id."""
    name = key or KEYS[entity]
    return {each[name]: each["Hash"] for each in partner.read(entity, fields=f"{name},Hash")}


@pytest.mark.parametrize("entity", ENTITIES)
def test_ids_are_compared(partner: Partner, entity: str) -> None:
    save(partner, entity, ["A", "B", "a", "b/c", "ö", "z"])

    response = ask(partner, entity, {"ids": ["ö", "Z", "B", "b,c"]})

    assert response.json()["message"] == f"{entity.title()} compared."
    assert response.json()["data"] == {
        "missing": ["Z", "b,c"],
        "extra": ["a", "b/c", "z"],
        "different": [],
        "next": None,
    }


@pytest.mark.parametrize("entity", ENTITIES)
def test_hashes_tell_what_was_changed(partner: Partner, entity: str) -> None:
    save(partner, entity, ["A", "B", "C"])
    known = hashes(partner, entity)
    changed: Any = {"customers": {"Name": "Bo"}, "orders": {"TotalQuantity": 0}, "products": {"Taxonomy": ["x"]}}
    partner.save(entity, {**MAKE[entity]("B"), **changed[entity]})

    assert told(partner, entity, hashes={**known, "D": NO_HASH}) == {
        "missing": ["D"], "extra": [], "different": ["B"], "next": None
    }  # fmt: skip
    upper = {key: each.upper() for key, each in hashes(partner, entity).items()}
    assert told(partner, entity, hashes=upper) == {"missing": [], "extra": [], "different": [], "next": None}


def test_a_part_that_changed_is_a_record_that_did(partner: Partner) -> None:
    partner.save("orders", order(OrderItems=[line(), line(Sku="S-2")]))
    partner.save("products", product(ProductVariants=[variant(), variant(VariantId="V-2")]))
    before = {entity: hashes(partner, entity) for entity in ("orders", "products")}

    partner.save("orders", order(OrderItems=[line(Sku="S-2"), line()]))
    partner.save("products", product(ProductVariants=[variant(VariantId="V-2", Stock=0)]))

    assert told(partner, "orders", hashes=before["orders"])["different"] == ["O-1"]
    assert told(partner, "products", hashes=before["products"])["different"] == ["P-1"]


def test_the_order_in_which_variants_came_is_no_content(partner: Partner, by_email: Partner) -> None:
    variants = [variant(VariantId=name) for name in ("\U0001f600", "\uffff", "b", "B")]
    partner.save("products", product(ProductVariants=variants))
    by_email.save("products", product(ProductVariants=variants[::-1]))

    assert hashes(partner, "products") == hashes(by_email, "products")


def test_what_only_the_hub_or_a_vendors_dialect_knows_is_no_content(partner: Partner, by_email: Partner) -> None:
    partner.save("customers", {"CustomerId": "A", "EmailOptin": False, "Name": None})
    by_email.save("customers", {"CustomerId": "A"})
    partner.send("POST", "/api/customers/upload/", [{"external_id": "A", "tags": ["x"], "company": "B"}],
                 Authorization=f"Token {partner.key}")  # fmt: skip

    assert partner.read("customers")[0]["Tags"] == ["x"]
    assert hashes(partner, "customers") == hashes(by_email, "customers")


def test_emails_are_compared_in_their_form_and_answered_as_sent(by_email: Partner) -> None:
    by_email.save("customers", *({"Email": f"{name}@shop.example"} for name in ("ann", "bo", "mari", "zoe")))
    by_email.save("customers", {"CustomerId": "nobody"})
    known = hashes(by_email, "customers", "Email")

    sent = {" ANN@shop.example": known["ann@shop.example"], "Bo@Shop.Example": NO_HASH, "Zed@shop.example": NO_HASH}

    assert told(by_email, "customers", hashes=sent) == {
        "missing": ["Zed@shop.example"], "extra": ["mari@shop.example"], "different": ["Bo@Shop.Example"], "next": None
    }  # fmt: skip


def test_customers_without_the_priority_identifier_are_not_looked_at(partner: Partner) -> None:
    partner.save("customers", {"Email": "ann@shop.example"}, {"CustomerId": "B"})

    everything = {"from": "\u0001", "to": "\U0010ffff"}
    assert told(partner, "customers", ids=["ann@shop.example"], **everything) == {
        "missing": ["ann@shop.example"], "extra": ["B"], "different": [], "next": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "extra"),
    [
        ({}, "C"),
        ({"from": "A"}, "ABC"),
        ({"from": "a"}, ""),
        ({"to": "E"}, "CE"),
        ({"to": "Dz"}, "C"),
        ({"from": "B", "to": "C"}, "BC"),
        ({"from": None, "to": None}, "C"),
        ({"from": "\u0001", "to": "\U0010ffff"}, "ABCEé"),
    ],
)
def test_others_are_looked_for_within_a_range(partner: Partner, ends: dict[str, str], extra: str) -> None:
    save(partner, "orders", [*"ABCDEé"])

    assert "".join(told(partner, "orders", ids=["D", "BB"], **ends)["extra"]) == extra


def test_where_nothing_is_sent_the_ends_are_the_range(partner: Partner) -> None:
    save(partner, "orders", ["A", "B"])

    assert told(partner, "orders", ids=[])["extra"] == []
    assert told(partner, "orders", hashes={}, **{"from": "A"})["extra"] == []
    assert told(partner, "orders", ids=[], **{"from": "B", "to": "B"})["extra"] == ["B"]


def test_the_ends_of_a_range_of_emails_need_be_none(by_email: Partner) -> None:
    by_email.save("customers", {"Email": "ann@shop.example"}, {"Email": "bo@shop.example"})

    assert told(by_email, "customers", ids=[], **{"from": "b", "to": "z"})["extra"] == ["bo@shop.example"]
    assert told(by_email, "customers", ids=[], **{"from": " Bo@shop.example", "to": "z"})["extra"] == [
        "bo@shop.example"
    ]


def test_more_than_an_answer_has_go_on_from_where_it_ends(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "MOST_EXTRA", 3)
    save(partner, "orders", [*"ABCDEFGH"])

    first = told(partner, "orders", ids=["A", "C", "H"])
    second = told(partner, "orders", ids=["A", "C", "H"], **{"from": first["next"]})

    assert (first["extra"], first["next"]) == (["B", "D", "E"], "F")
    assert (second["extra"], second["next"]) == (["F", "G"], None)


def test_ten_thousand_are_compared_at_once(partner: Partner) -> None:
    sent = [f"{i:05}" for i in range(10_000)]
    partner.save("customers", *({"CustomerId": each} for each in sent[:999]), {"CustomerId": "00000x"})

    data = told(partner, "customers", hashes=dict.fromkeys(sent, NO_HASH))

    assert (data["missing"], data["extra"], data["different"]) == (sent[999:], ["00000x"], sent[:999])


# The model: what a partner could find out by reading everything.

LETTERS = st.sampled_from([*"AaBb0,/%\"\\'{}é", "\x01", "\uffff", "\ue000", "\U0001f600", "\U0010ffff"])
IDS = st.text(LETTERS, min_size=1, max_size=3)
EMAILS = st.builds("{}{}@shop.example".format, st.sampled_from([*"aAbBzéß"]), st.sampled_from(["", "1", "B", "_", "~"]))


@pytest.mark.parametrize(
    ("entity", "priority"), [*((entity, "customerid") for entity in ENTITIES), ("customers", "email")]
)
@pytest.mark.parametrize("collated", [False, True])
@examples(60)
@given(data=st.data())
def test_an_answer_is_what_reading_everything_would_tell(
    make_tenant: MakeTenant,
    monkeypatch: pytest.MonkeyPatch,
    entity: str,
    priority: str,
    collated: bool,
    data: st.DataObject,
) -> None:
    if collated:  # as in a database whose texts have another order
        monkeypatch.setattr(reconciling, "_is_by_code_point", lambda: False)
    shop = make_tenant(priority=priority)
    key = "Email" if priority == "email" else KEYS[entity]
    ids, form = (EMAILS, normal_email) if key == "Email" else (IDS, str)
    stored = data.draw(st.lists(ids, max_size=8, unique_by=form))
    shop.save(entity, *({key: each} if entity == "customers" else MAKE[entity](each) for each in stored))
    known = hashes(shop, entity, key)
    sent = data.draw(st.lists(ids, max_size=8, unique_by=form))
    given_hashes = {each: data.draw(st.sampled_from([NO_HASH, known.get(str(form(each)), NO_HASH)])) for each in sent}
    ends = data.draw(st.fixed_dictionaries({}, optional={"from": ids, "to": ids}))
    normal = [str(form(each)) for each in sent]
    least, greatest = (str(form(ends[name])) if name in ends else None for name in ("from", "to"))
    if least is not None and greatest is not None and least > greatest:
        ends, least, greatest = {"from": ends["to"], "to": ends["from"]}, greatest, least
    least, greatest = (least or min(normal, default=None)), (greatest or max(normal, default=None))
    extra = [each for each in sorted(known) if each not in normal and least and greatest and least <= each <= greatest]
    missing = [each for each in sent if form(each) not in known]
    different = [each for each in sent if form(each) in known and given_hashes[each] != known[str(form(each))]]

    assert told(shop, entity, ids=sent, **ends) == {
        "missing": missing, "extra": extra, "different": [], "next": None
    }  # fmt: skip
    assert told(shop, entity, hashes=given_hashes, **ends) == {
        "missing": missing, "extra": extra, "different": different, "next": None
    }  # fmt: skip


# What is refused


NO_STRING = "The field ids must be a string."
TWICE, NO_HASH_TEXT = (
    "The field hashes must name each record once.",
    "The field hashes must be a content hash of 64 hexadecimal digits.",
)
MOST = "The request body must contain at most 10000 "
IDS_TEXT = "The field ids must be a string with a maximum length of 100."
REFUSED = [
    ({}, {"": ["The request body must have one of the members ids and hashes."]}),
    ({"ids": None}, {"": ["The request body must have one of the members ids and hashes."]}),
    ({"ids": [], "hashes": {}}, {"": ["The request body must have one of the members ids and hashes."]}),
    ([], {"": ["The request body must be a JSON object."]}),
    ("ids", {"": ["The request body must be a JSON object."]}),
    ({"ids": "A"}, {"ids": ["The field ids must be an array."]}),
    ({"ids": {"A": 1}}, {"ids": ["The field ids must be an array."]}),
    ({"hashes": ["A"]}, {"hashes": ["The element must be a JSON object."]}),
    ({"ids": ["A", 5]}, {"ids[1]": ["The field ids must be a string."]}),
    ({"ids": ["A", ["B"], {}]}, {"ids[1]": [NO_STRING], "ids[2]": [NO_STRING]}),
    ({"ids": [None, " "]}, {"ids[0]": ["The ids field is required."], "ids[1]": ["The ids field is required."]}),
    ({"ids": ["A" * 101]}, {"ids[0]": [IDS_TEXT]}),
    ({"ids": ["A", "B", "A", "A"]}, {f"ids[{i}]": ["The field ids must name each record once."] for i in (2, 3)}),
    ({"ids": ["A\0"]}, {"ids[0]": ["The field ids must not contain the character U+0000."]}),
    ({"ids": ["A\ud800"]}, {"ids[0]": ["The field ids must not contain half of a character, a lone surrogate."]}),
    ({"hashes": {"\0": NO_HASH}}, {"hashes[0]": ["The field hashes must not contain the character U+0000."]}),
    ({"hashes": {"A": NO_HASH, "B": "0" * 63}}, {"hashes[1]": [NO_HASH_TEXT]}),
    ({"hashes": {"A": None}}, {"hashes[0]": [NO_HASH_TEXT]}),
    ({"ids": [], "from": 1}, {"from": ["The field from must be a string."]}),
    ({"ids": [], "from": " "}, {"from": ["The from field is required."]}),
    ({"ids": [], "to": "\0"}, {"to": ["The field to must not contain the character U+0000."]}),
    ({"ids": [], "to": "x" * 256}, {"to": ["The field to must be a string with a maximum length of 255."]}),
    ({"ids": [], "from": "b", "to": "a"}, {"to": ["The field to must not come before the field from."]}),
    ({"ids": [], "Ids": [], "x\0": 1}, {"Ids": ["Unknown member."], "x\ufffd": ["Unknown member."]}),
    ({"ids": ["A"] * 10_001}, {"": [f"{MOST}ids."]}),
    ({"hashes": {str(i): NO_HASH for i in range(10_001)}}, {"": [f"{MOST}hashes."]}),
    (b'{"ids": ["A"], "ids": ["B"]}', {"ids": ["The member must be given once."]}),
    (b'{"hashes": {"A": "%s", "A": "%s"}}' % (b"0" * 64, b"1" * 64), {"hashes[1]": [TWICE]}),
    (b"", {"": ["The request body is empty."]}),
    (b'{"ids": [}', {"": ["The request body is not valid JSON (line 1, column 10)."]}),
    (b'{"ids": ["\xff"]}', {"": ["The request body is not UTF-8. Send UTF-8."]}),
    ('{"ids": []}'.encode("utf-16"), {"": ["The request body is not UTF-8. Send UTF-8."]}),
    (b'{"ids": ' + b"[" * 100_000, {"": ["The request body is nested deeper than 64 levels."]}),
    (b'{"ids": [' + b"," * 1_000_001, {"": ["The request body must contain at most 1000000 values."]}),
    (b'{"ids": [' + b"9" * 5000 + b"]}", {"ids[0]": ["The field ids must be a string."]}),
    (b'{"ids": [NaN]}', {"ids[0]": ["The field ids must be a string."]}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "errors"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_no_question_is_refused(partner: Partner, body: Any, errors: dict[str, list[str]]) -> None:
    response = ask(partner, "orders", body)

    assert (response.status_code, response.json().get("errors")) == (400, errors)


def test_every_kind_of_error_is_sent_once(partner: Partner) -> None:
    codes = {detail["code"] for body, _ in REFUSED for detail in ask(partner, "orders", body).json()["details"]}

    assert codes >= OF_RECONCILIATIONS


def test_an_email_that_is_none_and_two_spellings_of_one_are_named(by_email: Partner) -> None:
    response = ask(by_email, "customers", {"ids": ["ann@shop.example", "ann", "bo@shop"]})
    assert response.json()["errors"] == {f"ids[{i}]": ["The field ids must be a valid e-mail address."] for i in (1, 2)}

    response = ask(by_email, "customers", {"ids": ["ann@shop.example", "Ann@SHOP.example"]})
    assert response.json()["errors"] == {"ids[1]": ["The field ids must name each record once."]}


def test_errors_that_say_what_is_known(partner: Partner) -> None:
    (detail,) = ask(partner, "orders", {"ids": [], "records": []}).json()["details"]
    assert detail["hint"] == "Known here: from, hashes, ids, to."

    (detail,) = ask(partner, "orders", []).json()["details"]
    assert (detail["code"], detail["hint"]) == ("not_json_object", HINTS["not_json_object"])


def test_a_body_has_the_limits_of_every_body(partner: Partner) -> None:
    assert ask(partner, "orders", b" " * (10 * 1024 * 1024 + 1)).status_code == 413
    assert ask(partner, "orders", json.dumps({"ids": ["A" * 90] * 3}).encode() + b" " * 20_000).status_code == 400
    response = partner.send("POST", "/orders/{tenant}/reconcile", {"ids": []}, content_type="text/csv")
    assert response.status_code == 415


def test_it_takes_no_parameters_of_writes(partner: Partner) -> None:
    response = partner.send("POST", "/orders/{tenant}/reconcile?results=true", {"ids": []})

    assert response.json()["errors"] == {"results": ["Unknown query parameter."]}


# Whose, and what it leaves


def test_nothing_of_another_tenant_is_told(partner: Partner, by_email: Partner) -> None:
    by_email.save("orders", order(OrderId="B"))
    by_email.save("customers", {"CustomerId": "B", "Email": "bo@shop.example"})
    known = hashes(by_email, "orders")

    assert told(partner, "orders", hashes={"A": NO_HASH, **known, "C": NO_HASH})["missing"] == ["A", "B", "C"]
    assert told(partner, "customers", ids=["A", "C"])["extra"] == []


def test_it_writes_nothing(partner: Partner) -> None:
    save(partner, "orders", ["A"])
    number = partner.changes()[-1]["Number"]

    told(partner, "orders", hashes={"A": NO_HASH, "B": NO_HASH})

    assert partner.changes()[-1]["Number"] == number
    assert partner.read("orders", OrderId="B") == []


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_record_may_be_called_reconcile(partner: Partner, entity: str) -> None:
    save(partner, entity, ["reconcile"])

    path = f"/{entity}/{{tenant}}/{quoted('reconcile')}"

    assert partner.get(path).json()["data"][KEYS[entity]] == "reconcile"
    if entity != "customers":
        assert partner.delete(path).json()["data"]["removed"] == 1
    assert partner.send("POST", f"/{entity}/{{tenant}}/Reconcile", {"ids": []}).status_code == 405


@pytest.mark.usefixtures("plain_postgres")
def test_a_database_tells_whether_its_order_is_that_of_code_points(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(x ORDER BY x) FROM unnest(ARRAY['a', 'B', '_', '\uffff', '\U0001f600', 'é']) x"
        )
        (ordered,) = cursor.fetchall()[0]
    reconciling._is_by_code_point.cache_clear()

    assert not reconciling._is_by_code_point() or ordered == sorted(ordered)
