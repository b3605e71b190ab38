"""Who writes too much at once loses nothing: it goes on by itself."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from rooms.models import Room
from tests.browser.conftest import Site
from tests.browser.test_consultation import messages, write
from tests.browser.test_room import Visit, open_room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_messages_wait_and_go_on_by_themselves(
    site: Site, room: Room, client_user: User, visit: Visit, width: int
) -> None:
    site.kill()
    site.environment = {"RATE_LIMITS": "message.person=3/15s"}
    site.start()
    visitor = visit(client_user, width)
    page = open_room(visitor, room, "?pane=chat")
    if width < 768:
        page.locator("[data-go=chat]").first.click()
    words = [f"Number {number}" for number in range(5)]
    for each in words:
        write(visitor, each)
    wait = page.locator("[data-composer-wait]")
    words_of_the_line = "Your messages are kept and go on by themselves in "
    expect(wait).to_have_text(re.compile(rf"^That was too often. {words_of_the_line}\d+ s"))
    expect(page.locator("[data-chat-announce]")).to_have_text(re.compile("go on by themselves"))
    expect(page.locator("[data-pending]")).to_have_count(2)
    # One may go on writing.
    page.locator("#composer").fill("A draft")
    expect(wait).to_be_visible()
    expect(page.locator("[data-pending]")).to_have_count(0, timeout=40_000)
    expect(wait).to_be_hidden()
    expect(messages(page).nth(-1)).to_have_text(words[-1])
    assert messages(page).all_inner_texts()[-5:] == words
    expect(page.locator("#composer")).to_have_value("A draft")
