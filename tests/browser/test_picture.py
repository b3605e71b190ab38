"""The README's picture: the demo consultation as a visitor finds it."""

import os
from collections.abc import Callable

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from accounts.models import User
from rooms.models import Room
from tests.browser.conftest import ROOT, Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(transactional_db: None) -> Room:
    """The demo cast and its live room."""
    call_command("seed_demo", verbosity=0)
    return Room.objects.get(name="Demo consultation")


def test_the_demo_makes_a_picture(demo: Room, visit: Callable[..., Visitor]) -> None:
    """`PICTURES=1` writes docs/room.png anew."""
    consultant, client = (
        visit(User(email=f"{name}@demo.test"), 1280) for name in ("consultant", "client")
    )
    for visitor in (client, consultant):
        visitor.page.goto(f"{visitor.site.url}/rooms/{demo.pk}/")
    expect(consultant.page.locator(".side-people .face.is-live")).to_have_count(2)
    expect(consultant.page.locator(".agenda-row")).to_have_count(4)
    client.page.locator("#composer").press_sequentially("Yes")
    expect(consultant.page.locator("[data-chat-typing]")).to_contain_text("is typing")
    picture = consultant.page.screenshot()
    assert picture.startswith(b"\x89PNG")
    if os.environ.get("PICTURES"):
        (ROOT / "docs" / "room.png").write_bytes(picture)
