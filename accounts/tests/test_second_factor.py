"""Two-step sign-in: setting it up, signing in with it, and losing it."""

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.actions.tokens import create_api_token
from accounts.models import ApiToken, BusinessRole, Organisation, User
from core.encryption import decrypt, places
from core.permissions import has_permission
from tests.api import REASON, signed_in
from tests.fixtures import PASSWORD, capture_events, names, signed_in_long_ago

INDEX = "/accounts/2fa/"
ACTIVATE = "/accounts/2fa/totp/activate/"
CODES = "/accounts/2fa/recovery-codes/"
AUTHENTICATE = "/accounts/2fa/authenticate/"
KIND = "urn:consultsuite:"


def code_of(secret: str, steps: int = 0) -> str:
    """What an app shows (RFC 6238), ``steps`` half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def codes_in(html: str) -> list[str]:
    """The recovery codes on the page, which shows them in two groups of four."""
    return ["".join(code) for code in re.findall(r"<li>(\d{4}) (\d{4})</li>", html)]


def sign_in(client: Client, user: User) -> str:
    """By the form; where it leads."""
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def prove(client: Client) -> None:
    """Re-authenticate by the password."""
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


@pytest.fixture
def browser(client: Client, client_user: User) -> Client:
    """Tomas, signed in, who has just entered his password again."""
    sign_in(client, client_user)
    prove(client)
    return client


@pytest.fixture
def set_up() -> Callable[[Client], tuple[str, list[str]]]:
    """`set_up(browser)`: an app is set up; its secret and the recovery codes."""

    def act(browser: Client) -> tuple[str, list[str]]:
        page = browser.get(ACTIVATE).content.decode()
        found = re.search(r'id="secret"[^>]*value="([A-Z2-7]{32})"', page)
        assert found is not None
        secret = found[1]
        answer = browser.post(ACTIVATE, {"code": code_of(secret)}, follow=True)
        codes = codes_in(answer.content.decode())
        return secret, codes

    return act


SetUp = Callable[[Client], tuple[str, list[str]]]


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up_and_the_codes_are_shown_once(
    browser: Client, client_user: User, set_up: SetUp
) -> None:
    assert "Set up an app" in browser.get(INDEX).content.decode()
    secret, codes = set_up(browser)
    assert len(set(codes)) == 10
    assert Authenticator.objects.filter(user=client_user).count() == 2
    again = browser.get(CODES).content.decode()
    assert not any(code in again for code in codes)
    assert "were shown once" in again
    assert "10 of 10 left" in unescape(browser.get(INDEX).content.decode())
    assert [letter.subject for letter in mail.outbox] == ["An authenticator app signs you in"]
    assert secret not in mail.outbox[0].body


def test_the_codes_can_be_downloaded_as_they_are_shown(browser: Client, set_up: SetUp) -> None:
    browser.post(ACTIVATE, {"code": ""})
    page = browser.get(ACTIVATE).content.decode()
    secret = re.findall(r'value="([A-Z2-7]{32})"', page)[0]
    answer = browser.post(ACTIVATE, {"code": code_of(secret)}, follow=True)
    html = answer.content.decode()
    link = re.findall(r'download="[^"]+" href="data:text/plain;charset=utf-8,([^"]+)"', html)[0]
    codes = codes_in(html)
    assert unquote(link).split() == codes
    assert "no-store" in answer["Cache-Control"]


def test_secrets_are_stored_encrypted(browser: Client, client_user: User, set_up: SetUp) -> None:
    secret, codes = set_up(browser)
    stored = {row.type: row.data for row in Authenticator.objects.filter(user=client_user)}
    assert decrypt(stored["totp"]["secret"]) == secret
    assert decrypt(stored["recovery_codes"]["seed"])
    everything = str(stored)
    assert secret not in everything
    assert not any(code in everything for code in codes)
    assert {"mfa.Authenticator.data"} <= {str(place) for place in places([Authenticator])}


def test_a_wrong_code_sets_nothing_up(browser: Client) -> None:
    browser.get(ACTIVATE)
    answer = browser.post(ACTIVATE, {"code": "000000x"})
    html = answer.content.decode()
    assert "That code did not work. Enter the one that the app shows now." in html
    assert "recovery code" not in html
    assert not Authenticator.objects.exists()


def test_the_qr_code_is_a_picture_that_the_policy_allows(browser: Client) -> None:
    answer = browser.get(ACTIVATE)
    assert 'src="data:image/svg+xml;base64,' in answer.content.decode()
    assert "img-src 'self' data:" in answer["Content-Security-Policy"]


def test_who_has_just_signed_in_sets_up_at_once(client: Client, client_user: User) -> None:
    sign_in(client, client_user)
    assert client.get(ACTIVATE).status_code == 200


@pytest.mark.parametrize("method", ["link", "socialaccount"])
def test_other_ways_in_are_no_proof(client: Client, client_user: User, method: str) -> None:
    sign_in(client, client_user)
    session = client.session
    session["account_authentication_methods"][-1]["method"] = method
    session.save()
    assert client.get(ACTIVATE).status_code == 302


def test_setting_up_asks_again_who_it_is(client: Client, client_user: User) -> None:
    sign_in(client, client_user)
    signed_in_long_ago(client)
    answer = client.get(ACTIVATE)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")


def test_signing_in_takes_the_second_step(
    browser: Client, client_user: User, set_up: SetUp
) -> None:
    secret, _ = set_up(browser)
    browser.logout()
    assert sign_in(browser, client_user) == AUTHENTICATE
    assert browser.get("/profile/").status_code == 302
    wrong = browser.post(AUTHENTICATE, {"code": "12345678"})
    assert "That did not work" in wrong.content.decode()
    right = browser.post(AUTHENTICATE, {"code": code_of(secret)})
    assert (right.status_code, right["Location"]) == (302, "/")
    assert browser.get("/profile/").status_code == 200


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_works_once_for_as_long_as_it_would_be_accepted(
    steps: int, browser: Client, client_user: User, set_up: SetUp
) -> None:
    secret, _ = set_up(browser)
    code = code_of(secret, steps)
    for expected in (302, 200):
        browser.logout()
        sign_in(browser, client_user)
        assert browser.post(AUTHENTICATE, {"code": code}).status_code == expected
        # allauth itself forgets a used code after one period.
        cache.delete(f"allauth.mfa.totp.used?user={client_user.pk}&code={code}")


def test_a_recovery_code_works_once(browser: Client, client_user: User, set_up: SetUp) -> None:
    _, codes = set_up(browser)
    for expected in (302, 200):
        browser.logout()
        sign_in(browser, client_user)
        assert browser.post(AUTHENTICATE, {"code": codes[3]}).status_code == expected


def test_an_address_that_is_not_confirmed_can_still_be_added(
    browser: Client, client_user: User, set_up: SetUp
) -> None:
    set_up(browser)
    browser.post("/accounts/email/", {"action_add": "", "email": "tomas@new.test"})
    added = EmailAddress.objects.get(email="tomas@new.test")
    assert (added.user, added.verified) == (client_user, False)


def test_new_codes_replace_the_earlier_ones(
    browser: Client, client_user: User, set_up: SetUp
) -> None:
    _, codes = set_up(browser)
    answer = browser.post("/accounts/2fa/recovery-codes/generate/", follow=True)
    fresh = codes_in(answer.content.decode())
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    browser.logout()
    sign_in(browser, client_user)
    assert browser.post(AUTHENTICATE, {"code": codes[0]}).status_code == 200
    assert browser.post(AUTHENTICATE, {"code": f"{fresh[0][:4]} {fresh[0][4:]}"}).status_code == 302


def test_removing_the_app_removes_its_codes(
    browser: Client, client_user: User, set_up: SetUp
) -> None:
    set_up(browser)
    answer = browser.post("/accounts/2fa/totp/deactivate/")
    assert answer.status_code == 302
    assert not Authenticator.objects.filter(user=client_user).exists()


@pytest.fixture
def strict(settings: Settings) -> None:
    """As in production."""
    settings.STAFF_MFA_REQUIRED = True


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("address", ["/admin/", "/", "/profile/", "/rooms/", "/admin/core/event/"])
def test_staff_without_a_second_factor_are_led_to_set_one_up(
    address: str, client: Client, staff: User
) -> None:
    client.force_login(staff)
    answer = client.get(address, follow=True)
    assert answer.redirect_chain[0] == (INDEX, 302)
    assert "Staff sign in with two steps here." in answer.content.decode()


@pytest.mark.usefixtures("strict")
def test_others_need_none(client: Client, client_user: User) -> None:
    client.force_login(client_user)
    assert client.get("/").status_code == 200


@pytest.mark.usefixtures("strict")
def test_staff_get_in_with_one_and_cannot_remove_the_last(
    client: Client, staff: User, set_up: SetUp
) -> None:
    assert sign_in(client, staff) == "/"
    prove(client)
    secret, _ = set_up(client)
    assert client.get("/admin/").status_code == 200
    page = client.get("/accounts/2fa/totp/deactivate/").content.decode()
    assert "Staff sign in with two steps here." in page
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=staff, type="totp").exists()
    client.logout()
    assert sign_in(client, staff) == AUTHENTICATE
    assert client.get("/admin/").status_code == 302
    client.post(AUTHENTICATE, {"code": code_of(secret, 1)})
    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("strict")
def test_the_api_refuses_staff_without_one(client: Client, staff: User) -> None:
    client.force_login(staff)
    answer = client.get("/api/rooms/")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert "two steps" in answer.json()["detail"]
    assert client.post("/api/auth/signout/").status_code == 204


@pytest.mark.usefixtures("strict")
def test_who_manages_everybody_needs_one_like_staff(
    client: Client, house: Organisation, make_person: Callable[..., User], set_up: SetUp
) -> None:
    boss = make_person("Ada Holm", house, BusinessRole.ADMIN)
    assert not boss.is_staff
    token, _ = create_api_token(actor=boss, user=boss)
    assert sign_in(client, boss) == "/"
    for path in ("/api/admin/users/", "/api/admin/audit-logs/"):
        assert client.get(path).status_code == 403
        assert (
            signed_in(None).get(path, headers={"Authorization": f"Token {token}"}).status_code
            == 401
        )
    assert client.get("/")["Location"] == INDEX
    assert not has_permission(boss, "accounts.manage_all_users")
    set_up(client)
    assert client.get("/api/admin/users/", headers={"X-Reason": REASON}).status_code == 200
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=boss, type="totp").exists()


@pytest.mark.usefixtures("strict")
def test_asking_of_whom_it_is_needed_costs_nobody_else_a_query(
    client: Client,
    consultant: User,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(consultant)
    client.get("/profile/")
    settings.STAFF_MFA_REQUIRED = False
    with CaptureQueriesContext(connection) as free:
        client.get("/profile/")
    settings.STAFF_MFA_REQUIRED = True
    with django_assert_num_queries(len(free)):
        client.get("/profile/")


def test_the_admin_asks_by_the_sites_own_sign_in(client: Client, client_user: User) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
    forged = {"username": client_user.email, "password": PASSWORD}
    assert client.post("/admin/login/", forged).status_code == 302
    assert client.get("/profile/").status_code == 302


class TestTokens:
    """Signing in for an API token."""

    def ask(self, user: User, **more: str) -> Any:
        return signed_in(None).post(
            "/api/auth/signin/", {"email": user.email, "password": PASSWORD} | more
        )

    def test_the_password_alone_is_not_enough(
        self, browser: Client, client_user: User, set_up: SetUp
    ) -> None:
        secret, codes = set_up(browser)
        refused = self.ask(client_user)
        assert (refused.status_code, refused.json()["type"]) == (401, KIND + "second_factor_needed")
        wrong = self.ask(client_user, code="12345678")
        assert (wrong.status_code, wrong.json()["type"]) == (401, KIND + "wrong_code")
        assert not ApiToken.objects.exists()
        answer = self.ask(client_user, code=code_of(secret))
        assert answer.status_code == 200
        assert self.ask(client_user, code=code_of(secret)).status_code == 401
        with capture_events() as events:
            assert self.ask(client_user, code=codes[0]).status_code == 200
        assert names(events) == ["SignedIn", "RecoveryCodeUsed", "ApiTokenCreated"]

    def test_guessing_codes_ends(self, browser: Client, client_user: User, set_up: SetUp) -> None:
        secret, _ = set_up(browser)
        for _ in range(5):
            assert self.ask(client_user, code="00000000").status_code == 401
        assert self.ask(client_user, code=code_of(secret)).status_code == 429

    def test_a_wrong_password_says_nothing_of_a_second_step(
        self, browser: Client, client_user: User, set_up: SetUp
    ) -> None:
        set_up(browser)
        answer = self.ask(client_user, password="wrong")
        assert answer.json()["type"] == KIND + "wrong_credentials"

    @pytest.mark.usefixtures("strict")
    def test_staff_get_and_use_none_without_a_second_factor(self, staff: User) -> None:
        answer = self.ask(staff)
        assert (answer.status_code, answer.json()["type"]) == (403, KIND + "second_factor_required")
        old = signed_in(staff).get("/api/rooms/")
        assert old.status_code == 401
        assert "two-step sign-in" in old.json()["detail"]
