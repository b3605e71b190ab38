"""A meeting is called in a conversation, moved and cancelled, in two browsers."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from messaging.actions.contacts import open_direct
from messaging.models import Conversation
from rooms.models import Room
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Visitor]
LINK = "https://meet.google.com/abc-defg-hij"


def at(days: int) -> str:
    """Ten o'clock in so many days, as the browser's own field takes it."""
    return f"{timezone.localtime() + timedelta(days=days):%Y-%m-%d}T10:00"


@pytest.fixture
def talk(room: Room, consultant: User, client_user: User) -> Conversation:
    """Mara's with Tomas, who is in New York."""
    User.objects.filter(pk=client_user.pk).update(timezone="America/New_York")
    return open_direct(actor=consultant, other=client_user)


def test_two_people_meet_and_do_not(
    talk: Conversation, consultant: User, client_user: User, visit: Visit
) -> None:
    mara, tomas = visit(consultant), visit(client_user, 390)
    page, other = mara.page, tomas.page
    for each in (page, other):
        each.goto(f"{mara.site.url}/inbox/{talk.pk}/")
    page.get_by_role("link", name="Schedule a meeting").click()
    page.get_by_label("What is it about?").fill("Cut-over rehearsal")
    page.get_by_label("When?").fill(at(2))
    page.get_by_label("Link").fill("https://evil.test/abc")
    page.get_by_role("button", name="Schedule meeting").click()
    expect(page.get_by_text("Paste the whole link").first).to_be_visible()
    expect(page.get_by_label("What is it about?")).to_have_value("Cut-over rehearsal")
    page.get_by_label("Link").fill(LINK)
    page.get_by_role("button", name="Schedule meeting").click()

    for each in (page, other):
        card = each.locator(".meeting", has_text="Cut-over rehearsal")
        expect(card).to_contain_text("30 min")
        expect(card).to_contain_text("New York")
        expect(card).to_contain_text("10:00 to 10:30 your time" if each is page else "your time")
        expect(card.get_by_role("link", name="Join")).to_have_attribute("href", LINK)

    other.goto(f"{mara.site.url}/inbox/meetings/")
    expect(other.get_by_role("list", name="Meetings")).to_contain_text("Cut-over rehearsal")
    other.go_back()

    page.get_by_role("link", name="Move or cancel").click()
    page.get_by_label("Minutes").fill("45")
    page.get_by_role("button", name="Keep changes").click()
    for each in (page, other):
        expect(each.locator(".meeting")).to_contain_text("45 min, changed since it was called")

    page.get_by_role("link", name="Move or cancel").click()
    page.get_by_role("button", name="Cancel the meeting").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel meeting").click()
    for each in (page, other):
        expect(each.locator(".meeting")).to_contain_text("Cancelled")
        expect(each.locator(".meeting").get_by_role("link", name="Join")).to_have_count(0)
