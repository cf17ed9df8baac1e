"""Numbers that a client names by text and the database keeps as bigint: hub ids, the numbers of changesets."""

MOST_DIGITS = 18  # of a bigint, whichever they are


def is_bigint(text: str) -> bool:
    """Tell whether a text is a whole number, 0 or more, that a bigint column can hold."""
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
