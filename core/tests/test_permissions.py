"""Who may do what, asked in one place."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.errors import ActionError, Conflict, NotAllowed
from core.permissions import forget_grants, granted, has_permission, holders, require
from rooms.models import Room, RoomUserObjectPermission


def test_general_permissions_come_from_roles(consultant: User, client_user: User) -> None:
    assert has_permission(consultant, "rooms.add_room")
    assert not has_permission(client_user, "rooms.add_room")
    require(consultant, "rooms.add_room")
    with pytest.raises(NotAllowed):
        require(client_user, "rooms.add_room")


def test_object_permissions_hold_for_their_object(
    room: Room, consultant: User, client_user: User, outsider: User
) -> None:
    assert has_permission(consultant, "rooms.manage", room)
    assert not has_permission(client_user, "rooms.manage", room)
    assert has_permission(client_user, "rooms.chat", room)
    assert not has_permission(outsider, "rooms.view", room)


def test_being_staff_gives_nothing_in_others_rooms(room: Room, staff: User) -> None:
    assert staff.has_perm("rooms.manage", room)  # Django's own answer for superusers
    assert not has_permission(staff, "rooms.manage", room)
    with pytest.raises(NotAllowed):
        require(staff, "rooms.manage", room)
    require(staff, "rooms.manage", room, or_in_general="accounts.manage_system")


def test_a_permission_in_general_stands_in_only_for_its_holders(
    room: Room, client_user: User
) -> None:
    with pytest.raises(NotAllowed):
        require(client_user, "rooms.manage", room, or_in_general="accounts.manage_system")


def test_the_system_may_everything_and_the_inactive_nothing(
    room: Room, system: User, consultant: User
) -> None:
    assert has_permission(system, "rooms.manage", room)
    consultant.is_active = False
    assert not has_permission(consultant, "rooms.manage", room)
    assert not has_permission(consultant, "rooms.add_room")
    everything = Room.objects.all()
    assert list(holders(everything, consultant, "view", RoomUserObjectPermission)) == []
    assert list(holders(everything, system, "view", RoomUserObjectPermission)) == [room]


def test_answers_are_asked_for_once(
    room: Room, client_user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    person = User.objects.get(pk=client_user.pk)
    granted(person, room)
    with django_assert_num_queries(0):
        assert has_permission(person, "rooms.chat", room)
        assert not has_permission(person, "rooms.manage", room)
    RoomUserObjectPermission.objects.filter(user=person).delete()
    assert has_permission(person, "rooms.chat", room)
    forget_grants(person)
    assert not has_permission(person, "rooms.chat", room)


def test_errors_say_what_happened() -> None:
    assert str(ActionError()) == "That is not possible."
    assert (Conflict("No.").detail, Conflict("No.", field="name").field) == ("No.", "name")
    assert (NotAllowed.status, Conflict.status, ActionError.status) == (403, 409, 400)
