"""How figures are written on the tenants' pages."""

from django.contrib.humanize.templatetags.humanize import intcomma
from django.template import Library

register = Library()


@register.filter
def compact(number: int) -> str:
    """Write a number in few characters: 9,876, 123K, 1.23M."""
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M")):
        if number >= size:
            return f"{number / size:.2f}{letter}"
    return f"{number // 1000}K" if number >= 100_000 else intcomma(number)
