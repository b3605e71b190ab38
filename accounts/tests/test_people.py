"""Accounts come to be, change their profile, are deactivated."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate

from accounts.actions.people import (
    AddressTaken,
    CannotDeactivate,
    InvalidProfile,
    activate_person,
    appoint_staff,
    confirm_address,
    deactivate_person,
    note_last_seen,
    record_sign_in,
    record_sign_up,
    sign_up,
    update_profile,
)
from accounts.actions.tokens import create_api_token
from accounts.models import ApiToken, User
from core.context import Origin, acting_from
from core.errors import NotAllowed
from tests.fixtures import PASSWORD, capture_events, names, refused


def test_sign_up_makes_an_account_and_says_so(system: User) -> None:
    origin = Origin(ip="192.0.2.7", user_agent="Test", session="0123456789abcdef")
    with capture_events() as events, acting_from(origin):
        user = sign_up(
            actor=system, email=" Lena@Demo.test ", name=" Lena Duarte ", password=PASSWORD
        )
    assert (user.email, user.name) == ("lena@demo.test", "Lena Duarte")
    assert user.check_password(PASSWORD)
    assert (user.is_staff, user.is_superuser, user.is_system) == (False, False, False)
    (event,) = events
    assert event.name == "PersonSignedUp"
    assert str(event.stream) == f"user:{user.pk}"
    assert event.data == {"user_id": str(user.pk)}
    assert (event.actor, event.ip, event.user_agent) == (user, "192.0.2.7", "Test")
    assert event.session == "0123456789abcdef"


def test_an_account_may_begin_without_a_password(system: User) -> None:
    user = sign_up(actor=system, email="lena@demo.test", name="Lena", password=None)
    assert not user.has_usable_password()


@pytest.mark.parametrize(
    ("email", "name", "password", "said"),
    [
        ("lena@demo.test", "   ", PASSWORD, "Enter your name."),
        ("lena@demo.test", "L" * 151, PASSWORD, "At most 150 characters."),
        ("not an address", "Lena", PASSWORD, "Enter an e-mail address."),
        ("lena@demo.test", "Lena", "12345678", "common password"),
    ],
)
def test_sign_up_refuses_what_is_not_acceptable(
    email: str, name: str, password: str, said: str, system: User
) -> None:
    with refused(InvalidProfile, said):
        sign_up(actor=system, email=email, name=name, password=password)


def test_one_address_has_one_account(system: User, consultant: User) -> None:
    with refused(AddressTaken):
        sign_up(actor=system, email="MARA@demo.test", name="Other", password=PASSWORD)


def test_an_address_taken_at_the_same_moment_is_told_alike(
    system: User, consultant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look before the insert saw nobody: the database's own constraint decides."""
    monkeypatch.setattr(type(User.objects.all()), "exists", lambda self: False)
    with refused(AddressTaken):
        sign_up(actor=system, email=consultant.email, name="Other", password=PASSWORD)


def test_only_administrators_make_accounts_for_others(consultant: User) -> None:
    with refused(NotAllowed):
        sign_up(actor=consultant, email="lena@demo.test", name="Lena", password=PASSWORD)


def test_signing_up_by_form_and_signing_in_are_recorded(client_user: User) -> None:
    with capture_events() as events:
        record_sign_up(actor=client_user)
        record_sign_in(actor=client_user, method="password")
    assert names(events) == ["PersonSignedUp", "SignedIn"]
    assert events[1].data == {"user_id": str(client_user.pk), "method": "password"}


def test_profile_changes_what_differs_and_names_it(client_user: User) -> None:
    with capture_events() as events:
        changed = update_profile(
            actor=client_user,
            user=client_user,
            changes={"name": " Tomas O. ", "timezone": "Europe/Lisbon", "locale": "en-gb"},
        )
    client_user.refresh_from_db()
    assert changed == client_user
    assert (client_user.name, client_user.timezone) == ("Tomas O.", "Europe/Lisbon")
    (event,) = events
    assert event.name == "ProfileChanged"
    assert event.data == {"user_id": str(client_user.pk), "fields": ["name", "timezone"]}


def test_a_profile_saved_without_change_records_nothing(client_user: User) -> None:
    with capture_events() as events:
        update_profile(
            actor=client_user, user=client_user, changes={"name": client_user.name, "picture": ""}
        )
    assert events == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "  "}, "Enter your name."),
        ({"name": "T" * 151}, "At most 150 characters."),
        ({"timezone": "Mars/Olympus"}, "Choose a time zone from the list"),
        ({"locale": "tlh"}, "Choose a language from the list."),
        ({"is_staff": True, "email": "x@demo.test"}, "Not part of a profile: email, is_staff."),
    ],
)
def test_profile_refuses_and_leaves_the_person_as_they_were(
    changes: dict[str, Any], said: str, client_user: User
) -> None:
    with refused(InvalidProfile, said):
        update_profile(
            actor=client_user, user=client_user, changes={"timezone": "Europe/Oslo"} | changes
        )
    assert (client_user.name, client_user.timezone) == ("Tomas Okafor", "UTC")


def test_others_profiles_are_for_administrators(
    client_user: User, manager: User, staff: User
) -> None:
    with refused(NotAllowed):
        update_profile(actor=manager, user=client_user, changes={"name": "Mine now"})
    with capture_events() as events:
        update_profile(actor=staff, user=client_user, changes={"name": "Tomas Okafor Jr"})
    assert [event.actor for event in events] == [staff]


def test_confirming_an_address_counts_once(system: User) -> None:
    user = sign_up(actor=system, email="lena@demo.test", name="Lena", password=None)
    EmailAddress.objects.create(user=user, email=user.email, verified=False)
    with capture_events() as events:
        confirm_address(actor=system, user=user)
        confirm_address(actor=system, user=user)
    address = EmailAddress.objects.get(user=user)
    assert (address.verified, address.primary) == (True, True)
    assert names(events) == ["AddressConfirmed"]
    with refused(NotAllowed):
        confirm_address(actor=user, user=user)


def test_staff_are_appointed_once(system: User, colleague: User, consultant: User) -> None:
    with capture_events() as events:
        appoint_staff(actor=system, user=colleague)
        appoint_staff(actor=system, user=colleague)
    colleague.refresh_from_db()
    assert (colleague.is_staff, colleague.is_superuser) == (True, True)
    assert names(events) == ["StaffAppointed"]
    with refused(NotAllowed):
        appoint_staff(actor=consultant, user=consultant)


def test_a_deactivated_person_cannot_sign_in_until_activated(
    staff: User, client_user: User
) -> None:
    with capture_events() as events:
        deactivate_person(actor=staff, user=client_user)
        deactivate_person(actor=staff, user=client_user)
    assert names(events) == ["PersonDeactivated"]
    assert authenticate(email=client_user.email, password=PASSWORD) is None
    with capture_events() as events:
        activate_person(actor=staff, user=client_user)
        activate_person(actor=staff, user=client_user)
    assert names(events) == ["PersonActivated"]
    assert authenticate(email=client_user.email, password=PASSWORD) == client_user


def test_who_may_deactivate_whom(
    staff: User, consultant: User, client_user: User, system: User
) -> None:
    with refused(NotAllowed):
        deactivate_person(actor=consultant, user=client_user)
    with refused(NotAllowed):
        activate_person(actor=consultant, user=client_user)
    with refused(CannotDeactivate):
        deactivate_person(actor=staff, user=staff)
    with refused(CannotDeactivate):
        deactivate_person(actor=staff, user=system)


def test_tokens_are_made_by_their_owner_or_the_system(
    client_user: User, staff: User, system: User
) -> None:
    with refused(NotAllowed):
        create_api_token(actor=staff, user=client_user)
    with capture_events() as events:
        token, row = create_api_token(actor=client_user, user=client_user)
        create_api_token(actor=system, user=client_user)
    assert row.user == client_user
    assert token not in (row.digest, row.token_key)
    assert ApiToken.objects.filter(user=client_user).count() == 2
    assert names(events) == ["ApiTokenCreated", "ApiTokenCreated"]


def test_last_seen_is_kept_without_an_event(client_user: User) -> None:
    with capture_events() as events:
        note_last_seen(actor=client_user)
    client_user.refresh_from_db()
    assert client_user.last_seen_at is not None
    assert events == []


def test_a_person_in_short(make_person: Callable[..., User]) -> None:
    person = make_person("Mara Lindqvist")
    assert (str(person), person.short_name, person.initials) == ("Mara Lindqvist", "Mara", "ML")
    assert User(name="", email="x@demo.test").initials == "X"
    assert User(name="…", email="x@demo.test").initials == "?"
    assert 1 <= person.person_colour <= 8
