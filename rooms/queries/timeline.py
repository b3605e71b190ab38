"""The timeline of a room: its event log in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from core.models import Event
from rooms.models import AgendaItem, Role, Room

PAGE_SIZE = 50

ICONS = {
    "RoomCreated": "plus",
    "RoomChanged": "pencil",
    "RoomStarted": "play",
    "RoomCompleted": "circle-check",
    "RoomCancelled": "x",
    "ParticipantAdded": "user-plus",
    "InvitationMade": "mail",
    "InvitationRenewed": "mail",
    "InvitationMailed": "mail",
    "InvitationUndelivered": "mail",
    "InvitationRevoked": "mail",
    "InvitationAccepted": "mail",
    "GuestCameBack": "mail",
    "ParticipantRoleChanged": "user",
    "ParticipantRemoved": "user-minus",
    "ParticipantEntered": "arrow-right",
    "ParticipantWentAway": "arrow-left",
    "AgendaChanged": "list",
    "AgendaItemStarted": "list-checks",
}


@dataclass(frozen=True)
class Entry:
    """One line of the timeline."""

    seq: int
    at: datetime
    icon: str
    words: str


@dataclass(frozen=True)
class TimelinePage:
    """Lines, newest first; ``before`` asks for the older ones, None at the beginning."""

    entries: list[Entry]
    before: int | None


def timeline(room: Room, before: int | None = None, limit: int = PAGE_SIZE) -> TimelinePage:
    """A page of the room's events in words. Three queries, whatever the number of lines."""
    events = Event.objects.filter(stream__kind="room", stream__object_id=room.pk)
    if before is not None:
        events = events.filter(seq__lt=before)
    rows = list(events.select_related("actor").order_by("-seq")[: limit + 1])
    shown = rows[:limit]
    people = _people(shown)
    items = {str(item.pk): item.title for item in AgendaItem.objects.filter(room=room)}
    entries = [
        Entry(row.seq, row.at, ICONS.get(row.name, "circle"), _words(row, people, items))
        for row in shown
    ]
    return TimelinePage(entries, shown[-1].seq if len(rows) > limit else None)


def _people(events: list[Event]) -> dict[str, str]:
    ids = {UUID(event.data["user_id"]) for event in events if "user_id" in event.data}
    return {str(user.pk): user.name for user in User.objects.filter(pk__in=ids)}


def _words(event: Event, people: dict[str, str], items: dict[str, str]) -> str:
    who = event.actor.name
    data: dict[str, Any] = event.data
    whom = people.get(data.get("user_id", ""), "somebody")
    role = Role(data["role"]).label.lower() if "role" in data else ""
    if event.name == "ParticipantRemoved":
        return f"{who} left for good" if data["by_themselves"] else f"{who} removed {whom}"
    if event.name == "AgendaItemStarted":
        title = items.get(data["item_id"] or "")
        return f"{who} went to “{title}”" if title else f"{who} finished the agenda item"
    wordings = {
        "RoomCreated": f"{who} created the consultation",
        "RoomChanged": f"{who} changed {_listed(data.get('fields', []))}",
        "RoomStarted": f"{who} started the consultation",
        "RoomCompleted": f"{who} completed the consultation",
        "RoomCancelled": f"{who} cancelled the consultation",
        "ParticipantAdded": f"{who} added {whom} as {role}"
        if str(event.actor_id) != data.get("user_id")
        else f"{who} took part as {role}",
        "InvitationMade": f"{who} invited somebody by e-mail as {role}",
        "InvitationRenewed": f"{who} asked for a new link to be mailed",
        "InvitationMailed": "The link was mailed",
        "InvitationUndelivered": "The link could not be mailed",
        "InvitationRevoked": f"{who} revoked an invitation",
        "InvitationAccepted": f"{whom} accepted an invitation",
        "GuestCameBack": f"{whom} came back by a new link",
        "ParticipantRoleChanged": f"{who} made {whom} {role}",
        "ParticipantEntered": f"{whom} came in",
        "ParticipantWentAway": f"{whom} went away",
        "AgendaChanged": f"{who} changed the agenda",
    }
    return wordings.get(event.name, f"{who}: {event.name}")


def _listed(fields: list[str]) -> str:
    words = {
        "name": "the name",
        "description": "the description",
        "scheduled_at": "the time",
        "duration_minutes": "the planned minutes",
    }
    return ", ".join(words.get(field, field) for field in fields)
