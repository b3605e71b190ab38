"""Session cookies as strangers write them."""

import pytest
from django.test import Client
from django.urls import reverse

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
