"""A page moves to the next process when its own is asked to end."""

import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import User
from rooms.models import Room
from tests.browser.conftest import Site, Visitor
from tests.browser.test_consultation import message, write
from tests.browser.test_room import open_room

pytestmark = pytest.mark.django_db(transaction=True)

KEEP_CLOSINGS = """
window.closings = [];
const Own = window.WebSocket;
window.WebSocket = class extends Own {
  constructor(...all) {
    super(...all);
    this.addEventListener("close", (event) => window.closings.push(event.code));
  }
};
"""


def test_page_comes_back_with_its_pending_message(
    room: Room, consultant: User, client_user: User, visit: Callable[..., Visitor], site: Site
) -> None:
    mara, tomas = visit(consultant), visit(client_user)
    mara.context.add_init_script(KEEP_CLOSINGS)
    page, other = open_room(mara, room), open_room(tomas, room)
    write(mara, "Before the restart")
    expect(message(other, "Before the restart")).to_have_count(1)
    assert site.end(signal.SIGTERM) == 0
    write(mara, "Written meanwhile")
    expect(page.locator("[data-chat-pending] .is-pending")).to_have_text("Written meanwhile")
    assert page.evaluate("window.closings")[0] == 1012
    site.start()
    expect(page.locator("[data-chat-pending] .is-pending")).to_have_count(0)
    for each in (page, other):
        expect(message(each, "Written meanwhile")).to_have_count(1)
        expect(each.locator("#connection")).to_be_hidden()
