"""Two people write to each other in the inbox, live, at a desk and on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from messaging.actions.contacts import open_direct
from messaging.actions.messages import send_message
from messaging.models import Conversation
from rooms.models import Room
from tests.browser.axe import look
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk(room: Room, consultant: User, client_user: User) -> Conversation:
    """Tomas wrote to Mara."""
    talk = open_direct(actor=client_user, other=consultant)
    send_message(actor=client_user, conversation=talk, body="Hello Mara")
    return talk


def row(page: Page, name: str) -> Locator:
    return page.locator("[data-row]").filter(has_text=name)


def write(page: Page, words: str) -> None:
    page.locator("#composer").fill(words)
    page.get_by_role("button", name="Send", exact=True).click()


def choose(page: Page, action: str) -> None:
    page.locator(".thread-head summary[aria-label='Actions for this conversation']").click()
    page.locator(".thread-head").get_by_role("button", name=action).click()


def test_a_list_that_keeps_itself_true(
    talk: Conversation, consultant: User, client_user: User, visit: Callable[..., Visitor]
) -> None:
    mara, tomas = visit(consultant).page, visit(client_user, 390).page
    site = mara.url
    mara.goto(f"{site}inbox/")
    expect(row(mara, "Tomas Okafor").locator(".count")).to_contain_text("1")
    tomas.goto(f"{site}inbox/")
    row(tomas, "Mara Lindqvist").click()
    write(tomas, "Thursday at ten suits me")
    expect(row(mara, "Tomas Okafor")).to_contain_text("Thursday at ten suits me")
    expect(row(mara, "Tomas Okafor").locator(".count")).to_contain_text("2")
    expect(mara.locator(".rail-count")).to_contain_text("1")

    row(mara, "Tomas Okafor").click()
    expect(mara.locator("[data-chat-list] .message-body").last).to_have_text(
        "Thursday at ten suits me"
    )
    expect(row(mara, "Tomas Okafor").locator(".count")).to_have_count(0)
    expect(mara.locator(".rail-count")).to_be_empty()
    write(mara, "Good")
    expect(tomas.locator("[data-chat-list] .message-body").last).to_have_text("Good")

    choose(mara, "Archive")
    expect(mara.get_by_text("It comes back with a new message")).to_be_visible()
    expect(row(mara, "Tomas Okafor")).to_have_count(0)
    write(tomas, "One more thing")
    expect(row(mara, "Tomas Okafor")).to_contain_text("One more thing")

    finds_as_one_types(mara)
    tomas.get_by_role("link", name="Back to the list").click()
    expect(row(tomas, "Mara Lindqvist")).to_contain_text("You: One more thing")


def finds_as_one_types(page: Page) -> None:
    field = page.get_by_label("Find a conversation by person or name")
    field.press_sequentially("zzz")
    expect(page.locator("[data-row]")).to_have_count(0)
    expect(page.get_by_text("No conversation matches")).to_be_visible()
    field.fill("toma")
    expect(page.locator("[data-inbox-found]")).to_have_text(re.compile(r"^\d conversations?$"))
    expect(row(page, "Tomas Okafor").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"[?&]q=toma"))
    expect(field).to_be_focused()
    field.fill("")
    expect(page).not_to_have_url(re.compile("q="))


def test_the_list_by_keyboard_and_who_asks(
    room: Room, talk: Conversation, consultant: User, outsider: User,
    visit: Callable[..., Visitor],
) -> None:  # fmt: skip
    mara = visit(consultant)
    mara.page.goto(f"{mara.site.url}/inbox/{talk.pk}/")
    row(mara.page, "Tomas Okafor").focus()
    mara.page.keyboard.press("ArrowDown")
    expect(row(mara.page, room.name)).to_be_focused()
    mara.page.keyboard.press("Home")
    expect(row(mara.page, "Tomas Okafor")).to_be_focused()

    jonas = visit(outsider)
    jonas.page.goto(f"{mara.site.url}/inbox/new/")
    jonas.page.get_by_role("link", name="Request a conversation with Mara").click()
    jonas.page.get_by_label("What is it about?").fill("Our ward access list")
    jonas.page.get_by_role("button", name="Send request").click()
    request = mara.page.locator(".contact-request")
    expect(request).to_contain_text("Our ward access list")
    request.get_by_role("button", name="Accept").click()
    expect(mara.page.locator(".thread-head h2")).to_have_text("Jonas Weber")
    write(mara.page, "Welcome")
    jonas.page.goto(f"{mara.site.url}/inbox/")
    expect(row(jonas.page, "Mara Lindqvist")).to_contain_text("Welcome")
    assert mara.complaints == jonas.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_its_pages_are_accessible(
    talk: Conversation, consultant: User, visit: Callable[..., Visitor], width: int
) -> None:
    mara, found = visit(consultant, width), dict[str, list[str]]()
    for path in ("/inbox/", f"/inbox/{talk.pk}/", f"/inbox/{talk.pk}/?pane=details", "/inbox/new/"):
        mara.page.goto(f"{mara.site.url}{path}")
        mara.page.wait_for_load_state("networkidle")
        look(mara.page, found, path)
    mara.page.goto(f"{mara.site.url}/inbox/")
    mara.page.get_by_role("button", name="More filters, and sorting").click()
    look(mara.page, found, "filters")
    assert found == {}
    assert mara.complaints == []
