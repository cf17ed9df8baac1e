"""The six flags of a customer: the bits they are stored by, and which of a record's values withdraw consent."""

from collections.abc import Mapping
from typing import Any

from hub.sql.upsert import bit_where, refuse_shared_bits

# What a stored bit means is consent evidence: a place never changes, and is never given to another flag.
FLAGS: Mapping[str, int] = {
    "email_optin": 0,
    "sms_optin": 1,
    "whatsapp_optin": 2,
    "app_push_optin": 3,
    "gdpr_optin": 4,
    "is_excluded": 5,
}
refuse_shared_bits(FLAGS)
FLAGS_SQL, SENT_SQL = (  # of the stored row `t`, and of one that an upsert was given
    " +\n       ".join(bit_where(f"{row}.{name}", bit) for name, bit in FLAGS.items()) for row in ("t", "excluded")
)

# By its documented name, the value of a flag that withdraws: an opt-out, or being excluded.
WITHDRAWN: Mapping[str, bool] = {
    "EmailOptin": False,
    "SmsOptin": False,
    "WhatsappOptin": False,
    "AppPushOptin": False,
    "GdprOptin": False,
    "IsExcluded": True,
}


# By column the documented name; by documented name the bit, and the value that grants.
NAMES = dict(zip(FLAGS, WITHDRAWN, strict=True))
BITS = {NAMES[name]: 1 << bit for name, bit in FLAGS.items()}
GRANTED = {name: not value for name, value in WITHDRAWN.items()}
ALL = sum(BITS.values())
INVERTED = sum(BITS[name] for name, value in WITHDRAWN.items() if value)  # the flags that grant nothing when set


def grants_sql(flags: str) -> str:
    """Compose which flags grant, of SQL that has them as bits: of the others the same bits withdraw."""
    return f"(({flags}) # {INVERTED})"


def grants(flags: int) -> int:
    """Return which flags grant, of flags as bits."""
    return flags ^ INVERTED


def withdrawals(record: Mapping[str, Any]) -> dict[str, bool]:
    """Return the flags by which a record withdraws consent: what must reach everyone it may mean."""
    return {name: value for name, value in WITHDRAWN.items() if record.get(name) is value}


def has_flag(flags: int, name: str) -> bool:
    """Tell whether a flag is set in a customer's flags written as bits."""
    return bool(flags & 1 << FLAGS[name])


def as_bits(flags: Mapping[str, bool]) -> int:
    """Write flags as bits."""
    return sum(1 << FLAGS[name] for name, value in flags.items() if value)
