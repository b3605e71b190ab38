"""Passwords that are hard to guess, and what follows when one is changed."""

import re
import time

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.actions.passwords import change_password
from accounts.actions.sessions import forget_ended_sessions
from accounts.actions.tokens import create_api_token
from accounts.models import ApiToken, User
from accounts.passwords import GuessingValidator
from core.errors import NotAllowed
from tests.fixtures import PASSWORD, capture_events, names, refused

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = "slow-harbour-lantern"
CHANGE = "/accounts/password/change/"


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("password123", "very common password"),
        ("qwertyuiop", "common password"),
        ("abcabcabcabc", 'Repeats like "abcabcabc"'),
        ("31121999", "Dates are often easy to guess"),
        ("okafor-tomas", "little more than your name"),
        ("tomas@demo.test", "similar to the email"),
        ("Tomas1988!", "little more than your name"),
        ("short", "too short"),
    ],
)
def test_what_is_guessed_soon_is_refused_with_advice(password: str, said: str) -> None:
    person = User(name="Tomas Okafor", email="tomas@demo.test")
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, person)
    assert said.lower() in " ".join(refusal.value.messages).lower()


@pytest.mark.parametrize("password", [NEW, PASSWORD, "a-long-way-home", "æøå og ny havn 7"])
def test_what_is_not_is_taken(password: str) -> None:
    validate_password(password, User(name="Tomas Okafor", email="tomas@demo.test"))


def test_a_long_one_is_judged_quickly() -> None:
    before = time.process_time()
    validate_password("ab12cd34!?" * 400, User(name="x " * 2000, email="e@demo.test"))
    assert time.process_time() - before < 2


def test_a_name_of_ones_own_does_not_make_it_safe() -> None:
    with pytest.raises(ValidationError, match="guess"):
        GuessingValidator().validate("brzezicki19", User(name="Z. Brzezicki", email="z@b.test"))
    GuessingValidator().validate("brzezicki19", User(name="Mara", email="m@b.test"))


def sign_in(client: Client, user: User, password: str = PASSWORD) -> int:
    answer = client.post("/accounts/login/", {"login": user.email, "password": password})
    return answer.status_code


def test_a_change_signs_out_everybody_else(client: Client, client_user: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere, client_user)
    sign_in(client, client_user)
    create_api_token(actor=client_user, user=client_user)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    with capture_events() as events:
        assert client.post(CHANGE, form).status_code == 302
    forget_ended_sessions(actor=User.objects.system())
    assert names(events) == ["ApiTokenRevoked", "SessionEnded", "PasswordChanged"]
    assert {event.actor for event in events} == {client_user}
    assert {event.ip for event in events} == {"127.0.0.1"}
    assert client.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
    assert not ApiToken.objects.exists()
    assert UserSession.objects.filter(user=client_user).count() == 1
    assert [letter.subject for letter in mail.outbox] == ["Your password was changed"]
    assert mail.outbox[0].to == [client_user.email]
    assert NEW not in mail.outbox[0].body


def test_the_mail_says_when_and_with_what_in_words(client: Client, client_user: User) -> None:
    User.objects.filter(pk=client_user.pk).update(timezone="Europe/Copenhagen")
    sign_in(client, client_user)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    client.post(CHANGE, form, headers={"User-Agent": FIREFOX})
    words = str(mail.outbox[0].body)
    assert re.search(r"When: \w+ \d+ \w+ \d{4}, \d+:\d\d \(Europe/Copenhagen\)\n", words)
    assert "From: 127.0.0.1\nWith: Firefox on Linux\n" in words + "\n"
    assert "Mozilla" not in str(mail.outbox[0].message())


def test_a_reset_signs_out_everybody(client: Client, client_user: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere, client_user)
    client.post("/accounts/password/reset/", {"email": client_user.email})
    (link,) = [word for word in mail.outbox[0].body.split() if "/reset/key/" in word]
    page = client.get(link.partition("testserver")[2], follow=True)
    address = page.redirect_chain[-1][0]
    assert (
        "little more than your name"
        in client.post(
            address, {"password1": "tomas-okafor", "password2": "tomas-okafor"}
        ).content.decode()
    )
    with capture_events() as events:
        client.post(address, {"password1": NEW, "password2": NEW})
    assert names(events) == ["SessionEnded", "PasswordChanged"]
    assert elsewhere.get("/profile/").status_code == 302
    assert sign_in(Client(), client_user, NEW) == 302


def test_only_ones_own(consultant: User, client_user: User) -> None:
    with refused(NotAllowed):
        change_password(actor=consultant, user=client_user, password=NEW)
