"""Passkeys in a real browser, with Chromium's own virtual authenticator (WebAuthn over CDP)."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.axe import look
from tests.browser.conftest import Visitor
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def named(visitor: Visitor) -> str:
    """The site by its name: a passkey belongs to a name, never to a number."""
    return visitor.site.url.replace("127.0.0.1", "localhost")


def plug_in(visitor: Visitor, *, verifies: bool = True) -> Any:
    """A virtual authenticator in the visitor's browser; the CDP session that holds it."""
    devtools = visitor.context.new_cdp_session(visitor.page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal" if verifies else "usb",
                "hasResidentKey": verifies,
                "hasUserVerification": verifies,
                "isUserVerified": verifies,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return devtools


def sign_in(visitor: Visitor, user: User) -> None:
    page = visitor.page
    page.goto(f"{named(visitor)}/accounts/login/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(visitor: Visitor, *, alone: bool = True) -> None:
    page = visitor.page
    expect(page).to_have_url(f"{named(visitor)}/")  # signed in a moment ago, which is proof
    page.goto(f"{named(visitor)}/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Sign in with it alone").set_checked(alone)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.get_by_role("list", name="Your recovery codes").locator("li")).to_have_count(10)


def look_wide_and_narrow(visitor: Visitor, found: dict[str, list[str]], name: str) -> None:
    """axe on a page that only who has a passkey sees (for test_accessibility)."""
    for width in (390, 1280):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        look(visitor.page, found, f"{name}, {width}")


def sign_out(visitor: Visitor) -> None:
    visitor.page.goto(f"{named(visitor)}/profile/")
    visitor.page.get_by_role("button", name="Sign out").click()
    expect(visitor.page).to_have_url(f"{named(visitor)}/accounts/login/")


def test_a_passkey_signs_in_alone(client_user: User, visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    devtools = plug_in(visitor)
    sign_in(visitor, client_user)
    add_passkey(visitor)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them").click()
    assert len(download.value.path().read_text().split()) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("link", name="Remove Laptop")).to_be_visible()
    sign_out(visitor)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{named(visitor)}/")
    # To prove once more who one is, after a while.
    page.goto(f"{named(visitor)}/accounts/2fa/webauthn/reauthenticate/?next=/accounts/2fa/")
    found: dict[str, list[str]] = {}
    look_wide_and_narrow(visitor, found, "proving it by a passkey")
    page.get_by_role("button", name="Use your passkey").click()
    expect(page).to_have_url(f"{named(visitor)}/accounts/2fa/")
    expect(page.get_by_text("last used")).to_be_visible()
    for name in ("Rename Laptop", "Remove Laptop"):
        page.goto(f"{named(visitor)}/accounts/2fa/")
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name.split()[0])
        look_wide_and_narrow(visitor, found, name)
    assert found == {}
    devtools.detach()


def test_a_security_key_is_the_second_step(
    client_user: User, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(width=390)
    page = visitor.page
    devtools = plug_in(visitor, verifies=False)
    sign_in(visitor, client_user)
    add_passkey(visitor, alone=False)
    sign_out(visitor)
    sign_in(visitor, client_user)
    expect(page.get_by_role("heading", name="The second step")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page).to_have_url(f"{named(visitor)}/")
    devtools.detach()


def test_a_device_that_has_none_is_told(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    devtools = plug_in(visitor)
    page.goto(f"{named(visitor)}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Try again.", timeout=20_000)
    page.goto(f"{visitor.site.url}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("under this site's own name")
    devtools.detach()
