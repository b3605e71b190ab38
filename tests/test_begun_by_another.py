"""Whoever begins an account with another's address has no way in once its owner comes."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from accounts.actions.devices import note_device
from accounts.actions.members import invite_member
from accounts.actions.takeover import forget_who_began
from accounts.actions.tokens import create_api_token
from accounts.models import ApiToken, BusinessRole, KnownDevice, Organisation, User
from accounts.queries import owns_address
from rooms.actions.invitations import invite
from rooms.models import Participant, Role, Room
from tests.fixtures import PASSWORD, capture_events, names
from tests.oidc import Provider, sign_in

VICTIM = "vera@corp.test"
CLAIMS = {"sub": "m-1", "name": "Not Vera", "email": VICTIM, "email_verified": True}
HERS = "a long walk by the sea"


@pytest.fixture
def forger(client: Client, provider: Provider) -> Client:
    """Signed in at Microsoft as somebody with Vera's address, and here up to its confirmation."""
    provider.claims = CLAIMS
    answer = sign_in(client, "microsoft")
    assert answer["Location"] == "/accounts/confirm-email/"
    assert SocialAccount.objects.filter(user__email=VICTIM).exists()
    mail.outbox.clear()
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def stays_out(forger: Client) -> None:
    sign_in(forger, "microsoft")
    assert not is_signed_in(forger)
    assert not SocialAccount.objects.exists()


def finish(link: str) -> Client:
    """Vera's browser, after she made her account by an invitation's link."""
    vera = Client()
    answer = vera.post(link, {"name": "Vera Lund", "password1": HERS})
    assert answer.status_code == 302, answer.content.decode()
    assert is_signed_in(vera)
    return vera


def test_by_a_link_to_a_room(forger: Client, room: Room, consultant: User) -> None:
    invitation = invite(actor=consultant, room=room, email=VICTIM, role=Role.CLIENT)
    with capture_events() as events:
        finish(f"/rooms/join/{invitation.token}/account/")
    assert "ProviderDisconnected" in names(events)
    assert Participant.objects.get(room=room, user__email=VICTIM).left_at is None
    stays_out(forger)
    assert forger.get(f"/rooms/{room.pk}/").status_code == 302


def test_by_a_link_to_an_organisation(
    forger: Client, manager: User, northwind: Organisation
) -> None:
    invitation = invite_member(
        actor=manager, organisation=northwind, email=VICTIM, role=BusinessRole.CLIENT_USER
    )
    with capture_events() as events:
        finish(f"/organisation/join/{invitation.token}/account/")
    assert "ProviderDisconnected" in names(events)
    stays_out(forger)


def test_by_a_reset_of_the_password(forger: Client) -> None:
    vera = Client()
    vera.post("/accounts/password/reset/", {"email": VICTIM})
    (link,) = [word for word in str(mail.outbox[-1].body).split() if "/password/reset/key/" in word]
    with capture_events() as events:
        vera.post(vera.get(link)["Location"], {"password1": HERS, "password2": HERS})
    assert {"ProviderDisconnected", "PasswordChanged"} <= set(names(events))
    stays_out(forger)


def confirmed_by(browser: Client) -> Any:
    """Follow the link in the first mail; the answer to the button."""
    letter = str(mail.outbox[0].body)
    link = next(word for word in letter.split() if "/confirm-email/" in word)
    return browser.post(link.partition("testserver")[2])


def test_by_the_mail_that_the_provider_led_to(client: Client, provider: Provider) -> None:
    provider.claims = CLAIMS
    sign_in(client, "microsoft")
    vera = Client()
    with capture_events() as events:
        asked = confirmed_by(vera)
    assert names(events) == ["ProviderDisconnected", "AddressConfirmed"]
    stays_out(client)
    form = vera.get(vera.get(asked["Location"])["Location"])
    assert form.status_code == 200
    vera.post(form.request["PATH_INFO"], {"password1": HERS, "password2": HERS})
    vera.post("/accounts/login/", {"login": VICTIM, "password": HERS})
    assert is_signed_in(vera)


@pytest.mark.django_db
def test_by_the_mail_of_a_sign_up(client: Client) -> None:
    form = {"name": "Not Vera", "email": VICTIM, "password1": PASSWORD}
    client.post("/accounts/signup/", form)
    asked = confirmed_by(Client())
    assert "/accounts/password/reset/key/" in asked["Location"]
    assert owns_address(User.objects.get(email=VICTIM), VICTIM)
    client.post("/accounts/login/", {"login": VICTIM, "password": PASSWORD})
    assert not is_signed_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize("is_later", [False, True])
def test_who_confirms_where_they_signed_up_keeps_the_password(
    client: Client, is_later: bool
) -> None:
    form = {"name": "Vera", "email": VICTIM, "password1": PASSWORD}
    client.post("/accounts/signup/", form)
    if is_later:  # allauth has forgotten who was about to come in; the browser has not
        session = client.session
        del session["account_login"]
        session.save()
    confirmed_by(client)
    assert is_signed_in(client) != is_later
    client.post("/accounts/login/", {"login": VICTIM, "password": PASSWORD})
    assert is_signed_in(client)


@pytest.mark.django_db
def test_so_does_who_has_just_signed_in(client: Client) -> None:
    form = {"name": "Vera", "email": VICTIM, "password1": PASSWORD}
    Client().post("/accounts/signup/", form)
    client.post("/accounts/login/", {"login": VICTIM, "password": PASSWORD})
    confirmed_by(client)
    assert is_signed_in(client)


@pytest.mark.django_db
def test_nothing_that_somebody_else_laid_out_is_left(make_person: Callable[..., User]) -> None:
    vera = make_person("Vera Lund")
    EmailAddress.objects.filter(user=vera).update(verified=False)
    EmailAddress.objects.create(user=vera, email="mine@evil.test", verified=True)
    SocialAccount.objects.create(user=vera, provider="google", uid="g-1")
    TOTP.activate(vera, generate_totp_secret())
    create_api_token(actor=vera, user=vera)
    note_device(actor=vera, mark="a browser")
    with capture_events() as events:
        forget_who_began(actor=vera)
    assert sorted(names(events)) == [
        "AddressRemoved", "ApiTokenRevoked", "ProviderDisconnected", "SecondFactorRemoved",
    ]  # fmt: skip
    left: list[Any] = [
        *SocialAccount.objects.all(),
        *Authenticator.objects.all(),
        *ApiToken.objects.all(),
        *KnownDevice.objects.all(),
    ]
    assert left == []
    assert [each.email for each in EmailAddress.objects.filter(user=vera)] == [vera.email]


@pytest.mark.django_db
def test_an_account_that_is_somebodys_stays_as_it_is(client_user: User) -> None:
    SocialAccount.objects.create(user=client_user, provider="google", uid="g-1")
    assert owns_address(client_user, client_user.email)
    with capture_events() as events:
        forget_who_began(actor=client_user)
    assert events == []
    assert client_user.check_password(PASSWORD)
    assert SocialAccount.objects.filter(user=client_user).exists()


@pytest.mark.django_db
def test_who_merely_added_an_address_holds_nobody_up(client: Client, client_user: User) -> None:
    EmailAddress.objects.create(user=client_user, email=VICTIM, verified=False)
    client.post("/accounts/password/reset/", {"email": VICTIM})
    assert "/password/reset/key/" not in str(mail.outbox[-1].body)
    mail.outbox.clear()
    form = {"name": "Vera", "email": VICTIM, "password1": PASSWORD}
    client.post("/accounts/signup/", form)
    confirmed_by(client)
    assert is_signed_in(client)
    assert owns_address(User.objects.get(email=VICTIM), VICTIM)
    assert not owns_address(client_user, VICTIM)
