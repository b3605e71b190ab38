"""A role given by those who run the system keeps to the organisation's own rule."""

import pytest

from accounts.actions.organisations import LastAdministrator, set_business_role
from accounts.models import BusinessRole, Organisation, User
from tests.fixtures import capture_events, names, refused


@pytest.fixture
def head(staff: User, client_user: User, northwind: Organisation) -> User:
    """Northwind's one administrator."""
    set_business_role(
        actor=staff, user=client_user, organisation=northwind, role=BusinessRole.CLIENT_ADMIN
    )
    return client_user


def test_the_last_administrator_stays(staff: User, head: User, northwind: Organisation) -> None:
    other = Organisation.objects.create(name="Brightwater")
    for organisation, role in (
        (northwind, BusinessRole.CLIENT_USER),
        (other, BusinessRole.CLIENT_ADMIN),
    ):
        with capture_events() as events, refused(LastAdministrator):
            set_business_role(actor=staff, user=head, organisation=organisation, role=role)
        assert events == []


def test_the_organisation_is_told(
    staff: User, head: User, outsider: User, northwind: Organisation
) -> None:
    other = Organisation.objects.create(name="Brightwater")
    role = BusinessRole.CLIENT_ADMIN
    set_business_role(actor=staff, user=outsider, organisation=northwind, role=role)
    with capture_events() as events:
        set_business_role(
            actor=staff, user=outsider, organisation=northwind, role=BusinessRole.CLIENT_USER
        )
    assert names(events) == ["MemberRoleChanged", "BusinessRoleChanged"]
    assert events[0].stream.object_id == northwind.pk
    with capture_events() as events:
        set_business_role(actor=staff, user=outsider, organisation=other, role=role)
    assert names(events) == ["MemberRemoved", "BusinessRoleChanged"]
    assert events[0].stream.object_id == northwind.pk
