"""Signing in with Google and Microsoft, against a stand-in that speaks their protocol."""

import logging
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.fixtures import PASSWORD, capture_events, names, signed_in_long_ago
from tests.oidc import Provider, arrive, leave, sign_in

GMAIL = {"sub": "g-1", "name": "Nora Falk", "email": "nora@gmail.com", "email_verified": True}
CONNECTIONS = "/accounts/3rdparty/"


def is_signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def test_a_new_person_comes_in_with_an_address_that_google_hosts(
    client: Client, provider: Provider
) -> None:
    provider.claims = GMAIL
    with capture_events() as events:
        answer = sign_in(client, next="/profile/")
    assert (answer.status_code, answer["Location"]) == (302, "/profile/")
    person = User.objects.get(email="nora@gmail.com")
    assert (person.name, person.has_usable_password()) == ("Nora Falk", False)
    assert EmailAddress.objects.get(user=person).verified
    assert names(events) == ["PersonSignedUp", "SignedIn"]
    assert events[1].data["method"] == "google"
    assert mail.outbox == []
    client.logout()
    sign_in(client)
    assert is_signed_in(client)
    assert User.objects.filter(email="nora@gmail.com").count() == 1


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("google", {"email": "nora@corp.test"}),  # verified once, hosted elsewhere
        ("google", {"email_verified": False}),
        ("google", {"email_verified": "true"}),
        ("microsoft", {}),
        ("microsoft", {"hd": "gmail.com"}),
    ],
)
def test_an_address_that_the_provider_does_not_speak_for_is_confirmed_by_our_mail(
    name: str, claims: dict[str, Any], client: Client, provider: Provider
) -> None:
    provider.claims = GMAIL | claims
    answer = sign_in(client, name)
    assert answer["Location"] == "/accounts/confirm-email/"
    assert not is_signed_in(client)
    (letter,) = mail.outbox
    assert letter.to == [provider.claims["email"]]
    link = next(word for word in str(letter.body).split() if "/confirm-email/" in word)
    client.post(link.partition("testserver")[2])
    Client().get("/")
    sign_in(client, name)
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("google", {"email": "tomas@demo.test"}),
        ("google", {"email": "tomas@demo.test", "email_verified": False, "hd": "demo.test"}),
        ("microsoft", {"email": "tomas@demo.test", "hd": "demo.test"}),
        ("microsoft", {"email": "TOMAS@demo.test", "xms_edov": True}),
    ],
)
def test_nobody_gets_into_an_account_by_naming_its_address(
    name: str, claims: dict[str, Any], client: Client, client_user: User, provider: Provider
) -> None:
    provider.claims = GMAIL | claims
    sign_in(client, name)
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    assert [letter.subject for letter in mail.outbox] == ["You have an account already"]


def test_google_opens_the_account_of_an_address_that_it_hosts(
    client: Client, client_user: User, provider: Provider
) -> None:
    provider.claims = GMAIL | {"email": "tomas@demo.test", "hd": "demo.test"}
    with capture_events() as events:
        sign_in(client)
    assert is_signed_in(client)
    assert names(events) == ["ProviderConnected", "SignedIn"]
    assert {event.actor for event in events} == {client_user}
    client_user.refresh_from_db()
    assert client_user.check_password(PASSWORD)
    assert [(each.to, each.subject) for each in mail.outbox] == [
        (["tomas@demo.test"], "Google signs you in")
    ]


def test_who_only_named_an_address_keeps_nobody_out(
    client: Client, outsider: User, provider: Provider
) -> None:
    """Nor is their account opened: the owner gets one of their own, as by the form."""
    EmailAddress.objects.create(user=outsider, email="nora@gmail.com", verified=False)
    provider.claims = GMAIL
    with capture_events() as events:
        answer = sign_in(client, next="/profile/")
    assert answer["Location"] == "/profile/"
    assert is_signed_in(client)
    assert names(events) == ["PersonSignedUp", "SignedIn"]
    nora = User.objects.get(email="nora@gmail.com")
    assert SocialAccount.objects.get().user == nora != outsider
    assert EmailAddress.objects.get(email="nora@gmail.com", verified=True).user == nora
    outsider.refresh_from_db()
    assert outsider.check_password(PASSWORD)
    assert mail.outbox == []


def test_nor_where_our_mail_confirms_it(client: Client, outsider: User, provider: Provider) -> None:
    EmailAddress.objects.create(user=outsider, email="nora@gmail.com", verified=False)
    provider.claims = GMAIL | {"email_verified": False}
    assert sign_in(client)["Location"] == "/accounts/confirm-email/"
    (letter,) = mail.outbox
    link = next(word for word in str(letter.body).split() if "/confirm-email/" in word)
    client.post(link.partition("testserver")[2])
    sign_in(client)
    assert is_signed_in(client)
    assert EmailAddress.objects.get(email="nora@gmail.com", verified=True).user != outsider


def test_the_second_step_is_asked_here_too(
    client: Client, client_user: User, provider: Provider
) -> None:
    TOTP.activate(client_user, generate_totp_secret())
    provider.claims = GMAIL | {"email": "tomas@demo.test", "hd": "demo.test"}
    assert sign_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)


def test_a_person_without_a_name_is_asked_for_it(client: Client, provider: Provider) -> None:
    provider.claims = {name: GMAIL[name] for name in ("sub", "email", "email_verified")}
    assert sign_in(client)["Location"] == "/accounts/3rdparty/signup/"
    assert "One thing is left" in client.get("/accounts/3rdparty/signup/").content.decode()
    with capture_events() as events:
        client.post("/accounts/3rdparty/signup/", {"name": "Nora", "email": "nora@gmail.com"})
    assert names(events) == ["PersonSignedUp", "SignedIn"]
    assert User.objects.get(email="nora@gmail.com").name == "Nora"


def test_it_is_connected_and_disconnected_in_the_profile(
    client: Client, client_user: User, provider: Provider
) -> None:
    client.post("/accounts/login/", {"login": client_user.email, "password": PASSWORD})
    signed_in_long_ago(client)
    provider.claims = GMAIL | {"sub": "m-1"}
    asked = arrive(client, leave(client, "microsoft", process="connect"))
    assert asked["Location"] == "/accounts/reauthenticate/"
    with capture_events() as events:
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert names(events) == ["ProviderConnected"]
    page = client.get(CONNECTIONS).content.decode()
    assert "nora@gmail.com" in page
    account = SocialAccount.objects.get(user=client_user)
    elsewhere = Client()
    sign_in(elsewhere, "microsoft")
    assert is_signed_in(elsewhere)
    with capture_events() as events:
        client.post(CONNECTIONS, {"account": account.pk})
    assert names(events) == ["ProviderDisconnected"]
    assert not SocialAccount.objects.exists()
    assert [each.subject for each in mail.outbox] == [
        "Microsoft signs you in", "Microsoft no longer signs you in",
    ]  # fmt: skip


def test_anothers_account_is_not_taken(
    client: Client, client_user: User, outsider: User, provider: Provider
) -> None:
    SocialAccount.objects.create(user=outsider, provider="google", uid="g-1")
    client.post("/accounts/login/", {"login": client_user.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    provider.claims = GMAIL
    arrive(client, leave(client, process="connect"))
    assert "connected to another person" in client.get(CONNECTIONS).content.decode()
    assert SocialAccount.objects.get().user == outsider


def test_the_only_way_in_is_not_disconnected(client: Client, provider: Provider) -> None:
    provider.claims = GMAIL
    sign_in(client)
    account = SocialAccount.objects.get()
    page = client.post(CONNECTIONS, {"account": account.pk}).content.decode()
    assert "Set a password first" in page
    assert SocialAccount.objects.exists()


def test_no_token_is_kept(client: Client, client_user: User, provider: Provider) -> None:
    client.post("/accounts/login/", {"login": client_user.email, "password": PASSWORD})
    signed_in_long_ago(client)
    provider.claims = GMAIL | {"picture": "https://example.org/nora.png", "locale": "nb"}
    arrive(client, leave(client, process="connect"))
    kept = str([row.get_decoded() for row in Session.objects.all()])
    assert "g-1" in kept
    assert "access_token" not in kept
    assert "'token'" not in kept
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert not SocialToken.objects.exists()
    assert SocialAccount.objects.get().extra_data == {
        "id_token": {"sub": "g-1", "name": "Nora Falk", "email": "nora@gmail.com"}
    }


@pytest.mark.parametrize(
    ("path", "status"), [("/.well-known/openid-configuration", 500), ("/token", 503)]
)
def test_a_provider_that_fails_is_said(
    path: str, status: int, client: Client, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.claims = GMAIL
    provider.faults[path] = status
    with caplog.at_level(logging.WARNING, "accounts.adapter"):
        answer = leave(client)
        answer = arrive(client, answer) if answer.status_code == 302 else answer
    assert answer.status_code == 401
    assert "Google is away, or its answer did not fit." in answer.content.decode()
    assert "Signing in with Google failed" in caplog.text
    assert "nora" not in caplog.text


def test_a_provider_that_is_gone_is_said(
    client: Client, settings: Settings, provider: Provider
) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["server_url"] = "http://127.0.0.1:1"
    began = time.monotonic()
    assert "Google is away" in leave(client).content.decode()
    assert time.monotonic() - began < 6


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another-client"},
        {"iss": "https://accounts.google.com"},
        {"exp": 1_000_000_000},
        {"sub": ""},
    ],
)
def test_an_id_token_that_is_not_for_us_is_refused(
    changed: dict[str, Any], client: Client, provider: Provider
) -> None:
    provider.claims = GMAIL | changed
    assert sign_in(client).status_code == 401
    assert not is_signed_in(client)
    assert not User.objects.filter(email="nora@gmail.com").exists()


def test_saying_no_there_leads_back(client: Client, provider: Provider) -> None:
    answer = sign_in(client)
    assert answer["Location"] == "/accounts/3rdparty/login/cancelled/"
    assert "Nothing has changed" in client.get(answer["Location"]).content.decode()


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(
    client: Client, provider: Provider
) -> None:
    provider.claims = GMAIL
    assert arrive(Client(), leave(client)).status_code == 401


def test_a_link_cannot_ask_for_more(client: Client, provider: Provider) -> None:
    address = "/accounts/oidc/google/login/?scope=drive&auth_params=prompt%3Dnone"
    assert "Go on to Google" in client.get(address).content.decode()
    query = parse_qs(urlsplit(client.post(address)["Location"]).query)
    assert set(query["scope"][0].split()) == {"openid", "profile", "email"}
    assert "prompt" not in query


def test_buttons_are_there_where_providers_are(client: Client, provider: Provider) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "Sign in with Google" in page
    assert "Sign in with Microsoft" in page


def test_and_nowhere_else(client: Client, client_user: User) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "Google" not in page
    assert client.get("/accounts/oidc/google/login/").status_code == 404
    client.force_login(client_user)
    assert "Accounts elsewhere" not in client.get("/profile/").content.decode()
