"""The six flags of a customer, and the bits that `previous_flags` and the consent ledger store them by."""

from collections.abc import Mapping

from hub.sql.upsert import refuse_shared_bits

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
FLAGS_SQL = " +\n       ".join(f"t.{name}::int * {1 << bit}" for name, bit in FLAGS.items())  # of the stored row `t`


def has_flag(flags: int, name: str) -> bool:
    """Tell whether a flag is set in a customer's flags written as bits."""
    return bool(flags & 1 << FLAGS[name])


def as_bits(flags: Mapping[str, bool]) -> int:
    """Write flags as bits."""
    return sum(1 << FLAGS[name] for name, value in flags.items() if value)
