"""Two people in two browsers: typing, receipts, presence, and hiding them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from rooms.models import Room
from tests.browser.conftest import Visitor
from tests.browser.test_consultation import message, show, write

pytestmark = pytest.mark.django_db(transaction=True)

CLS = """() => new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 100);
})"""


def hide_page(page: Page, *, is_hidden: bool) -> None:
    """As another tab in front does."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
            document.hasFocus = () => !hidden;
            document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
        }""",
        is_hidden,
    )


def test_typing_receipts_and_presence(
    room: Room, consultant: User, client_user: User, visit: Callable[..., Visitor]
) -> None:
    mara, tomas = visit(consultant, 1280), visit(client_user, 1280)
    for each in (mara, tomas):
        each.page.goto(f"{each.site.url}/rooms/{room.pk}/")
        show(each, "chat")
    receipt = mara.page.locator("[data-receipt-line]")

    # What is ephemeral reaches those who are there by then.
    for each in (mara, tomas):
        expect(each.page.locator(".side-people .face.is-live")).to_have_count(2)

    # Typing, shown while it lasts.
    tomas.page.locator("#composer").press_sequentially("He")
    typing = mara.page.locator("[data-chat-typing]")
    expect(typing).to_contain_text("Tomas Okafor is typing")
    expect(typing).not_to_contain_text("typing", timeout=8_000)

    # What got to a page that nobody looks at is delivered, and seen when somebody does.
    hide_page(tomas.page, is_hidden=True)
    person = mara.page.locator(f'[data-person="{client_user.pk}"]')
    expect(person).to_contain_text("away")
    write(mara, "Can you look at this?")
    expect(receipt).to_have_text("Sent")
    expect(receipt).to_have_text("Delivered")
    moved = mara.page.evaluate(CLS)
    hide_page(tomas.page, is_hidden=False)
    expect(receipt).to_contain_text("Seen ")
    expect(person).not_to_contain_text("away")
    # The tick before the words moves with their width, and nothing else does.
    assert mara.page.evaluate(CLS) - moved < 0.0005

    # The list of who saw it, from the message's menu.
    item = message(mara.page, "Can you look at this?")
    item.hover()
    item.locator(".message-menu > summary").click()
    mara.page.get_by_role("button", name="Seen by").click()
    dialog = mara.page.get_by_role("dialog", name="Seen by")
    expect(dialog.locator(f'[data-presence-of="{client_user.pk}"]')).to_contain_text("Tomas Okafor")
    expect(dialog.locator(".face.is-here")).to_have_count(1)
    dialog.get_by_role("button", name="Close").click()

    # Hidden, in another tab of theirs: nothing is told any more, and Enter starts a line.
    settings = tomas.context.new_page()
    settings.goto(f"{tomas.site.url}/inbox/settings/")
    for name in ("Read receipts", "Typing", "Enter sends"):
        settings.get_by_label(name, exact=True).uncheck()
    settings.get_by_role("button", name="Save the settings").click()
    expect(settings.get_by_text("Saved.")).to_be_visible()
    expect(tomas.page.locator("#composer-hint")).to_contain_text("Ctrl Enter sends")
    tomas.page.locator("#composer").fill("First line")
    tomas.page.locator("#composer").press("Enter")
    tomas.page.locator("#composer").press_sequentially("and second")
    expect(tomas.page.locator("#composer")).to_have_value("First line\nand second")
    tomas.page.locator("#composer").press("Control+Enter")
    expect(message(mara.page, "and second")).to_be_visible()
    expect(typing).not_to_contain_text("typing")
    write(mara, "Do you still see me?")
    expect(message(tomas.page, "Do you still see me?")).to_be_visible()
    tomas.page.wait_for_timeout(2_500)  # longer than a page waits before it tells
    expect(message(mara.page, "Do you still see me?").locator(".receipt")).to_have_text("Sent")
