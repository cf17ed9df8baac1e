"""Names of fields: any case, the last of several spellings, and unknown ones, which are ignored and named."""

import pytest

from tests.conftest import Partner

# Spellings: any case of a documented name; of several spellings, and of doubles, the last wins, null too.
SPELLINGS = {
    b'"customerid":"B","NAME":"Ann"': ("B", "Ann"),
    b'"CustomerId":"A","CUSTOMERID":"B"': ("B", None),
    b'"CustomerId":"A","Name":"Ann","name":"Bo"': ("A", "Bo"),
    b'"CustomerId":"A","name":"Bo","Name":"Ann"': ("A", "Ann"),
    b'"CustomerId":"A","Name":5,"Name":"Ann"': ("A", "Ann"),
    b'"CustomerId":"A","name":5,"NAME":"Ann"': ("A", "Ann"),
    b'"CustomerId":"A","Name":"Ann","name":null': ("A", None),
}


@pytest.mark.parametrize("members", SPELLINGS)
def test_the_last_of_several_spellings_wins(partner: Partner, members: bytes) -> None:
    response = partner.post("customers", b"[{" + members + b"}]")

    assert response.status_code == 200, response.content
    assert "warnings" not in response.json()["data"]
    assert [(c["CustomerId"], c["Name"]) for c in partner.read("customers")] == [SPELLINGS[members]]


def test_a_wrong_last_spelling_is_told_under_the_documented_name(partner: Partner) -> None:
    response = partner.post("customers", b'[{"CustomerId":"A","Name":"Ann","nAmE":5}]')

    assert response.json()["errors"] == {"[0].Name": ["The field Name must be a string."]}


def test_unknown_fields_are_ignored_and_named(partner: Partner) -> None:
    data = partner.save("customers", {"CustomerId": "A", "Emailoptn": True}, {"CustomerId": "B", "tags": ["x"]})

    assert data["count"] == 2
    assert data["warnings"] == {
        "[0].Emailoptn": ["Unknown field, ignored."],
        "[1].tags": ["Unknown field, ignored."],
    }
    assert [customer["Tags"] for customer in partner.read("customers")] == [[], []]


def test_unknown_fields_are_named_below_a_record_too(partner: Partner) -> None:
    item = {"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 29.99}
    order = {
        "OrderId": "O-1",
        "CustomerId": "C-1",
        "Email": "ann@shop.example",
        "OrderDate": "2025-08-22T21:00:00Z",
        "TotalRevenue": 29.99,
        "Currency": "EUR",
        "OrderItems": [item, {**item, "sku": "S-2", "Colour": "red"}],
    }

    assert partner.save("orders", order)["warnings"] == {
        "[0].OrderItems[1].Colour": ["Unknown field, ignored."],
    }


def test_at_most_twenty_warnings_are_given(partner: Partner) -> None:
    batch = [{"CustomerId": f"C-{i}", "Phone": "none", "Nickname": "x"} for i in range(30)]

    assert len(partner.save("customers", *batch)["warnings"]) == 20
