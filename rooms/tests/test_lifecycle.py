"""A room is created, changed, started, completed, cancelled."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.errors import NotAllowed
from messaging.models import Message, MessageType
from rooms.actions.lifecycle import (
    InvalidRoom,
    RoomIsOver,
    WrongTransition,
    cancel_room,
    complete_room,
    create_room,
    start_room,
    update_room,
)
from rooms.models import Mode, Room, RoomType, Status
from tests.fixtures import capture_events, names, refused

MakeRoom = Callable[..., Room]


def consultation() -> RoomType:
    return RoomType.objects.get(slug="consultation")


def test_a_room_begins_with_people_conversation_and_agenda(
    consultant: User, client_user: User
) -> None:
    with capture_events() as events:
        room = create_room(
            actor=consultant,
            name="  Order import ",
            room_type=consultation(),
            mode=Mode.INSTANT,
            client=client_user,
        )
    assert (room.name, room.status, room.duration_minutes) == ("Order import", "scheduled", 60)
    assert (room.created_by, room.scheduled_at) == (consultant, None)
    assert dict(room.participants.values_list("user__name", "role")) == {
        "Mara Lindqvist": "host",
        "Tomas Okafor": "client",
    }
    agenda = room.agenda.order_by("position").values_list("position", "title", "minutes")
    assert list(agenda) == [
        (0, "Where we stand", 10),
        (1, "The question", 30),
        (2, "Decisions and dates", 20),
    ]
    assert names(events) == [
        "ConversationOpened",
        "RoomCreated",
        "ParticipantAdded",
        "MemberAdded",
        "ParticipantAdded",
        "MemberAdded",
    ]
    assert events[1].data == {
        "room_id": str(room.pk),
        "name": "Order import",
        "mode": "instant",
    }
    assert str(events[1].stream) == f"room:{room.pk}"


def test_a_room_may_start_at_once(consultant: User) -> None:
    room = create_room(
        actor=consultant,
        name="Now",
        room_type=consultation(),
        mode=Mode.INSTANT,
        client=consultant,
        start=True,
    )
    assert room.status == Status.ACTIVE
    assert room.participants.count() == 1


def test_the_type_says_the_first_line(consultant: User) -> None:
    room_type = consultation()
    room_type.opening_message = "Welcome."
    room_type.save()
    room = create_room(
        actor=consultant, name="Greeted", room_type=room_type, mode=Mode.ASYNCHRONOUS
    )
    assert room.conversation.messages.get().body == "Welcome."


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "  "}, "Give the consultation a name."),
        ({"name": "\u200b \u2060"}, "Give the consultation a name."),
        ({"name": "x" * 201}, "At most 200 characters."),
        ({"description": "x" * 2_001}, "At most 2,000 characters."),
        ({"mode": Mode.SCHEDULED}, "Choose when the consultation is to take place."),
        ({"duration_minutes": 4}, "A consultation lasts 5 to 1440 minutes."),
        ({"duration_minutes": 1441}, "A consultation lasts 5 to 1440 minutes."),
    ],
)
def test_a_room_is_not_made_of_what_is_not_acceptable(
    fields: dict[str, Any], said: str, consultant: User
) -> None:
    given: dict[str, Any] = {
        "name": "Room",
        "room_type": consultation(),
        "mode": Mode.INSTANT,
    } | fields
    with refused(InvalidRoom, said):
        create_room(actor=consultant, **given)


def test_only_consultants_open_rooms(client_user: User, manager: User, outsider: User) -> None:
    for person in (client_user, manager, outsider):
        with refused(NotAllowed):
            create_room(actor=person, name="Mine", room_type=consultation(), mode=Mode.INSTANT)


def test_starting_begins_clock_and_agenda(make_room: MakeRoom, consultant: User) -> None:
    room = make_room()
    with capture_events() as events:
        room = start_room(actor=consultant, room=room)
    assert room.is_active
    assert room.started_at is not None
    assert room.current_item == room.agenda.get(position=0)
    assert names(events) == ["RoomStarted", "MessageSent", "AgendaItemStarted"]
    line = room.conversation.messages.get()
    assert (line.message_type, line.body, line.metadata) == (
        MessageType.SYSTEM,
        "Mara Lindqvist started the consultation",
        {"kind": "room_started", "by": str(consultant.pk)},
    )


def test_an_asynchronous_room_has_no_clock(make_room: MakeRoom, consultant: User) -> None:
    room = start_room(actor=consultant, room=make_room(mode=Mode.ASYNCHRONOUS))
    assert (room.current_item, room.has_clock) == (None, False)


def test_completing_ends_agenda_and_conversation(room: Room, consultant: User) -> None:
    Room.objects.filter(pk=room.pk).update(started_at=timezone.now() - timedelta(minutes=52))
    with capture_events() as events:
        done = complete_room(actor=consultant, room=room)
    assert (done.status, done.actual_duration_minutes, done.current_item) == ("completed", 52, None)
    done.conversation.refresh_from_db()
    assert done.conversation.closed_at is not None
    assert names(events) == [
        "RoomCompleted",
        "AgendaItemStarted",
        "MessageSent",
        "ConversationClosed",
    ]
    assert events[0].data == {"room_id": str(room.pk), "duration_minutes": 52}
    assert events[1].data == {"item_id": None}


def test_a_room_without_agenda_completes_too(make_room: MakeRoom, consultant: User) -> None:
    room = make_room()
    room.agenda.all().delete()
    room = start_room(actor=consultant, room=room)
    with capture_events() as events:
        complete_room(actor=consultant, room=room)
    assert names(events) == ["RoomCompleted", "MessageSent", "ConversationClosed"]


@pytest.mark.parametrize("is_active", [False, True])
def test_cancelling_before_and_after_the_start(
    is_active: bool, make_room: MakeRoom, consultant: User
) -> None:
    room = make_room(active=is_active)
    with capture_events() as events:
        room = cancel_room(actor=consultant, room=room)
    assert room.status == Status.CANCELLED
    assert room.cancelled_at is not None
    assert names(events) == ["RoomCancelled", "MessageSent", "ConversationClosed"]
    newest = room.conversation.messages.order_by("-seq")[0]
    assert newest.body == "Mara Lindqvist cancelled the consultation"


STEPS = {
    Status.SCHEDULED: {"start", "cancel"},
    Status.ACTIVE: {"complete", "cancel"},
    Status.COMPLETED: set(),
    Status.CANCELLED: set(),
}
ACTIONS: dict[str, Callable[..., Room]] = {
    "start": start_room,
    "complete": complete_room,
    "cancel": cancel_room,
}
WORDS = {"start": "started", "complete": "completed", "cancel": "cancelled"}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("step", ["start", "complete", "cancel"])
def test_every_step_from_every_status(
    status: Status, step: str, make_room: MakeRoom, consultant: User
) -> None:
    room = make_room(active=status in (Status.ACTIVE, Status.COMPLETED))
    if status == Status.COMPLETED:
        complete_room(actor=consultant, room=room)
    if status == Status.CANCELLED:
        cancel_room(actor=consultant, room=room)
    if step in STEPS[status]:
        with capture_events() as events:
            ACTIONS[step](actor=consultant, room=room)
        assert events[0].name == f"Room{WORDS[step].capitalize()}"
        return
    said = f"This consultation is {Status(status).label.lower()}, so it cannot be {WORDS[step]}."
    with refused(WrongTransition, said):
        ACTIONS[step](actor=consultant, room=room)


def test_who_may_take_a_step(
    room: Room, client_user: User, colleague: User, outsider: User
) -> None:
    for person in (client_user, colleague, outsider):
        for act in (start_room, complete_room, cancel_room):
            with refused(NotAllowed):
                act(actor=person, room=room)
        with refused(NotAllowed):
            update_room(actor=person, room=room, changes={"name": "Mine"})


def test_administrators_end_and_move_but_do_not_enter(make_room: MakeRoom, staff: User) -> None:
    assert list(Room.objects.visible_to(staff)) == []
    moved = update_room(actor=staff, room=make_room(), changes={"duration_minutes": 30})
    assert moved.duration_minutes == 30
    with refused(NotAllowed):
        start_room(actor=staff, room=moved)
    room = complete_room(actor=staff, room=make_room(active=True))
    newest = Message.objects.filter(conversation=room.conversation).order_by("-seq")[0]
    assert newest.body == "Alma Berg completed the consultation"
    assert cancel_room(actor=staff, room=make_room()).status == Status.CANCELLED


def test_a_change_is_named_and_nothing_else_touched(make_room: MakeRoom, consultant: User) -> None:
    room = make_room()
    with capture_events() as events:
        changed = update_room(
            actor=consultant,
            room=room,
            changes={"name": " Cut-over ", "duration_minutes": room.duration_minutes},
        )
        update_room(actor=consultant, room=changed, changes={"name": "Cut-over"})
    assert changed.name == "Cut-over"
    assert [event.data for event in events] == [
        {"room_id": str(room.pk), "fields": ["name"]},
        {"title": "Cut-over"},
    ]


def test_an_instant_room_that_gets_a_time_is_scheduled(
    make_room: MakeRoom, consultant: User
) -> None:
    at = timezone.now() + timedelta(days=1)
    room = update_room(actor=consultant, room=make_room(), changes={"scheduled_at": at})
    assert (room.mode, room.scheduled_at) == (Mode.SCHEDULED, at)
    with refused(InvalidRoom, "A scheduled consultation needs its time."):
        update_room(actor=consultant, room=room, changes={"scheduled_at": None})
    with refused(InvalidRoom, "Give the consultation a name."):
        update_room(actor=consultant, room=room, changes={"name": " "})


@pytest.mark.parametrize(
    "far",
    [
        datetime.max.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=UTC),
        timezone.now() - timedelta(days=2),
        timezone.now() + timedelta(days=5 * 366),
    ],
)
def test_a_time_that_no_calendar_holds_is_refused(
    far: datetime, make_room: MakeRoom, consultant: User
) -> None:
    said = "A consultation begins between yesterday and five years from now."
    with refused(InvalidRoom, said):
        create_room(
            actor=consultant,
            name="Far",
            room_type=consultation(),
            mode=Mode.SCHEDULED,
            scheduled_at=far,
        )
    room = make_room()
    with refused(InvalidRoom, said):
        update_room(actor=consultant, room=room, changes={"scheduled_at": far})


def test_what_was_to_begin_long_ago_can_be_renamed(make_room: MakeRoom, consultant: User) -> None:
    room, long_ago = make_room(), timezone.now() - timedelta(days=30)
    Room.objects.filter(pk=room.pk).update(mode=Mode.SCHEDULED, scheduled_at=long_ago)
    changes = {"name": "Missed", "scheduled_at": long_ago}
    assert update_room(actor=consultant, room=room, changes=changes).name == "Missed"


def test_what_has_no_time_gets_none(make_room: MakeRoom, consultant: User) -> None:
    room = make_room(mode=Mode.ASYNCHRONOUS)
    at = timezone.now() + timedelta(days=1)
    with refused(InvalidRoom, "Everybody comes here in their own time; it has none to begin at."):
        update_room(actor=consultant, room=room, changes={"scheduled_at": at})


def test_what_has_begun_keeps_its_time(room: Room, consultant: User) -> None:
    with refused(InvalidRoom, "It has begun; its time cannot be moved any more."):
        update_room(actor=consultant, room=room, changes={"scheduled_at": timezone.now()})
    # A form sends all fields; an unchanged time is no move.
    changes = {"scheduled_at": room.scheduled_at, "name": "Renamed"}
    assert update_room(actor=consultant, room=room, changes=changes).name == "Renamed"


def test_what_is_over_does_not_change(room: Room, consultant: User) -> None:
    complete_room(actor=consultant, room=room)
    with refused(RoomIsOver, "This consultation is completed; it can be read, but not changed."):
        update_room(actor=consultant, room=room, changes={"name": "Rewritten"})


def test_each_of_the_cast_sees_their_rooms(
    room: Room,
    consultant: User,
    client_user: User,
    system: User,
    colleague: User,
    manager: User,
    outsider: User,
    staff: User,
) -> None:
    for person in (consultant, client_user, system):
        assert list(Room.objects.visible_to(person)) == [room]
    for person in (colleague, manager, outsider, staff):
        assert list(Room.objects.visible_to(person)) == []
    client_user.is_active = False
    assert list(Room.objects.visible_to(client_user)) == []


def test_renaming_renames_the_conversation(room: Room, consultant: User) -> None:
    update_room(actor=consultant, room=room, changes={"name": "Another name"})
    room.conversation.refresh_from_db()
    assert room.conversation.title == "Another name"
