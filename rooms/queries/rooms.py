"""Lists of rooms: home and the consultations page."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from accounts.models import User
from core.colours import COLOURS
from messaging.models import Conversation
from rooms.models import Mode, Participant, Room, Status
from rooms.queries.day import Day, day_of
from rooms.queries.people import OTHERS_NAMED

SHOWN_PER_SECTION = 5

STILL_NEXT = timedelta(hours=1)
"""How long a consultation that is due stays the next one; later it waits to start."""


@dataclass(frozen=True)
class Home:
    """What the home page shows: the nearest first."""

    next: Room | None
    live: list[Room] = field(default_factory=list)
    waiting: list[Room] = field(default_factory=list)
    upcoming: list[Room] = field(default_factory=list)
    past: list[Room] = field(default_factory=list)
    day: Day = field(default_factory=Day)

    @property
    def foremost_live(self) -> Room | None:
        """The live room that takes the place of the next one, where nothing is next."""
        return self.live[0] if self.live and self.next is None else None

    @property
    def live_beside(self) -> list[Room]:
        """The other live rooms."""
        return self.live[1:] if self.foremost_live else self.live


def with_others(rooms: QuerySet[Room], user: User) -> QuerySet[Room]:
    """With type, first comers and who takes part beside this person: two queries.

    ``others`` are the first `OTHERS_NAMED` of them, ``number_of_others`` counts all.
    """
    others = Participant.objects.filter(left_at__isnull=True).exclude(user=user)
    number = others.filter(room=OuterRef("pk")).values("room").annotate(number=Count("pk"))
    named = others.select_related("user__membership__organisation").order_by("added_at", "pk")
    return (
        with_first_comers(rooms)
        .select_related("room_type")
        .annotate(
            number_of_others=Coalesce(
                Subquery(number.values("number")), 0, output_field=IntegerField()
            )
        )
        .prefetch_related(Prefetch("participants", queryset=named[:OTHERS_NAMED], to_attr="others"))
    )


def with_first_comers(rooms: QuerySet[Room]) -> QuerySet[Room]:
    """With ``first_comers``: the ids of the first who ever took part, whose colours are given out.

    Also of those who left: nobody's colour changes when somebody goes.
    """
    places = Participant.objects.filter(room=OuterRef("pk")).order_by("added_at", "pk")
    return rooms.annotate(first_comers=ArraySubquery(places.values("user_id")[:COLOURS]))


def room_for_page(user: User, room_id: UUID) -> QuerySet[Room]:
    """The room as its page needs it, if the person may see it."""
    return (
        with_first_comers(Room.objects.visible_to(user))
        .filter(pk=room_id)
        .select_related("room_type", "conversation", "current_item", "created_by")
    )


def conversation_of(user: User, place_id: UUID) -> Conversation | None:
    """The conversation with this id, or of the room with this id, if the person may see it."""
    conversations = Conversation.objects.visible_to(user)
    return conversations.filter(Q(pk=place_id) | Q(room__pk=place_id)).first()


def next_together(user: User, other_id: UUID) -> QuerySet[Room]:
    """What the person and somebody else have before them: live, then planned, the nearest first."""
    places = Participant.objects.filter(user=other_id, left_at__isnull=True)
    mine = Room.objects.visible_to(user).filter(
        pk__in=places.values("room"), status__in=(Status.ACTIVE, Status.SCHEDULED)
    )
    return mine.order_by("status", F("scheduled_at").asc(nulls_last=True), "pk")[:SHOWN_PER_SECTION]


def filtered_rooms(
    user: User, *, status: str = "", text: str = "", mode: str = ""
) -> QuerySet[Room]:
    """The person's rooms, newest time first, by status, mode and words in name or people."""
    rooms = Room.objects.visible_to(user)
    if status in Status.values:
        rooms = rooms.filter(status=status)
    if mode in Mode.values:
        rooms = rooms.filter(mode=mode)
    for word in text.replace("\0", "").split()[:8]:  # PostgreSQL refuses NUL
        named = Participant.objects.filter(user__name__icontains=word, left_at__isnull=True)
        rooms = rooms.filter(
            Q(name__icontains=word)
            | Q(description__icontains=word)
            | Q(pk__in=named.values("room_id"))
        )
    return with_others(rooms, user)


def home(user: User) -> Home:
    """Everything on the home page, at most `SHOWN_PER_SECTION` of each kind. Four queries."""
    now = timezone.now()
    mine = Room.objects.visible_to(user)
    foremost = _foremost(mine, now - STILL_NEXT)
    rooms = with_others(mine.filter(pk__in=foremost), user).in_bulk()
    found: dict[str, list[Room]] = {"live": [], "waiting": [], "upcoming": [], "past": []}
    for room_id, section in foremost.items():
        if room_id in rooms:  # not lost, or taken away, between the two looks
            found[section].append(rooms[room_id])
    upcoming = found["upcoming"]
    return Home(
        next=upcoming[0] if upcoming else None,
        live=found["live"][:SHOWN_PER_SECTION],
        waiting=found["waiting"][:SHOWN_PER_SECTION],
        upcoming=upcoming[1:],
        past=found["past"][:SHOWN_PER_SECTION],
        day=day_of(mine, now),
    )


def _foremost(rooms: QuerySet[Room], due: datetime) -> dict[UUID, str]:
    """The ids of each section's first rooms, in their order there, with the section.

    One look through somebody's rooms for all sections: the looking is what costs time. A key of
    the order is empty outside the section that it is for.
    """
    is_over = Q(status__in=(Status.COMPLETED, Status.CANCELLED))
    section = Case(
        When(status=Status.ACTIVE, then=Value("live")),
        When(is_over, then=Value("past")),
        When(scheduled_at__gt=due, then=Value("upcoming")),
        default=Value("waiting"),
    )
    ended_at = Coalesce("completed_at", "cancelled_at")
    nearest_first = [
        Case(When(status=Status.ACTIVE, then=F("started_at"))).desc(),
        Case(When(is_over, then=ended_at)).desc(),
        Case(When(status=Status.SCHEDULED, then=F("scheduled_at"))).asc(),
        F("created_at").asc(),
    ]
    place = Window(RowNumber(), partition_by=section, order_by=nearest_first)
    placed = rooms.annotate(section=section, place=place)
    first = placed.filter(place__lte=SHOWN_PER_SECTION + 1).order_by("place")
    return dict(first.values_list("pk", "section"))
