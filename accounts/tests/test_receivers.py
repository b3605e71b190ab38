"""What accounts does when something happens elsewhere."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.db import IntegrityError, connection
from django.test import Client

from accounts.models import User
from tests.fixtures import PASSWORD, capture_events, names, signed_in_long_ago


def test_signing_in_by_the_form_is_recorded(client: Client, client_user: User) -> None:
    with capture_events() as events:
        wrong = client.post("/accounts/login/", {"login": client_user.email, "password": "wrong"})
        right = client.post("/accounts/login/", {"login": client_user.email, "password": PASSWORD})
    assert (wrong.status_code, right.status_code) == (200, 302)
    refused, event = events
    assert refused.name == "AttemptRefused"
    assert (event.name, event.actor, event.ip) == ("SignedIn", client_user, "127.0.0.1")
    assert event.data == {"user_id": str(client_user.pk), "method": "password"}


EMAIL = "/accounts/email/"


@pytest.fixture
def browser(client: Client, client_user: User) -> Client:
    """Tomas, signed in, who has just entered his password again."""
    client.post("/accounts/login/", {"login": client_user.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_a_new_address_is_added_confirmed_and_made_the_main_one(
    browser: Client, client_user: User
) -> None:
    with capture_events() as events:
        browser.post(EMAIL, {"action_add": "", "email": "tomas@new.test"})
        link = next(word for word in mail.outbox[0].body.split() if "/confirm-email/" in word)
        browser.post(link.partition("testserver")[2])
        browser.post(EMAIL, {"action_primary": "", "email": "tomas@new.test"})
    assert names(events) == ["AddressAdded", "AddressConfirmed", "MainAddressChanged"]
    assert {(event.actor, event.stream.object_id) for event in events} == {
        (client_user, client_user.pk)
    }
    assert "new.test" not in str([event.data for event in events])
    told = [(letter.to, letter.subject) for letter in mail.outbox[1:]]
    assert (["tomas@demo.test"], "Your e-mail address was changed") in told
    client_user.refresh_from_db()
    assert client_user.email == "tomas@new.test"
    with capture_events() as removed:
        browser.post(EMAIL, {"action_remove": "", "email": "tomas@demo.test"})
    assert names(removed) == ["AddressRemoved"]
    # The last one stays: without it nobody could sign in.
    browser.post(EMAIL, {"action_remove": "", "email": "tomas@new.test"})
    assert EmailAddress.objects.filter(user=client_user).count() == 1


def test_the_main_address_changes_only_to_a_confirmed_one(
    browser: Client, client_user: User
) -> None:
    browser.post(EMAIL, {"action_add": "", "email": "tomas@new.test"})
    with capture_events() as events:
        answer = browser.post(EMAIL, {"action_primary": "", "email": "tomas@new.test"}, follow=True)
    assert "Confirm the address first" in answer.content.decode()
    assert events == []


def test_changing_addresses_asks_again_who_it_is(client: Client, client_user: User) -> None:
    client.post("/accounts/login/", {"login": client_user.email, "password": PASSWORD})
    signed_in_long_ago(client)
    answer = client.post(EMAIL, {"action_add": "", "email": "tomas@new.test"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert EmailAddress.objects.filter(user=client_user).count() == 1


@pytest.mark.django_db(transaction=True)
def test_second_factors_are_recorded_and_written_of(
    worked_at_once: None, browser: Client, client_user: User
) -> None:
    with capture_events() as events:
        page = browser.get("/accounts/2fa/totp/activate/").content.decode()
        secret = re.findall(r'value="([A-Z2-7]{32})"', page)[0]
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        browser.post("/accounts/2fa/totp/activate/", {"code": code})
        page = browser.get("/accounts/2fa/recovery-codes/").content.decode()
        browser.post("/accounts/2fa/recovery-codes/generate/")
        page = browser.get("/accounts/2fa/recovery-codes/").content.decode()
        codes = re.findall(r"<li>(\d{4} \d{4})</li>", page)
        browser.post("/accounts/logout/")
        browser.post("/accounts/login/", {"login": client_user.email, "password": PASSWORD})
        browser.post("/accounts/2fa/authenticate/", {"code": "00000000"})
        browser.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
        browser.post("/accounts/2fa/totp/deactivate/")
    happened = [event for event in events if event.stream.object_id == client_user.pk]
    assert names(happened) == [
        "SecondFactorAdded", "RecoveryCodesMade", "RecoveryCodesMade", "SignedOut",
        "AttemptRefused", "RecoveryCodeUsed", "SignedIn", "SecondFactorRemoved",
    ]  # fmt: skip
    assert {event.actor for event in happened} == {client_user}
    assert happened[5].data["left"] == 9
    assert happened[6].data["method"] == "password+recovery_codes"
    assert [letter.subject for letter in mail.outbox] == [
        "An authenticator app signs you in", "New recovery codes", "A recovery code was used",
        "The authenticator app was removed",
    ]  # fmt: skip
    assert "9 of them are left" in mail.outbox[2].body
    assert {tuple(letter.to) for letter in mail.outbox} == {(client_user.email,)}
    written = str([event.data for event in events]) + "".join(
        str(each.body) for each in mail.outbox
    )
    assert not any(each in written for each in codes)


@pytest.mark.django_db
def test_signing_up_is_one_transaction_with_its_event(client: Client) -> None:
    form = {"name": "Nora", "email": "nora@demo.test", "password1": "a-long-way-home"}
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE core_event ADD CONSTRAINT none CHECK (name <> 'PersonSignedUp') NOT VALID"
        )
    with pytest.raises(IntegrityError):
        client.post("/accounts/signup/", form)
    assert not User.objects.filter(email="nora@demo.test").exists()
