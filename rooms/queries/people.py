"""Reading who takes part in a room, and who is there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import DurationField, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Now

from accounts.models import User
from accounts.queries import organisation_name
from core import presence
from messaging.queries import messages_sent
from rooms.models import Participant, Role, Room, Visit

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

MAX_STALE_VISITS = 200
MAX_FORMER = 50

ROLE_ORDER = {role: place for place, role in enumerate(Role.values)}


@dataclass(frozen=True)
class PersonInRoom:
    """A participant with what is known of them right now."""

    participant: Participant
    state: str
    minutes_in_room: int
    messages_sent: int

    @property
    def user(self) -> User:
        """The person."""
        return self.participant.user

    @property
    def id_text(self) -> str:
        """The person's id, to make element ids from."""
        return str(self.participant.user_id)

    @property
    def ring(self) -> str:
        """The form of the ring around the face."""
        return {
            "active": "live" if self.participant.room.is_active else "here",
            "away": "away",
        }.get(self.state, "")

    @property
    def organisation(self) -> str:
        """The person's organisation, or empty."""
        return organisation_name(self.user)

    @property
    def last_seen_at(self) -> datetime | None:
        """When their last page of anything closed."""
        return self.user.last_seen_at


class Stay(TypedDict):
    """What `participants` adds to each row."""

    time_in_room: timedelta | None


def participants(room: Room) -> "QuerySet[WithAnnotations[Participant, Stay]]":
    """Those who take part now, with person, organisation and their time in the room."""
    stay = Coalesce(F("visits__ended_at"), Now()) - F("visits__entered_at")
    return (
        Participant.objects.filter(room=room, left_at__isnull=True)
        .select_related("user__membership__organisation", "room")
        .annotate(time_in_room=Sum(stay, output_field=DurationField()))
    )


def people_in(room: Room) -> list[PersonInRoom]:
    """Participants with presence, leaders first. Two queries and one Redis round trip."""
    rows = sorted(participants(room), key=lambda row: (ROLE_ORDER[row.role], row.added_at))
    states = presence.read(row.user_id for row in rows)
    sent = messages_sent(room.conversation)
    return [
        PersonInRoom(
            participant=row,
            state=_state_in(room, states[row.user_id]),
            minutes_in_room=int(row.time_in_room.total_seconds() // 60) if row.time_in_room else 0,
            messages_sent=sent.get(row.user_id, 0),
        )
        for row in rows
    ]


def people_who_left(room: Room) -> list[Participant]:
    """Those who left or were removed, the last first, at most `MAX_FORMER`. One query."""
    former = Participant.objects.filter(room=room, left_at__isnull=False)
    return list(former.select_related("user").order_by("-left_at")[:MAX_FORMER])


def newly_added(room_id: UUID, user_id: UUID) -> Participant | None:
    """Somebody's place in a room where they never were yet; None once they came or left."""
    places = Participant.objects.filter(
        room=room_id, user=user_id, left_at__isnull=True, joined_at__isnull=True
    )
    return places.select_related("user", "room").first()


def participant_of(user: User, room: Room, user_id: UUID) -> QuerySet[Participant]:
    """Somebody's present place in a room that the person may see."""
    return Participant.objects.filter(
        room__in=Room.objects.visible_to(user).filter(pk=room.pk),
        user_id=user_id,
        left_at__isnull=True,
    ).select_related("user", "room__conversation", "room__room_type")


def stale_visits() -> list[Visit]:
    """Open stays of people of whom no socket follows the room any more."""
    open_visits = list(
        Visit.objects.filter(ended_at__isnull=True)
        .filter(Q(entered_at__lt=Now() - presence.EXPIRY))
        .select_related("participant__room", "participant__user")
        .order_by("entered_at")[:MAX_STALE_VISITS]
    )
    states = presence.read({visit.participant.user_id for visit in open_visits})
    return [
        visit
        for visit in open_visits
        if str(visit.participant.room.stream) not in states[visit.participant.user_id].streams
    ]


def _state_in(room: Room, person: presence.Presence) -> str:
    """active or away while a page of this room is open, else offline."""
    return person.state if str(room.stream) in person.streams else "offline"
