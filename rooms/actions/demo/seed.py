"""Making the demo, by the product's own actions.

Events carry the time of the story from the beginning (`_happening_at`), so the append-only log
needs no exception. Rows are stamped with the present by the actions; `_tell_as_past` moves those
of the demo, and only those, to the story's time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from accounts.actions.organisations import add_organisation, set_business_role
from accounts.actions.people import appoint_staff, confirm_address, sign_up, update_profile
from accounts.models import Organisation, User
from core.context import Origin, acting_from
from core.errors import Conflict
from core.permissions import require
from messaging.actions.conversations import mark_read
from messaging.actions.messages import delete_message, edit_message, send_message
from messaging.models import Conversation, Message, MessageRevision, MessageType
from rooms.actions.agenda import add_agenda_item, go_to_item, remove_agenda_item
from rooms.actions.demo.story import (
    ADDRESSES,
    COPENHAGEN,
    EXPORT_AGENDA,
    EXPORT_LINES,
    HOUSE,
    IMPORT_AGENDA,
    IMPORT_LINES,
    LIST_LINES,
    PEOPLE,
    Line,
    Story,
)
from rooms.actions.demo.talks import tell_talks
from rooms.actions.lifecycle import cancel_room, complete_room, create_room, start_room
from rooms.actions.participants import add_participant, enter_room, go_away
from rooms.models import AgendaItem, Mode, Participant, Role, Room, RoomType, Visit

PASSWORD = "consult-demo"  # noqa: S105 - public: the command refuses to seed production

PLANNED_BEFORE = timedelta(days=2)
"""How long before it began a told consultation was made."""

Cast = dict[str, User]


class DemoIncomplete(Conflict):
    """Somebody has a demo address, but the demo is not all there."""

    code = "demo_incomplete"


@transaction.atomic
def seed_demo(*, actor: User) -> bool:
    """Make the demo cast and their consultations; False, and nothing changed, if they exist.

    Only the system user can. Records what the actions that it calls record. Raises
    `DemoIncomplete` when only some of the addresses exist.
    """
    require(actor, "accounts.manage_system")
    present = set(User.objects.filter(email__in=ADDRESSES).values_list("email", flat=True))
    if present == set(ADDRESSES):
        return False
    if present:
        raise DemoIncomplete(
            f"Of the demo's people only {', '.join(sorted(present))} exist. "
            "Seed an empty database, or remove these addresses first."
        )
    cast = _make_cast(actor)
    _make_live_room(cast)
    _make_finished_rooms(cast)
    _make_open_list(cast)
    _make_coming_rooms(cast)
    tell_talks(actor=actor, cast=cast)
    return True


def _make_cast(system: User) -> Cast:
    organisations = {
        HOUSE: add_organisation(actor=system, name=HOUSE, is_internal=True),
        "Northwind": add_organisation(actor=system, name="Northwind"),
        "Halden Clinic": add_organisation(actor=system, name="Halden Clinic"),
    }
    cast = {
        place: _make_person(system, place, name, organisations[organisation], role, zone)
        for place, name, organisation, role, zone in PEOPLE
    }
    appoint_staff(actor=system, user=cast["admin"])
    return cast


def _make_person(
    system: User, place: str, name: str, organisation: Organisation, role: str, zone: str
) -> User:
    user = sign_up(actor=system, email=f"{place}@demo.test", name=name, password=PASSWORD)
    confirm_address(actor=system, user=user)
    update_profile(actor=user, user=user, changes={"timezone": zone})
    set_business_role(actor=system, user=user, organisation=organisation, role=role)
    return user


def _make_live_room(cast: Cast) -> None:
    began_at = timezone.now() - timedelta(minutes=34)
    with _happening_at(began_at - PLANNED_BEFORE):
        room = create_room(
            actor=cast["consultant"],
            name="Demo consultation",
            description="Northwind moves 14 months of orders out of spreadsheets.",
            room_type=_type("consultation"),
            mode=Mode.INSTANT,
            client=cast["client"],
        )
        _set_agenda(room, IMPORT_AGENDA)
    _tell(cast, room, Story(began_at, IMPORT_LINES, unread_by="consultant", unread=2))


def _make_finished_rooms(cast: Cast) -> None:
    mara, priya = cast["consultant"], cast["colleague"]
    began_at = _at_copenhagen(days=-1, hour=10)
    with _happening_at(began_at - PLANNED_BEFORE):
        room = create_room(
            actor=mara,
            name="Order export: what is in the sheets",
            room_type=_type("technical-review"),
            mode=Mode.SCHEDULED,
            scheduled_at=began_at,
            duration_minutes=45,
            client=cast["client"],
        )
        add_participant(actor=mara, room=room, user=cast["manager"], role=Role.OBSERVER)
        _set_agenda(room, EXPORT_AGENDA)
    _tell(cast, room, Story(began_at, EXPORT_LINES, began_at + timedelta(minutes=47)))
    cancelled = create_room(
        actor=priya,
        name="Referral forms: kick-off",
        room_type=_type("consultation"),
        mode=Mode.SCHEDULED,
        scheduled_at=_at_copenhagen(days=2, hour=9),
        client=cast["outsider"],
    )
    cancel_room(actor=priya, room=cancelled)


def _make_open_list(cast: Cast) -> None:
    """A room without a meeting: questions are asked and answered over days."""
    mara = cast["consultant"]
    began_at = timezone.now() - timedelta(days=1, hours=3)
    with _happening_at(began_at - PLANNED_BEFORE):
        room = create_room(
            actor=mara,
            name="Questions on the customer list",
            room_type=_type("review"),
            mode=Mode.ASYNCHRONOUS,
            client=cast["client"],
        )
        add_participant(actor=mara, room=room, user=cast["manager"], role=Role.PARTICIPANT)
        _set_agenda(room, [])
    _tell(cast, room, Story(began_at, LIST_LINES, unread_by="manager", unread=1))


def _make_coming_rooms(cast: Cast) -> None:
    mara, priya = cast["consultant"], cast["colleague"]
    cut_over = create_room(
        actor=mara,
        name="Cut-over week: who does what",
        description="From Monday 7 December on nobody writes into the old sheets.",
        room_type=_type("consultation"),
        mode=Mode.SCHEDULED,
        scheduled_at=_at_copenhagen(days=1, hour=14, minute=30),
        client=cast["client"],
    )
    add_participant(actor=mara, room=cut_over, user=cast["manager"], role=Role.OBSERVER)
    create_room(
        actor=mara,
        name="Referral forms: first look",
        room_type=_type("review"),
        mode=Mode.SCHEDULED,
        scheduled_at=_next_quarter(timezone.now() + timedelta(minutes=25)),
        client=cast["outsider"],
    )
    waiting = create_room(
        actor=priya,
        name="Ward access: open points",
        room_type=_type("consultation"),
        mode=Mode.INSTANT,
        client=cast["outsider"],
    )
    add_participant(actor=priya, room=waiting, user=mara, role=Role.CONSULTANT)


def _tell(cast: Cast, room: Room, story: Story) -> None:
    """Hold the consultation: entering, agenda, messages, and its end if it has ended."""
    host = room.created_by
    with _happening_at(story.began_at):
        room = start_room(actor=host, room=room)
        people = [place.user for place in room.participants.select_related("user")]
        for person in people:
            enter_room(actor=person, room=room)
    messages = _speak(cast, room, story)
    last_at = _last_moment(story)
    for item, starts_at in _agenda_times(room, story)[1:]:
        if starts_at < last_at:
            with _happening_at(starts_at):
                go_to_item(actor=host, room=room, item=item)
    with _happening_at(last_at):
        for person in people:
            go_away(actor=person, room=room, user=person)
        if story.ended_at is not None:
            complete_room(actor=host, room=room)
    _tell_as_past(room, story, messages)


def _set_agenda(room: Room, agenda: list[tuple[str, int]]) -> None:
    for item in room.agenda.all():
        remove_agenda_item(actor=room.created_by, item=item)
    for title, minutes in agenda:
        add_agenda_item(actor=room.created_by, room=room, title=title, minutes=minutes)


def _speak(cast: Cast, room: Room, story: Story) -> list[Message]:
    messages: list[Message] = []
    for line in story.lines:
        with _happening_at(story.began_at + timedelta(minutes=line.minute)):
            messages.append(_say(cast[line.who], room, line, messages))
    for place, person in cast.items():
        if room.participants.filter(user=person).exists():
            last = messages[-1 - (story.unread if place == story.unread_by else 0)]
            mark_read(actor=person, conversation=room.conversation, seq=last.seq)
    return messages


def _say(actor: User, room: Room, line: Line, earlier: list[Message]) -> Message:
    message = send_message(
        actor=actor,
        conversation=room.conversation,
        body=line.first or line.body,
        reply_to=earlier[line.reply_to] if line.reply_to is not None else None,
    )
    if line.first:
        edit_message(actor=actor, message=message, body=line.body)
    if line.is_deleted:
        delete_message(actor=actor, message=message)
    return message


@contextmanager
def _happening_at(moment: datetime) -> Iterator[None]:
    """Part of seeding: events recorded inside carry the story's time."""
    with acting_from(Origin(at=moment)):
        yield


def _tell_as_past(room: Room, story: Story, messages: list[Message]) -> None:
    """Move the rows of one demo room from now to the times of its story.

    The only place that writes times which the actions have stamped otherwise.
    """
    began_at, ended_at, last_at = story.began_at, story.ended_at, _last_moment(story)
    planned_at = began_at - PLANNED_BEFORE
    Room.objects.filter(pk=room.pk).update(
        created_at=planned_at, started_at=began_at, completed_at=ended_at
    )
    said_last_at = began_at + timedelta(minutes=story.lines[-1].minute)
    Conversation.objects.filter(room=room).update(
        created_at=planned_at, closed_at=ended_at, last_message_at=said_last_at
    )
    Participant.objects.filter(room=room).update(added_at=planned_at, joined_at=began_at)
    Visit.objects.filter(participant__room=room).update(entered_at=began_at, ended_at=last_at)
    for item, starts_at in _agenda_times(room, story):
        AgendaItem.objects.filter(pk=item.pk, started_at__isnull=False).update(started_at=starts_at)
        ends_at = min(starts_at + timedelta(minutes=item.minutes), last_at)
        AgendaItem.objects.filter(pk=item.pk, finished_at__isnull=False).update(finished_at=ends_at)
    for line, message in zip(story.lines, messages, strict=True):
        _move_message(message, began_at + timedelta(minutes=line.minute))
    lifecycle = Message.objects.filter(
        conversation=room.conversation, message_type=MessageType.SYSTEM
    )
    lifecycle.filter(metadata__kind="room_started").update(created_at=began_at)
    lifecycle.filter(metadata__kind="room_completed").update(created_at=last_at)


def _move_message(message: Message, said_at: datetime) -> None:
    a_minute_later = said_at + timedelta(minutes=1)
    rows = Message.objects.filter(pk=message.pk)
    rows.update(created_at=said_at)
    rows.filter(edited_at__isnull=False).update(edited_at=a_minute_later)
    rows.filter(deleted_at__isnull=False).update(deleted_at=a_minute_later)
    MessageRevision.objects.filter(message=message).update(written_at=said_at)


def _last_moment(story: Story) -> datetime:
    """Its end, or just now if it goes on."""
    return story.ended_at or timezone.now() - timedelta(minutes=1)


def _agenda_times(room: Room, story: Story) -> list[tuple[AgendaItem, datetime]]:
    """The agenda's items with the times when they begin if each takes its minutes."""
    times, at = [], story.began_at
    for item in room.agenda.order_by("position"):
        times.append((item, at))
        at += timedelta(minutes=item.minutes)
    return times


def _type(slug: str) -> RoomType:
    return RoomType.objects.get(slug=slug)


def _at_copenhagen(*, days: int, hour: int, minute: int = 0) -> datetime:
    zone = ZoneInfo(COPENHAGEN)
    date = timezone.localdate(timezone=zone) + timedelta(days=days)
    return datetime.combine(date, time(hour, minute), zone)


def _next_quarter(moment: datetime) -> datetime:
    """The next full quarter of an hour."""
    begun = timedelta(
        minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond
    )
    return moment - begun + timedelta(minutes=15) if begun else moment
