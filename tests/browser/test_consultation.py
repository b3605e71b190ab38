"""A consultation held by two people in two browsers, from sign-in to completion."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from tests.browser.conftest import Site, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "Order import: migration plan"


def show(visitor: Visitor, pane: str) -> None:
    """On a phone, go to a pane; on a desktop all are in view."""
    if visitor.is_phone:
        visitor.page.locator(f"[data-go={pane}]").click()


def write(visitor: Visitor, words: str) -> None:
    composer = visitor.page.locator("#composer")
    composer.fill(words)
    visitor.page.get_by_role("button", name="Send").click()


def messages(page: Page) -> Locator:
    return page.locator("[data-chat-list] .message-group .message-body")


def message(page: Page, words: str) -> Locator:
    """The message that says this itself, not one that quotes it."""
    body = page.locator(".message-body", has_text=words)
    return page.locator("[data-chat-list] .message-group").filter(has=body)


def open_menu(page: Page, words: str) -> None:
    item = message(page, words)
    item.locator(".message-body").click()
    item.hover()
    item.locator(".message-menu > summary").click()


@pytest.mark.parametrize("width", [1280, 390])
def test_two_people_hold_a_consultation(
    site: Site,
    consultant: User,
    client_user: User,
    visit: Callable[..., Visitor],
    width: int,
) -> None:
    mara = visit(consultant, width)
    create_room(mara, client_user.email)
    tomas = visit(client_user, width)
    join(tomas)
    chat_both_ways(mara, tomas)
    change_and_take_back(mara, tomas)
    lose_and_regain_the_connection(site, mara, tomas)
    move_the_agenda(mara, tomas)
    complete(mara, tomas)


def create_room(mara: Visitor, client_email: str) -> None:
    page = mara.page
    page.goto(f"{mara.site.url}/rooms/new/")
    page.get_by_label("What is it about?").fill(NAME)
    page.get_by_label("With whom?").fill(client_email)
    page.get_by_role("button", name="Start consultation").click()
    expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
    expect(page.locator("#room-header .live-dot").locator("visible=true")).to_be_visible()
    show(mara, "chat")
    expect(page.get_by_text("Mara Lindqvist started the consultation")).to_be_visible()


def join(tomas: Visitor) -> None:
    page = tomas.page
    page.goto(f"{tomas.site.url}/")
    page.get_by_role("link", name="Open the room").filter(has_text=NAME).click()
    expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
    show(tomas, "chat")


def chat_both_ways(mara: Visitor, tomas: Visitor) -> None:
    # Both see that both are there; before that nobody would hear the typing.
    expect(mara.page.locator(".side-people .face.is-live")).to_have_count(2)
    tomas.page.locator("#composer").press_sequentially("The")
    expect(mara.page.locator("[data-chat-typing]")).to_contain_text("Tomas Okafor is typing")
    write(tomas, "The August sheet has dates like `03/08/26`. Is that **March**?")
    heard = message(mara.page, "The August sheet")
    expect(heard.locator("strong").last).to_have_text("March")
    expect(heard.locator("code")).to_have_text("03/08/26")
    expect(heard).not_to_have_class("is-mine")
    write(mara, "Day first, your whole sheet is.")
    expect(message(tomas.page, "Day first")).to_be_visible()
    expect(message(mara.page, "Day first")).to_have_class("message-group is-mine")
    reply(tomas)
    write(mara, "<script>alert(1)</script> [x](javascript:alert(1))")
    expect(messages(tomas.page).last).to_contain_text("<script>alert(1)</script>")
    assert tomas.page.locator(".message-body a[href^=javascript]").count() == 0


def reply(tomas: Visitor) -> None:
    open_menu(tomas.page, "Day first")
    tomas.page.get_by_role("button", name="Reply").click()
    expect(tomas.page.locator("[data-composer-context]")).to_contain_text("Day first")
    write(tomas, "Thank you.")
    quote = message(tomas.page, "Thank you.").locator(".message-quote")
    expect(quote).to_contain_text("Day first, your whole sheet is.")


def change_and_take_back(mara: Visitor, tomas: Visitor) -> None:
    write(mara, "I set it in the maping.")
    expect(message(tomas.page, "maping")).to_be_visible()
    open_menu(mara.page, "maping")
    mara.page.get_by_role("button", name="Edit", exact=True).click()
    write(mara, "I set it in the mapping.")
    expect(message(tomas.page, "I set it in the mapping.")).to_contain_text("Edited")
    message(tomas.page, "I set it in the mapping.").get_by_role("button", name="Edited").click()
    expect(tomas.page.locator("#history")).to_contain_text("I set it in the maping.")
    tomas.page.keyboard.press("Escape")
    write(mara, "Wrong window, sorry.")
    expect(message(tomas.page, "Wrong window")).to_be_visible()
    open_menu(tomas.page, "Wrong window")
    tomas.page.get_by_role("button", name="Reply").click()
    write(tomas, "No harm done.")
    quote = message(mara.page, "No harm done.").locator(".message-quote")
    expect(quote).to_contain_text("Wrong window")
    open_menu(mara.page, "Wrong window")
    mara.page.get_by_role("button", name="Delete", exact=True).click()
    mara.page.get_by_role("button", name="Delete message").click()
    expect(message(tomas.page, "Wrong window")).to_have_count(0)
    expect(messages(tomas.page).filter(has_text="Message deleted")).to_be_visible()
    expect(quote).to_contain_text("Message deleted")


def lose_and_regain_the_connection(site: Site, mara: Visitor, tomas: Visitor) -> None:
    site.kill()
    write(mara, "That fits what I see in the file.")
    write(mara, "I will add a dry run first.")
    pending = mara.page.locator("[data-chat-pending] .is-pending")
    expect(pending).to_have_count(2)
    line = mara.page.locator("#connection")
    expect(line).to_contain_text("2 messages will be sent when you are back")
    expect(tomas.page.locator("#connection")).to_contain_text("Reconnecting")
    site.start()
    expect(pending).to_have_count(0)
    expect(line).to_be_hidden()
    for page in (mara.page, tomas.page):
        expect(message(page, "That fits what I see")).to_have_count(1)
        expect(messages(page).last).to_have_text("I will add a dry run first.")
    # As stored: the page again, from the server.
    tomas.page.reload()
    show(tomas, "chat")
    expect(messages(tomas.page).last).to_have_text("I will add a dry run first.")
    expect(message(tomas.page, "I will add a dry run first.")).to_have_count(1)


def move_the_agenda(mara: Visitor, tomas: Visitor) -> None:
    show(mara, "agenda")
    show(tomas, "agenda")
    current = tomas.page.locator(".side-agenda [aria-current=step]")
    expect(current).to_contain_text("Where we stand")
    mara.page.get_by_role("button", name="Next item").click()
    expect(current).to_contain_text("The question")
    stage = mara.page.locator(".agenda-row[aria-current=step] input[name=title]")
    expect(stage).to_have_value("The question")
    show(mara, "chat")
    show(tomas, "chat")


def complete(mara: Visitor, tomas: Visitor) -> None:
    tomas.page.locator("#composer").fill("A draft that stays")
    button = mara.page.locator("#room-header").get_by_role("button", name="Complete")
    if not button.locator("visible=true").count():
        mara.page.get_by_label("More for this consultation").click()
    button.locator("visible=true").click()
    mara.page.locator("#complete").get_by_role("button", name="Complete").click()
    for visitor in (mara, tomas):
        expect(visitor.page.locator("#room-header")).to_contain_text("Completed")
        show(visitor, "chat")
        expect(visitor.page.locator(".composer-closed")).to_contain_text("completed")
        expect(visitor.page.locator("#composer")).to_have_count(0)
