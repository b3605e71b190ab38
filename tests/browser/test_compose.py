"""Naming people and inserting templates: by keyboard, by touch, for screen readers."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import BusinessRole, Organisation, User
from messaging.actions.templates import make_template
from rooms.actions.participants import add_participant
from rooms.models import Role, Room
from tests.browser.axe import look
from tests.browser.conftest import Site, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Visitor]


def chosen(page: Page) -> str:
    """The words of the entry that Enter would insert, as the text names it."""
    marked = page.locator("#composer").get_attribute("aria-activedescendant")
    assert marked is not None
    option = page.locator(f"#{marked}[aria-selected=true]")
    return str(option.get_attribute("data-words"))


@pytest.fixture
def talk(
    site: Site, room: Room, consultant: User, house: Organisation, make_person: Callable[..., User]
) -> Room:
    """A room of three, and the consultant's two templates."""
    nora = make_person("Nora Berg", house, BusinessRole.INTERNAL_ENGINEER)
    add_participant(actor=consultant, room=room, user=nora, role=Role.PARTICIPANT)
    words = "Dear {client_name}, see you {next_meeting}."
    make_template(actor=consultant, title="Reminder", shortcut="rem", body=words)
    make_template(actor=consultant, title="Thanks", body="Thank you")
    return room


def test_people_and_templates_are_offered(
    site: Site, talk: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    violations: dict[str, list[str]] = {}
    page = visit(consultant).page
    other = visit(client_user, width=390, is_mobile=True).page
    for each in (page, other):
        each.goto(f"{site.url}/rooms/{talk.pk}/")
    other.locator("[data-go=chat]").tap()
    text = page.locator("#composer")
    people = page.get_by_role("listbox", name="People to mention")
    templates = page.get_by_role("listbox", name="Templates")

    # Names, and @all of who leads: arrows and Enter; Escape leaves it as it is; Tab goes on.
    text.click()
    page.keyboard.type("Ask @")
    expect(people.get_by_role("option")).to_have_count(3)
    expect(text).to_be_focused()
    assert chosen(page) == "Nora Berg"
    page.keyboard.press("ArrowDown")
    assert chosen(page) == "Tomas Okafor"
    look(page, violations, "people")
    page.keyboard.type("oka")
    expect(people.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(text).to_have_value("Ask @Tomas Okafor ")
    expect(people).to_be_hidden()
    page.keyboard.type("or @n")
    expect(people).to_be_visible()
    page.keyboard.press("Escape")
    expect(people).to_be_hidden()
    page.keyboard.type("o")
    expect(people).to_be_hidden()
    page.keyboard.type("body @n")
    expect(people).to_be_visible()
    page.keyboard.press("Tab")
    expect(text).not_to_be_focused()
    expect(people).to_be_hidden()
    text.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    mention = other.locator(".message-body .mention")
    expect(mention).to_have_text("@Tomas Okafor")
    expect(mention).to_have_class("mention is-me")
    expect(page.locator(".message-body .mention")).to_have_class("mention")

    # Templates: the slash, what is filled in, and what is left to fill in.
    page.keyboard.type("/")
    expect(templates.get_by_role("option")).to_have_count(2)
    look(page, violations, "templates")
    page.keyboard.type("rem")
    expect(templates.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(text).to_have_value("Dear Tomas Okafor, see you {next_meeting}.")
    expect(page.locator("#composer-error")).to_have_text("Fill in {next_meeting}.")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator("#composer-error")).to_contain_text("send it once more to leave it so")
    text.fill("Dear Tomas Okafor, see you soon.")
    page.keyboard.press("Enter")
    expect(other.get_by_text("see you soon")).to_be_visible()
    page.get_by_role("button", name="Insert a template").click()
    expect(templates.get_by_role("option")).to_have_count(2)
    page.keyboard.press("Escape")

    # By touch: the entry is tapped, and the text keeps the focus.
    field = other.locator("#composer")
    field.tap()
    field.press_sequentially("@mara")
    entry = other.get_by_role("option", name="Mara Lindqvist")
    box = entry.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    entry.tap()
    expect(field).to_have_value("@Mara Lindqvist ")
    expect(field).to_be_focused()
    assert not violations
