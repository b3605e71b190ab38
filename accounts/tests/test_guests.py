"""Guests come, and keep their accounts."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.actions.guests import account_at, guest_at, keep_account, note_kept
from accounts.actions.organisations import GuestBelongsNowhere, set_business_role
from accounts.actions.people import (
    AddressTaken,
    InvalidProfile,
    appoint_staff,
    deactivate_person,
    sign_up,
)
from accounts.actions.tokens import create_api_token
from accounts.models import BusinessRole, Organisation, User
from accounts.queries import account_of, owns_address, who_can_be_added
from core.errors import NotAllowed
from tests.fixtures import capture_events, names, refused

pytestmark = pytest.mark.django_db
PASSWORD = "a long walk by the sea"


@pytest.fixture
def guest(system: User) -> User:
    """Lena, who came by a link."""
    return guest_at(actor=system, email="Lena@Demo.test", name="Lena Duarte")


class TestGuestAt:
    def test_a_new_guest_has_a_proven_address_and_no_password(self, system: User) -> None:
        with capture_events() as events:
            user = guest_at(actor=system, email="Lena@Demo.test", name=" Lena ")
        assert (user.email, user.name, user.is_guest) == ("lena@demo.test", "Lena", True)
        assert not user.has_usable_password()
        assert owns_address(user, "lena@demo.test")
        assert names(events) == ["PersonSignedUp", "AddressConfirmed", "GuestCame"]
        assert user.get_all_permissions() == set()

    def test_the_same_guest_comes_back(self, system: User, guest: User) -> None:
        with capture_events() as events:
            assert guest_at(actor=system, email="lena@demo.test") == guest
        assert events == []

    def test_never_as_somebody_with_an_account(self, system: User, client_user: User) -> None:
        EmailAddress.objects.create(user=client_user, email="other@demo.test", verified=True)
        for email in (client_user.email, "OTHER@demo.test"):
            with refused(AddressTaken):
                guest_at(actor=system, email=email, name="Lena")

    def test_not_who_was_deactivated(self, system: User, guest: User) -> None:
        deactivate_person(actor=system, user=guest)
        with refused(NotAllowed):
            guest_at(actor=system, email=guest.email)
        with refused(NotAllowed):
            account_at(actor=system, email=guest.email, name="Lena", password=PASSWORD)

    def test_for_the_system_alone(self, consultant: User) -> None:
        with refused(NotAllowed):
            guest_at(actor=consultant, email="lena@demo.test", name="Lena")
        with refused(NotAllowed):
            account_at(actor=consultant, email="l@demo.test", name="L", password=PASSWORD)

    def test_needs_a_name(self, system: User) -> None:
        with refused(InvalidProfile):
            guest_at(actor=system, email="lena@demo.test", name=" ")


class TestAccountAt:
    def test_a_new_account(self, system: User) -> None:
        user = account_at(actor=system, email="l@demo.test", name="Lena", password=PASSWORD)
        assert user.check_password(PASSWORD)
        assert (user.is_guest, owns_address(user, "l@demo.test")) == (False, True)

    def test_keeps_a_guests(self, system: User, guest: User) -> None:
        user = account_at(actor=system, email=guest.email, name="", password=PASSWORD)
        assert (user, user.is_guest, user.check_password(PASSWORD)) == (guest, False, True)

    def test_ends_the_password_of_who_only_began_to_sign_up(self, system: User) -> None:
        begun = sign_up(actor=system, email="l@demo.test", name="Not Lena", password="known-to-me")
        with refused(InvalidProfile):
            account_at(actor=system, email="l@demo.test", name="Lena", password="12345678")
        user = account_at(actor=system, email="l@demo.test", name="Lena", password=PASSWORD)
        stored = User.objects.get(pk=begun.pk)
        assert (user, stored.name) == (begun, "Lena")
        assert (stored.check_password("known-to-me"), stored.check_password(PASSWORD)) == (
            False, True,
        )  # fmt: skip
        assert owns_address(user, "l@demo.test")

    def test_never_somebody_elses(self, system: User, client_user: User) -> None:
        with refused(AddressTaken):
            account_at(actor=system, email=client_user.email, name="Lena", password=PASSWORD)


class TestKeeping:
    def test_by_a_password(self, guest: User) -> None:
        with refused(InvalidProfile):
            keep_account(actor=guest, password="12345678")
        with capture_events() as events:
            keep_account(actor=guest, password=PASSWORD)
        stored = User.objects.get(pk=guest.pk)
        assert (stored.is_guest, stored.check_password(PASSWORD)) == (False, True)
        assert (names(events), str(events[0].stream)) == (["AccountKept"], f"user:{guest.pk}")
        with refused(NotAllowed):
            keep_account(actor=stored, password="another long walk")

    def test_noting_it_twice_changes_nothing(self, guest: User, client_user: User) -> None:
        note_kept(actor=guest)
        with capture_events() as events:
            note_kept(actor=guest)
            note_kept(actor=client_user)
        assert events == []

    def test_who_signs_up_with_a_guests_address_keeps_it_by_mail(
        self, client: Client, guest: User
    ) -> None:
        fields = {"name": "Lena", "email": guest.email, "password1": PASSWORD}
        answer = client.post("/accounts/signup/", fields)
        assert answer["Location"] == "/accounts/confirm-email/"
        assert User.objects.filter(email=guest.email).count() == 1
        client.post("/accounts/password/reset/", {"email": guest.email})
        (link,) = [word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word]
        form = client.get(link)["Location"]
        client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
        kept = User.objects.get(pk=guest.pk)
        assert (kept.is_guest, kept.check_password(PASSWORD)) == (False, True)


class TestWhatGuestsDoNotGet:
    def test_no_role_no_staff_no_token(
        self, system: User, guest: User, northwind: Organisation
    ) -> None:
        with refused(GuestBelongsNowhere):
            set_business_role(
                actor=system, user=guest, organisation=northwind, role=BusinessRole.CLIENT_ADMIN
            )
        with refused(NotAllowed):
            appoint_staff(actor=system, user=guest)
        with refused(NotAllowed):
            create_api_token(actor=guest, user=guest)

    @pytest.mark.parametrize(
        "path",
        ["/accounts/email/", "/accounts/password/change/", "/accounts/password/set/",
         "/accounts/reauthenticate/"],
    )  # fmt: skip
    def test_no_page_of_an_account_before_it_is_kept(
        self, client: Client, guest: User, path: str
    ) -> None:
        client.force_login(guest)
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/profile/keep/")

    def test_the_profile_says_so(self, client: Client, guest: User, client_user: User) -> None:
        client.force_login(guest)
        html = client.get("/profile/").content.decode()
        assert "You are a guest" in html
        assert "/accounts/email/" not in html
        assert "You are a guest" in client.get("/").content.decode()
        client.force_login(client_user)
        assert "/accounts/email/" in client.get("/profile/").content.decode()


class TestThePage:
    def test_keeps_the_account_and_the_session(self, client: Client, guest: User) -> None:
        client.force_login(guest)
        assert client.get("/profile/keep/").status_code == 200
        weak = client.post("/profile/keep/", {"password1": "12345678"})
        assert weak.status_code == 422
        assert "common password" in weak.content.decode()
        kept = client.post("/profile/keep/", {"password1": PASSWORD})
        assert (kept.status_code, kept["Location"]) == (302, "/")
        assert "The account is yours" in client.get("/").content.decode()
        assert client.get("/accounts/email/").status_code == 200
        again = client.get("/profile/keep/")
        assert again["Location"] == "/profile/"
        client.logout()
        assert client.login(email=guest.email, password=PASSWORD)


def test_who_can_be_added(
    system: User, guest: User, client_user: User, make_person: Callable[..., User]
) -> None:
    sign_up(actor=system, email="begun@demo.test", name="B", password=PASSWORD)
    gone = make_person("Gone")
    deactivate_person(actor=system, user=gone)
    assert who_can_be_added(f" {client_user.email.upper()}") == client_user
    for email in (guest.email, "begun@demo.test", gone.email, "nobody@demo.test"):
        assert who_can_be_added(email) is None
    assert account_of("begun@demo.test") is not None
    assert account_of("nobody@demo.test") is None
