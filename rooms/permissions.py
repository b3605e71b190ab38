"""Roles in a room -> permissions on the room and on its conversation's membership."""

from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef

from core import grants
from messaging.models import MemberRole
from rooms.models import Participant, Role, Room, RoomType, RoomUserObjectPermission

WORK = frozenset({"view", "chat", "edit_workspace", "share_files", "share_screen"})
LEAD = WORK | {"control_sandbox", "invite", "manage"}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.HOST: LEAD,
    Role.CONSULTANT: LEAD,
    Role.CLIENT: WORK | {"control_sandbox"},
    Role.PARTICIPANT: WORK,
    Role.OBSERVER: frozenset({"view"}),
}

MEMBER_ROLES: dict[str, str] = {
    Role.HOST: MemberRole.MODERATOR,
    Role.CONSULTANT: MemberRole.MODERATOR,
    Role.CLIENT: MemberRole.MEMBER,
    Role.PARTICIPANT: MemberRole.MEMBER,
    Role.OBSERVER: MemberRole.READER,
}

LEADING_ROLES = frozenset({Role.HOST, Role.CONSULTANT})
GUEST_ROLES = frozenset({Role.CLIENT, Role.PARTICIPANT})

BATCH = 1000


def permissions_of(role: str, room: Room) -> frozenset[str]:
    """What a role may do in this room, as its type's settings restrict it."""
    withheld = set()
    if role in GUEST_ROLES and not room.room_type.clients_may_share_screen:
        withheld.add("share_screen")
    if role in GUEST_ROLES and not room.room_type.clients_may_edit_workspace:
        withheld.add("edit_workspace")
    return ROLE_PERMISSIONS[role] - withheld


def apply_role(room: Room, user_id: UUID, role: str | None) -> None:
    """Make the person's grants on the room those of the role; None withdraws all."""
    wanted = permissions_of(role, room) if role is not None else frozenset()
    grants.set_grants(RoomUserObjectPermission, room, user_id, wanted)


def apply_type(room_type: RoomType) -> None:
    """Make the guests' grants in all rooms of the type those that its settings allow now."""
    guests = Participant.objects.filter(
        room__room_type=room_type, role__in=GUEST_ROLES, left_at__isnull=True
    )
    for codename, is_allowed in (
        ("share_screen", room_type.clients_may_share_screen),
        ("edit_workspace", room_type.clients_may_edit_workspace),
    ):
        permission = Permission.objects.get(
            content_type__app_label="rooms", content_type__model="room", codename=codename
        )
        if is_allowed:
            RoomUserObjectPermission.objects.bulk_create(
                (
                    RoomUserObjectPermission(
                        content_object_id=room_id, user_id=user_id, permission=permission
                    )
                    for room_id, user_id in guests.values_list("room_id", "user_id")
                ),
                batch_size=BATCH,
                ignore_conflicts=True,
            )
        else:
            place = guests.filter(room=OuterRef("content_object"), user=OuterRef("user"))
            RoomUserObjectPermission.objects.filter(Exists(place), permission=permission).delete()


def differences() -> list[str]:
    """One line for each person and room whose grants differ from the role."""
    participants = Participant.objects.filter(left_at__isnull=True)
    expected = {
        (participant.room_id, participant.user_id): permissions_of(
            participant.role, participant.room
        )
        for participant in participants.select_related("room__room_type").iterator()
    }
    return grants.differences(RoomUserObjectPermission, expected)
