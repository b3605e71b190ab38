"""axe on every page, in both themes, on wide windows and phones: no violations.

A page that is not listed fails `test_every_page_is_visited`.
"""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.template.loader import get_template
from django.test import Client
from django.urls import URLResolver, get_resolver
from playwright.sync_api import Route, expect

from accounts.models import Organisation, User
from messaging.models import Message
from rooms.actions.invitations import invite
from rooms.models import Role, Room, RoomInvitation
from tests.browser.axe import look
from tests.browser.conftest import Visitor
from tests.browser.test_consultation import open_menu, show
from tests.fixtures import PASSWORD
from tests.oidc import SECRET, Provider, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

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
    "rooms:join": "/rooms/join/unknown/",
    "accounts:join": "/organisation/join/unknown/",
    "socialaccount_login_cancelled": "/accounts/3rdparty/login/cancelled/",
    "socialaccount_login_error": "/accounts/3rdparty/login/error/",
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
    "accounts:sessions": "/profile/sessions/",
    "accounts:tokens": "/profile/tokens/",
    "audit:receipts": "/profile/who-looked/",
    "mfa_index": "/accounts/2fa/",
    "socialaccount_connections": "/accounts/3rdparty/",
    "go": "/go/",
    "messaging:inbox": "/inbox/",
    "messaging:conversation": "/inbox/{conversation}/",
    "messaging:new": "/inbox/new/",
    "messaging:search": "/inbox/search/?q=an",
    "messaging:saved": "/inbox/saved/",
    "messaging:mentions": "/inbox/mentions/",
    "messaging:scheduled": "/inbox/scheduled/",
    "messaging:reminders": "/inbox/reminders/",
    "messaging:meetings": "/inbox/meetings/",
    "messaging:meeting-new": "/inbox/{conversation}/meetings/new/",
    "messaging:templates": "/inbox/templates/",
    "messaging:template-new": "/inbox/templates/new/",
    "messaging:settings": "/inbox/settings/",
}
PROVED = {
    "accounts:create_token": "/profile/tokens/new/",
    "mfa_activate_totp": "/accounts/2fa/totp/activate/",
    "mfa_add_webauthn": "/accounts/2fa/webauthn/add/",
    "mfa_list_webauthn": "/accounts/2fa/webauthn/",
}
"""For who has just given their password."""
WITH_AN_APP = {
    "mfa_view_recovery_codes": "/accounts/2fa/recovery-codes/",
    "mfa_generate_recovery_codes": "/accounts/2fa/recovery-codes/generate/",
    "mfa_deactivate_totp": "/accounts/2fa/totp/deactivate/",
    "mfa_reauthenticate": "/accounts/2fa/reauthenticate/",
    "mfa_authenticate": "/accounts/2fa/authenticate/",
}
"""For who signs in with an authenticator app."""
OF_OTHERS = {
    "accounts:organisation": "a client's administrator",
    "accounts:keep": "a guest",
    "account_set_password": "who signs in by a provider alone",
    "socialaccount_signup": "who comes from a provider for the first time",
    "mfa_edit_webauthn": "who has a passkey, in test_passkeys",
    "mfa_remove_webauthn": "who has a passkey, in test_passkeys",
    "mfa_reauthenticate_webauthn": "who has a passkey, in test_passkeys",
}
"""Visited as somebody else."""
NOT_A_PAGE = {
    "accounts:own_organisation": "leads to the organisation",
    "mfa_download_recovery_codes": "a text file",
    "mfa_login_webauthn": "JSON for the passkey's script",
    "openid_connect_callback": "leads on",
    "openid_connect_login": "leads to a provider",
    "reports": "takes what browsers report",
    "account_confirm_login_code": "signing in by code is off",
    "accounts:picture": "a picture",
    "files:file": "a file",
    "healthz": "JSON",
    "rooms:of_conversation": "leads to the room",
    "readyz": "plain text",
}
FRAGMENTS = (
    "messaging:", "rooms:agenda", "rooms:header", "rooms:people", "rooms:stage_", "rooms:together",
)  # fmt: skip
"""Parts of the room's page and of the inbox, seen there."""
WRITES = {
    "rooms:start", "rooms:complete", "rooms:cancel", "rooms:invitation_resend",
    "rooms:invitation_revoke", "rooms:join_guest", "rooms:join_account", "rooms:join_accept",
    "rooms:join_again", "accounts:end_other_sessions", "accounts:end_session",
    "accounts:revoke_token", "accounts:join_accept", "accounts:join_account",
    "accounts:member_role", "accounts:member_remove", "accounts:invitation_resend",
    "accounts:invitation_revoke",
}  # fmt: skip

ERRORS = ("400", "403", "403_csrf", "413", "429", "500", "503")
"""Besides 404, which is asked for."""

every_width = pytest.mark.parametrize("width", [1280, 390])


def url_names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """The names of all routes outside of API and admin."""
    for pattern in resolver.url_patterns:
        if not isinstance(pattern, URLResolver):
            # Without a name it stands in front of a named one of the same address.
            yield from [":".join(filter(None, [namespace, pattern.name]))] if pattern.name else []
        elif pattern.namespace not in {"api", "admin"}:
            yield from url_names(pattern, pattern.namespace or namespace)


def test_every_page_is_visited() -> None:
    visited = {**SIGNED_OUT, **SIGNED_IN, **PROVED, **WITH_AN_APP, **OF_OTHERS}
    known = visited.keys() | NOT_A_PAGE.keys() | WRITES
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


def app_code(secret: str) -> str:
    """What an authenticator app shows now."""
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return code


@pytest.fixture
def environment() -> dict[str, str]:
    """A house where people also sign in by a provider."""
    return {
        "GOOGLE_CLIENT_ID": "google-client",
        "GOOGLE_CLIENT_SECRET": SECRET,
        "MICROSOFT_CLIENT_ID": "microsoft-client",
        "MICROSOFT_CLIENT_SECRET": SECRET,
        "MICROSOFT_TENANT": "demo.test",
    }


def answer_with_error(route: Route) -> None:
    """The page as it is where nothing works, with the site's own styles."""
    name = route.request.url.split("/")[-2]
    route.fulfill(content_type="text/html", body=get_template(f"{name}.html").render())


@every_width
def test_pages_before_signing_in(visit: Visit, width: int) -> None:
    visitor = visit(None, width)
    found: dict[str, list[str]] = {}
    visitor.page.route("**/error/*/", answer_with_error)
    for name in ERRORS:
        visitor.page.goto(f"{visitor.site.url}/error/{name}/")
        expect(visitor.page.locator(".code-line")).to_contain_text(f"Error {name[:3]}")
        assert visitor.page.evaluate("document.styleSheets[0].cssRules.length > 0")
        look(visitor.page, found, name)
    for name, address in SIGNED_OUT.items():
        visitor.page.goto(visitor.site.url + address)
        look(visitor.page, found, name)
    visitor.page.goto(f"{visitor.site.url}/accounts/login/")
    visitor.page.get_by_role("button", name="Sign in", exact=True).click()
    look(visitor.page, found, "sign-in with its errors")
    visitor.page.goto(f"{visitor.site.url}/accounts/signup/")
    visitor.page.get_by_role("button", name="Create the account").click()
    look(visitor.page, found, "sign-up with its errors")
    visitor.page.get_by_label("Name").fill("Ada Byron")
    visitor.page.get_by_label("E-mail").fill("ada@new.test")
    visitor.page.get_by_label("Password", exact=True).fill("a long walk by the sea")
    visitor.page.get_by_role("button", name="Create the account").click()
    again = visitor.page.get_by_role("button", name="Send it again")
    expect(again).to_be_visible()
    look(visitor.page, found, "the mail was sent")
    again.click()
    expect(visitor.page.get_by_text("A mail went out only just now.")).to_be_visible()
    look(visitor.page, found, "the mail was sent just now")
    visitor.complaints.clear()  # the browser's own, about links that lead nowhere
    assert found == {}


@every_width
def test_pages_of_who_is_signed_in(
    talk: Room, planned: Room, consultant: User, visit: Visit, width: int
) -> None:
    visitor = visit(consultant, width)
    found: dict[str, list[str]] = {}
    for name, address in SIGNED_IN.items():
        visitor.page.goto(
            visitor.site.url + address.format(room=talk.pk, conversation=talk.conversation_id)
        )
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
def test_pages_that_secure_an_account(consultant: User, visit: Visit, width: int) -> None:
    visitor = visit(consultant, width)
    page = visitor.page
    found: dict[str, list[str]] = {}

    def look_at(name: str, address: str) -> None:
        page.goto(visitor.site.url + address)
        look(page, found, name)

    page.goto(f"{visitor.site.url}/accounts/reauthenticate/?next=/accounts/2fa/")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main form button.btn-primary").first.click()
    expect(page).to_have_url(f"{visitor.site.url}/accounts/2fa/")
    for name, address in PROVED.items():
        look_at(name, address)
    page.goto(f"{visitor.site.url}/accounts/2fa/totp/activate/")
    secret = re.findall(r"\b[A-Z2-7]{32}\b", page.content())[0]
    page.locator("input[name=code]").fill(app_code(secret))
    page.locator("main form button.btn-primary").first.click()
    look(page, found, "what follows setting up an app")
    look_at("two steps with an app", "/accounts/2fa/")
    for name, address in WITH_AN_APP.items():
        if name != "mfa_authenticate":
            look_at(name, address)
    page.goto(f"{visitor.site.url}/profile/tokens/new/")
    page.locator("input[name=name]").fill("A script")
    page.locator("main form button.btn-primary").first.click()
    look(page, found, "a token shown once")
    look_at("tokens with one", "/profile/tokens/")
    visitor.context.clear_cookies()
    page.goto(f"{visitor.site.url}/accounts/login/")
    page.get_by_label("E-mail").fill(consultant.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/accounts/2fa/authenticate/"))
    look(page, found, "mfa_authenticate")
    assert found == {}


@pytest.fixture
def by_provider(provider: Provider) -> tuple[Client, Client]:
    """Who comes from Google for the first time: one is asked for a name, one is in."""
    nameless, nora = Client(), Client()
    provider.claims = {"sub": "g-1", "email": "lena@gmail.com", "email_verified": True}
    assert sign_in(nameless)["Location"] == "/accounts/3rdparty/signup/"
    provider.claims |= {"sub": "g-2", "name": "Nora Falk", "email": "nora@gmail.com"}
    assert sign_in(nora)["Location"] == "/"
    return nameless, nora


@every_width
def test_pages_of_who_signs_in_by_a_provider(
    by_provider: tuple[Client, Client], visit: Visit, width: int
) -> None:
    nameless, nora = by_provider
    visitor = visit(None, width)
    page = visitor.page
    found: dict[str, list[str]] = {}
    for who, name, address, heading in (
        (nameless, "socialaccount_signup", "/accounts/3rdparty/signup/", "One thing is left"),
        (nora, "account_set_password", "/accounts/password/set/", "Set a password"),
        (nora, "connections with one", "/accounts/3rdparty/", "Accounts elsewhere"),
    ):
        visitor.resume(who)
        page.goto(visitor.site.url + address)
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        look(page, found, name)
    assert found == {}


@pytest.fixture
def invited(room: Room, consultant: User) -> RoomInvitation:
    """Somebody without an account, who was sent a link."""
    return invite(actor=consultant, room=room, email="lena@demo.test", role=Role.CLIENT)


@every_width
def test_pages_of_guests_and_organisations(
    invited: RoomInvitation, consultant: User, client_user: User, manager: User,
    northwind: Organisation, visit: Visit, width: int,
) -> None:  # fmt: skip
    found: dict[str, list[str]] = {}
    guest = visit(None, width)
    guest.page.goto(f"{guest.site.url}/rooms/join/{invited.token}/")
    look(guest.page, found, "an invitation")
    guest.page.get_by_label("Your name").first.fill("Lena Duarte")
    guest.page.get_by_role("button", name="Join as a guest").click()
    expect(guest.page.get_by_role("heading", level=1)).to_contain_text("Order import")
    look(guest.page, found, "the room of a guest")
    for name, address in (("accounts:keep", "/profile/keep/"), ("a guest's home", "/")):
        guest.page.goto(guest.site.url + address)
        look(guest.page, found, name)
    helen = visit(manager, width)
    helen.page.goto(f"{helen.site.url}/organisations/{northwind.pk}/")
    look(helen.page, found, "accounts:organisation")
    mara = visit(consultant, width)
    mara.page.goto(f"{mara.site.url}/rooms/{invited.room_id}/")
    mara.page.get_by_role("tab", name="People").click()
    mara.page.wait_for_load_state("networkidle")
    look(mara.page, found, "the people of a room with a guest")
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
