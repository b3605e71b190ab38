"""What the command palette offers of rooms."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from core.palette import Destination, matching, offers
from rooms.models import Participant, Status
from rooms.queries.rooms import filtered_rooms

RECENT = 5
FOUND = 8
NOTES = {
    Status.ACTIVE: "live",
    Status.SCHEDULED: "planned",
    Status.COMPLETED: "completed",
    Status.CANCELLED: "cancelled",
}


def _others(room: Any) -> tuple[list[Participant], int]:
    """The people that are named beside a room, and how many are not."""
    return room.others, room.number_of_others - len(room.others)


@offers
def rooms(actor: Any, words: list[str]) -> Iterable[Destination]:
    """The pages, and the newest rooms that the words name by room or person."""
    pages = [
        Destination("Home", reverse("home"), "house", also="today"),
        Destination("Consultations", reverse("rooms:list"), "presentation", also="rooms list"),
    ]
    if actor.has_perm("rooms.add_room"):
        new = reverse("rooms:create")
        pages.append(Destination("New consultation", new, "plus", also="create start room"))
    yield from matching(pages, words)
    found = filtered_rooms(actor, text=" ".join(words)).order_by("-created_at", "pk")
    for room in found[: FOUND if words else RECENT]:
        named, more = _others(room)
        names = ", ".join(person.user.name for person in named) + (f" and {more} more" * bool(more))
        note = " · ".join(filter(None, [names, NOTES[Status(room.status)]]))
        yield Destination(room.name, reverse("rooms:room", args=[room.pk]), "presentation", note)
