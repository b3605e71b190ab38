"""A room is created, changed, started, completed, cancelled."""

import unicodedata
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.queries import owns_address
from core.context import current_origin
from core.errors import ActionError, Conflict
from core.permissions import require
from core.publish import record
from messaging.actions.conversations import (
    close_conversation,
    open_conversation,
    rename_conversation,
)
from messaging.actions.messages import post_system_message
from messaging.models import ConversationKind
from rooms.actions.agenda import begin_agenda, end_agenda
from rooms.actions.invitations import add_or_invite
from rooms.actions.participants import place
from rooms.events import RoomCancelled, RoomChanged, RoomCompleted, RoomCreated, RoomStarted
from rooms.models import AgendaItem, Mode, Role, Room, RoomType, Status, Visit
from rooms.models.room_type import MAX_MINUTES

CHANGEABLE = ("name", "description", "scheduled_at", "duration_minutes")
MIN_MINUTES = 5

EARLIEST, LATEST = -timedelta(days=1), timedelta(days=5 * 365 + 1)
"""From now: what a time may be set to. Yesterday, for what is written down after it began; five
years, so that a slip in the year is noticed and every time zone can show the time."""

ADMINISTRATOR = "accounts.manage_system"
"""Who runs the system may also move, complete and cancel a room, from the admin: when its people
cannot. The room's chat names them."""


class InvalidRoom(ActionError):
    """A value of the room is not acceptable."""


class WrongTransition(Conflict):
    """The room's status does not allow the step."""

    code = "wrong_transition"


class RoomIsOver(Conflict):
    """Changing a room that is completed or cancelled."""

    code = "room_is_over"

    def __init__(self, room: Room) -> None:
        super().__init__(
            f"This consultation is {room.get_status_display().lower()}; "
            "it can be read, but not changed."
        )


@transaction.atomic
def create_room(
    *,
    actor: User,
    name: str,
    room_type: RoomType,
    mode: Mode,
    description: str = "",
    scheduled_at: datetime | None = None,
    duration_minutes: int | None = None,
    client: User | None = None,
    client_email: str = "",
    start: bool = False,
) -> Room:
    """Make a room with its conversation and its type's agenda; the actor becomes its host.

    ``start`` begins it in the same transaction. The client is a person, or an address, which is
    invited if nobody can be added by it. Records `RoomCreated` (and what adding people
    records); raises `NotAllowed`, `InvalidRoom`.
    """
    require(actor, "rooms.add_room")
    if mode == Mode.SCHEDULED and scheduled_at is None:
        raise InvalidRoom("Choose when the consultation is to take place.", field="scheduled_at")
    system = User.objects.system()
    room = Room(
        name=name,
        description=description,
        room_type=room_type,
        mode=mode,
        scheduled_at=scheduled_at if mode == Mode.SCHEDULED else None,
        duration_minutes=duration_minutes or room_type.default_duration_minutes,
        agenda_follows_clock=room_type.agenda_follows_clock,
        created_by=actor,
    )
    _validate(room)
    _check_time(room.scheduled_at)
    room.conversation = open_conversation(actor=system, kind=ConversationKind.ROOM, title=room.name)
    room.save(force_insert=True)
    record(RoomCreated(room_id=room.pk, name=room.name, mode=mode), stream=room.stream, actor=actor)
    AgendaItem.objects.bulk_create(
        AgendaItem(room=room, position=position, title=item.title, minutes=item.minutes)
        for position, item in enumerate(room_type.agenda.order_by("position", "pk"))
    )
    place(actor=actor, room=room, user=actor, role=Role.HOST)
    if client is not None and client.pk != actor.pk:
        place(actor=actor, room=room, user=client, role=Role.CLIENT)
    elif client_email and not owns_address(actor, client_email):
        add_or_invite(actor=actor, room=room, email=client_email, role=Role.CLIENT)
    if room_type.opening_message:
        _say(room, "opened", actor, room_type.opening_message)
    return start_room(actor=actor, room=room) if start else room


@transaction.atomic
def update_room(*, actor: User, room: Room, changes: dict[str, Any]) -> Room:
    """Change name, description, time or planned minutes. Records `RoomChanged`.

    Raises `NotAllowed`, `InvalidRoom`, `RoomIsOver`.
    """
    require(actor, "rooms.manage", room, or_in_general=ADMINISTRATOR)
    room = _lock(room)
    if room.is_over:
        raise RoomIsOver(room)
    changed = [
        name for name in CHANGEABLE if name in changes and changes[name] != getattr(room, name)
    ]
    if not changed:
        return room
    if "scheduled_at" in changed and room.status != Status.SCHEDULED:
        raise InvalidRoom("It has begun; its time cannot be moved any more.", field="scheduled_at")
    if "scheduled_at" in changed and room.mode == Mode.ASYNCHRONOUS:
        raise InvalidRoom(
            "Everybody comes here in their own time; it has none to begin at.",
            field="scheduled_at",
        )
    for name in changed:
        setattr(room, name, changes[name])
    if room.mode == Mode.SCHEDULED and room.scheduled_at is None:
        raise InvalidRoom("A scheduled consultation needs its time.", field="scheduled_at")
    if room.mode == Mode.INSTANT and room.scheduled_at is not None:
        room.mode = Mode.SCHEDULED
    _validate(room)
    if "scheduled_at" in changed:
        _check_time(room.scheduled_at)
    room.save(update_fields=[*changed, "mode"])
    record(RoomChanged(room_id=room.pk, fields=changed), stream=room.stream, actor=actor)
    if "name" in changed:
        rename_conversation(
            actor=User.objects.system(), conversation=room.conversation, title=room.name
        )
    return room


@transaction.atomic
def start_room(*, actor: User, room: Room) -> Room:
    """scheduled -> active. Records `RoomStarted`, says so in the chat, begins the agenda."""
    require(actor, "rooms.manage", room)
    room = _step(room, Status.SCHEDULED, Status.ACTIVE, "started")
    room.started_at = timezone.now()
    room.save(update_fields=["status", "started_at"])
    record(RoomStarted(room_id=room.pk), stream=room.stream, actor=actor)
    _say(room, "started", actor, f"{actor.name} started the consultation")
    if room.mode != Mode.ASYNCHRONOUS:
        begin_agenda(actor=actor, room=room)
    return room


@transaction.atomic
def complete_room(*, actor: User, room: Room) -> Room:
    """active -> completed. Records `RoomCompleted`; stays end, the conversation closes.

    Whether people may still change what they wrote, the room's type says at this moment.
    """
    require(actor, "rooms.manage", room, or_in_general=ADMINISTRATOR)
    room = _step(room, Status.ACTIVE, Status.COMPLETED, "completed")
    room.completed_at = timezone.now()
    room.save(update_fields=["status", "completed_at"])
    _end_visits(room)
    record(
        RoomCompleted(room_id=room.pk, duration_minutes=room.actual_duration_minutes or 0),
        stream=room.stream,
        actor=actor,
    )
    end_agenda(actor=actor, room=room)
    _say(room, "completed", actor, f"{actor.name} completed the consultation")
    close_conversation(
        actor=User.objects.system(),
        conversation=room.conversation,
        own_messages_may_be_changed=room.room_type.messages_may_be_changed_after_completion,
    )
    return room


@transaction.atomic
def cancel_room(*, actor: User, room: Room) -> Room:
    """scheduled or active -> cancelled. Records `RoomCancelled`.

    Stays end and the conversation closes.
    """
    require(actor, "rooms.manage", room, or_in_general=ADMINISTRATOR)
    room = _step(room, (Status.SCHEDULED, Status.ACTIVE), Status.CANCELLED, "cancelled")
    room.cancelled_at = timezone.now()
    room.save(update_fields=["status", "cancelled_at"])
    _end_visits(room)
    record(RoomCancelled(room_id=room.pk), stream=room.stream, actor=actor)
    _say(room, "cancelled", actor, f"{actor.name} cancelled the consultation")
    close_conversation(actor=User.objects.system(), conversation=room.conversation)
    return room


def _lock(room: Room) -> Room:
    return (
        Room.objects.select_for_update(of=("self",))
        .select_related("conversation", "room_type")
        .get(pk=room.pk)
    )


def _step(room: Room, allowed: Status | tuple[Status, ...], target: Status, word: str) -> Room:
    room = _lock(room)
    if room.status not in ((allowed,) if isinstance(allowed, Status) else allowed):
        raise WrongTransition(
            f"This consultation is {room.get_status_display().lower()}, "
            f"so it cannot be {word}. Reload the page to see how it stands."
        )
    room.status = target
    return room


def _end_visits(room: Room) -> None:
    """Nobody's time in the room runs on. Visits are locked before the stream, as in `go_away`."""
    Visit.objects.filter(participant__room=room, ended_at__isnull=True).update(
        ended_at=timezone.now()
    )


def _say(room: Room, kind: str, actor: User, text: str) -> None:
    post_system_message(
        actor=User.objects.system(),
        conversation=room.conversation,
        text=text,
        metadata={"kind": f"room_{kind}", "by": str(actor.pk)},
    )


def _validate(room: Room) -> None:
    room.name = room.name.strip()
    if all(c.isspace() or unicodedata.category(c) == "Cf" for c in room.name):  # nothing to see
        raise InvalidRoom("Give the consultation a name.", field="name")
    for name in ("name", "description"):
        limit = getattr(Room._meta.get_field(name), "max_length", None) or 0
        if len(getattr(room, name)) > limit:
            raise InvalidRoom(f"At most {limit:,} characters.", field=name)
    if not MIN_MINUTES <= room.duration_minutes <= MAX_MINUTES:
        raise InvalidRoom(
            f"A consultation lasts {MIN_MINUTES} to {MAX_MINUTES} minutes.",
            field="duration_minutes",
        )


def _check_time(scheduled_at: datetime | None) -> None:
    if scheduled_at is None:
        return
    now = current_origin().at or timezone.now()
    if not now + EARLIEST <= scheduled_at <= now + LATEST:
        raise InvalidRoom(
            "A consultation begins between yesterday and five years from now. Check the year.",
            field="scheduled_at",
        )
