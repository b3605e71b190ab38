"""Reading who takes part in a room, and who is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    DurationField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Now

from accounts.models import User
from accounts.queries import organisation_name
from core import presence
from messaging.queries.threads import messages_sent
from rooms.models import Participant, Role, Room, Visit

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

MAX_STALE_VISITS = 200
MAX_FORMER = 50
PEOPLE_SHOWN = 40
"""People on one page of a room's list."""
PANEL_SHOWN = 8
"""People in the panel beside the stage, above the agenda."""
OTHERS_NAMED = 3

BY_ROLE = (
    Case(
        *(When(role=role, then=Value(place)) for place, role in enumerate(Role.values)),
        output_field=IntegerField(),
    ),
    "added_at",
    "pk",
)
"""Leaders first."""


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
        """When their last page of anything closed; nobody knows it of who hides presence."""
        settings = getattr(self.user, "messaging_settings", None)
        is_hidden = settings is not None and not settings.shows_presence
        return None if is_hidden else self.user.last_seen_at


@dataclass(frozen=True)
class PeoplePage:
    """A page of a room's people, from number ``start``; ``total`` take part in all."""

    rows: list[PersonInRoom]
    start: int
    total: int

    @property
    def end(self) -> int:
        """The number after the last one here."""
        return self.start + len(self.rows)

    @property
    def more(self) -> int:
        """How many come after them."""
        return max(0, self.total - self.end)

    @property
    def before(self) -> int:
        """Where the page before begins."""
        return max(0, self.start - PEOPLE_SHOWN)


@dataclass(frozen=True)
class Others:
    """The first of those who take part beside somebody, and how many do."""

    named: list[Participant]
    total: int

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.total - len(self.named)


class Stay(TypedDict):
    """What `participants` adds to each row."""

    time_in_room: timedelta | None
    total: int


def participants(room: Room) -> "QuerySet[WithAnnotations[Participant, Stay]]":
    """Those who take part now, leaders first: person, organisation, time here, how many in all."""
    stay = Sum(Coalesce(F("ended_at"), Now()) - F("entered_at"), output_field=DurationField())
    stays = Visit.objects.filter(participant=OuterRef("pk")).values("participant")
    return (
        Participant.objects.filter(room=room, left_at__isnull=True)
        .select_related("user__membership__organisation", "user__messaging_settings", "room")
        .annotate(time_in_room=Subquery(stays.annotate(stay=stay).values("stay")))
        .annotate(total=Window(Count("*")))
        .order_by(*BY_ROLE)
    )


def people_in(room: Room, start: int = 0, limit: int = PEOPLE_SHOWN) -> PeoplePage:
    """At most ``limit`` with presence. Two queries and one Redis round trip.

    Where ``start`` is past the end it is the first page: who was there has left meanwhile.
    """
    rows = list(participants(room)[start : start + limit])
    if start and not rows:
        return people_in(room, limit=limit)
    states = presence.read(row.user_id for row in rows)
    sent = messages_sent(room.conversation, [row.user_id for row in rows])
    people = [
        PersonInRoom(
            participant=row,
            state=_state_in(room, states[row.user_id]),
            minutes_in_room=int(row.time_in_room.total_seconds() // 60) if row.time_in_room else 0,
            messages_sent=sent.get(row.user_id, 0),
        )
        for row in rows
    ]
    return PeoplePage(people, start, rows[0].total if rows else 0)


def others_in(room: Room, user: User, people: PeoplePage | None = None) -> Others:
    """Whom the room's header names to somebody who takes part, as all do who see a room.

    One query; none where the first ``people`` are known.
    """
    if people is None:
        first = list(participants(room)[: OTHERS_NAMED + 1])
        rows: Sequence[Participant] = first
        total = first[0].total if first else 0
    else:
        rows, total = [entry.participant for entry in people.rows], people.total
    named = [row for row in rows if row.user_id != user.pk][:OTHERS_NAMED]
    return Others(named, max(total - 1, len(named)))


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
