"""What a key may do: read, write and erase, each for all or some of customers, orders and products."""

from collections.abc import Iterable
from enum import IntFlag

VERBS = ("read", "write", "erase")
ENTITIES = ("customers", "orders", "products")  # as tenants.models.Entity has them, which stands above


class Scope(IntFlag):
    """What a key may do with what. The bits are stored with the keys: a new one takes the next free bit."""

    READ_CUSTOMERS = 1
    WRITE_CUSTOMERS = 2
    ERASE_CUSTOMERS = 4
    READ_ORDERS = 8
    WRITE_ORDERS = 16
    ERASE_ORDERS = 32
    READ_PRODUCTS = 64
    WRITE_PRODUCTS = 128
    ERASE_PRODUCTS = 256

    READ = READ_CUSTOMERS | READ_ORDERS | READ_PRODUCTS
    WRITE = WRITE_CUSTOMERS | WRITE_ORDERS | WRITE_PRODUCTS
    ERASE = ERASE_CUSTOMERS | ERASE_ORDERS | ERASE_PRODUCTS
    ALL = READ | WRITE | ERASE


NOTHING, EVERYTHING = Scope(0), int(Scope.ALL)


def scope_of(verb: str, entity: str) -> Scope:
    """Return the scope of a verb for an entity: "read" and "orders" are READ_ORDERS; raises KeyError for none."""
    return Scope[f"{verb}_{entity}".upper()]


def entities_in(scopes: Scope, verb: str) -> list[str]:
    """Return which entities scopes allow a verb for, in the order of ENTITIES."""
    return [entity for entity in ENTITIES if scope_of(verb, entity) & scopes]


def in_words(scopes: Scope) -> str:
    """Say what scopes allow: "all", "read all; write customers, orders"."""
    if scopes == Scope.ALL:
        return "all"
    named = {verb: entities_in(scopes, verb) for verb in VERBS}
    said = [f"{verb} {'all' if len(of) == len(ENTITIES) else ', '.join(of)}" for verb, of in named.items() if of]
    return "; ".join(said) or "nothing"


def may_not(needed: Scope) -> str:
    """Say that a key has none of the scopes that would do: "The key may not write orders."."""
    for verb in VERBS:
        if of := entities_in(needed, verb):
            *first, last = of
            return f"The key may not {verb} {' or '.join(filter(None, (', '.join(first), last)))}."
    return "No key may do this."


def read_scopes(words: Iterable[str]) -> Scope:
    """Read scopes as a command line has them: "all", "read", "write:customers,orders"; raises ValueError."""
    found = NOTHING
    for word in words:
        verb, colon, named = word.partition(":")
        if word == "all":
            found |= Scope.ALL
            continue
        entities = named.split(",") if colon else ENTITIES
        if verb not in VERBS or not set(entities) <= set(ENTITIES):
            raise ValueError(f"{word!r} is no scope: say all, read, write, erase, or read:orders,products.")
        for entity in entities:
            found |= scope_of(verb, entity)
    return found
