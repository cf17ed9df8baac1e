"""Customer records as documents 000 and 001 describe them."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any, Required, get_args

from pydantic import StringConstraints, with_config
from typing_extensions import TypedDict, get_type_hints

from hub.records.schemas import STRICT, Schema
from hub.records.types import NOT_BLANK, Email, Flag, Language, optional_identifier, text

MOST_CUSTOMERS = 1000
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
    """Return the schema of a tenant that demands the `required` fields in every record."""
    return _schema(frozenset(required))


@lru_cache(maxsize=256)
def _schema(required: frozenset[str]) -> Schema[CustomerRecord]:
    record = _demanding(required) if required else CustomerRecord
    return Schema(record, "customers", MOST_CUSTOMERS, one_of=("CustomerId", "Email"), odd=ODD, by_column=True)


def _demanding(required: frozenset[str]) -> type[CustomerRecord]:
    """Return CustomerRecord with some fields required: present, not null, not blank."""
    hints = get_type_hints(CustomerRecord, include_extras=True)
    fields: dict[str, Any] = {
        name: Required[_not_blank(get_args(hint)[0])] if name in required else hint for name, hint in hints.items()
    }
    record: type[CustomerRecord] = with_config(STRICT)(TypedDict("CustomerRecord", fields, total=False))  # type: ignore[operator]
    return record


def _not_blank(hint: Any) -> Any:
    """Demand a character that is no blank, before the rules the text has of its own."""
    if hint is Flag:
        return hint
    kind, *rules = get_args(hint)
    return Annotated[kind, StringConstraints(min_length=1, pattern=NOT_BLANK), *rules]
