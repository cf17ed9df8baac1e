"""Customer records as documents 000 and 001 describe them."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import with_config
from typing_extensions import TypedDict

from customers.flags import withdrawals
from hub.records.schemas import STRICT, Schema
from hub.records.types import Email, Flag, Language, optional_identifier, text

MOST_CUSTOMERS = 1000
NAMING = frozenset({"CustomerId", "Email"})
# The first half is what most look like, in half the time of the second.
PHONE = re.compile(r"\+?(?:[ ().\-/]*+[0-9]){5}[0-9 ().\-/]*+|\+?(?:[\s().\-/]*+\d){5,}+[\s().\-/]*+")
ODD = ("Phone", PHONE.fullmatch, "Does not look like a phone number; stored as sent.")


@with_config(STRICT)
class CustomerRecord(TypedDict, total=False):
    """One customer: every field optional, CustomerId or Email present (UpsertCustomerDto, document 000)."""

    CustomerId: Annotated[str, optional_identifier(100)] | None
    Email: Email | None
    Name: Annotated[str, text(100)] | None
    Surname: Annotated[str, text(300)] | None
    Phone: Annotated[str, text(20)] | None
    Language: Language | None
    Username: Annotated[str, text(500)] | None
    EmailOptin: Flag | None
    SmsOptin: Flag | None
    WhatsappOptin: Flag | None
    AppPushOptin: Flag | None
    GdprOptin: Flag | None
    IsExcluded: Flag | None


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
