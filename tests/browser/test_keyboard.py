"""Everything by keyboard alone: the palette, the shortcuts, a consultation from end to end."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from messaging.models import Message
from rooms.models import Room
from tests.browser.conftest import Site, Visitor
from tests.browser.test_consultation import NAME, message
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Visitor]
MOST_STOPS = 60


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the control has the focus, as who has no pointer does."""
    for _ in range(MOST_STOPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} is not reached by {MOST_STOPS} times {key}.")


def has_visible_focus(page: Page) -> bool:
    """Whether the control in focus is outlined or changed by more than colour."""
    return bool(
        page.evaluate(
            """() => {
                const style = getComputedStyle(document.activeElement);
                return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
                    || style.boxShadow !== "none";
            }"""
        )
    )


def test_a_consultation_by_keyboard_alone(
    site: Site, consultant: User, client_user: User, visit: Visit
) -> None:
    page = visit().page
    page.goto(f"{site.url}/accounts/login/")
    tab_to(page, page.get_by_label("E-mail"))
    page.keyboard.type(consultant.email)
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, page.locator("main").get_by_role("link", name="New consultation").first)
    assert has_visible_focus(page)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("What is it about?"))
    page.keyboard.type(NAME)
    tab_to(page, page.get_by_label("With whom?"))
    page.keyboard.type(client_user.email)
    tab_to(page, page.get_by_role("button", name="Start consultation"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
    tab_to(page, page.locator("#composer"))
    page.keyboard.type("Written without a mouse.")
    page.keyboard.press("Enter")
    expect(message(page, "Written without a mouse.")).to_be_visible()

    button = page.locator("#room-header").get_by_role("button", name="Complete")
    tab_to(page, button.locator("visible=true"), "Shift+Tab")
    assert has_visible_focus(page)
    page.keyboard.press("Enter")
    dialog = page.locator("#complete")
    # The harmless answer has the focus.
    expect(dialog.get_by_role("button", name="Go on talking")).to_be_focused()
    tab_to(page, dialog.get_by_role("button", name="Complete"))
    page.keyboard.press("Enter")
    expect(page.locator("#room-header")).to_contain_text("Completed")


def test_palette_goes_to_a_room_by_a_part_of_its_name(
    room: Room, consultant: User, visit: Visit
) -> None:
    page = visit(consultant).page
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Go to a page")
    expect(field).to_be_focused()
    expect(page.get_by_role("option", name="Home")).to_be_visible()
    page.keyboard.type("migr")
    option = page.get_by_role("option", name=room.name)
    expect(option).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=room.name)).to_be_visible()


def test_palette_goes_by_arrows_and_closes_to_where_one_was(
    room: Room, consultant: User, visit: Visit
) -> None:
    page = visit(consultant).page
    button = page.get_by_role("link", name="Go to anything")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="Home")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Consultations", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Go to a page")).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("nothing is called that")
    expect(page.locator("#palette")).to_contain_text("Nothing here is called")


def test_palette_changes_the_theme(consultant: User, visit: Visit) -> None:
    page = visit(consultant).page
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    option = page.get_by_role("option", name="Change the theme")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Go to a page")).to_be_hidden()
    assert page.evaluate(ground) != before
    page.reload()
    assert page.evaluate(ground) != before


def test_question_mark_lists_what_this_page_answers_to(
    room: Room, consultant: User, visit: Visit
) -> None:
    mara = visit(consultant)
    page = mara.page
    page.goto(f"{mara.site.url}/rooms/{room.pk}/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Write a message")
    expect(dialog).to_contain_text("Go to home")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    expect(page.locator("#composer")).to_be_focused()
    page.keyboard.type("g?h m")
    expect(page.locator("#composer")).to_have_value("g?h m")
    page.locator("#composer").fill("")
    page.locator("#composer").blur()
    page.keyboard.press("3")
    expect(page.get_by_role("tab", name="Timeline")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(f"{mara.site.url}/")


def test_single_keys_can_be_switched_off(consultant: User, visit: Visit) -> None:
    mara = visit(consultant)
    page = mara.page
    page.goto(f"{mara.site.url}/profile/")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use shortcuts of single keys in this browser").uncheck()
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to a page")).to_be_focused()
    assert page.url.endswith("/profile/")


@pytest.fixture
def three_messages(room: Room, client_user: User, say: Callable[..., Message]) -> Room:
    """A room in which three things were said."""
    for words in ("First", "Second", "Third"):
        say(client_user, room, words)
    return room


def test_messages_are_one_tab_stop(three_messages: Room, consultant: User, visit: Visit) -> None:
    mara = visit(consultant)
    page = mara.page
    page.goto(f"{mara.site.url}/rooms/{three_messages.pk}/")

    def button(words: str) -> Locator:
        return message(page, words).locator(".message-menu > summary")

    expect(page.locator('.message-menu > summary[tabindex="0"]')).to_have_count(1)
    page.locator("[data-chat-log]").focus()
    page.keyboard.press("Tab")
    expect(button("Third")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(button("Second")).to_be_focused()
    page.keyboard.press("Home")
    expect(button("First")).to_be_focused()
    page.keyboard.press("j")
    expect(button("Second")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(message(page, "First").get_by_role("button", name="Reply")).to_be_visible()
    page.keyboard.press("ArrowDown")  # the emoji come first
    expect(message(page, "First").locator(".menu-quick > .menu-item").first).to_be_focused()
    for _ in range(7):
        page.keyboard.press("ArrowDown")
    expect(message(page, "First").get_by_role("button", name="Reply")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button("First")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".message-menu > summary:focus")).to_have_count(0)


def test_focus_stays_where_one_was_when_a_pane_is_drawn_anew(
    room: Room, consultant: User, visit: Visit
) -> None:
    mara = visit(consultant)
    page = mara.page
    page.goto(f"{mara.site.url}/rooms/{room.pk}/")
    first = page.locator(".agenda-row").first
    button = page.locator("summary[aria-label='Actions for Where we stand']")
    button.focus()
    page.keyboard.press("Enter")
    tab_to(page, first.get_by_role("button", name="Move down"))
    page.keyboard.press("Enter")
    expect(first.locator("input[name=title]")).to_have_value("The question")
    expect(button).to_be_focused()
