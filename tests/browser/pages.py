"""What a test reads of a page is read when all of it is there: a click returns when the next page has hardly begun.

What leads to another page by a script, or by a key, returns before that: wait for something of the other page first.
"""

from playwright.sync_api import Locator, Page, expect

SETTLED = "async () => { document.documentElement.scrollWidth; await document.fonts.ready; }"  # a layout asks for fonts


def settled(page: Page) -> Page:
    """Wait until a page is as it stays, its scripts run, its pictures and fonts there and its window as it was set."""
    page.wait_for_load_state()
    if size := page.viewport_size:
        page.wait_for_function("width => innerWidth === width", arg=size["width"])
    page.evaluate(SETTLED)
    return page


def fits(page: Page) -> bool:
    """Say whether nobody has to scroll a page sideways."""
    return bool(settled(page).evaluate("document.documentElement.scrollWidth <= innerWidth"))


def copied(button: Locator) -> str:
    """Press a button that copies, and return what it has copied."""
    page = settled(button.page)
    page.evaluate("() => { window.setTimeout = () => 0 }")  # "Copied" goes after two seconds, unseen by a busy machine
    button.click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    return str(page.evaluate("navigator.clipboard.readText()"))
