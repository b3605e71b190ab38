"""What happens in a room's life. Stream: ``room:<id>``."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class RoomCreated(DomainEvent):
    """A room was made."""

    room_id: UUID
    name: str
    mode: str


@dataclass(frozen=True, kw_only=True)
class RoomChanged(DomainEvent):
    """Name, description, time or duration changed; ``fields`` names which."""

    room_id: UUID
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class RoomStarted(DomainEvent):
    """The consultation began."""

    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomCompleted(DomainEvent):
    """The consultation ended; from now on the room is read-only."""

    room_id: UUID
    duration_minutes: int


@dataclass(frozen=True, kw_only=True)
class RoomCancelled(DomainEvent):
    """The consultation will not take place, or was broken off."""

    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class ParticipantAdded(DomainEvent):
    """Somebody was added to the room."""

    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class ParticipantRoleChanged(DomainEvent):
    """Somebody's role, and so what they may do, changed."""

    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class ParticipantRemoved(DomainEvent):
    """Somebody was removed, or left for good; their sockets leave the stream at once."""

    revokes: ClassVar[str | None] = "user_id"
    user_id: UUID
    by_themselves: bool


@dataclass(frozen=True, kw_only=True)
class InvitationMade(DomainEvent):
    """Somebody was invited by e-mail; the mail follows."""

    invitation_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class InvitationRenewed(DomainEvent):
    """The link of an invitation was replaced by a new one; the mail follows."""

    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationMailed(DomainEvent):
    """The link of an invitation was handed to the mail server."""

    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationUndelivered(DomainEvent):
    """No mail server took the mail with the link of an invitation."""

    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationRevoked(DomainEvent):
    """An invitation was taken back; its link works no more."""

    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(DomainEvent):
    """Somebody came in by the link of an invitation."""

    invitation_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class GuestCameBack(DomainEvent):
    """A guest came in again, by a new link."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class ParticipantEntered(DomainEvent):
    """Somebody opened the room's page."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class ParticipantWentAway(DomainEvent):
    """Somebody closed their last page of the room."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class AgendaChanged(DomainEvent):
    """Items were added, changed, moved or removed, or the agenda moves on differently."""

    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class AgendaItemStarted(DomainEvent):
    """An agenda item became the current one; None when the last one is done."""

    item_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class RoomTypeChanged(DomainEvent):
    """A type of rooms was added or changed. Stream: ``room_type:<its number as a UUID>``."""

    room_type_id: int
    name: str
