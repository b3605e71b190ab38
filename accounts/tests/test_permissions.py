"""Business roles and what they may do."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts import permissions
from accounts.models import BusinessRole, User

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
    assert set(codenames.values_list("codename", flat=True)) == {*GENERAL, "add_room"}


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
