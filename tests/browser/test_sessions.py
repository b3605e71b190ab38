"""Ending a session elsewhere, as the person at that browser sees it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import User
from messaging.models import Message
from rooms.actions.invitations import invite
from rooms.models import Role, Room, RoomInvitation
from tests.browser.conftest import Visitor
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def said(room: Room, client_user: User, say: Callable[..., Message]) -> Message:
    """What nobody but these two may read."""
    return say(client_user, room, "Said in confidence")


@pytest.fixture
def invited(room: Room, consultant: User) -> list[RoomInvitation]:
    """Two people who have not come yet."""
    return [
        invite(actor=consultant, room=room, email=f"{name}@demo.test", role=Role.CLIENT)
        for name in ("lena", "noor")
    ]


def test_a_session_that_is_ended_elsewhere_says_so_at_once(
    room: Room,
    consultant: User,
    client_user: User,
    said: Message,
    visit: Callable[..., Visitor],
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
    # What the room holds is gone, from the page and its title; the own words wait.
    composer = away.page.locator("#composer")
    expect(composer).to_have_value("Half a thought")
    expect(composer).not_to_be_editable()
    expect(away.page.locator("[data-composer-wait]")).to_have_text("Waiting until you sign in.")
    expect(away.page.get_by_role("heading", level=1)).to_have_text("Signed out")
    page = away.page.content()
    assert "Said in confidence" not in page
    assert room.name not in page
    assert client_user.name not in page
    line.get_by_role("link", name="Sign in again").click()
    away.page.get_by_label("E-mail").fill(consultant.email)
    away.page.get_by_label("Password", exact=True).fill(PASSWORD)
    away.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(composer).to_have_value("Half a thought")
    expect(composer).to_be_editable()
    expect(away.page.get_by_text("Said in confidence")).to_be_visible()
    # The one who ended it goes on.
    here.page.goto(f"{here.site.url}/rooms/{room.pk}/")
    expect(here.page.get_by_role("heading", level=1)).to_contain_text(room.name)


def test_an_open_question_stays_when_the_list_behind_it_changes(
    room: Room,
    consultant: User,
    client_user: User,
    invited: list[RoomInvitation],
    visit: Callable[..., Visitor],
) -> None:
    (here, other), held = (visit(consultant), visit(client_user)), []
    page = here.page
    page.goto(f"{here.site.url}/rooms/{room.pk}/")
    expect(page.locator(".side-people .face.is-live")).to_have_count(1)
    page.get_by_role("tab", name="People").click()
    asks = re.compile("/stage/people/")
    page.route(asks, lambda route: held.append(route))  # noqa: PLW0108 - marked by Playwright
    with page.expect_request(asks):  # and it does not come yet
        other.page.goto(f"{other.site.url}/rooms/{room.pk}/")
    page.get_by_role("button", name="Revoke the invitation of lena").click()
    question = page.get_by_role("dialog")
    expect(question).to_be_visible()
    with page.expect_response(asks):
        held[0].continue_()
        page.unroute(asks)
    page.wait_for_timeout(300)  # as long as the page would take to show it
    expect(question).to_be_visible()
    with page.expect_response(asks):  # what waited is shown when the question is done with
        question.get_by_role("button", name="Keep").click()


def test_the_focus_stays_where_a_row_was(
    room: Room, consultant: User, invited: list[RoomInvitation], visit: Callable[..., Visitor]
) -> None:
    visit(consultant), visit(consultant)
    page = (here := visit(consultant)).page
    page.goto(f"{here.site.url}/profile/sessions/")
    buttons = page.locator("form[data-focus-after] button")
    expect(buttons).to_have_count(2)
    buttons.first.click()
    expect(buttons).to_have_count(1)
    expect(buttons.first).to_be_focused()
    buttons.first.click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    # After a question was answered, too; and htmx writes no style that the policy forbids.
    page.goto(f"{here.site.url}/rooms/{room.pk}/")
    page.get_by_role("tab", name="People").click()
    page.get_by_label("E-mail").evaluate("field => { field.style.color = 'red'; }")
    for following in (
        page.get_by_role("button", name="Revoke the inv"),
        page.get_by_label("E-mail"),
    ):
        page.get_by_role("button", name="Revoke the inv").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(following.first).to_be_focused()
