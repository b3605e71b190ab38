"""People and the system's health over HTTP, for those who run it."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.api import signed_in

USERS = "/api/admin/users/"
HEALTH = "/api/admin/system-health/"


def test_lists_people_with_their_place(
    staff: User, client_user: User, system: User, outsider: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    api = signed_in(staff)
    User.objects.filter(pk=outsider.pk).update(is_active=False)
    assert api.get(USERS).status_code == 200  # whom it shows is told, once
    with django_assert_max_num_queries(9):
        people = api.get(USERS).json()["results"]
    by_email = {person["email"]: person for person in people}
    assert system.email not in by_email
    assert by_email[client_user.email]["organisation"]["name"] == "Northwind"
    assert by_email[client_user.email]["role"] == "client_user"
    assert (by_email[outsider.email]["is_active"], by_email[staff.email]["is_staff"]) == (
        False,
        True,
    )
    (found,) = api.get(USERS, {"q": "okaf"}).json()["results"]
    assert found["id"] == str(client_user.pk)
    page = api.get(USERS, {"limit": "1"}).json()
    assert page["results"][0]["id"] != api.get(page["next"]).json()["results"][0]["id"]


def test_says_how_each_part_is(staff: User) -> None:
    answer = signed_in(staff).get(HEALTH)
    assert answer.status_code == 200
    assert answer.json()["parts"]["database"] == "ok"
    assert answer.json()["errands"] == {"waiting": 0, "given_up": 0}
    assert answer.json()["status"] == "down"  # no worker runs beside the tests


@pytest.mark.parametrize("address", [USERS, HEALTH])
def test_is_for_those_who_run_it(address: str, manager: User, colleague: User) -> None:
    User.objects.filter(pk=colleague.pk).update(is_staff=True)
    assert signed_in(manager).get(address).status_code == 403
    assert signed_in(User.objects.get(pk=colleague.pk)).get(address).status_code == 403
