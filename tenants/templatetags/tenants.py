"""How figures are written on the tenants' pages."""

from django.contrib.humanize.templatetags.humanize import intcomma
from django.forms import BoundField, CheckboxInput
from django.template import Library
from unfold.widgets import BASE_INPUT_CLASSES, CHECKBOX_CLASSES

register = Library()


@register.filter
def compact(number: int) -> str:
    """Write a number in few characters: 9,876, 123K, 1.23M."""
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M")):
        if number >= size:
            return f"{number / size:.2f}{letter}"
    return f"{number // 1000}K" if number >= 100_000 else intcomma(number)


@register.filter
def dressed(field: BoundField) -> BoundField:
    """Give a field of a form that is not ours the theme's looks."""
    widget = field.field.widget
    widget.attrs["class"] = " ".join(CHECKBOX_CLASSES if isinstance(widget, CheckboxInput) else BASE_INPUT_CLASSES)
    return field
