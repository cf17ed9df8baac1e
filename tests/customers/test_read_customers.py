"""GET /customers/{tenantId} and …/{id}: what was stored comes back, filtered, page by page."""

import re
from typing import Any

import pytest

from tests.conftest import MakeTenant, Partner, quoted

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ANN = {
    "CustomerId": "A",
    "Email": "ann@shop.example",
    "Name": "Ann",
    "Surname": "Ölund",
    "Phone": "+491705550123",
    "Language": "en-US",
    "Username": "ann_o",
    "EmailOptin": True,
    "SmsOptin": True,
    "WhatsappOptin": True,
    "AppPushOptin": True,
    "GdprOptin": True,
    "IsExcluded": True,
}
FLAGS = [name for name, value in ANN.items() if value is True]


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["CustomerId"] for record in records]


def test_what_was_stored_comes_back(partner: Partner) -> None:
    partner.save("customers", ANN)

    (record,) = partner.read("customers")

    created, updated, hub_id = (record.pop(name) for name in ("CreatedAt", "UpdatedAt", "HubId"))
    assert MOMENT.fullmatch(created)
    assert created == updated
    assert partner.changes()[0]["Created"] == [hub_id]
    assert record == {**ANN, "Attributes": {}, "Tags": [], "MailingLists": []}


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with two customers that differ in every field."""
    partner.save("customers", ANN, {"CustomerId": "a", "Email": "bo@shop.example", "Language": "de"})
    return partner


FILTERS = [
    ({"CustomerId": "A"}, ["A"]),
    ({"CustomerId": " A"}, []),
    ({"Email": "Ann@SHOP.example"}, ["A"]),
    ({"Email": " ann@shop.example\t"}, ["A"]),
    ({"Email": "an@shop.example"}, []),
    ({"Language": "en-US"}, ["A"]),
    ({"Language": " EN-us"}, ["A"]),
    ({"Language": "en_US"}, ["A"]),
    ({"Language": "en"}, []),
    ({"Language": "de"}, ["a"]),
    *(({name: "true"}, ["A"]) for name in FLAGS),
    *(({name: "false"}, ["a"]) for name in FLAGS),
    ({"GdprOptin": "true", "Language": "de"}, []),
    ({}, ["A", "a"]),
]


@pytest.mark.parametrize(("filters", "found"), FILTERS)
def test_a_filter_is_exact(shop: Partner, filters: dict[str, str], found: list[str]) -> None:
    assert sorted(ids(shop.read("customers", **filters))) == found


@pytest.mark.parametrize("name", ["CreatedAt", "UpdatedAt"])
def test_times_are_filtered_by_range(shop: Partner, name: str) -> None:
    past, future = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00+02:00"

    assert sorted(ids(shop.read("customers", **{f"{name}__gte": past, f"{name}__lt": future}))) == ["A", "a"]
    assert ids(shop.read("customers", **{f"{name}__gt": future})) == []
    assert ids(shop.read("customers", **{f"{name}__lte": past})) == []


def test_updates_are_found_by_their_time(shop: Partner) -> None:
    shop.save("customers", {"CustomerId": "a", "Name": "Bo"})
    updated = shop.read("customers", CustomerId="a")[0]["UpdatedAt"]

    assert ids(shop.read("customers", UpdatedAt__gte=updated)) == ["a"]


UNKNOWN = "Unknown query parameter."
NUMBER, LEAST, MOST = (f"The field limit must be {x}" for x in ("an integer.", "greater than or equal to 1.",
                                                                "less than or equal to 1000."))  # fmt: skip
IDS = "The field HubId must consist of at most 1,000 whole numbers with commas between them."
CURSOR = "The field cursor must be the cursor of an address that this list gave out."
MOMENT_TEXT = (
    "The field UpdatedAt__gte must be an ISO 8601 date and time with Z or an offset, for example 2025-08-22T21:00:00Z."
)
TOO_LONG = "The field CustomerId must be a string with a maximum length of 100."
REFUSED = [
    ({"Nickname": "x"}, UNKNOWN),
    ({"customerId": "A"}, UNKNOWN),
    ({"Name": "Ann"}, UNKNOWN),
    ({"UpdatedAt": "2025-08-22T21:00:00Z"}, UNKNOWN),
    ({"CustomerId": "A" * 101}, TOO_LONG),
    ({"Email": "ann@shop"}, "The field Email must be a valid e-mail address."),
    ({"Email": "ann.shop.example"}, "The field Email must be a valid e-mail address."),
    ({"Email": "ann@shop.example bo"}, "The field Email must be a valid e-mail address."),
    ({"Email": f"{'a' * 255}@shop.example"}, "The field Email must be a string with a maximum length of 255."),
    ({"Language": "en!"}, "The field Language must be a BCP 47 language tag, for example en-US."),
    ({"Language": "english please"}, "The field Language must be a string with a maximum length of 10."),
    ({"EmailOptin": "yes"}, "The field EmailOptin must be true or false."),
    ({"EmailOptin": "1"}, "The field EmailOptin must be true or false."),
    ({"UpdatedAt__gte": "2025-08-22"}, MOMENT_TEXT),
    ({"UpdatedAt__gte": "yesterday"}, MOMENT_TEXT),
    *(({"HubId": ids}, IDS) for ids in ("x", "1,", ",", "1,,2", "1;2", "-1", "1.0", "٣", "1 2", "9" * 19)),
    ({"HubId": ",".join(["1"] * 1001)}, IDS),
    ({"limit": "0"}, LEAST),
    ({"limit": "-1"}, LEAST),
    ({"limit": "1001"}, MOST),
    ({"limit": "9" * 5000}, MOST),
    ({"limit": "1.5"}, NUMBER),
    ({"limit": "1e2"}, NUMBER),
    ({"limit": "١"}, NUMBER),
    ({"cursor": "!"}, CURSOR),
    ({"cursor": "é"}, CURSOR),
    ({"cursor": "_w"}, CURSOR),
    ({"cursor": "AA"}, CURSOR),
]


@pytest.mark.parametrize(("query", "text"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_a_list_does_not_know_is_refused(shop: Partner, query: dict[str, str], text: str) -> None:
    response = shop.get("/customers/{tenant}", **query)

    assert response.status_code == 400
    assert response.json()["errors"] == {next(iter(query)): [text]}
    assert (response.json()["success"], response.json()["data"]) == (False, {})


def test_a_plus_that_was_not_encoded_is_one_in_an_email(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "A", "Email": "jane+news@example.com"})

    for sent in ("Jane+News@example.com", "jane%2Bnews@example.com", "+jane%20news@example.com"):
        answer = partner.send("GET", f"/customers/{{tenant}}?Email={sent}")
        assert ids(answer.json()["data"]["results"]) == ["A"]


def test_the_ids_of_the_feed_lead_to_the_records(partner: Partner, by_email: Partner) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i}"} for i in range(5)))
    by_email.save("customers", ANN)
    (change,), (theirs,) = partner.changes(), by_email.changes()
    first, *_, last = sorted(change["Created"])

    found = partner.read("customers", HubId=f" {last},{first} , {first},{theirs['Created'][0]},0")

    assert sorted(one["HubId"] for one in found) == [first, last]
    assert partner.read("customers", HubId=f"{first}", CustomerId=found[-1]["CustomerId"] + "x") == []


def test_a_thousand_hub_ids_are_read_page_by_page(partner: Partner) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i}"} for i in range(999)))
    partner.save("customers", {"CustomerId": "one more"}, {"CustomerId": "not asked for"})
    created = [hub_id for change in partner.changes() for hub_id in change["Created"]]

    found = partner.read("customers", HubId=",".join(map(str, sorted(created)[:1000])), limit="400")

    assert sorted(one["HubId"] for one in found) == sorted(created)[:1000]


@pytest.mark.parametrize(("count", "limit", "pages"), [(0, 2, [0]), (4, 2, [2, 2]), (5, 2, [2, 2, 1]), (2, 1000, [2])])
def test_pages_follow_each_other(partner: Partner, count: int, limit: int, pages: list[int]) -> None:
    partner.save("customers", *({"CustomerId": f"Ü/{i}", "Language": "de"} for i in range(count)), {"CustomerId": "X"})
    url: str | None = f"/customers/{partner.id}?limit={limit}&Language=de"
    seen: list[list[dict[str, Any]]] = []

    while url:
        data = partner.send("GET", url.replace("http://testserver", "")).json()["data"]
        seen.append(data["results"])
        url = data["next"]

    assert [len(page) for page in seen] == pages
    assert sorted(ids([record for page in seen for record in page])) == [f"Ü/{i}" for i in range(count)]


def test_a_page_has_a_hundred_records_by_default(partner: Partner) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i}"} for i in range(101)))

    data = partner.get("/customers/{tenant}").json()["data"]

    assert len(data["results"]) == 100
    assert data["next"].startswith(f"http://testserver/customers/{partner.id}?cursor=")


def test_records_that_come_and_go_between_pages_break_nothing(partner: Partner) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i}"} for i in range(4)))
    following = partner.get("/customers/{tenant}", limit="2").json()["data"]["next"]

    partner.delete("/customers/{tenant}", customerId="C-1")
    partner.save("customers", {"CustomerId": "C-0a"}, {"CustomerId": "C-9"})

    data = partner.send("GET", following.replace("http://testserver", "")).json()["data"]
    assert ids(data["results"]) == ["C-2", "C-3"]


ODD_IDS = [
    "a/b",
    "/a",
    "100%",
    "%2F",
    "a%2Fb",
    "with space",
    "😀",
    "é",
    "a?b#c",
    "a+b",
    "a&b=c",
    "..",
    "'",
    "a\\b",
    "x" * 100,
]


@pytest.mark.parametrize("identifier", ODD_IDS)
def test_a_customer_is_read_deleted_and_filtered_by_any_id(partner: Partner, identifier: str) -> None:
    partner.save("customers", {"CustomerId": identifier}, {"CustomerId": "other"})

    found = partner.get(f"/customers/{{tenant}}/{quoted(identifier)}")

    assert found.status_code == 200
    assert found.json()["message"] == "Customer found."
    assert found.json()["data"] == partner.read("customers", CustomerId=identifier)[0]
    assert partner.delete("/customers/{tenant}", customerId=identifier).json()["data"]["customerId"] == identifier
    assert ids(partner.read("customers")) == ["other"]


def test_a_customer_is_read_by_email_too(shop: Partner) -> None:
    found = shop.get(f"/customers/{{tenant}}/{quoted('Ann@Shop.example')}").json()["data"]

    assert found == shop.read("customers", CustomerId="A")[0]


@pytest.mark.parametrize(("priority", "found"), [("customerid", "x@shop.example"), ("email", "A")])
def test_the_priority_identifier_is_looked_for_first(make_tenant: MakeTenant, priority: str, found: str) -> None:
    partner = make_tenant(priority=priority)
    partner.save("customers", {"CustomerId": "A", "Email": "x@shop.example"})
    partner.save("customers", {"CustomerId": "x@shop.example", "Email": "y@shop.example"})

    assert partner.get("/customers/{tenant}/x@shop.example").json()["data"]["CustomerId"] == found


@pytest.mark.parametrize("identifier", ["B", "A%20", "ann", "%EF%BF%BE"])
def test_a_customer_nobody_knows_is_not_found(shop: Partner, identifier: str) -> None:
    response = shop.get(f"/customers/{{tenant}}/{identifier}")

    assert response.status_code == 404
    assert response.json() == {"success": False, "message": "Customer not found.", "data": {}}


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("A" * 101, "The field id must be a string with a maximum length of 100."),
        (f"{'a' * 250}@shop.example", "The field id must be a string with a maximum length of 100."),
        ("%20", "The id field is required."),
    ],
)
def test_what_no_customer_can_be_named_by_is_refused(shop: Partner, identifier: str, text: str) -> None:
    response = shop.get(f"/customers/{{tenant}}/{identifier}")

    assert (response.status_code, response.json()["errors"]) == (400, {"id": [text]})


def test_a_customer_is_read_by_an_email_longer_than_an_id_may_be(partner: Partner) -> None:
    email = f"{'a' * 64}@{'b' * 50}.example"
    partner.save("customers", {"CustomerId": "A", "Email": email})

    assert partner.get(f"/customers/{{tenant}}/{email.upper()}").json()["data"]["CustomerId"] == "A"


# Authentication, how much the page weighs and the page, or the record. The first look of a day, and one a minute, is
# counted in one more.
@pytest.mark.parametrize(("path", "queries"), [("/customers/{tenant}?limit=1000", 3), ("/customers/{tenant}/C-7", 2)])
def test_a_read_costs_a_fixed_number_of_statements(
    partner: Partner, path: str, queries: int, django_assert_num_queries: Any
) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i}"} for i in range(500)))

    with django_assert_num_queries(queries + 1):
        assert partner.send("GET", path).status_code == 200
    with django_assert_num_queries(queries):
        assert partner.send("GET", path).status_code == 200
