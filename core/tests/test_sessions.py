"""Session cookies as strangers write them."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from core.authentication import person_of_session
from core.sessions import SessionStore

pytestmark = pytest.mark.django_db

NO_KEYS = ["\0aaaaaaaaaaaa", "short", "A" * 32, "a" * 31, "a" * 33, "é" * 32, "a" * 32 + "\n", ""]


@pytest.mark.parametrize("path", [reverse("account_login"), reverse("home"), "/api/rooms/"])
def test_a_cookie_that_is_no_key_is_nobodys(client: Client, path: str) -> None:
    client.cookies.load({"sessionid": "\0aaaaaaaaaaaa"})
    assert client.get(path).status_code in {200, 302, 401}


@pytest.mark.parametrize("key", NO_KEYS)
def test_what_is_no_key_is_not_asked_for(key: str) -> None:
    assert SessionStore(key).session_key is None


def test_a_key_that_was_made_is_one() -> None:
    made = SessionStore()
    made["said"] = 1
    made.save()
    assert SessionStore(made.session_key)["said"] == 1


# Who is signed in -----------------------------------------------------------------------------


@pytest.fixture
def signed_in(client: Client, client_user: User) -> Client:
    client.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def is_signed_in(browser: Client) -> bool:
    return browser.get(reverse("home")).status_code == 200


def test_session_and_person_are_one_query(
    signed_in: Client, client_user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert is_signed_in(signed_in)  # the session is noted
    request = HttpRequest()
    request.session = SessionStore(signed_in.session.session_key)
    with django_assert_num_queries(1):
        assert person_of_session(request) == client_user


def test_a_session_that_nobody_has_noted_is_still_somebodys(
    signed_in: Client, client_user: User
) -> None:
    """As one from before sessions were listed."""
    assert is_signed_in(signed_in)
    UserSession.objects.all().delete()
    assert signed_in.get(reverse("home")).wsgi_request.user == client_user


def test_a_session_noted_for_somebody_else_is_whose_it_says(
    signed_in: Client, client_user: User, staff: User
) -> None:
    assert is_signed_in(signed_in)
    UserSession.objects.update(user=staff)
    assert signed_in.get(reverse("home")).wsgi_request.user == client_user


def test_who_is_signed_in_is_found(signed_in: Client, client_user: User) -> None:
    assert signed_in.get(reverse("home")).wsgi_request.user == client_user


@pytest.mark.parametrize(
    "changed", [{"is_active": False}, {"password": "!"}, {"password": "another-hash"}]
)
def test_who_may_not_go_on_is_nobody(
    signed_in: Client, client_user: User, changed: dict[str, object]
) -> None:
    assert is_signed_in(signed_in)
    User.objects.filter(pk=client_user.pk).update(**changed)
    assert not is_signed_in(signed_in)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (SESSION_KEY, "00000000-0000-0000-0000-000000000000"),
        (BACKEND_SESSION_KEY, "somewhere.else.Backend"),
        (HASH_SESSION_KEY, "another"),
        (HASH_SESSION_KEY, ""),
    ],
)
def test_a_session_that_does_not_fit_is_nobodys(signed_in: Client, key: str, value: str) -> None:
    session = signed_in.session
    session[key] = value
    session.save()
    assert not is_signed_in(signed_in)


def test_a_new_secret_key_signs_nobody_out(signed_in: Client, settings: Settings) -> None:
    """While the old one is a fallback; the session's own check is made anew by Django."""
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret, as long as it has to be, for the next years to come"
    assert is_signed_in(signed_in)
    settings.SECRET_KEY_FALLBACKS = []
    assert is_signed_in(signed_in)
