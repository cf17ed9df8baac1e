"""The JSON of every answer: strict, and numbers to the last digit."""

from decimal import Decimal

import orjson
import pytest

from hub.api.responses import to_json

FRIDGE = Decimal("999999999999.9999")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"Price": FRIDGE}, '{"Price":999999999999.9999}'),
        ([Decimal("600000000000.1000")], "[600000000000.1]"),
        ([Decimal("600000000000.0000")], "[600000000000]"),
        ([29.99, 1, True, None, "é\u2028"], '[29.99,1,true,null,"é\u2028"]'),
        ({"Attributes": {"X__a": 10**30}}, '{"Attributes":{"X__a":1' + "0" * 30 + "}}"),
        ([10**30, FRIDGE, {"a": [1.5, "é"]}], "[1" + "0" * 30 + ',999999999999.9999,{"a":[1.5,"é"]}]'),
    ],
)
def test_numbers_are_written_to_their_last_digit(content: object, text: str) -> None:
    assert to_json(content).decode() == text


def test_what_is_no_json_is_no_answer() -> None:
    with pytest.raises((TypeError, orjson.JSONEncodeError)):
        to_json({"a": object()})
