"""Ending a session elsewhere, as the person at that browser sees it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import User
from rooms.models import Room
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_a_session_that_is_ended_elsewhere_says_so_at_once(
    room: Room, consultant: User, visit: Callable[..., Visitor]
) -> None:
    away, here = visit(consultant), visit(consultant, 390)
    away.page.goto(f"{away.site.url}/rooms/{room.pk}/")
    expect(away.page.locator(".side-people .face.is-live")).to_have_count(1)
    away.page.locator("#composer").fill("Half a thought")
    here.page.goto(f"{here.site.url}/profile/sessions/")
    expect(here.page.get_by_text("This browser", exact=True)).to_be_visible()
    here.page.get_by_role("button", name="Sign out everywhere else").click()
    here.page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere else").click()
    line = away.page.locator("#connection")
    expect(line).to_contain_text("You are signed out")
    expect(away.page.locator("#composer")).to_have_value("Half a thought")
    line.get_by_role("link", name="Sign in again").click()
    expect(away.page.get_by_label("E-mail")).to_be_visible()
    # The one who ended it goes on.
    here.page.goto(f"{here.site.url}/rooms/{room.pk}/")
    expect(here.page.get_by_role("heading", level=1)).to_contain_text(room.name)
