"""Whoever tries too often is told so with 429 and when to come back, on every page of allauth."""

import time
from typing import Any

import pytest
from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.views.limits import ACTIONS
from tests.fixtures import PASSWORD

LOGIN = "/accounts/login/"
AGAIN = "/accounts/reauthenticate/"


def too_often(
    answer: Any, *, at_most: int, words: str = "That was too often.", shows: str = ""
) -> None:
    """The form again with what was typed (``shows``), and the right time once, in words."""
    assert answer.status_code == 429
    assert at_most - 10 <= int(answer["Retry-After"]) <= at_most
    html = answer.content.decode()
    assert '<form class="form' in html
    assert html.count(f"{words} Try again in") == 1
    assert shows in html
    assert PASSWORD not in html
    assert "This field is required" not in html


@pytest.fixture
def browser(client: Client, client_user: User) -> Client:
    """Signed in, by the form."""
    client.post(LOGIN, {"login": client_user.email, "password": PASSWORD})
    return client


def sign_in_stays(answer: Any, *, at_most: int, address: str, words: str) -> None:
    """The sign-in page again, with the address that was typed and the right time."""
    too_often(answer, at_most=at_most, words=words, shows=f'name="login" value="{address}"')


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


CODES = "There were too many wrong codes for this account."


def test_wrong_second_factors(browser: Client, client_user: User, settings: Settings) -> None:
    browser.post(AGAIN, {"password": PASSWORD})
    url = "/accounts/2fa/totp/activate/"
    key = browser.get(url).context["form"].secret
    wrong = [browser.post(url, {"code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in wrong[:5]] == [200] * 5
    # The app that was set up with this key meanwhile has the right one still.
    too_often(wrong[5], at_most=300, words=CODES, shows=f'value="{key}"')


def test_a_wrong_second_step(client: Client, client_user: User) -> None:
    TOTP.activate(client_user, "JBSWY3DPEHPK3PXP")
    client.post(LOGIN, {"login": client_user.email, "password": PASSWORD})
    url = "/accounts/2fa/authenticate/"
    wrong = [client.post(url, {"code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in wrong[:5]] == [200] * 5
    too_often(wrong[5], at_most=300, words=CODES, shows='value="000000"')


def test_sign_ups(client: Client, system: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    fields = {"name": "Ada", "email": "ada@demo.test", "password1": PASSWORD}
    client.post("/accounts/signup/", {})
    answer = client.post("/accounts/signup/", fields)
    words = "Too many attempts came from your network."
    too_often(answer, at_most=60, words=words, shows='value="Ada"')
    too_often(answer, at_most=60, words=words, shows='value="ada@demo.test"')
    assert not User.objects.filter(email="ada@demo.test").exists()


def test_resets_of_an_address_of_mail(client: Client, client_user: User) -> None:
    fields = {"email": client_user.email.upper()}
    for _ in range(5):
        assert client.post("/accounts/password/reset/", fields).status_code == 302
    answer = client.post("/accounts/password/reset/", fields)
    too_often(answer, at_most=60, shows=f'value="{fields["email"]}"')


def test_following_links_that_reset(client: Client, client_user: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"reset_password_from_key": "1/m/ip"}
    dead = "/accounts/password/reset/key/1-guess/"
    client.post(dead, {})
    answer = client.post(dead, {})
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "This link no longer works" in answer.content.decode()
    parts = {
        "uidb36": user_pk_to_url_str(client_user),
        "key": PASSWORD_RESET_TOKEN_GENERATOR().make_token(client_user),
    }
    alive = client.get(reverse("account_reset_password_from_key", kwargs=parts))["Location"]
    answer = client.post(alive, {"password1": "x"})
    too_often(answer, at_most=60, words="Too many attempts came from your network.")


@pytest.mark.parametrize(
    ("action", "url", "fields", "shows"),
    [
        ("reauthenticate", AGAIN, {"password": PASSWORD, "next": "/profile/"}, "/profile/"),
        ("change_password", "/accounts/password/change/", {"oldpassword": PASSWORD}, ""),
        (
            "manage_email",
            "/accounts/email/",
            {"email": "new@demo.test", "action_add": ""},
            'value="new@demo.test"',
        ),
    ],
)
def test_changing_how_one_signs_in(
    browser: Client,
    settings: Settings,
    action: str,
    url: str,
    fields: dict[str, str],
    shows: str,
) -> None:
    browser.post(AGAIN, {"password": PASSWORD})
    settings.ACCOUNT_RATE_LIMITS = {action: "1/m/user"}
    browser.post(url, {})
    too_often(browser.post(url, fields), at_most=60, shows=shows)


def test_proving_it_again_with_wrong_passwords(browser: Client) -> None:
    for _ in range(5):
        assert browser.post(AGAIN, {"password": "wrong"}).status_code == 200
    answer = browser.post(AGAIN, {"password": PASSWORD})
    words = "There were too many wrong passwords for this account."
    too_often(answer, at_most=300, words=words)


def test_passkeys(client: Client, db: None, settings: Settings) -> None:
    settings.MFA_RATE_LIMITS = {"webauthn_login": "1/m/ip"}
    url = "/accounts/2fa/webauthn/login/"
    client.post(url, {})
    client.get(LOGIN)  # where the first one's message is shown
    words = "Too many attempts came from your network."
    too_often(client.post(url, {}), at_most=60, words=words, shows='name="login"')


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
