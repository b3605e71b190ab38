"""Drafts on two devices of one person, sending later, and being reminded, in browsers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.models import User
from messaging import tasks
from messaging.models import Message, Reminder, ScheduledMessage
from rooms.models import Room
from tests.browser.conftest import Visitor, at_rest
from tests.browser.test_consultation import message, open_menu
from tests.browser.test_room import open_room

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Visitor]


@pytest.fixture
def said(room: Room, client_user: User, say: Callable[..., Message]) -> Message:
    """What one wants to be reminded of."""
    return say(client_user, room, "Where is the August sheet?")


@contextmanager
def background() -> Iterator[None]:
    """What happens beside the browsers: time, and the worker."""
    with at_rest():
        yield


def composer(page: Page) -> Locator:
    return page.locator("#composer")


def test_a_draft_on_two_devices(
    room: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    laptop, phone = visit(consultant), visit(consultant)
    here, there = open_room(laptop, room), open_room(phone, room)
    composer(here).press_sequentially("Day first, ")
    expect(composer(there)).to_have_value("Day first, ")
    composer(there).press_sequentially("your whole sheet is.")
    expect(composer(here)).to_have_value("Day first, your whole sheet is.")
    # Both write on without knowing of each other: nobody's words go.
    laptop.context.set_offline(True)
    composer(here).fill("Written on the train")
    composer(there).fill("Written at the desk")
    there.wait_for_timeout(1_500)
    laptop.context.set_offline(False)
    offer = here.locator("[data-draft-other]")
    expect(offer).to_contain_text("You wrote something else on another device.")
    expect(composer(here)).to_have_value("Written on the train")
    expect(composer(there)).to_have_value("Written at the desk")
    here.get_by_role("button", name="Take it").click()
    expect(offer).to_be_hidden()
    expect(composer(here)).to_have_value("Written at the desk")
    # Sent here, it is over there too, also after a reload.
    here.get_by_role("button", name="Send", exact=True).click()
    expect(message(there, "Written at the desk")).to_be_visible()
    expect(composer(there)).to_have_value("")
    there.reload()
    expect(message(there, "Written at the desk")).to_be_visible()
    expect(composer(there)).to_have_value("")


def test_sent_later(
    room: Room, consultant: User, client_user: User, visit: Visit, browser: Browser
) -> None:
    mara, desk, tomas = visit(consultant), visit(consultant), visit(client_user)
    page, other = open_room(mara, room), open_room(tomas, room)
    composer(page).fill("Good morning")
    page.locator("[data-later] > summary").click()
    page.get_by_role("button", name="Tomorrow 9:00").click()
    strip = page.locator(".scheduled-strip")
    expect(strip).to_contain_text("1 message will be sent tomorrow 9:00")
    expect(composer(page)).to_have_value("")
    # Another time, by the page of all of them, on another device.
    desk.page.goto(f"{desk.site.url}/inbox/scheduled/")
    desk.page.get_by_role("link", name="Change").click()
    desk.page.get_by_label("Message").fill("Good evening")
    desk.page.get_by_role("button", name="Keep this").click()
    strip.locator("summary").click()
    expect(strip).to_contain_text("Good evening")
    composer(page).fill("Never mind")
    page.locator("[data-later] > summary").click()
    page.get_by_role("button", name="In an hour").click()
    expect(strip).to_contain_text("2 messages will be sent")
    row = strip.locator("li", has_text="Never mind")
    row.get_by_role("button", name="Cancel").click()
    expect(strip).to_contain_text("1 message will be sent")
    expect(page.get_by_text("the words are back here")).to_be_visible()
    expect(composer(page)).to_have_value("Never mind")
    expect(message(other, "Good")).to_have_count(0)
    with background():
        ScheduledMessage.objects.update(send_at=timezone.now())
        tasks.send_due_messages()
    for each in (page, other):
        expect(message(each, "Good evening")).to_have_count(1)
    expect(strip).to_have_count(0)


def test_reminded_on_every_page_until_it_is_answered(
    room: Room, said: Message, consultant: User, visit: Visit
) -> None:
    laptop, phone = visit(consultant), visit(consultant)
    page, other = open_room(laptop, room), open_room(phone, room)
    open_menu(page, "August")
    page.get_by_role("button", name="Remind me about this").click()
    dialog = page.get_by_role("dialog", name="Remind me about this")
    dialog.get_by_label("Note").fill("Ask Anna")
    dialog.get_by_role("button", name="Tomorrow 9:00").click()
    expect(dialog).to_be_hidden()
    with background():
        Reminder.objects.update(remind_at=timezone.now() - timedelta(seconds=1))
        tasks.tell_due_reminders()
    for each in (page, other):
        expect(each.locator(".toast-note")).to_contain_text("Ask Anna. Tomas Okafor: Where is")
    page.get_by_role("button", name="In an hour").click()
    for each in (page, other):
        expect(each.locator(".toast-note")).to_have_count(0)
    with background():
        Reminder.objects.update(remind_at=timezone.now() - timedelta(seconds=1))
        tasks.tell_due_reminders()
    expect(other.get_by_role("link", name="Go to it")).to_be_visible()
    other.reload()
    other.get_by_role("button", name="Done").click()
    expect(page.locator(".toast-note")).to_have_count(0)
    page.goto(f"{laptop.site.url}/inbox/reminders/")
    expect(page.get_by_text("Reminders will be listed here")).to_be_visible()
