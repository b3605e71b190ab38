"""Organisations and the roles of their people."""

import pytest

from accounts.actions.organisations import (
    InvalidOrganisation,
    OrganisationExists,
    WrongRole,
    add_organisation,
    rename_organisation,
    set_business_role,
)
from accounts.models import BusinessRole, Membership, Organisation, User
from core.errors import NotAllowed
from tests.fixtures import capture_events, names, refused


def test_an_organisation_is_added(system: User) -> None:
    with capture_events() as events:
        organisation = add_organisation(actor=system, name=" Brightwater ")
    assert (organisation.name, organisation.is_internal) == ("Brightwater", False)
    (event,) = events
    assert event.name == "OrganisationAdded"
    assert str(event.stream) == f"organisation:{organisation.pk}"
    assert event.data == {"organisation_id": str(organisation.pk), "name": "Brightwater"}


@pytest.mark.parametrize("name", ["", "   ", "B" * 151])
def test_a_name_has_1_to_150_characters(name: str, system: User, northwind: Organisation) -> None:
    with refused(InvalidOrganisation, "1 to 150 characters"):
        add_organisation(actor=system, name=name)
    with refused(InvalidOrganisation, "1 to 150 characters"):
        rename_organisation(actor=system, organisation=northwind, name=name)


def test_two_organisations_have_two_names(
    system: User, northwind: Organisation, house: Organisation
) -> None:
    with refused(OrganisationExists):
        add_organisation(actor=system, name="NORTHWIND")
    with refused(OrganisationExists):
        rename_organisation(actor=system, organisation=house, name="northwind")


def test_renaming_is_recorded_once(system: User, northwind: Organisation) -> None:
    with capture_events() as events:
        rename_organisation(actor=system, organisation=northwind, name="NorthWind")
        rename_organisation(actor=system, organisation=northwind, name="NorthWind")
    assert names(events) == ["OrganisationRenamed"]
    assert events[0].data == {"organisation_id": str(northwind.pk), "name": "NorthWind"}
    northwind.refresh_from_db()
    assert northwind.name == "NorthWind"


def test_organisations_are_for_administrators(
    consultant: User, manager: User, northwind: Organisation
) -> None:
    with refused(NotAllowed):
        add_organisation(actor=consultant, name="Mine")
    with refused(NotAllowed):
        rename_organisation(actor=manager, organisation=northwind, name="Mine")
    with refused(NotAllowed):
        set_business_role(
            actor=manager, user=manager, organisation=northwind, role=BusinessRole.CLIENT_USER
        )


def test_groups_follow_the_role(system: User, client_user: User, northwind: Organisation) -> None:
    with capture_events() as events:
        set_business_role(
            actor=system, user=client_user, organisation=northwind, role=BusinessRole.CLIENT_ADMIN
        )
    assert list(client_user.groups.values_list("name", flat=True)) == ["client_admin"]
    assert Membership.objects.get(user=client_user).role == "client_admin"
    _, event = events
    assert event.data == {
        "user_id": str(client_user.pk),
        "organisation_id": str(northwind.pk),
        "role": "client_admin",
    }
    assert str(event.stream) == f"user:{client_user.pk}"


def test_the_same_role_again_records_nothing(
    system: User, client_user: User, northwind: Organisation
) -> None:
    with capture_events() as events:
        membership = set_business_role(
            actor=system, user=client_user, organisation=northwind, role=BusinessRole.CLIENT_USER
        )
    assert membership.user == client_user
    assert events == []


def test_a_person_changes_organisation(
    system: User, client_user: User, house: Organisation
) -> None:
    set_business_role(
        actor=system, user=client_user, organisation=house, role=BusinessRole.INTERNAL_PM
    )
    membership = Membership.objects.get(user=client_user)
    assert (membership.organisation, membership.role) == (house, "internal_pm")
    assert str(membership) == "Tomas Okafor in Lindqvist & Raman"


def test_roles_belong_to_their_kind_of_organisation(
    system: User, client_user: User, consultant: User, northwind: Organisation, house: Organisation
) -> None:
    with refused(WrongRole, "There is no role 'king'."):
        set_business_role(actor=system, user=client_user, organisation=northwind, role="king")
    with refused(WrongRole, "exists in the consultants' own organisation only."):
        set_business_role(
            actor=system, user=client_user, organisation=northwind, role=BusinessRole.ADMIN
        )
    with refused(WrongRole, "The role Client exists in a client's only."):
        set_business_role(
            actor=system, user=consultant, organisation=house, role=BusinessRole.CLIENT_USER
        )
