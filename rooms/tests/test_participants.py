"""People are added to a room, get another role, leave, come and go."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from core.errors import NotAllowed
from core.permissions import has_permission
from messaging.models import Conversation, ConversationMember
from rooms import permissions
from rooms.actions.lifecycle import complete_room
from rooms.actions.participants import (
    AlreadyThere,
    LastHost,
    NotThere,
    RoomIsOver,
    WrongRole,
    add_participant,
    change_role,
    enter_room,
    go_away,
    remove_participant,
)
from rooms.models import Participant, Role, Room, RoomUserObjectPermission, Visit
from tests.fixtures import capture_events, names, refused


def held(room: Room, user: User) -> set[str]:
    grants = RoomUserObjectPermission.objects.filter(content_object=room, user=user)
    return set(grants.values_list("permission__codename", flat=True))


def place_of(user: User, room: Room) -> Participant:
    return Participant.objects.get(user=user, room=room)


GUEST = {"view", "chat", "edit_workspace", "share_files", "share_screen"}
LEAD = GUEST | {"control_sandbox", "invite", "manage"}
MAY = {
    Role.HOST: (LEAD, "moderator"),
    Role.CONSULTANT: (LEAD, "moderator"),
    Role.CLIENT: (GUEST | {"control_sandbox"}, "member"),
    Role.PARTICIPANT: (GUEST, "member"),
    Role.OBSERVER: ({"view"}, "reader"),
}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_gives_its_permissions_in_room_and_conversation(
    role: Role, room: Room, consultant: User, colleague: User
) -> None:
    codenames, member_role = MAY[role]
    with capture_events() as events:
        participant = add_participant(actor=consultant, room=room, user=colleague, role=role)
    assert str(participant) == f"Priya Raman, {role.label.lower()}"
    assert held(room, colleague) == codenames
    assert {c for c in LEAD if has_permission(colleague, f"rooms.{c}", room)} == codenames
    member = ConversationMember.objects.get(user=colleague, conversation=room.conversation)
    assert member.role == member_role
    assert names(events) == ["ParticipantAdded", "MemberAdded"]
    assert events[0].data == {"user_id": str(colleague.pk), "role": role}
    assert permissions.differences() == []


def test_adding_is_refused(
    room: Room, consultant: User, client_user: User, colleague: User, outsider: User
) -> None:
    with refused(NotAllowed):
        add_participant(actor=client_user, room=room, user=outsider, role=Role.PARTICIPANT)
    with refused(NotAllowed):
        add_participant(actor=colleague, room=room, user=colleague, role=Role.HOST)
    with refused(AlreadyThere, "Tomas Okafor takes part already."):
        add_participant(actor=consultant, room=room, user=client_user, role=Role.OBSERVER)
    with refused(WrongRole, "There is no role 'king'."):
        add_participant(actor=consultant, room=room, user=colleague, role="king")
    complete_room(actor=consultant, room=room)
    with refused(RoomIsOver):
        add_participant(actor=consultant, room=room, user=colleague, role=Role.OBSERVER)


def test_staff_take_no_part_in_a_clients_room(
    make_room: Callable[..., Room], consultant: User, colleague: User, manager: User
) -> None:
    room = make_room()
    User.objects.filter(pk=colleague.pk).update(is_staff=True)
    colleague.refresh_from_db()
    with refused(NotAllowed, f"{colleague.name} administers"):
        add_participant(actor=consultant, room=room, user=colleague, role=Role.CONSULTANT)
    assert not Participant.objects.filter(room=room, user=colleague).exists()
    with refused(NotAllowed, f"{colleague.name} administers"):
        make_room(actor=colleague)
    alone = make_room(actor=colleague, client=None)
    with refused(NotAllowed, f"{colleague.name} administers"):
        add_participant(actor=colleague, room=alone, user=manager, role=Role.CLIENT)
    add_participant(actor=colleague, room=alone, user=consultant, role=Role.CONSULTANT)


def test_who_may_only_invite_adds_no_leaders(
    room: Room, consultant: User, colleague: User, manager: User
) -> None:
    """No role of today invites without managing; the rule stands for one that will."""
    add_participant(actor=consultant, room=room, user=manager, role=Role.CONSULTANT)
    RoomUserObjectPermission.objects.filter(user=manager, permission__codename="manage").delete()
    fresh = User.objects.get(pk=manager.pk)
    with refused(NotAllowed):
        add_participant(actor=fresh, room=room, user=colleague, role=Role.HOST)
    add_participant(actor=fresh, room=room, user=colleague, role=Role.OBSERVER)


def test_changing_a_role_changes_what_one_may(
    room: Room, consultant: User, client_user: User
) -> None:
    with capture_events() as events:
        changed = change_role(
            actor=consultant, participant=place_of(client_user, room), role=Role.OBSERVER
        )
        change_role(actor=consultant, participant=changed, role=Role.OBSERVER)
    assert changed.role == Role.OBSERVER
    assert held(room, client_user) == {"view"}
    assert names(events) == ["MemberAdded", "ParticipantRoleChanged"]
    assert events[1].data == {"user_id": str(client_user.pk), "role": "observer"}
    assert permissions.differences() == []


def test_changing_a_role_is_refused(
    room: Room, consultant: User, client_user: User, system: User
) -> None:
    place = place_of(client_user, room)
    with refused(NotAllowed):
        change_role(actor=client_user, participant=place, role=Role.HOST)
    with refused(WrongRole):
        change_role(actor=consultant, participant=place, role="king")
    with refused(LastHost, "A consultation needs a host."):
        change_role(actor=consultant, participant=place_of(consultant, room), role=Role.CLIENT)
    complete_room(actor=consultant, room=room)
    with refused(RoomIsOver):
        change_role(actor=consultant, participant=place, role=Role.OBSERVER)


def test_who_has_left_gets_no_role(room: Room, consultant: User, client_user: User) -> None:
    """A page that still shows them must not give their grants back."""
    place = place_of(client_user, room)
    remove_participant(actor=client_user, participant=place_of(client_user, room))
    with refused(NotThere, "does not take part any more"):
        change_role(actor=consultant, participant=place, role=Role.PARTICIPANT)
    assert permissions.differences() == []


def test_a_host_who_made_another_the_host_may_step_back(
    room: Room, consultant: User, colleague: User
) -> None:
    add_participant(actor=consultant, room=room, user=colleague, role=Role.HOST)
    change_role(actor=consultant, participant=place_of(consultant, room), role=Role.OBSERVER)
    assert not has_permission(consultant, "rooms.manage", room)
    with refused(LastHost):
        remove_participant(actor=colleague, participant=place_of(colleague, room))


def test_removal_ends_everything_at_once(room: Room, consultant: User, client_user: User) -> None:
    enter_room(actor=client_user, room=room)
    with capture_events() as events:
        for _ in range(2):
            remove_participant(actor=consultant, participant=place_of(client_user, room))
    assert names(events) == ["ParticipantRemoved", "AccessRevoked"]
    assert events[0].data == {"user_id": str(client_user.pk), "by_themselves": False}
    assert held(room, client_user) == set()
    assert list(Room.objects.visible_to(client_user)) == []
    assert list(Conversation.objects.visible_to(client_user)) == []
    assert not Visit.objects.filter(ended_at__isnull=True).exists()
    assert place_of(client_user, room).left_at is not None


def test_leaving_and_coming_back(room: Room, consultant: User, client_user: User) -> None:
    with capture_events() as events:
        remove_participant(actor=client_user, participant=place_of(client_user, room))
    assert events[0].data == {"user_id": str(client_user.pk), "by_themselves": True}
    assert not has_permission(client_user, "rooms.view", room)
    place = add_participant(actor=consultant, room=room, user=client_user, role=Role.PARTICIPANT)
    assert place.left_at is None
    assert Participant.objects.filter(room=room, user=client_user).count() == 1
    assert list(Room.objects.visible_to(client_user)) == [room]


def test_removal_is_refused(
    room: Room, consultant: User, client_user: User, outsider: User
) -> None:
    for person in (client_user, outsider):
        with refused(NotAllowed):
            remove_participant(actor=person, participant=place_of(consultant, room))
    with refused(LastHost):
        remove_participant(actor=consultant, participant=place_of(consultant, room))
    complete_room(actor=consultant, room=room)
    with refused(RoomIsOver, "who took part stays as it is"):
        remove_participant(actor=client_user, participant=place_of(client_user, room))


def test_a_stay_is_one_visit_however_many_pages(room: Room, client_user: User) -> None:
    with capture_events() as events:
        enter_room(actor=client_user, room=room)
        enter_room(actor=client_user, room=room)
        go_away(actor=client_user, room=room, user=client_user)
        go_away(actor=client_user, room=room, user=client_user)
        enter_room(actor=client_user, room=room)
    assert names(events) == ["ParticipantEntered", "ParticipantWentAway", "ParticipantEntered"]
    visits = Visit.objects.order_by("entered_at")
    assert [visit.ended_at is None for visit in visits] == [False, True]
    place = place_of(client_user, room)
    assert place.joined_at is not None
    assert str(visits[0]) == f"{place} from {visits[0].entered_at}"


def test_who_may_enter_and_see_whom_off(
    room: Room, client_user: User, consultant: User, outsider: User, system: User
) -> None:
    with refused(NotAllowed):
        enter_room(actor=outsider, room=room)
    enter_room(actor=client_user, room=room)
    with refused(NotAllowed):
        go_away(actor=consultant, room=room, user=client_user)
    with capture_events() as events:
        go_away(actor=system, room=room, user=client_user)
    assert names(events) == ["ParticipantWentAway"]


def test_two_rooms_do_not_mix(
    room: Room, make_room: Callable[..., Room], consultant: User, client_user: User
) -> None:
    other = make_room("Another", active=True)
    remove_participant(actor=consultant, participant=place_of(client_user, room))
    assert list(Room.objects.visible_to(client_user)) == [other]


def test_going_away_notes_when_somebody_was_last_seen(room: Room, client_user: User) -> None:
    enter_room(actor=client_user, room=room)
    go_away(actor=client_user, room=room, user=client_user)
    client_user.refresh_from_db()
    assert client_user.last_seen_at is not None
    assert timezone.now() - client_user.last_seen_at < timedelta(minutes=1)
