"""Whoever tries too often is told so with 429 and when to come back, on every page of allauth."""

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.views.limits import ACTIONS
from tests.fixtures import PASSWORD

LOGIN = "/accounts/login/"
AGAIN = "/accounts/reauthenticate/"


def too_often(answer: Any, *, at_most: int) -> None:
    """The human page, with the right time."""
    assert answer.status_code == 429
    assert at_most - 10 <= int(answer["Retry-After"]) <= at_most
    html = answer.content.decode()
    assert "That was too often" in html
    assert "try again in" in html


@pytest.fixture
def browser(client: Client, client_user: User) -> Client:
    """Signed in, by the form."""
    client.post(LOGIN, {"login": client_user.email, "password": PASSWORD})
    return client


def sign_in_stays(answer: Any, *, at_most: int, address: str, words: str) -> None:
    """The sign-in page again, with the address that was typed and the right time."""
    assert answer.status_code == 429
    assert at_most - 10 <= int(answer["Retry-After"]) <= at_most
    html = answer.content.decode()
    assert f'name="login" value="{address}"' in html
    assert f"{words} Try again in" in html
    assert PASSWORD not in html


def test_wrong_passwords_of_an_account(client: Client, client_user: User) -> None:
    fields = {"login": client_user.email, "password": "wrong"}
    assert [client.post(LOGIN, fields).status_code for _ in range(5)] == [200] * 5
    sign_in_stays(
        client.post(LOGIN, fields | {"password": PASSWORD}),
        at_most=300,
        address=client_user.email,
        words="There were too many wrong passwords for this account.",
    )
    # Whoever has the same address and another account may go on.
    answer = client.post(LOGIN, {"login": "nobody@demo.test", "password": "wrong"})
    assert answer.status_code == 200


def test_wrong_passwords_of_an_address(client: Client, consultant: User) -> None:
    for number in range(10):
        client.post(LOGIN, {"login": f"n{number}@demo.test", "password": "wrong"})
    sign_in_stays(
        client.post(LOGIN, {"login": consultant.email, "password": PASSWORD}),
        at_most=60,
        address=consultant.email,
        words="Too many attempts came from your network.",
    )
    elsewhere = client.post(
        LOGIN, {"login": consultant.email, "password": PASSWORD}, REMOTE_ADDR="203.0.113.8"
    )
    assert elsewhere.status_code == 302


def test_the_time_that_is_told_is_enough(
    client: Client, client_user: User, settings: Settings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/2s/ip"}
    fields = {"login": client_user.email, "password": "wrong"}
    assert client.post(LOGIN, fields).status_code == 200
    answer = client.post(LOGIN, fields)
    words = "Too many attempts came from your network."
    sign_in_stays(answer, at_most=2, address=client_user.email, words=words)
    time.sleep(int(answer["Retry-After"]))
    assert client.post(LOGIN, fields).status_code == 200


def test_wrong_second_factors(browser: Client, client_user: User, settings: Settings) -> None:
    browser.post(AGAIN, {"password": PASSWORD})
    wrong = [browser.post("/accounts/2fa/totp/activate/", {"code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in wrong[:5]] == [200] * 5
    too_often(wrong[5], at_most=300)


def test_sign_ups(client: Client, system: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    client.post("/accounts/signup/", {})
    too_often(client.post("/accounts/signup/", {}), at_most=60)


def test_resets_of_an_address_of_mail(client: Client, client_user: User) -> None:
    fields = {"email": client_user.email.upper()}
    for _ in range(5):
        assert client.post("/accounts/password/reset/", fields).status_code == 302
    too_often(client.post("/accounts/password/reset/", fields), at_most=60)


def test_following_links_that_reset(client: Client, db: None, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"reset_password_from_key": "1/m/ip"}
    url = "/accounts/password/reset/key/1-guess/"
    client.post(url, {})
    too_often(client.post(url, {}), at_most=60)


@pytest.mark.parametrize(
    ("action", "url"),
    [
        ("reauthenticate", AGAIN),
        ("change_password", "/accounts/password/change/"),
        ("manage_email", "/accounts/email/"),
    ],
)
def test_changing_how_one_signs_in(
    browser: Client, settings: Settings, action: str, url: str
) -> None:
    browser.post(AGAIN, {"password": PASSWORD})
    settings.ACCOUNT_RATE_LIMITS = {action: "1/m/user"}
    browser.post(url, {})
    too_often(browser.post(url, {}), at_most=60)


def test_proving_it_again_with_wrong_passwords(browser: Client) -> None:
    for _ in range(5):
        assert browser.post(AGAIN, {"password": "wrong"}).status_code == 200
    too_often(browser.post(AGAIN, {"password": PASSWORD}), at_most=300)


def test_passkeys(client: Client, db: None, settings: Settings) -> None:
    settings.MFA_RATE_LIMITS = {"webauthn_login": "1/m/ip"}
    url = "/accounts/2fa/webauthn/login/"
    client.post(url, {})
    too_often(client.post(url, {}), at_most=60)


def test_pages_that_are_named_are_there() -> None:
    arguments = {"account_reset_password_from_key": {"uidb36": "1", "key": "k"}}
    for name in ACTIONS:
        assert reverse(name, kwargs=arguments.get(name))


def test_the_api_counts_with_the_page(client: Client, client_user: User) -> None:
    for _ in range(5):
        client.post(LOGIN, {"login": client_user.email, "password": "wrong"})
    answer = client.post(
        "/api/auth/signin/",
        {"email": client_user.email, "password": PASSWORD},
        content_type="application/json",
    )
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) in range(290, 301)
    assert answer.json()["type"] == "urn:consultsuite:rate_limited"
