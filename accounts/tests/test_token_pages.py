"""The pages about API tokens."""

from typing import Any

import pytest
from django.test import Client

from accounts.actions.tokens import create_api_token
from accounts.models import ApiToken, User
from core.authentication import live_token
from tests.fixtures import PASSWORD, capture_events, names

TOKENS = "/profile/tokens/"
NEW = f"{TOKENS}new/"
KEY = "7b6d3b50-6a53-4d5c-9a39-0d0b8f8d7a11"
FORM = {"name": "Nightly export", "scope": "read", "days": "90", "key": KEY}


@pytest.fixture
def browser(client: Client, client_user: User) -> Client:
    """Tomas, who has just shown once more that it is he."""
    client.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_the_list_is_for_who_is_signed_in(client: Client, client_user: User) -> None:
    for address in (TOKENS, NEW):
        assert client.get(address)["Location"] == f"/accounts/login/?next={address}"


def test_making_one_asks_once_more_who_one_is(client: Client, client_user: User) -> None:
    client.force_login(client_user)
    for answer in (client.get(NEW), client.post(NEW, FORM)):
        assert answer["Location"] == "/accounts/reauthenticate/?next=%2Fprofile%2Ftokens%2Fnew%2F"
    assert not ApiToken.objects.exists()


def test_a_new_token_is_shown_once(browser: Client, client_user: User) -> None:
    with capture_events() as events:
        answer = browser.post(NEW, FORM)
    assert (answer.status_code, names(events)) == (201, ["ApiTokenCreated"])
    token = answer.context["token"]
    assert answer.content.decode().count(token) == 1
    assert "no-store" in answer["Cache-Control"]
    row = live_token(token)
    assert (row.user, row.name, row.scope) == (client_user, "Nightly export", "read")
    html = browser.get(TOKENS).content.decode()
    assert token not in html
    assert row.digest not in html
    for words in ("Nightly export", "Read only", "Last used", token[:8]):
        assert words in html


def test_a_form_sent_again_makes_no_second_token(browser: Client) -> None:
    """By reloading the page that shows the token, say."""
    form = FORM | {"key": str(browser.get(NEW).context["form"]["key"].value())}
    assert browser.post(NEW, {**form, "name": " "}).status_code == 422
    assert browser.post(NEW, form).status_code == 201
    again = browser.post(NEW, form, follow=True)
    assert again.redirect_chain == [(TOKENS, 302)]
    assert "was made already" in again.content.decode()
    assert ApiToken.objects.count() == 1
    fresh = FORM | {"key": str(browser.get(NEW).context["form"]["key"].value())}
    assert browser.post(NEW, fresh).status_code == 201
    assert browser.post(NEW, form).status_code == 302
    assert ApiToken.objects.count() == 2


def test_a_form_without_its_key_is_refused(browser: Client) -> None:
    for key in ("", "x"):
        answer = browser.post(NEW, FORM | {"key": key})
        assert (answer.status_code, ApiToken.objects.count()) == (422, 0)


def test_never_used_is_said(browser: Client, client_user: User) -> None:
    assert "Your tokens will be listed here." in browser.get(TOKENS).content.decode()
    create_api_token(actor=client_user, user=client_user)
    assert "Never used" in browser.get(TOKENS).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"scope": "all"}, {"days": "1000"}, {"days": "x"}, {"name": "n" * 101}]
)
def test_what_is_wrong_is_said_and_kept(browser: Client, wrong: dict[str, str]) -> None:
    answer = browser.post(NEW, {**FORM, **wrong})
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.context["form"].errors
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked(browser: Client, client_user: User, consultant: User) -> None:
    _, row = create_api_token(actor=client_user, user=client_user, name="Export")
    _, other = create_api_token(actor=consultant, user=consultant)
    answer = browser.post(f"{TOKENS}{row.pk}/revoke/", follow=True)
    assert "Revoked: Export." in answer.content.decode()
    for gone in (row, other):
        assert browser.post(f"{TOKENS}{gone.pk}/revoke/").status_code == 404
    assert list(ApiToken.objects.all()) == [other]


def test_the_list_is_paged(
    browser: Client, client_user: User, django_assert_max_num_queries: Any
) -> None:
    browser.get(TOKENS)
    for number in range(30):
        create_api_token(actor=client_user, user=client_user, name=f"Export {number}")
    with django_assert_max_num_queries(6):
        html = browser.get(TOKENS).content.decode()
    assert html.count("Begins with") == 25
    assert browser.get(TOKENS, {"page": 2}).content.decode().count("Begins with") == 5
