"""The fields of a Custobar customer: the vendor's names, what each becomes in the hub, and what its values may be."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import Annotated, Any

from pydantic import FailFast, StringConstraints, TypeAdapter, with_config
from typing_extensions import TypedDict

from customers.schemas import Strings
from hub.api.responses import utc
from hub.records.columns import Reader
from hub.records.phones import normal_phone
from hub.records.schemas import STRICT
from hub.records.types import (
    Country,
    Date,
    Email,
    Language,
    checked,
    letters_digits_dashes,
    normal_local_moment,
    text,
)
from tenants.models import Tenant

MOST_CUSTOMERS = 1000
COMPANY = "COMPANY__field"  # under this name a record has all its company-specific fields, by their own names

# Which hub field a field becomes. Those of ATTRIBUTES keep their own names, as do company-specific ones.
FIELDS = {
    "external_id": "CustomerId",
    "phone_number": "Phone",
    "email": "Email",
    "first_name": "Name",
    "last_name": "Surname",
    "language": "Language",
    "can_email": "EmailOptin",
    "can_sms": "SmsOptin",
    "can_push": "AppPushOptin",
    "can_profile": "GdprOptin",
}
SOUGHT = ("external_id", "phone_number", "email")  # in this order
SENT_AS = {hub: ours for ours, hub in FIELDS.items()}
TEXTS = (
    "canonical_id", "shop_id", "city", "company", "gender", "house_number", "house_number_addition", "province",
    "street_address", "street_name", "vat_number", "zip_code",
)  # fmt: skip
MOMENTS = ("date_joined", "last_login")
FLAGS = ("can_email", "can_post", "can_profile", "can_push", "can_sms", "is_forgotten", "is_deleted")
TAGS = ("tags", "tags.add", "tags.remove")
MAILING_LISTS = ("mailing_lists", "mailing_lists.add", "mailing_lists.remove")
LISTS = (*TAGS, *MAILING_LISTS)
ATTRIBUTES = frozenset({*TEXTS, *MOMENTS, "birth_date", "country", "can_post"})
NAMES = ATTRIBUTES | {*FIELDS, *FLAGS, *LISTS}
COMPANY_FIELD = re.compile(r"(?!__).+?__.+", re.DOTALL)


def _moment(value: str, *, time_zone: str) -> str | None:
    found = normal_local_moment(value.strip(), time_zone=time_zone)
    return found and utc(datetime.fromisoformat(found))


Text = Annotated[str, text(500)]
KINDS: dict[str, Any] = {
    "external_id": Annotated[str, letters_digits_dashes(100)],
    "email": Email,
    **dict.fromkeys(TEXTS, Text),
    **dict.fromkeys(FLAGS, bool),
    "first_name": Annotated[str, text(100)],
    "last_name": Annotated[str, text(300)],
    "birth_date": Date,
    "country": Country,
    "language": Language,
    **dict.fromkeys(LISTS, Strings),
    COMPANY: dict[str, Any],
}


@dataclass(frozen=True)
class Rules:
    """What a tenant's records are held to: times without a zone are in `time_zone`, national numbers of `country`."""

    time_zone: str
    country: str

    @cached_property
    def kinds(self) -> Mapping[str, Any]:
        """The type of each field."""
        phone = checked("phone", partial(normal_phone, country=self.country))
        moment = Annotated[str, checked("dated", partial(_moment, time_zone=self.time_zone))]
        own = {"phone_number": Annotated[str, StringConstraints(strip_whitespace=True), phone]}
        return {**KINDS, **own, **dict.fromkeys(MOMENTS, moment)}

    @cached_property
    def _customer(self) -> Any:
        names = {name: kind | None for name, kind in self.kinds.items()}
        config: Any = {**STRICT, "extra": "forbid", "use_attribute_docstrings": False}
        return with_config(config)(TypedDict("Customer", names, total=False))  # type: ignore[operator]

    @cached_property
    def batch(self) -> TypeAdapter[Any]:
        """Records whose every name and value is right; it stops at the first that is not."""
        body: Any = Annotated[list[self._customer], FailFast()]  # type: ignore[name-defined]
        return TypeAdapter(body)

    @cached_property
    def record(self) -> TypeAdapter[Any]:
        """A single record."""
        return TypeAdapter(self._customer)

    @cached_property
    def fields(self) -> Mapping[str, TypeAdapter[Any]]:
        """Each field by itself."""
        return {name: TypeAdapter(kind, config=STRICT) for name, kind in self.kinds.items()}

    @cached_property
    def plain(self) -> Reader[Any]:
        """What most records consist of: read by column. Whoever sends more than that has his read one by one."""
        names = {name: self.kinds[name] | None for name in FIELDS}
        record: Any = TypedDict("PlainCustomer", names, total=False)  # type: ignore[misc]
        return Reader(record, MOST_CUSTOMERS, SOUGHT, wrapped_in="customers")


def rules_of(tenant: Tenant) -> Rules:
    """Return what a tenant's records are held to."""
    return rules(tenant.time_zone, tenant.default_country)


@lru_cache(maxsize=256)  # 10 ms and 128 KB each
def rules(time_zone: str, country: str) -> Rules:
    """Return the rules of a time zone and a default country ("" for none)."""
    return Rules(time_zone, country)
