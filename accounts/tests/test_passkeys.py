"""Passkeys: adding one, signing in with it alone or as the second step, removing it."""

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator as Factor
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.fixtures import PASSWORD, signed_in_long_ago
from tests.passkeys import Authenticator

INDEX = "/accounts/2fa/"
ADD = "/accounts/2fa/webauthn/add/"
LOGIN = "/accounts/2fa/webauthn/login/"
AUTHENTICATE = "/accounts/2fa/authenticate/"
REAUTHENTICATE = "/accounts/2fa/webauthn/reauthenticate/"


@pytest.fixture
def browser(client: Client, client_user: User) -> Client:
    """Tomas, signed in over https, who has just entered his password again."""
    client.defaults["wsgi.url_scheme"] = "https"
    sign_in(client, client_user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def sign_in(client: Client, user: User) -> str:
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return str(answer["Location"])


def asked(page: Any) -> Any:
    """The server's question, from the page."""
    found = re.search(
        r'<script id="passkey-options" type="application/json">(.*?)</script>',
        page.content.decode(),
    )
    assert found is not None
    data = json.loads(found[1])
    return data.get("creation_options") or data["request_options"]


def add(browser: Client, device: Authenticator, *, alone: bool = True, name: str = "Laptop") -> Any:
    credential = json.dumps(device.create(asked(browser.get(ADD))))
    form = {"name": name, "credential": credential} | ({"passwordless": "on"} if alone else {})
    return browser.post(ADD, form, follow=True)


def sign_in_with(browser: Client, device: Authenticator, **more: str) -> Any:
    question = browser.get(LOGIN, headers={"accept": "application/json"}).json()
    credential = json.dumps(device.get(question["request_options"]))
    return browser.post(LOGIN, {"credential": credential} | more)


def test_a_passkey_is_added_and_signs_in_alone(browser: Client, client_user: User) -> None:
    device = Authenticator()
    page = add(browser, device).content.decode()
    assert len(re.findall(r"<li>(\d{4} \d{4})</li>", page)) == 10
    index = browser.get(INDEX).content.decode()
    assert "Laptop" in index
    assert "Signs in alone." in index
    browser.logout()
    answer = sign_in_with(browser, device, next="/profile/")
    assert (answer.status_code, answer["Location"]) == (302, "/profile/")
    assert client_user.email in browser.get("/profile/").content.decode()


def test_a_passkey_is_the_second_step_after_the_password(
    browser: Client, client_user: User
) -> None:
    device = Authenticator()
    add(browser, device, alone=False)
    browser.logout()
    assert sign_in(browser, client_user) == AUTHENTICATE
    credential = device.get(asked(browser.get(AUTHENTICATE)))
    answer = browser.post(AUTHENTICATE, {"credential": json.dumps(credential)})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_an_answer_works_once(browser: Client, client_user: User) -> None:
    device = Authenticator()
    add(browser, device)
    browser.logout()
    sign_in(browser, client_user)
    credential = json.dumps(device.get(asked(browser.get(AUTHENTICATE))))
    browser.post(AUTHENTICATE, {"credential": credential})
    browser.logout()
    sign_in(browser, client_user)
    browser.get(AUTHENTICATE)
    answer = browser.post(AUTHENTICATE, {"credential": credential})
    assert "That did not work" in answer.content.decode()


def test_it_proves_once_more_who_one_is(browser: Client) -> None:
    device = Authenticator()
    add(browser, device)
    browser.logout()
    sign_in_with(browser, device)
    signed_in_long_ago(browser)
    assert browser.get(ADD).status_code == 302
    credential = json.dumps(device.get(asked(browser.get(f"{REAUTHENTICATE}?next={ADD}"))))
    answer = browser.post(REAUTHENTICATE, {"credential": credential, "next": ADD})
    assert (answer.status_code, answer["Location"]) == (302, ADD)
    assert browser.get(ADD).status_code == 200


@pytest.mark.parametrize(
    "device",
    [Authenticator("https://evil.test"), Authenticator("https://testserver.evil.test")],
    ids=["another site", "a like name"],
)
def test_another_sites_answer_is_refused(
    device: Authenticator, browser: Client, client_user: User
) -> None:
    question = asked(browser.get(ADD))
    answer = browser.post(ADD, {"credential": json.dumps(device.create(question))})
    assert "That did not work" in answer.content.decode()
    assert not Factor.objects.exists()


RUBBISH = [
    "", "{}", "[]", "no json", "1", '"x"', "null", '{"id": 1}', "[" * 900, "{" * 70_000,
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": null}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA"}}',
    ('{"id": "AA", "rawId": "AA", "type": "public-key", "response":'
     ' {"clientDataJSON": "e30", "attestationObject": "AAAA", "authenticatorData": "AA"}}'),
]  # fmt: skip


@pytest.mark.parametrize("text", RUBBISH)
def test_rubbish_is_refused(text: str, browser: Client, client_user: User) -> None:
    assert browser.post(ADD, {"credential": text, "passwordless": "on"}).status_code == 200
    assert not Factor.objects.exists()
    add(browser, Authenticator())
    browser.logout()
    assert browser.post(LOGIN, {"credential": text}, follow=True).status_code == 200
    sign_in(browser, client_user)
    assert browser.post(AUTHENTICATE, {"credential": text}).status_code == 200


@pytest.mark.parametrize("handle", [None, 1, "", "AAAA", "////", "9" * 400])
def test_a_false_owner_is_refused(handle: Any, browser: Client) -> None:
    device = Authenticator()
    add(browser, device)
    browser.logout()
    device.user_handle = handle
    assert sign_in_with(browser, device)["Location"] == "/accounts/login/"


def test_an_unknown_device_signs_nobody_in(browser: Client) -> None:
    add(browser, Authenticator())
    browser.logout()
    stranger = Authenticator()
    stranger.user_handle = "AAAA"
    answer = sign_in_with(browser, stranger)
    assert answer["Location"] == "/accounts/login/"
    assert browser.get("/profile/").status_code == 302


def test_it_is_renamed_and_removed(browser: Client, client_user: User) -> None:
    add(browser, Authenticator(), name="")
    key = Factor.objects.get(user=client_user, type="webauthn")
    assert key.wrap().name == "Passkey"
    address = f"/accounts/2fa/webauthn/keys/{key.pk}"
    assert browser.get(f"{address}/edit/").status_code == 200
    page = browser.post(f"{address}/edit/", {"name": "<Blue> key"}, follow=True)
    assert page.redirect_chain[-1] == (INDEX, 302)
    assert "&lt;Blue&gt; key" in page.content.decode()
    assert "&lt;Blue&gt; key" in browser.get(f"{address}/remove/").content.decode()
    page = browser.post(f"{address}/remove/", follow=True)
    assert "The passkey is removed." in page.content.decode()
    assert not Factor.objects.filter(user=client_user).exists()


def test_nobody_touches_anothers_key(browser: Client, client_user: User, outsider: User) -> None:
    add(browser, Authenticator())
    key = Factor.objects.get(user=client_user, type="webauthn")
    browser.logout()
    sign_in(browser, outsider)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    for what in ("edit", "remove"):
        address = f"/accounts/2fa/webauthn/keys/{key.pk}/{what}/"
        assert browser.post(address, {"name": "Mine"}).status_code == 404


def test_staff_get_in_with_one(client: Client, staff: User, settings: Settings) -> None:
    settings.STAFF_MFA_REQUIRED = True
    client.defaults["wsgi.url_scheme"] = "https"
    sign_in(client, staff)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    device = Authenticator()
    add(client, device)
    client.logout()
    sign_in_with(client, device)
    assert client.get("/admin/").status_code == 200


def test_staff_cannot_remove_the_last_they_need(
    client: Client, staff: User, settings: Settings
) -> None:
    settings.STAFF_MFA_REQUIRED = True
    client.defaults["wsgi.url_scheme"] = "https"
    sign_in(client, staff)
    add(client, Authenticator(), name="First")
    key = Factor.objects.get(user=staff, type="webauthn")
    address = f"/accounts/2fa/webauthn/keys/{key.pk}/remove/"
    page = client.get(address).content.decode()
    assert "Staff sign in with two steps here." in page
    assert "Remove the passkey</button>" not in page
    client.post(address)
    assert Factor.objects.filter(pk=key.pk).exists()
    add(client, Authenticator(), name="Second")
    assert "Remove the passkey</button>" in client.get(address).content.decode()
    client.post(address)
    assert not Factor.objects.filter(pk=key.pk).exists()
