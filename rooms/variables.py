"""What rooms put into a template for replies."""

from django.conf import settings
from django.urls import reverse
from django.utils import dateformat, timezone

from accounts.models import User
from messaging.models import Conversation, ConversationKind
from messaging.queries.meetings import upcoming_in
from messaging.queries.mentions import present_people
from messaging.variables import resolves, zone_of
from rooms.models import Participant, Room, Status


@resolves("room_link", "The address of the consultation room", "https://suite.example/rooms/5f2d…/")
def room_link(actor: User, conversation: Conversation) -> str | None:
    """Of the conversation's own room; elsewhere of the next one that all there share."""
    room = _own(actor, conversation) or _next(actor, conversation)
    return f"{settings.PUBLIC_URL}{reverse('rooms:room', args=[room.pk])}" if room else None


@resolves(
    "next_meeting",
    "When you meet next, in your time zone",
    "Thursday 26 November, 10:00 (Europe/Copenhagen)",
)
def next_meeting(actor: User, conversation: Conversation) -> str | None:
    """What comes first: a meeting called in the conversation, or a consultation, its own while that
    is ahead, else the next one that all share."""
    room = _own(actor, conversation)
    if room is None or room.status != Status.SCHEDULED or not _is_ahead(room):
        room = _next(actor, conversation)
    called = upcoming_in(conversation).filter(starts_at__gte=timezone.now()).first()
    times = [room.scheduled_at if room else None, called.starts_at if called else None]
    ahead = [time for time in times if time is not None]
    if not ahead:
        return None
    zone = zone_of(actor)
    local = timezone.localtime(min(ahead), zone)
    is_this_year = local.year == timezone.localdate(timezone=zone).year
    day = dateformat.format(local, "l j F" if is_this_year else "l j F Y")
    return f"{day}, {local.hour}:{local.minute:02} ({zone.key})"


def _is_ahead(room: Room) -> bool:
    return room.scheduled_at is not None and room.scheduled_at >= timezone.now()


def _own(actor: User, conversation: Conversation) -> Room | None:
    if conversation.kind != ConversationKind.ROOM:
        return None
    return Room.objects.visible_to(actor).filter(conversation=conversation).first()


def _next(actor: User, conversation: Conversation) -> Room | None:
    """The next planned room in which everybody of a small conversation takes part."""
    others = present_people(conversation).exclude(user=actor)
    people = list(others.values_list("user_id", flat=True)[:10])
    rooms = Room.objects.visible_to(actor).filter(
        status=Status.SCHEDULED, scheduled_at__gte=timezone.now()
    )
    for user_id in people:
        places = Participant.objects.filter(user=user_id, left_at__isnull=True)
        rooms = rooms.filter(pk__in=places.values("room"))
    return rooms.order_by("scheduled_at", "pk").first() if people else None
