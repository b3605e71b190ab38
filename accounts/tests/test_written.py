"""What allauth's pages write and its events are one transaction, and mails leave after it."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import resolve

from accounts.clients.mail import hand_over, held
from accounts.models import User
from tests.fixtures import PASSWORD, capture_events, names
from tests.oidc import Provider, arrive, leave, sign_in

EMAIL = "/accounts/email/"
NEW = "tomas@new.test"
ACTIVATE = "/accounts/2fa/totp/activate/"


@pytest.fixture
def browser(client: Client, client_user: User) -> Client:
    """Tomas, who has just signed in; what cannot be recorded fails."""
    client.post("/accounts/login/", {"login": client_user.email, "password": PASSWORD})
    return client


def never(*events: str) -> None:
    """From now on these cannot be recorded."""
    connection.check_constraints()  # what waits to be checked holds the table
    listed = ", ".join(f"'{name}'" for name in events)
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE core_event ADD CONSTRAINT none CHECK (name NOT IN ({listed})) NOT VALID"
        )


def test_an_address_is_not_added_without_its_event(browser: Client) -> None:
    never("AddressAdded")
    with pytest.raises(IntegrityError):
        browser.post(EMAIL, {"action_add": "", "email": NEW})
    assert not EmailAddress.objects.filter(email=NEW).exists()
    assert mail.outbox == []


def test_nor_removed(browser: Client, client_user: User) -> None:
    EmailAddress.objects.create(user=client_user, email=NEW, verified=True)
    never("AddressRemoved")
    with pytest.raises(IntegrityError):
        browser.post(EMAIL, {"action_remove": "", "email": NEW})
    assert EmailAddress.objects.filter(email=NEW).exists()
    assert mail.outbox == []


def test_nor_made_the_main_one(browser: Client, client_user: User) -> None:
    EmailAddress.objects.create(user=client_user, email=NEW, verified=True)
    never("MainAddressChanged")
    with pytest.raises(IntegrityError):
        browser.post(EMAIL, {"action_primary": "", "email": NEW})
    client_user.refresh_from_db()
    assert client_user.email == "tomas@demo.test"
    assert EmailAddress.objects.get(email=client_user.email).primary
    assert mail.outbox == []


@pytest.mark.parametrize("event", ["SecondFactorAdded", "RecoveryCodesMade"])
def test_a_factor_is_not_added_without_its_event(event: str, browser: Client) -> None:
    page = browser.get(ACTIVATE).content.decode()
    (secret,) = re.findall(r'value="([A-Z2-7]{32})"', page)
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    never(event)
    with pytest.raises(IntegrityError):
        browser.post(ACTIVATE, {"code": code})
    assert not Authenticator.objects.exists()


def test_nor_removed_or_its_codes_renewed(browser: Client, client_user: User) -> None:
    TOTP.activate(client_user, generate_totp_secret())
    browser.post("/accounts/2fa/recovery-codes/generate/")
    before = list(Authenticator.objects.order_by("pk").values_list("pk", flat=True))
    assert len(before) == 2
    never("SecondFactorRemoved", "RecoveryCodesMade")
    for page in ("totp/deactivate/", "recovery-codes/generate/"):
        with pytest.raises(IntegrityError):
            browser.post(f"/accounts/2fa/{page}")
    assert list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)) == before


def test_a_provider_is_not_connected_or_disconnected_without_its_event(
    browser: Client, client_user: User, provider: Provider
) -> None:
    provider.claims = {"sub": "g-1", "name": "Tomas", "email": "t@gmail.com"}
    SocialAccount.objects.create(user=client_user, provider="microsoft", uid="m-1")
    back = leave(browser, process="connect")
    never("ProviderConnected", "ProviderDisconnected")
    with pytest.raises(IntegrityError):
        arrive(browser, back)
    account = SocialAccount.objects.get()
    with pytest.raises(IntegrityError):
        browser.post("/accounts/3rdparty/", {"account": account.pk})
    assert SocialAccount.objects.get() == account
    assert mail.outbox == []


def test_a_new_person_by_a_provider_is_signed_in_with_the_event_or_not_at_all(
    client: Client, db: None, provider: Provider
) -> None:
    provider.claims = {
        "sub": "g-1", "name": "Nora Falk", "email": "nora@gmail.com", "email_verified": True,
    }  # fmt: skip
    never("SignedIn")
    with pytest.raises(IntegrityError):
        sign_in(client)
    assert not User.objects.filter(email="nora@gmail.com").exists()


def test_mails_leave_when_everything_stands(browser: Client) -> None:
    with capture_events() as events:
        browser.post(EMAIL, {"action_add": "", "email": NEW})
    assert names(events) == ["AddressAdded"]
    assert [letter.to for letter in mail.outbox] == [[NEW]]
    letter = mail.outbox.pop()
    with held():
        with held():
            hand_over(letter)
        assert mail.outbox == []
    assert [each.to for each in mail.outbox] == [[NEW]]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("email/", "account_email"),
        ("reauthenticate/", "account_reauthenticate"),
        ("2fa/totp/activate/", "mfa_activate_totp"),
        ("2fa/webauthn/add/", "mfa_add_webauthn"),
        ("3rdparty/", "socialaccount_connections"),
    ],
)
def test_limits_and_guests_know_them_by_allauth_s_names(path: str, name: str) -> None:
    assert resolve(f"/accounts/{path}").view_name == name
