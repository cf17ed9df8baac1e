"""How people write yes and no, and the states of a subscription, in their languages: all in lower case."""

from collections.abc import Mapping

YES = frozenset({
    "1", "ja", "j", "jah", "kyllä", "on", "oui", "si", "sim", "sí", "sì", "t", "tak", "true", "vrai",
    "verdadero", "verdadeiro", "vero", "wahr", "waar", "sant", "tosi", "prawda", "x", "y", "yes", "✓", "✔",
})  # fmt: skip
NO = frozenset({
    "0", "ei", "epätosi", "f", "falsch", "false", "falsk", "falskt", "falso", "fałsz", "faux", "n", "nee", "nein",
    "nej", "nie", "no", "non", "não", "off", "onwaar", "✗", "✘",
})  # fmt: skip
GRANTED = frozenset({
    "double opt in", "opt in", "opted in", "opted_in", "optin", "subscribe", "subscribed",
})  # fmt: skip
WITHDRAWN = frozenset({
    "opt out", "opted out", "opted_out", "optout", "unsubscribe", "unsubscribed",
})  # fmt: skip
# Nobody said anything yet: what is stored stays.
UNSAID = frozenset({
    "invalid", "never subscribed", "never_subscribed", "not activated", "not set", "not subscribed", "not_subscribed",
    "pending", "unconfirmed", "unknown",
})  # fmt: skip

FLAGS: Mapping[str, bool] = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
CONSENTS: Mapping[str, bool | None] = {
    **FLAGS,
    **dict.fromkeys(GRANTED, True),
    **dict.fromkeys(WITHDRAWN, False),
    **dict.fromkeys(UNSAID, None),
}
