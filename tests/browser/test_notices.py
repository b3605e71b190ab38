"""What is live on every page: presence, reminders, the number of what waits, and new messages."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from messaging import tasks
from messaging.actions.contacts import open_direct
from messaging.actions.messages import send_message
from messaging.actions.places import Mute, keep_conversation
from messaging.actions.reminders import set_reminder
from messaging.actions.settings import change_settings
from messaging.models import Conversation, Message, Reminder
from rooms.models import Room
from tests.browser.axe import look
from tests.browser.conftest import Visitor, at_rest
from tests.browser.test_consultation import open_menu, show
from tests.browser.test_receipts import hide_page
from tests.browser.test_room import open_room
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Visitor]

RECORDS = """
    window.shown = [];
    const asked = window.Notification;
    window.Notification = class extends EventTarget {
        static get permission() { return asked.permission; }
        static requestPermission() { return asked.requestPermission(); }
        constructor(title, { body, tag }) {
            super();
            Object.assign(this, { title, body, tag });
            window.shown.push(this);
        }
        close() { window.shown = window.shown.filter((one) => one !== this); }
    };
"""
"""What the device shows lies outside of the page."""


NEW = "a long walk by the sea"
WAITS = re.compile("1 conversation with something new")


@pytest.fixture
def talk(room: Room, consultant: User, client_user: User) -> Conversation:
    """Of two who share a room, with nothing said."""
    return open_direct(actor=client_user, other=consultant)


def say(actor: User, talk: Conversation, words: str) -> Message:
    with at_rest():
        return send_message(actor=actor, conversation=talk, body=words)


def go(visitor: Visitor, path: str, page: Page | None = None) -> Page:
    """To a page, until it is live."""
    page, frames = page or visitor.page, list[Any]()

    def hear(frame: Any) -> None:
        frames.append(frame)

    page.on("framenavigated", lambda _: frames.clear())
    page.on("websocket", lambda socket: socket.on("framereceived", hear))
    page.goto(f"{visitor.site.url}{path}")
    for _ in range(100):
        if any('"subscribed"' in frame for frame in frames):
            return page
        page.wait_for_timeout(50)
    raise AssertionError(f"{path} is not live.")


def toast(page: Page) -> str:
    note = page.locator(".toast-note")
    expect(note).to_have_count(1)
    return note.locator("p").inner_text()


# Every page ------------------------------------------------------------------------------


def test_who_reads_elsewhere_is_here(
    talk: Conversation, consultant: User, client_user: User, visit: Visit
) -> None:
    mara, tomas = visit(consultant), visit(client_user)
    page = go(mara, f"/inbox/{talk.pk}/")
    word = page.locator(".thread-head [data-presence-word]")
    go(tomas, "/inbox/templates/")
    expect(word).to_contain_text("Online")
    hide_page(tomas.page, is_hidden=True)
    expect(word).to_contain_text("Away")
    tomas.page.goto("about:blank")
    expect(word).to_contain_text("Last seen")
    # Back, anew or as the browser kept the page, they are here again.
    tomas.page.go_back()
    expect(word).to_contain_text("Online")
    tomas.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(word).to_contain_text("Last seen")
    tomas.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(word).to_contain_text("Online")


def test_one_socket_and_none_for_who_is_not_signed_in(
    talk: Conversation, consultant: User, visit: Visit
) -> None:
    mara, nobody = visit(consultant), visit()
    opened: list[str] = []
    for each in (mara, nobody):
        each.page.on("websocket", lambda socket: opened.append(socket.url))
    nobody.page.goto(f"{nobody.site.url}/accounts/login/")
    nobody.page.wait_for_timeout(700)
    assert opened == []
    for path in ("/", "/profile/", f"/inbox/{talk.pk}/"):
        opened.clear()
        go(mara, path)
        mara.page.wait_for_timeout(700)
        assert len(opened) == 1, path


def test_a_page_goes_on_with_a_new_session_and_says_when_there_is_none(
    talk: Conversation, consultant: User, client_user: User, visit: Visit
) -> None:
    mara = visit(consultant)
    page, other = go(mara, "/rooms/"), mara.context.new_page()
    other.goto(f"{mara.site.url}/accounts/password/change/")
    for name, words in {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}.items():
        other.locator(f"[name={name}]").fill(words)
    with page.expect_websocket():
        other.get_by_role("button", name="Change").click()
    page.wait_for_timeout(1_000)
    hide_page(other, is_hidden=True)
    say(client_user, talk, "Still there?")
    expect(page.locator(".toast-note")).to_contain_text("Still there?")
    expect(page.locator("#connection")).to_be_hidden()
    other.goto(f"{mara.site.url}/accounts/logout/")
    other.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.locator("#connection")).to_contain_text("You are signed out.")
    expect(page.locator(".toast-note")).to_have_count(0)


def test_a_reminder_is_told_where_one_searches(
    talk: Conversation, consultant: User, client_user: User, visit: Visit
) -> None:
    said = say(client_user, talk, "Where is the August sheet?")
    with at_rest():
        at = timezone.now() + timedelta(days=1)
        set_reminder(actor=consultant, message=said, remind_at=at, note="Ask Anna")
    page = go(visit(consultant), "/inbox/search/?q=sheet")
    with at_rest():
        Reminder.objects.update(remind_at=timezone.now() - timedelta(seconds=1))
        tasks.tell_due_reminders()
    assert "Ask Anna. Tomas Okafor: Where is" in toast(page)
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".toast-note")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_number_of_what_waits_stays_true(
    talk: Conversation, consultant: User, client_user: User, visit: Visit, width: int
) -> None:
    here, there = visit(consultant, width), visit(consultant)
    page = go(here, "/rooms/")
    entry = page.get_by_role("navigation").get_by_role("link", name="Messages")
    expect(entry).to_have_accessible_name("Messages")
    say(client_user, talk, "Are you there?")
    expect(entry).to_have_accessible_name(WAITS)
    expect(page).to_have_title("Consultations · Consult Suite")
    found: dict[str, list[str]] = {}
    look(page, found, page.url)
    assert found == {}
    # Read on another device, it waits no more, and nothing tells of it.
    assert toast(page) == "Tomas Okafor: Are you there?"
    go(there, f"/inbox/{talk.pk}/")
    expect(entry).to_have_accessible_name("Messages")
    expect(page.locator(".toast-note")).to_have_count(0)


# Messages --------------------------------------------------------------------------------


def test_one_toast_tells_of_the_latest_message(
    talk: Conversation, room: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    mara = visit(consultant)
    page = go(mara, "/inbox/templates/")
    say(client_user, talk, "First")
    expect(page.locator(".toast-note")).to_contain_text("Tomas Okafor: First")
    say(consultant, talk, "My own, from elsewhere")
    say(client_user, room.conversation, "**Second**")
    expect(page.locator(".toast-note")).to_contain_text(f"Tomas Okafor in “{room.name}”: Second")
    assert "Second" in toast(page)
    page.get_by_role("link", name="Open").click()
    expect(page.locator(".message-body").last).to_have_text("Second")
    # Before the person nothing else is told of it, and of another conversation it is.
    say(client_user, room.conversation, "Third")
    expect(page.locator(".message-body").last).to_have_text("Third")
    say(client_user, talk, "Fourth")
    expect(page.locator(".toast-note")).to_contain_text("Tomas Okafor: Fourth")
    assert "Fourth" in toast(page)
    # Where the list is in view it tells by itself.
    go(mara, "/inbox/")
    say(client_user, talk, "Fifth")
    expect(page.locator("[data-row]").first).to_contain_text("Fifth")
    page.wait_for_timeout(1_000)
    expect(page.locator(".toast-note")).to_have_count(0)


def test_what_is_muted_is_not_told(
    talk: Conversation, room: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    with at_rest():
        keep_conversation(actor=consultant, conversation=talk, mute=Mute.HOUR)
    page = go(visit(consultant), "/")
    with page.expect_response(lambda answer: "/notice/" in answer.url) as answer:
        say(client_user, talk, "Muted")
    assert answer.value.status == 204
    say(client_user, room.conversation, "Heard")
    expect(page.locator(".toast-note")).to_contain_text("Heard")
    assert "Heard" in toast(page)
    entry = page.get_by_role("navigation").get_by_role("link", name="Messages")
    expect(entry).to_have_accessible_name(WAITS)


def test_nothing_is_told_in_quiet_hours(
    talk: Conversation, consultant: User, client_user: User, visit: Visit
) -> None:
    now = timezone.localtime(timezone=ZoneInfo(consultant.timezone))
    hours = {
        "quiet_from": (now - timedelta(hours=1)).time(),
        "quiet_until": (now + timedelta(hours=1)).time(),
    }
    with at_rest():
        change_settings(actor=consultant, user=consultant, changes=hours)
    page = go(visit(consultant), "/")
    with page.expect_response(lambda answer: "/notice/" in answer.url) as answer:
        say(client_user, talk, "Still up?")
    assert answer.value.status == 204
    expect(page.locator(".toast-note")).to_have_count(0)


def test_of_several_tabs_one_tells(
    talk: Conversation, consultant: User, client_user: User, visit: Visit
) -> None:
    mara = visit(consultant, permissions=["notifications"])
    mara.context.add_init_script(RECORDS)
    first = go(mara, "/inbox/settings/")
    first.get_by_role("button", name="Show notifications on this device").click()
    expect(first.get_by_role("button", name="Stop on this device")).to_be_visible()
    go(mara, "/")
    second = go(mara, "/profile/", mara.context.new_page())
    notes = [page.locator(".toast-note") for page in (first, second)]

    # Both in view, one tells; one behind the other, the one in view.
    say(client_user, talk, "One")
    first.wait_for_timeout(1_500)
    assert sum(note.count() for note in notes) == 1
    hide_page(first, is_hidden=True)
    say(client_user, talk, "Two")
    expect(notes[1]).to_contain_text("Two")
    # None in view, the device shows it, once; what opens it is read.
    hide_page(second, is_hidden=True)
    say(client_user, talk, "Three")
    second.wait_for_timeout(4_500)
    shown = [
        page.evaluate("shown.map(({ title, body }) => [title, body])") for page in (first, second)
    ]
    assert sorted(shown) == [[], [["Tomas Okafor", "Three"]]]
    speaker = (first, second)[not shown[0]]
    speaker.evaluate("shown[0].dispatchEvent(new Event('click'))")
    expect(speaker).to_have_url(re.compile(f"/inbox/{talk.pk}/"))


def test_it_is_said_that_the_browser_refuses(consultant: User, visit: Visit) -> None:
    page = visit(consultant).page
    page.goto(f"{page.url}inbox/settings/")
    page.get_by_role("button", name="Show notifications on this device").click()
    expect(page.get_by_text("Your browser blocks notifications of this site.")).to_be_visible()
    expect(page.locator("[data-device-switch]")).to_be_hidden()
    found: dict[str, list[str]] = {}
    look(page, found, page.url)
    assert found == {}


# Where toasts stand ------------------------------------------------------------------------


def test_a_toast_never_lies_over_send(
    room: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    said = say(consultant, room.conversation, "Take this away")
    mara = visit(consultant, 390)
    page = open_room(mara, room)
    show(mara, "chat")
    page.route("**/delete/", lambda route: route.abort("connectionrefused"))
    open_menu(page, said.body)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete message").click()
    expect(page.locator(".toast-note")).to_contain_text("No connection.")
    for words in ("One line", "So\nmany\nlines\nthat\nit\ngrows"):
        page.locator("#composer").fill(words)
        page.get_by_role("button", name="Send", exact=True).click(trial=True, timeout=2_000)
