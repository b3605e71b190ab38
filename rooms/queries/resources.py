"""Rooms as the API shows them."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet

from accounts.models import User
from rooms.models import AgendaItem, Participant, Room, RoomType, RoomUserObjectPermission

MAX_PARTICIPANTS_SHOWN = 50


def as_seen_by(user: User, rooms: QuerySet[Room]) -> QuerySet[Room]:
    """With ``codenames`` of the person, ``present`` people and ``items`` of the agenda.

    Three queries whatever the number of rooms.
    """
    held = RoomUserObjectPermission.objects.filter(content_object=OuterRef("pk"), user=user)
    present = Participant.objects.filter(left_at__isnull=True).select_related("user")
    codenames = held.order_by("permission__codename").values("permission__codename")
    return (
        rooms.select_related("room_type")
        .annotate(codenames=ArraySubquery(codenames))
        .prefetch_related(
            Prefetch(
                "participants",
                queryset=present.order_by("added_at", "pk")[:MAX_PARTICIPANTS_SHOWN],
                to_attr="present",
            ),
            Prefetch("agenda", queryset=AgendaItem.objects.order_by("position"), to_attr="items"),
        )
    )


def participants_of(room: Room, *, left: bool) -> QuerySet[Participant]:
    """Who takes part in a room; ``left``: who took part and does not any more."""
    rows = Participant.objects.filter(room=room, left_at__isnull=not left)
    return rows.select_related("user")


def offered_types() -> QuerySet[RoomType]:
    """The types of which new rooms can be made, with the agenda that they start with."""
    return RoomType.objects.filter(is_active=True).prefetch_related("agenda")
