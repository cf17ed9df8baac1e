"""Customer records as documents 000 and 001 describe them."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, with_config
from typing_extensions import TypedDict

from customers.flags import withdrawals
from hub.records.schemas import STRICT, Schema
from hub.records.types import Email, Flag, Language, optional_identifier, required_text, text

MOST_CUSTOMERS = 1000
MOST_ITEMS, LONGEST_ITEM = 1000, 200  # tags, or mailing lists
NAMING = frozenset({"CustomerId", "Email"})
# The first half is what most look like, in half the time of the second.
PHONE = re.compile(r"\+?(?:[ ().\-/]*+[0-9]){5}[0-9 ().\-/]*+|\+?(?:[\s().\-/]*+\d){5,}+[\s().\-/]*+")
ODD = ("Phone", PHONE.fullmatch, "Does not look like a phone number; stored as sent.")

Strings = Annotated[list[Annotated[str, required_text(LONGEST_ITEM)]], Field(max_length=MOST_ITEMS, fail_fast=True)]


@with_config(STRICT)
class CustomerRecord(TypedDict, total=False):
    """One customer: every field optional, CustomerId or Email present (UpsertCustomerDto, document 000)."""

    CustomerId: Annotated[str, optional_identifier(100)] | None
    """Your own id of the customer: exact, case-sensitive. This or Email must be there."""
    Email: Email | None
    """E-mail address, stored and compared in one form: trimmed, in lower case. This or CustomerId must be there."""
    Name: Annotated[str, text(100)] | None
    """First name; an empty text clears it, as it does any optional text."""
    Surname: Annotated[str, text(300)] | None
    """Last name."""
    Phone: Annotated[str, text(20)] | None
    """Phone number in any form; one that does not look like a phone number is stored, with a warning."""
    Language: Language | None
    """BCP 47 tag, stored in the usual case: en_us becomes en-US."""
    Username: Annotated[str, text(500)] | None
    """Name in your shop or app."""
    EmailOptin: Flag | None
    """Whether the customer may be written to by e-mail; false is a withdrawal."""
    SmsOptin: Flag | None
    """Whether the customer may be written to by SMS; false is a withdrawal."""
    WhatsappOptin: Flag | None
    """Whether the customer may be written to by WhatsApp; false is a withdrawal."""
    AppPushOptin: Flag | None
    """Whether the customer may be sent push messages; false is a withdrawal."""
    GdprOptin: Flag | None
    """Whether the customer's data may be processed; false is a withdrawal."""
    IsExcluded: Flag | None
    """Whether the customer is left out of all processing; true is a withdrawal."""


def customer_schema(required: Iterable[str]) -> Schema[CustomerRecord]:
    """Return the schema of a tenant that demands the `required` fields in every record that does not only withdraw."""
    return _schema(frozenset(required))


@lru_cache(maxsize=256)
def _schema(required: frozenset[str]) -> Schema[CustomerRecord]:
    return Schema(
        CustomerRecord,
        "customers",
        MOST_CUSTOMERS,
        one_of=("CustomerId", "Email"),
        demanded=tuple(name for name in CustomerRecord.__annotations__ if name in required),
        excuses=only_withdraws,
        odd=ODD,
        by_column=True,
    )


def only_withdraws(record: Mapping[str, Any]) -> bool:
    """Tell whether a record holds identifiers, at least one withdrawal and nothing else: it is never refused."""
    said = {name for name, value in record.items() if value is not None}
    return bool(said - NAMING) and said - NAMING == withdrawals(record).keys()
