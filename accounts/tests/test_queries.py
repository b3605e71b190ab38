"""Reading people."""

from accounts import queries
from accounts.models import User


def test_finds_a_person_by_address_in_any_case(consultant: User) -> None:
    assert queries.person_by_email(" MARA@Demo.TEST ") == consultant
    assert queries.person_by_email("nobody@demo.test") is None


def test_the_system_user_and_the_inactive_are_not_people(system: User, consultant: User) -> None:
    assert queries.person_by_email(system.email) is None
    assert list(queries.people()) == [consultant]
    User.objects.filter(pk=consultant.pk).update(is_active=False)
    assert queries.person_by_email(consultant.email) is None
    assert list(queries.people()) == []
    assert not queries.is_empty()


def test_a_database_with_only_the_system_user_is_empty(system: User) -> None:
    assert queries.is_empty()


def test_what_somebody_is_in_the_business(
    consultant: User, colleague: User, client_user: User, manager: User, staff: User
) -> None:
    people = [consultant, colleague, client_user, manager, staff]
    assert [queries.business_role(person) for person in people] == [
        "internal_engineer",
        "internal_pm",
        "client_user",
        "client_admin",
        "",
    ]
    assert [queries.is_consultant(person) for person in people] == [True, True, False, False, False]
    assert [queries.is_client(person) for person in people] == [False, False, True, True, True]
    assert queries.organisation_name(client_user) == "Northwind"
    assert queries.organisation_name(staff) == ""


def test_the_own_address_with_its_confirmation(consultant: User, system: User) -> None:
    address = queries.own_address(consultant)
    assert address is not None
    assert (address.email, address.verified) == ("mara@demo.test", True)
    assert queries.own_address(system) is None
