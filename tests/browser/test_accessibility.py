"""axe on every page, in both themes, on wide windows and phones: no violations.

A page that is not listed fails `test_every_page_is_visited`.
"""

from collections.abc import Callable, Iterator

import pytest
from django.urls import URLResolver, get_resolver
from playwright.sync_api import Page, expect

from accounts.models import User
from messaging.models import Message
from rooms.models import Room
from tests.browser.axe import violations
from tests.browser.conftest import Visitor
from tests.browser.test_consultation import open_menu, show

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

Visit = Callable[..., Visitor]

SIGNED_OUT = {
    "account_login": "/accounts/login/",
    "account_signup": "/accounts/signup/",
    "account_reset_password": "/accounts/password/reset/",
    "account_reset_password_done": "/accounts/password/reset/done/",
    "account_reset_password_from_key": "/accounts/password/reset/key/1-unknown/",
    "account_reset_password_from_key_done": "/accounts/password/reset/key/done/",
    "account_email_verification_sent": "/accounts/confirm-email/",
    "account_confirm_email": "/accounts/confirm-email/unknown/",
    "account_inactive": "/accounts/inactive/",
}
SIGNED_IN = {
    "home": "/",
    "rooms:list": "/rooms/",
    "rooms:create": "/rooms/new/",
    "rooms:room": "/rooms/{room}/",
    "rooms:settings": "/rooms/{room}/settings/",
    "accounts:profile": "/profile/",
    "account_email": "/accounts/email/",
    "account_change_password": "/accounts/password/change/",
    "account_reauthenticate": "/accounts/reauthenticate/",
    "account_logout": "/accounts/logout/",
    "go": "/go/",
}
NOT_A_PAGE = {
    "account_set_password": "for people without a password, who do not exist yet",
    "account_confirm_login_code": "signing in by code is off",
    "accounts:picture": "a picture",
    "healthz": "JSON",
    "readyz": "plain text",
}
FRAGMENTS = ("messaging:", "rooms:agenda", "rooms:header", "rooms:people", "rooms:stage_")
"""Parts of the room's page, seen there."""
WRITES = {"rooms:start", "rooms:complete", "rooms:cancel"}

every_width = pytest.mark.parametrize("width", [1280, 390])


def url_names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """The names of all routes outside of API and admin."""
    for pattern in resolver.url_patterns:
        if not isinstance(pattern, URLResolver):
            yield ":".join(filter(None, [namespace, pattern.name]))
        elif pattern.namespace not in {"api", "admin"}:
            yield from url_names(pattern, pattern.namespace or namespace)


def test_every_page_is_visited() -> None:
    known = SIGNED_OUT.keys() | SIGNED_IN.keys() | NOT_A_PAGE.keys() | WRITES
    names = set(url_names(get_resolver()))
    assert {n for n in names - known if not n.startswith(FRAGMENTS)} == set()
    assert known - names == set()


@pytest.fixture
def talk(room: Room, consultant: User, client_user: User, say: Callable[..., Message]) -> Room:
    """A room with something of everything in its chat."""
    say(client_user, room, "# A heading\n\n1. one\n2. **two**\n\n`code` and https://example.org")
    say(consultant, room, "```python\nprint('highlighted')\n```\n\n> quoted")
    say(client_user, room, "مرحبا")  # right to left
    say(consultant, room, "An answer", reply_to=Message.objects.latest("seq"))
    return room


@pytest.fixture
def planned(make_room: Callable[..., Room]) -> Room:
    """A room that has not begun."""
    return make_room("A consultation with a name that is longer than most windows are wide " * 2)


def look(page: Page, found: dict[str, list[str]], name: str) -> None:
    """Note what axe finds on the page as it stands, in light and in dark."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        if wrong := violations(page):
            found[f"{name}, {theme}"] = wrong


@every_width
def test_pages_before_signing_in(visit: Visit, width: int) -> None:
    visitor = visit(None, width)
    found: dict[str, list[str]] = {}
    for name, address in SIGNED_OUT.items():
        visitor.page.goto(visitor.site.url + address)
        look(visitor.page, found, name)
    visitor.page.goto(f"{visitor.site.url}/accounts/login/")
    visitor.page.get_by_role("button", name="Sign in", exact=True).click()
    look(visitor.page, found, "sign-in with its errors")
    assert found == {}


@every_width
def test_pages_of_who_is_signed_in(
    talk: Room, planned: Room, consultant: User, visit: Visit, width: int
) -> None:
    visitor = visit(consultant, width)
    found: dict[str, list[str]] = {}
    for name, address in SIGNED_IN.items():
        visitor.page.goto(visitor.site.url + address.format(room=talk.pk))
        look(visitor.page, found, name)
    visitor.page.goto(f"{visitor.site.url}/rooms/new/")
    visitor.page.get_by_role("button", name="Start consultation").click()
    expect(visitor.page.locator("[aria-invalid=true]").first).to_be_visible()
    look(visitor.page, found, "a form with its errors")
    visitor.page.goto(f"{visitor.site.url}/rooms/?q=nothing")
    look(visitor.page, found, "an empty list")
    visitor.page.goto(f"{visitor.site.url}/rooms/{planned.pk}/")
    look(visitor.page, found, "a room before it begins")
    visitor.page.goto(f"{visitor.site.url}/nothing-is-here/")
    look(visitor.page, found, "an address without a page")
    visitor.complaints.clear()  # the browser's own, about the 404
    assert found == {}


@every_width
def test_what_opens_in_a_room(talk: Room, consultant: User, visit: Visit, width: int) -> None:
    visitor = visit(consultant, width)
    page = visitor.page
    found: dict[str, list[str]] = {}
    page.goto(f"{visitor.site.url}/rooms/{talk.pk}/")
    for tab in ("People", "Timeline", "Agenda"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_load_state("networkidle")
        look(page, found, f"the stage's {tab}")
    for pane in ("people", "agenda") if visitor.is_phone else ():
        show(visitor, pane)
        look(page, found, f"the pane {pane}")
    show(visitor, "chat")
    open_menu(page, "An answer")
    expect(page.get_by_role("button", name="Reply")).to_be_visible()
    look(page, found, "a message's menu")
    page.get_by_role("button", name="Reply").click()
    look(page, found, "a reply")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="Home")).to_be_visible()
    look(page, found, "the palette")
    page.keyboard.press("Escape")
    page.locator("[data-chat-log]").focus()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    look(page, found, "the shortcuts")
    page.keyboard.press("Escape")
    complete = page.locator("#room-header").get_by_role("button", name="Complete")
    if not complete.locator("visible=true").count():
        page.get_by_label("More for this consultation").click()
        look(page, found, "the header's menu")
    complete.locator("visible=true").click()
    look(page, found, "the question before completing")
    page.locator("#complete").get_by_role("button", name="Complete").click()
    expect(page.locator("#room-header")).to_contain_text("Completed")
    look(page, found, "a completed room")
    assert found == {}
