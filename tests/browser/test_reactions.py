"""Reactions in two browsers, the emoji picker, what is kept, and a long conversation."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core.models import Stream
from messaging.models import Message
from rooms.models import Room
from tests.browser.axe import look
from tests.browser.conftest import Visitor
from tests.browser.test_consultation import message, open_menu, write
from tests.browser.test_room import open_room

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Visitor]
Say = Callable[..., Message]

WORDS = "this evening"
LONG = 1_000
MOST_SHOWN = 300
SHOWN = "() => document.querySelectorAll('[data-chat-list] > [data-seq]').length"
# In a reversed column 0 is the lower end.
FROM_END = {
    True: "(log) => log.scrollHeight - log.clientHeight + log.scrollTop",
    False: "(log) => -log.scrollTop",
}
FIRST_IN_VIEW = """(log) => {
    const top = log.getBoundingClientRect().top;
    const found = [...log.querySelectorAll("[data-seq]")].map((one) =>
        [one.dataset.message, one.getBoundingClientRect().bottom]);
    return found.find(([, bottom]) => bottom > top);
}"""
MOVED = """(log, [message, before]) => log.querySelector(`[data-message="${message}"]`)
    .getBoundingClientRect().bottom - before"""


@pytest.fixture
def said(room: Room, client_user: User, say: Say) -> Message:
    """What the consultant reacts to."""
    return say(client_user, room, "It closes *this evening*.\n```\norders = 14\n```")


@pytest.fixture
def another(make_room: Callable[..., Room]) -> Room:
    """Where it is forwarded to."""
    return make_room("Halden access review", active=True)


def test_two_people_react_keep_and_forward(
    said: Message, room: Room, another: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    mara, tomas = visit(consultant), visit(client_user, 390)
    page, other = open_room(mara, room), open_room(tomas, room, f"?message={said.pk}")
    found: dict[str, list[str]] = {}
    react(page, other, found)
    pick(page, other, found)
    pin(page, other, found)
    forward(page, found)
    save(mara, found)
    assert found == {}


def react(page: Page, other: Page, found: dict[str, list[str]]) -> None:
    """By the keyboard, by a finger, and back; the other one hears of it."""
    open_menu(page, WORDS)
    expect(page.get_by_role("group", name="React")).to_be_visible()
    look(page, found, "the menu")
    message(page, WORDS).locator(".message-menu > summary").focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    mine = message(page, WORDS).locator("[data-reaction]")
    expect(mine).to_have_accessible_name("Red heart, 1")
    expect(mine).to_have_accessible_description("Mara Lindqvist")
    expect(mine).to_have_attribute("aria-pressed", "true")
    expect(other.locator("[data-chat-announce]")).to_have_text(
        "Mara Lindqvist reacted to your message: Red heart"
    )
    theirs = message(other, WORDS).locator("[data-reaction]")
    expect(theirs).to_have_attribute("aria-pressed", "false")
    theirs.tap()
    expect(mine).to_have_accessible_name("Red heart, 2")
    expect(mine).to_have_accessible_description("Mara Lindqvist, Tomas Okafor")
    mine.click()
    expect(theirs).to_have_accessible_name("Red heart, 1")
    expect(theirs).to_have_attribute("aria-pressed", "true")
    expect(mine).to_have_attribute("aria-pressed", "false")
    expect(mine).to_be_focused()


def pick(page: Page, other: Page, found: dict[str, list[str]]) -> None:
    """The picker, for a reaction and in the composer."""
    message(page, WORDS).get_by_role("button", name="Add a reaction").click()
    search = page.get_by_role("dialog").get_by_role("combobox")
    search.fill("hedgehog")
    expect(page.get_by_role("option", name="🦔, hedgehog")).to_be_visible()
    look(page, found, "the picker")
    page.get_by_role("option", name="🦔, hedgehog").click()
    expect(message(other, WORDS).get_by_role("button", name="Hedgehog, 1")).to_be_visible()
    page.locator("#composer").fill("Well done ")
    page.get_by_role("button", name="Emoji", exact=True).click()
    search.fill("rocket")
    page.get_by_role("option", name="🚀, rocket").click()
    expect(page.locator("#composer")).to_have_value("Well done 🚀")
    expect(page.locator("#composer")).to_be_focused()


def pin(page: Page, other: Page, found: dict[str, list[str]]) -> None:
    """Live for both, listed, and one jumps from the list."""
    open_menu(page, WORDS)
    page.get_by_role("button", name="Pin for everybody").click()
    expect(message(other, WORDS).get_by_text("Pinned", exact=True)).to_be_visible()
    page.get_by_role("button", name="Pinned messages").click()
    expect(page.locator("#pins").get_by_role("link")).to_have_count(1)
    look(page, found, "the pins")
    page.locator("#pins").get_by_role("link").click()
    expect(page.locator("#pins")).to_be_hidden()
    expect(page.locator(".is-linked")).to_contain_text(WORDS)
    page.get_by_role("button", name="Pinned messages").click()
    page.get_by_role("button", name="Unpin the message of Tomas").click()
    expect(page.get_by_text("Nothing is pinned.")).to_be_visible()
    expect(message(other, WORDS).get_by_text("Pinned", exact=True)).to_have_count(0)
    page.keyboard.press("Escape")


def forward(page: Page, found: dict[str, list[str]]) -> None:
    """To a conversation that one looks for."""
    open_menu(page, WORDS)
    page.get_by_role("button", name="Forward").click()
    targets = page.locator("#forward-targets").get_by_role("button")
    expect(targets).to_have_count(2)
    page.get_by_label("Search your conversations").press_sequentially("halden", delay=40)
    expect(targets).to_have_count(1)
    look(page, found, "forwarding")
    targets.click()
    expect(page.locator("#forward")).to_be_hidden()
    expect(page.locator("[data-chat-announce]")).to_have_text("Forwarded to Halden access review")


def save(mara: Visitor, found: dict[str, list[str]]) -> None:
    """And find it again, from another page."""
    page = mara.page
    open_menu(page, WORDS)
    page.get_by_role("button", name="Save for me").click()
    expect(page.locator("[data-chat-announce]")).to_have_text("Saved for you")
    page.goto(f"{mara.site.url}/inbox/saved/")
    look(page, found, "saved")
    page.get_by_role("link", name="Go to the message").click()
    expect(page.locator(".is-linked")).to_contain_text(WORDS)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the code").click()
    assert page.evaluate("() => navigator.clipboard.readText()") == "orders = 14"


@pytest.fixture
def long_talk(room: Room, client_user: User, say: Say) -> Room:
    """1,000 messages, and an answer to the first."""
    first = say(client_user, room, "Number 0000")
    Message.objects.bulk_create(
        Message(
            conversation=room.conversation,
            author=client_user,
            client_id=uuid4(),
            body=f"Number {number:04}",
            body_html=f"<p>Number {number:04}</p>",
            seq=first.seq + number,
        )
        for number in range(1, LONG)
    )
    head = first.seq + LONG - 1
    Stream.objects.filter(object_id=room.conversation_id).update(head=head)
    say(client_user, room, "To the first", reply_to=first)
    return room


def test_a_long_conversation_stays_bounded(
    long_talk: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    page = open_room(visit(consultant), long_talk)
    expect(message(page, "To the first")).to_be_in_viewport()
    assert scroll_to(page, "Number 0000", up=True) <= MOST_SHOWN
    expect(message(page, "To the first")).to_have_count(0)
    assert_without_gap(page)
    # What is written meanwhile is told, and is there when one comes back down.
    tomas = visit(client_user)
    open_room(tomas, long_talk)
    write(tomas, "Still there?")
    expect(page.get_by_role("button", name="1 new message")).to_be_visible()
    assert scroll_to(page, "Still there?", up=False) <= MOST_SHOWN
    assert assert_without_gap(page)[-1] == LONG - 1
    expect(page.get_by_role("button", name="1 new message")).to_be_hidden()
    # An original that is not loaded any more is loaded, with what is around it.
    message(page, "To the first").locator(".message-quote").click()
    expect(message(page, "Number 0000")).to_be_in_viewport()
    expect(page.locator(".is-linked")).to_have_count(1)
    page.get_by_role("button", name="To the newest").click()
    expect(message(page, "Still there?")).to_be_in_viewport()
    expect(page.get_by_role("button", name="To the newest")).to_be_hidden()


def scroll_to(page: Page, words: str, *, up: bool) -> int:
    """Scroll by screens to the end where the message is; the most messages that were there."""
    most: int = 0
    log = page.locator("[data-chat-log]")
    for _ in range(200):
        log.evaluate("(log, by) => log.scrollBy(0, by * log.clientHeight * 3)", -1 if up else 1)
        place = log.evaluate(FIRST_IN_VIEW)
        page.wait_for_timeout(60)
        moved = log.evaluate(MOVED, place)
        assert abs(moved) < 3, f"What one reads moved by {moved} px."
        most = max(most, page.evaluate(SHOWN))
        if message(page, words).count() and log.evaluate(FROM_END[up]) < 5:
            return int(most)
    raise AssertionError(f"{words!r} was not reached.")


def assert_without_gap(page: Page) -> list[int]:
    bodies = page.locator("[data-chat-list] .message-body").all_inner_texts()
    numbers = [int(words.removeprefix("Number ")) for words in bodies if words[:6] == "Number"]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    return numbers
