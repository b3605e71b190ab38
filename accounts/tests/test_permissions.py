"""Business roles and what they may do."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission

from accounts import permissions
from accounts.actions.organisations import set_business_role
from accounts.models import BusinessRole, Organisation, User

GENERAL = [
    "read_own_projects",
    "read_account_projects",
    "read_all_projects",
    "update_project_status",
    "read_own_invoices",
    "read_account_invoices",
    "read_all_invoices",
    "upload_files",
    "download_files",
    "access_technical_data",
    "manage_account_users",
    "manage_all_users",
    "view_account_analytics",
    "view_all_analytics",
    "manage_system",
    "view_audit_logs",
]


def held(user: User) -> set[str]:
    return {codename for codename in GENERAL if user.has_perm(f"accounts.{codename}")}


CLIENT = {"read_own_projects", "read_own_invoices", "upload_files", "download_files"}
ENGINEER = {
    "read_own_projects",
    "read_all_projects",
    "update_project_status",
    "upload_files",
    "download_files",
    "access_technical_data",
}


def test_what_each_role_may_do(
    client_user: User,
    manager: User,
    consultant: User,
    colleague: User,
    staff: User,
    outsider: User,
) -> None:
    assert held(client_user) == held(outsider) == CLIENT
    assert held(manager) == CLIENT | {
        "read_account_projects",
        "read_account_invoices",
        "manage_account_users",
        "view_account_analytics",
    }
    assert held(consultant) == ENGINEER
    assert held(colleague) == ENGINEER | {"read_all_invoices", "view_all_analytics"}
    assert held(staff) == set(GENERAL)


@pytest.mark.django_db
def test_the_administrators_group_holds_everything() -> None:
    codenames = Permission.objects.filter(group__name=BusinessRole.ADMIN)
    assert set(codenames.values_list("codename", flat=True)) == {
        *GENERAL,
        "add_room",
        "share_replytemplate",
    }


def test_who_opens_rooms(consultant: User, colleague: User, client_user: User) -> None:
    assert consultant.has_perm("rooms.add_room")
    assert colleague.has_perm("rooms.add_room")
    assert not client_user.has_perm("rooms.add_room")


def test_a_role_can_be_taken_away(client_user: User) -> None:
    permissions.assign_role(client_user, None)
    assert list(client_user.groups.all()) == []


def test_differences_are_named_and_healed(client_user: User, outsider: User) -> None:
    assert permissions.differences() == []
    group = Group.objects.get(name="internal_pm")
    outsider.groups.set([group])
    extra = Permission.objects.get(codename="manage_system")
    group.permissions.add(extra)
    assert permissions.differences() == [
        f"{outsider.pk}: groups ['internal_pm'], role ['client_user']",
        "group internal_pm: ['manage_system'] differ",
    ]
    permissions.synchronise_groups()
    permissions.assign_role(outsider, "client_user")
    assert permissions.differences() == []


def test_somebody_in_a_group_without_a_membership_is_named(staff: User) -> None:
    staff.groups.add(Group.objects.get(name="admin"))
    assert permissions.differences() == [f"{staff.pk}: groups ['admin'], role []"]


def test_an_administrator_who_is_not_marked_as_one_is_named(
    system: User, house: Organisation, make_person: Callable[..., User]
) -> None:
    boss = make_person("Ada Holm", house, BusinessRole.ADMIN)
    assert (boss.is_administrator, permissions.differences()) == (True, [])
    User.objects.filter(pk=boss.pk).update(is_administrator=False)
    assert permissions.differences() == [f"{boss.pk}: is_administrator is False"]
    make_person("Ove Lind", house, BusinessRole.ADMIN)  # somebody has to stay one
    set_business_role(
        actor=system, user=boss, organisation=house, role=BusinessRole.INTERNAL_ENGINEER
    )
    assert not User.objects.get(pk=boss.pk).needs_second_factor
