"""Types of rooms are data that administrators keep."""

import pytest

from accounts.models import User
from core.errors import NotAllowed
from rooms import permissions
from rooms.actions.lifecycle import create_room
from rooms.actions.participants import add_participant
from rooms.actions.room_types import InvalidRoomType, save_room_type, set_type_agenda
from rooms.models import Mode, Role, Room, RoomType
from tests.fixtures import capture_events, names, refused


@pytest.fixture
def review(db: None) -> RoomType:
    """A type that no room has yet."""
    return RoomType.objects.get(slug="review")


def test_a_type_is_added_with_its_agenda(staff: User) -> None:
    with capture_events() as events:
        added = save_room_type(actor=staff, room_type=RoomType(slug="audit", name="Audit"))
        set_type_agenda(actor=staff, room_type=added, items=[("Scope", 10), ("Findings", 20)])
        set_type_agenda(actor=staff, room_type=added, items=[("Scope", 10), ("Findings", 20)])
    assert names(events) == ["RoomTypeChanged", "RoomTypeChanged"]
    assert events[0].data == {"room_type_id": added.pk, "name": "Audit"}
    assert events[0].stream.kind == "room_type"
    assert events[0].stream.object_id.int == added.pk
    agenda = added.agenda.order_by("position").values_list("position", "title", "minutes")
    assert list(agenda) == [(0, "Scope", 10), (1, "Findings", 20)]


def test_new_rooms_start_with_what_the_type_says_now(
    staff: User, consultant: User, review: RoomType
) -> None:
    review.default_duration_minutes, review.agenda_follows_clock = 20, True
    save_room_type(actor=staff, room_type=review)
    set_type_agenda(actor=staff, room_type=review, items=[("All of it", 20)])
    room = create_room(actor=consultant, name="Short", room_type=review, mode=Mode.INSTANT)
    assert (room.duration_minutes, room.agenda_follows_clock) == (20, True)
    assert [(item.title, item.minutes) for item in room.agenda.all()] == [("All of it", 20)]


def held(room: Room, user: User) -> set[str]:
    grants = room.roomuserobjectpermission_set.filter(user=user)
    return set(grants.values_list("permission__codename", flat=True))


def test_what_guests_may_do_follows_in_existing_rooms(
    room: Room, staff: User, consultant: User, client_user: User, manager: User
) -> None:
    add_participant(actor=consultant, room=room, user=manager, role=Role.OBSERVER)
    room_type = RoomType.objects.get(pk=room.room_type_id)
    before = {person: held(room, person) for person in (consultant, client_user, manager)}
    room_type.clients_may_share_screen = room_type.clients_may_edit_workspace = False
    save_room_type(actor=staff, room_type=room_type)
    assert held(room, client_user) == before[client_user] - {"share_screen", "edit_workspace"}
    assert held(room, consultant) == before[consultant]
    assert held(room, manager) == {"view"}
    assert permissions.differences() == []
    room_type.clients_may_share_screen = room_type.clients_may_edit_workspace = True
    save_room_type(actor=staff, room_type=room_type)
    assert {person: held(room, person) for person in before} == before
    assert permissions.differences() == []


def test_a_restricted_type_gives_new_guests_less(
    staff: User, consultant: User, client_user: User, review: RoomType
) -> None:
    review.clients_may_share_screen = False
    save_room_type(actor=staff, room_type=review)
    room = create_room(
        actor=consultant, name="Look", room_type=review, mode=Mode.INSTANT, client=client_user
    )
    assert "share_screen" not in held(room, client_user)
    assert "share_screen" in held(room, consultant)


def test_what_is_not_acceptable_is_refused(staff: User, review: RoomType) -> None:
    with refused(InvalidRoomType, "already exists"):
        save_room_type(actor=staff, room_type=RoomType(slug="review", name="Another"))
    review.default_duration_minutes = 2
    with refused(InvalidRoomType, "greater than or equal to 5"):
        save_room_type(actor=staff, room_type=review)
    for items in ([("", 5)], [("Fine", 5), ("Too short", 0)]):
        with refused(InvalidRoomType):
            set_type_agenda(actor=staff, room_type=review, items=items)


def test_types_are_for_administrators(consultant: User, manager: User, review: RoomType) -> None:
    for person in (consultant, manager):
        with refused(NotAllowed):
            save_room_type(actor=person, room_type=review)
        with refused(NotAllowed):
            set_type_agenda(actor=person, room_type=review, items=[("Mine", 5)])
