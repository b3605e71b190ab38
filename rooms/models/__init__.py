"""Rooms, their types, people, invitations and agenda."""

from rooms.models.agenda import AgendaItem
from rooms.models.invitation import RoomInvitation
from rooms.models.participant import Participant, Role, Visit
from rooms.models.room import Mode, Room, RoomUserObjectPermission, Status
from rooms.models.room_type import RoomType, RoomTypeAgendaItem

__all__ = [
    "AgendaItem",
    "Mode",
    "Participant",
    "Role",
    "Room",
    "RoomInvitation",
    "RoomType",
    "RoomTypeAgendaItem",
    "RoomUserObjectPermission",
    "Status",
    "Visit",
]
