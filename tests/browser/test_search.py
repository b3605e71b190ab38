"""Finding what was said: typing, a phone, the keyboard, and going where it stands."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import User
from messaging.models import Message
from rooms.models import Room
from tests.browser.axe import look
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wanted(room: Room, consultant: User, client_user: User, say: Callable[..., Message]) -> Message:
    """A message under many others."""
    message = say(client_user, room, "The consultation about the Übersicht was good")
    for number in range(60):
        say(consultant, room, f"Line {number}")
    return message


@pytest.mark.parametrize("width", [1280, 390])
def test_results_follow_the_typing_and_lead_to_their_place(
    wanted: Message, consultant: User, visit: Callable[..., Visitor], width: int
) -> None:
    visitor = visit(consultant, width)
    page = visitor.page
    found: dict[str, list[str]] = {}
    page.goto(f"{visitor.site.url}/inbox/search/")
    expect(page.get_by_text("words by their beginning")).to_be_visible()
    look(page, found, "without words")
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("consul uber", delay=5)
    hit = page.locator(".search-hit")
    expect(hit).to_have_count(1)
    expect(page.locator(".search-hit mark")).to_have_text(["consultation", "Übersicht"])
    expect(page.locator("#search-status")).to_have_text("1 result")
    expect(page).to_have_url(f"{visitor.site.url}/inbox/search/?q=consul%20uber")
    look(page, found, "with results")
    hit.click()
    expect(page.locator(f"#message-{wanted.pk}")).to_be_in_viewport()
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("consul uber")
    page.get_by_role("link", name="From me").click()
    expect(page.get_by_text("Nothing that you may read answers to this")).to_be_visible()
    look(page, found, "with nothing")
    assert found == {}
