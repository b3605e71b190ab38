"""A sign-in with a device not seen before is told of; a browser is known by a mark it keeps."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.actions.devices import forget_old_devices, note_device
from accounts.adapter import DEVICE_COOKIE
from accounts.models import KnownDevice, User
from accounts.tasks import forget_old_devices as forget_old_devices_task
from accounts.tasks import mail_new_device
from core.errors import NotAllowed
from core.models import Event
from tests.fixtures import PASSWORD, capture_events, names, refused

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(client: Client, user: User, **extra: Any) -> Any:
    form = {"login": user.email, "password": PASSWORD}
    answer = client.post("/accounts/login/", form, **extra)
    assert answer.status_code == 302
    return answer


def with_program(user: User, user_agent: str, address: str = "192.0.2.1") -> list[str]:
    """The events of signing in over the API."""
    with capture_events() as events:
        answer = Client(HTTP_USER_AGENT=user_agent, REMOTE_ADDR=address).post(
            "/api/auth/signin/", {"email": user.email, "password": PASSWORD}, "application/json"
        )
    assert answer.status_code == 200
    return names(events)


@pytest.fixture
def known(client_user: User) -> User:
    """Tomas, who signed up long ago and has signed in before."""
    User.objects.update(date_joined=timezone.now() - timedelta(days=30))
    client_user.refresh_from_db()
    KnownDevice.objects.create(user=client_user, digest="of another browser")
    return client_user


# Recognising --------------------------------------------------------------------------------


def test_the_first_sign_in_after_signing_up_is_nothing_new(
    client: Client, client_user: User
) -> None:
    with capture_events() as events:
        sign_in(client, client_user)
    assert names(events) == ["SignedIn"]
    assert KnownDevice.objects.filter(user=client_user).count() == 1


def test_a_second_browser_is_new_once(client: Client, client_user: User) -> None:
    sign_in(Client(), client_user)
    with capture_events() as events:
        sign_in(client, client_user)
        client.post("/accounts/logout/")
        sign_in(client, client_user, REMOTE_ADDR="203.0.113.5", HTTP_USER_AGENT=FIREFOX)
    assert names(events) == ["SignedIn", "NewDeviceSeen", "SignedOut", "SignedIn"]
    device = KnownDevice.objects.latest("first_seen_at")
    assert events[1].data == {"user_id": str(client_user.pk), "device_id": str(device.pk)}
    assert device.last_seen_at > device.first_seen_at


def test_the_first_sign_in_of_an_old_account_is_told(client: Client, client_user: User) -> None:
    User.objects.update(date_joined=timezone.now() - timedelta(days=2))
    with capture_events() as events:
        sign_in(client, client_user)
    assert names(events) == ["SignedIn", "NewDeviceSeen"]


def test_a_browser_known_to_one_person_is_new_to_another(
    client: Client, known: User, consultant: User
) -> None:
    sign_in(client, consultant)
    client.post("/accounts/logout/")
    with capture_events() as events:
        sign_in(client, known)
    assert names(events) == ["SignedIn", "NewDeviceSeen"]


def test_the_mark_is_signed_and_out_of_reach_of_scripts(client: Client, known: User) -> None:
    cookie = sign_in(client, known).cookies[DEVICE_COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert int(cookie["max-age"]) == 400 * 24 * 3600
    mark = cookie.value.split(":")[0]
    assert not KnownDevice.objects.filter(digest__contains=mark).exists()
    forger = Client()
    forger.cookies[DEVICE_COOKIE] = f"{mark}:1w:forged"
    with capture_events() as events:
        answer = sign_in(forger, known)
    assert names(events) == ["SignedIn", "NewDeviceSeen"]
    assert not answer.cookies[DEVICE_COOKIE].value.startswith(mark)


def test_a_program_is_known_by_its_kind_and_place(known: User) -> None:
    new = ["SignedIn", "NewDeviceSeen", "ApiTokenCreated"]
    assert with_program(known, "curl/8.1") == new
    assert with_program(known, "curl/8.1") == ["SignedIn", "ApiTokenCreated"]
    assert with_program(known, "curl/8.1", "198.51.100.1") == new
    assert with_program(known, "wget/1") == new


def test_devices_nobody_knows_any_more_are_forgotten(
    known: User, consultant: User, system: User
) -> None:
    KnownDevice.objects.update(last_seen_at=timezone.now() - timedelta(days=401))
    note_device(actor=known, mark="new")
    with refused(NotAllowed):
        forget_old_devices(actor=consultant)
    with capture_events() as events:
        forget_old_devices_task()
        assert forget_old_devices(actor=system) == 0
    assert events == []
    assert KnownDevice.objects.count() == 1


# Telling ------------------------------------------------------------------------------------


@pytest.fixture
def seen(client: Client, known: User) -> Event:
    """Tomas signed in with Firefox for the first time."""
    User.objects.filter(pk=known.pk).update(timezone="Europe/Copenhagen")
    with capture_events() as events:
        sign_in(client, known, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="198.51.100.7")
    return events[1]


def test_the_mail_says_what_when_from_where_and_what_to_do(seen: Event, known: User) -> None:
    mail_new_device(seen)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == ([known.email], "New sign-in with Firefox on Linux")
    words = str(letter.body)
    assert "With: Firefox on Linux" in words
    assert "From: 198.51.100.7" in words
    assert re.search(r"When: \w+ \d+ \w+ \d{4}, \d+:\d\d \(Europe/Copenhagen\)", words)
    assert "/profile/sessions/" in words
    assert "change your password" in words
    assert isinstance(letter, mail.EmailMultiAlternatives)
    html = str(letter.alternatives[0][0])
    assert "198.51.100.7" in html
    assert "<script" not in html


def test_who_may_not_sign_in_any_more_is_not_mailed(seen: Event, known: User) -> None:
    User.objects.filter(pk=known.pk).update(is_active=False)
    seen.refresh_from_db()
    mail_new_device(seen)
    assert mail.outbox == []


def test_the_mail_follows_the_event(
    worked_at_once: None, client: Client, known: User, django_capture_on_commit_callbacks: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        sign_in(client, known, HTTP_USER_AGENT=FIREFOX)
    assert [letter.subject for letter in mail.outbox] == ["New sign-in with Firefox on Linux"]
    for secret in (known.email, "127.0.0.1", "Firefox"):
        assert secret not in caplog.text
