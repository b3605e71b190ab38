"""A room in the browser: what is kept, found again, lost on purpose."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from messaging.models import Message
from rooms.models import Room
from tests.browser.conftest import Site, Visitor
from tests.browser.test_consultation import message, messages, open_menu, write

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Visitor]


@pytest.fixture
def linked(long_room: Room) -> str:
    """The id of an old message in it."""
    return str(Message.objects.get(conversation=long_room.conversation, body="Number 040").pk)


@pytest.fixture
def long_room(room: Room, client_user: User, say: Callable[..., Message]) -> Room:
    """A room with 150 messages of the client."""
    for number in range(150):
        say(client_user, room, f"Number {number:03}")
    return room


@pytest.fixture
def said(room: Room, client_user: User, say: Callable[..., Message]) -> Message:
    """A message to answer to."""
    return say(client_user, room, "What one answers to")


def open_room(visitor: Visitor, room: Room, query: str = "") -> Page:
    visitor.page.goto(f"{visitor.site.url}/rooms/{room.pk}/{query}")
    expect(visitor.page.locator("[data-chat-list]")).to_be_attached()
    return visitor.page


def test_scrolling_up_loads_earlier_messages_and_keeps_the_place(
    long_room: Room, consultant: User, visit: Visit
) -> None:
    page = open_room(visit(consultant), long_room)
    expect(messages(page).last).to_have_text("Number 149")
    expect(message(page, "Number 149")).to_be_in_viewport()
    oldest = message(page, "Number 102")
    oldest.scroll_into_view_if_needed()
    before = oldest.bounding_box()
    expect(message(page, "Number 060")).to_be_attached()
    after = oldest.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
    for _ in range(4):
        page.locator("[data-chat-list] > li").first.scroll_into_view_if_needed()
        page.wait_for_timeout(150)
    expect(message(page, "Number 000")).to_be_attached()
    texts = [words for words in messages(page).all_inner_texts() if words.startswith("Number")]
    assert texts == [f"Number {number:03}" for number in range(150)]


def test_link_leads_to_an_old_message_and_back_to_the_present(
    long_room: Room, linked: str, consultant: User, visit: Visit
) -> None:
    page = open_room(visit(consultant), long_room, f"?message={linked}")
    target = message(page, "Number 040")
    expect(target).to_be_in_viewport()
    expect(target).to_have_class(re.compile("is-linked"))
    expect(message(page, "Number 149")).to_have_count(0)
    page.get_by_role("button", name="To the newest").click()
    expect(message(page, "Number 149")).to_be_in_viewport()


def test_new_messages_below_are_told_by_a_button(
    long_room: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    mara, tomas = visit(consultant), visit(client_user)
    page = open_room(mara, long_room)
    open_room(tomas, long_room)
    place = message(page, "Number 110")
    place.scroll_into_view_if_needed()
    before = place.bounding_box()
    write(tomas, "Down here")
    button = page.get_by_role("button", name="1 new message")
    expect(button).to_be_visible()
    assert place.bounding_box() == before
    expect(page.locator("[data-unread-line]")).to_have_count(1)
    button.click()
    expect(message(page, "Down here")).to_be_in_viewport()
    expect(button).to_be_hidden()


def test_draft_outlives_a_reload(room: Room, consultant: User, visit: Visit) -> None:
    page = open_room(visit(consultant), room)
    page.locator("#composer").fill("Half a thought")
    page.reload()
    expect(page.locator("#composer")).to_have_value("Half a thought")


def test_reply_and_edit_outlive_a_reload(
    room: Room, consultant: User, said: Message, visit: Visit
) -> None:
    page = open_room(visit(consultant), room)
    open_menu(page, "What one answers to")
    page.get_by_role("button", name="Reply").click()
    page.locator("#composer").fill("Half an answer")
    page.reload()
    expect(page.locator("#composer")).to_have_value("Half an answer")
    expect(page.locator("[data-composer-context]")).to_contain_text("What one answers to")
    page.get_by_role("button", name="Send").click()
    expect(message(page, "Half an answer").locator(".message-quote")).to_be_visible()
    page.locator("#composer").press("ArrowUp")
    expect(page.locator("#composer")).to_have_value("Half an answer")
    page.locator("#composer").fill("A whole answer")
    page.reload()
    expect(page.locator("#composer")).to_have_value("A whole answer")
    page.get_by_role("button", name="Send").click()
    expect(message(page, "A whole answer")).to_contain_text("Edited")
    expect(page.locator("#composer")).to_have_value("")
    page.reload()
    expect(page.locator("#composer")).to_have_value("")


def test_words_of_a_closed_conversation_are_not_lost(
    room: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    mara, tomas = visit(consultant), visit(client_user)
    page = open_room(tomas, room)
    open_room(mara, room)
    page.locator("#composer").fill("What I still wanted to say")
    mara.page.locator("#room-header").get_by_role("button", name="Complete").first.click()
    mara.page.locator("#complete").get_by_role("button", name="Complete").click()
    unsent = page.get_by_role("region", name="Not sent")
    expect(unsent).to_contain_text("What I still wanted to say")
    page.reload()
    expect(unsent).to_be_visible()
    unsent.get_by_role("button", name="Throw it away").click()
    expect(unsent).to_be_hidden()
    page.reload()
    expect(page.locator(".composer-closed")).to_be_visible()
    expect(unsent).to_be_hidden()


def test_pending_message_outlives_a_reload(
    room: Room, consultant: User, visit: Visit, site: Site
) -> None:
    mara = visit(consultant)
    page = open_room(mara, room)
    expect(page.locator(".side-people .face.is-live")).to_have_count(1)
    site.kill()
    write(mara, "Written in a tunnel")
    expect(page.locator("[data-chat-pending] .is-pending")).to_have_text("Written in a tunnel")
    site.start()
    page.reload()
    expect(message(page, "Written in a tunnel")).to_have_count(1)
    expect(page.locator("[data-chat-pending] .is-pending")).to_have_count(0)


def test_pending_message_is_sent_from_another_page(
    room: Room, consultant: User, visit: Visit, site: Site
) -> None:
    mara = visit(consultant)
    page = open_room(mara, room)
    site.kill()
    write(mara, "Written, then the room was left")
    expect(page.locator("[data-chat-pending] .is-pending")).to_have_count(1)
    site.start()
    page.goto(f"{site.url}/rooms/")
    reader = visit(consultant)
    open_room(reader, room)
    expect(message(reader.page, "Written, then the room was left")).to_have_count(1)


def test_refused_message_says_why_and_can_be_taken_back(
    room: Room, consultant: User, visit: Visit
) -> None:
    mara = visit(consultant)
    page = open_room(mara, room)
    nothing = "\N{ZERO WIDTH SPACE}" * 3
    write(mara, nothing)
    receipt = page.locator("[data-chat-pending] [data-receipt]")
    expect(receipt).to_contain_text("Write something before sending.")
    receipt.get_by_role("button", name="Take back").click()
    expect(page.locator("[data-chat-pending] li")).to_have_count(0)
    expect(page.locator("#composer")).to_have_value(nothing)


def test_what_is_too_long_is_said_before_it_is_sent(
    room: Room, consultant: User, visit: Visit
) -> None:
    mara = visit(consultant)
    page = open_room(mara, room)
    write(mara, "x" * 15_000)
    words = page.get_by_text("15,000 characters; 10,000 is the most")
    expect(words).to_be_visible()
    expect(page.locator("#composer")).to_have_value("x" * 15_000)
    write(mara, "x" * 9_999 + "\N{GRINNING FACE}")
    expect(words).to_be_hidden()
    expect(page.locator("#composer")).to_have_value("")


def test_who_is_removed_leaves_at_once(
    room: Room, consultant: User, client_user: User, visit: Visit, site: Site
) -> None:
    mara, tomas = visit(consultant), visit(client_user)
    page = open_room(mara, room)
    open_room(tomas, room)
    expect(page.locator(".side-people .face.is-live")).to_have_count(2)
    page.get_by_role("tab", name="People").click()
    page.get_by_role("button", name="Remove Tomas Okafor").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(tomas.page).to_have_url(f"{site.url}/")
    expect(page.locator(".side-people li")).to_have_count(1)


def test_session_that_ended_keeps_what_was_written(
    room: Room, consultant: User, visit: Visit, site: Site
) -> None:
    mara = visit(consultant)
    page = open_room(mara, room)
    expect(page.locator(".side-people .face.is-live")).to_have_count(1)
    page.locator("#composer").fill("Written before signing out")
    other = mara.context.new_page()
    other.goto(f"{site.url}/accounts/logout/")
    other.get_by_role("button", name="Sign out").click()
    expect(other).to_have_url(f"{site.url}/accounts/login/")
    line = page.locator("#connection")
    expect(line).to_contain_text("You are signed out")
    line.get_by_role("link", name="Sign in again").click()
    page.get_by_label("E-mail").fill(consultant.email)
    page.get_by_label("Password", exact=True).fill("consult-demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#composer")).to_have_value("Written before signing out")


def test_works_without_scripts(room: Room, consultant: User, visit: Visit, site: Site) -> None:
    visitor = visit(consultant, java_script_enabled=False)
    page = visitor.page
    page.goto(f"{site.url}/rooms/{room.pk}/")
    page.locator("#composer").fill("Sent by a plain form")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Sent by a plain form")).to_be_visible()


def test_phone_counts_what_was_said_meanwhile(
    room: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    phone, tomas = visit(consultant, 390), visit(client_user)
    page = open_room(phone, room)
    open_room(tomas, room)
    expect(page.locator(".side-people .face.is-live")).to_have_count(2)
    write(tomas, "Are you there?")
    count = page.locator("[data-chat-count]")
    expect(count).to_have_text("1")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    page.locator("[data-go=chat]").click()
    expect(count).to_be_hidden()
    page.reload()
    expect(message(page, "Are you there?")).to_be_in_viewport()


def test_lost_network_is_said_within_seconds(room: Room, consultant: User, visit: Visit) -> None:
    mara = visit(consultant)
    page = open_room(mara, room)
    expect(page.locator(".side-people .face.is-live")).to_have_count(1)
    mara.context.set_offline(True)
    write(mara, "Written offline")
    line = page.locator("#connection")
    expect(line).to_contain_text("1 message will be sent when you are back", timeout=5_000)
    mara.context.set_offline(False)
    expect(line).to_be_hidden()
    expect(message(page, "Written offline")).to_have_count(1)


def test_arrow_up_edits_the_last_own_message(room: Room, consultant: User, visit: Visit) -> None:
    mara = visit(consultant)
    page = open_room(mara, room)
    write(mara, "A smal mistake")
    expect(message(page, "A smal mistake")).to_have_count(1)
    page.locator("#composer").press("ArrowUp")
    expect(page.locator("#composer")).to_have_value("A smal mistake")
    write(mara, "A small mistake")
    expect(message(page, "A small mistake")).to_contain_text("Edited")


def test_form_that_comes_back_begins_where_something_is_wrong(
    consultant: User, visit: Visit, site: Site
) -> None:
    page = visit(consultant).page
    page.goto(f"{site.url}/rooms/new/")
    page.get_by_label("What is it about?").fill("Kept")
    page.get_by_label("With whom?").fill("nobody at all")
    page.get_by_role("button", name="Start consultation").click()
    expect(page.get_by_label("With whom?")).to_be_focused()
    expect(page.get_by_label("What is it about?")).to_have_value("Kept")


@pytest.fixture
def late(consultant: User, make_person: Callable[..., User]) -> User:
    """Somebody whose own colour is the consultant's."""
    number = 0
    while (person := make_person(f"Mona{number} Late")).person_colour != consultant.person_colour:
        number += 1
    return person


def test_two_people_of_one_room_differ_in_colour(
    room: Room,
    consultant: User,
    client_user: User,
    late: User,
    visit: Visit,
) -> None:
    """Also in messages, which are the same for everybody, and for who comes in meanwhile."""
    mara, tomas, mona = visit(consultant), visit(client_user), visit(late)
    page = open_room(tomas, room)
    open_room(mara, room)
    write(mara, "Whose colour is it?")
    mara.page.get_by_role("tab", name="People").click()
    mara.page.get_by_label("E-mail").fill(late.email)
    mara.page.get_by_role("button", name="Add", exact=True).click()
    expect(mara.page.locator(f".side-people [data-person='{late.pk}']")).to_be_visible()
    open_room(mona, room)
    write(mona, "Mine, says the late one")
    expect(message(page, "Mine, says the late one")).to_be_visible()

    def colour(place: str) -> str:
        found = page.locator(f"{place} .face").first
        return str(found.evaluate("face => getComputedStyle(face).backgroundColor"))

    expect(page.locator(f"[data-person='{late.pk}']")).to_be_visible()
    of_mara, of_mona = (f"[data-author='{person.pk}']" for person in (consultant, late))
    assert colour(of_mara) == colour(f"[data-person='{consultant.pk}']")
    assert colour(of_mona) == colour(f"[data-person='{late.pk}']") != colour(of_mara)
