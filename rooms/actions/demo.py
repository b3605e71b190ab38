"""The demo: a cast of six people, and consultations that read like real work.

Everything is made by the product's own actions. They stamp the present, so `_tell_as_past` then
moves the rows of the demo, and only those, to the times of the story. The event log is not
touched: it is append-only, only retention and erasure may lift its trigger, and that these
things were recorded just now is the truth.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from accounts.actions.organisations import add_organisation, set_business_role
from accounts.actions.people import appoint_staff, confirm_address, sign_up, update_profile
from accounts.models import BusinessRole, Organisation, User
from core.errors import Conflict
from core.permissions import require
from messaging.actions.conversations import mark_read
from messaging.actions.messages import delete_message, edit_message, send_message
from messaging.models import Conversation, Message, MessageRevision, MessageType
from rooms.actions.agenda import add_agenda_item, go_to_item, remove_agenda_item
from rooms.actions.lifecycle import cancel_room, complete_room, create_room, start_room
from rooms.actions.participants import add_participant, enter_room, go_away
from rooms.models import AgendaItem, Mode, Participant, Role, Room, RoomType, Visit

PASSWORD = "consult-demo"  # noqa: S105 - public: the command refuses to seed production
COPENHAGEN = "Europe/Copenhagen"
HOUSE = "Lindqvist & Raman"

# Address before the @, name, organisation, role, time zone.
PEOPLE = [
    ("admin", "Alma Berg", HOUSE, BusinessRole.ADMIN, COPENHAGEN),
    ("consultant", "Mara Lindqvist", HOUSE, BusinessRole.INTERNAL_ENGINEER, COPENHAGEN),
    ("colleague", "Priya Raman", HOUSE, BusinessRole.INTERNAL_PM, COPENHAGEN),
    ("client", "Tomas Okafor", "Northwind", BusinessRole.CLIENT_USER, "Europe/Lisbon"),
    ("manager", "Helen Brandt", "Northwind", BusinessRole.CLIENT_ADMIN, "Europe/Lisbon"),
    ("outsider", "Jonas Weber", "Halden Clinic", BusinessRole.CLIENT_USER, "Europe/Oslo"),
]  # fmt: skip
ADDRESSES = [f"{place}@demo.test" for place, *_ in PEOPLE]

Cast = dict[str, User]


class DemoIncomplete(Conflict):
    """Somebody has a demo address, but the demo is not all there."""

    code = "demo_incomplete"


@dataclass
class Line:
    """Something said, so many minutes after the beginning.

    ``reply_to`` is the number of an earlier line. ``first`` is what it said before an edit.
    """

    minute: int
    who: str
    body: str
    reply_to: int | None = None
    first: str = ""
    is_deleted: bool = False


@dataclass
class Story:
    """A consultation that has begun: when, its agenda (title, minutes), what was said.

    ``unread_by`` and ``unread`` leave somebody the last lines to read.
    """

    began_at: datetime
    lines: list[Line]
    agenda: list[tuple[str, int]] = field(default_factory=list)
    ended_at: datetime | None = None
    unread_by: str = ""
    unread: int = 0


IMPORT_AGENDA = [
    ("Where we stand", 10),
    ("Field mapping", 15),
    ("Dry run with August", 20),
    ("Decisions and dates", 15),
]

PARSER = '''Your dates, read in one place, so that nothing guesses:

```python
def ordered_on(text: str) -> date:
    """Day first, as Northwind writes it: 03/08/26 is the third of August."""
    return datetime.strptime(text.strip(), "%d/%m/%y").date()
```'''

IMPORT_LINES = [
    Line(1, "consultant", "Hello Tomas. Three things for today: which columns we keep, what makes "
         "two orders the same, and the week of the cut-over."),
    Line(2, "client", "Good. Our list is down to **23 columns**. The other nine nobody has filled "
         "in since spring."),
    Line(5, "consultant", "Then this is the mapping:\n\n- `order_no`, `ordered_on`, `customer`: "
         "needed, a row without them is refused\n- `ship_to`: taken from the customer when "
         "empty\n- `remark`: kept as it is"),
    Line(11, "client", "The August sheet has dates like `03/08/26`. Is that March or August for "
         "the import?"),
    Line(13, "consultant", "Day first, your whole sheet is. I set it in the mapping.", reply_to=3,
         first="Day first. I set it in the mapping."),
    Line(14, "consultant", PARSER),
    Line(19, "client", "This is July, wait, wrong file.", is_deleted=True),
    Line(22, "client", "Ran it with August. This is what it says:\n\n```\n11806 imported\n"
         "  254 refused\n   38 duplicate order_no\n```"),
    Line(26, "client", "The 38 are split deliveries, I think. Two rows, one order, two dates. "
         "Could the rule be number and date together?"),
    Line(27, "consultant", "That fits what I see in the file. I will add a dry run with both "
         "columns before we decide.", reply_to=8),
    Line(30, "client", "Four orders have no customer. I look them up by Tuesday."),
    Line(32, "client", "> nobody edits the sheets after the cut-over\n\nWho tells the warehouse? "
         "They still write into them on Mondays."),
]  # fmt: skip

EXPORT_AGENDA = [("What is in the sheets", 20), ("What must move", 15), ("Next steps", 10)]

EXPORT_LINES = [
    Line(3, "client", "There are fourteen sheets, one for each month. The first two were kept by "
         "somebody who has left."),
    Line(7, "consultant", "Do the totals of those two agree with the ledger?"),
    Line(16, "client", "To the cent, I have just added them up.", reply_to=1),
    Line(31, "consultant", "Then all fourteen move, and the old sheets stay readable until the "
         "end of January."),
    Line(44, "consultant", "Next: you bring the list of columns that are still in use, I bring a "
         "first import of August."),
]  # fmt: skip

LIST_LINES = [
    Line(0, "consultant", "Write here whenever one turns up. I answer twice a day."),
    Line(95, "manager", "Two customers share the number `20417`: the shop and its warehouse. One "
         "record or two?"),
    Line(240, "consultant", "Two, with the shop as the parent. The invoice address stays with the "
         "shop.", reply_to=1),
    Line(1290, "client", "Then `18822` is the same case. I marked both in the list."),
]  # fmt: skip


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
    room = create_room(
        actor=cast["consultant"],
        name="Demo consultation",
        description="Northwind moves 14 months of orders out of spreadsheets.",
        room_type=_type("consultation"),
        mode=Mode.INSTANT,
        client=cast["client"],
    )
    story = Story(
        timezone.now() - timedelta(minutes=34),
        IMPORT_LINES,
        IMPORT_AGENDA,
        unread_by="consultant",
        unread=2,
    )
    _tell(cast, room, story)


def _make_finished_rooms(cast: Cast) -> None:
    began_at = _at_copenhagen(days=-1, hour=10)
    room = create_room(
        actor=cast["consultant"],
        name="Order export: what is in the sheets",
        room_type=_type("technical-review"),
        mode=Mode.SCHEDULED,
        scheduled_at=began_at,
        duration_minutes=45,
        client=cast["client"],
    )
    add_participant(actor=cast["consultant"], room=room, user=cast["manager"], role=Role.OBSERVER)
    ended_at = began_at + timedelta(minutes=47)
    _tell(cast, room, Story(began_at, EXPORT_LINES, EXPORT_AGENDA, ended_at))
    cancelled = create_room(
        actor=cast["colleague"],
        name="Referral forms: kick-off",
        room_type=_type("consultation"),
        mode=Mode.SCHEDULED,
        scheduled_at=_at_copenhagen(days=2, hour=9),
        client=cast["outsider"],
    )
    cancel_room(actor=cast["colleague"], room=cancelled)


def _make_open_list(cast: Cast) -> None:
    """A room without a meeting: questions are asked and answered over days."""
    room = create_room(
        actor=cast["consultant"],
        name="Questions on the customer list",
        room_type=_type("review"),
        mode=Mode.ASYNCHRONOUS,
        client=cast["client"],
    )
    add_participant(
        actor=cast["consultant"], room=room, user=cast["manager"], role=Role.PARTICIPANT
    )
    began_at = timezone.now() - timedelta(days=1, hours=3)
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
    """Hold the consultation: agenda, entering, messages, and its end if it has ended."""
    host = room.created_by
    if story.agenda:
        _set_agenda(room, story.agenda)
    room = start_room(actor=host, room=room)
    people = [place.user for place in room.participants.select_related("user")]
    for person in people:
        enter_room(actor=person, room=room)
    messages = _speak(cast, room, story)
    now = story.ended_at or timezone.now()
    for item, starts_at in _agenda_times(room, story)[1:]:
        if starts_at < now:
            go_to_item(actor=host, room=room, item=item)
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
        actor = cast[line.who]
        message = send_message(
            actor=actor,
            conversation=room.conversation,
            body=line.first or line.body,
            reply_to=messages[line.reply_to] if line.reply_to is not None else None,
        )
        if line.first:
            edit_message(actor=actor, message=message, body=line.body)
        if line.is_deleted:
            delete_message(actor=actor, message=message)
        messages.append(message)
    for place, person in cast.items():
        if room.participants.filter(user=person).exists():
            last = messages[-1 - (story.unread if place == story.unread_by else 0)]
            mark_read(actor=person, conversation=room.conversation, seq=last.seq)
    return messages


def _tell_as_past(room: Room, story: Story, messages: list[Message]) -> None:
    """Move the rows of one demo room from now to the times of its story.

    The only place that writes times which the actions have stamped otherwise. Events keep theirs
    (see the top of this file).
    """
    began_at, ended_at = story.began_at, story.ended_at
    planned_at = began_at - timedelta(days=2)
    last_at = ended_at or max(
        began_at + timedelta(minutes=story.lines[-1].minute), timezone.now() - timedelta(minutes=1)
    )
    Room.objects.filter(pk=room.pk).update(
        created_at=planned_at, started_at=began_at, completed_at=ended_at
    )
    Conversation.objects.filter(room=room).update(created_at=planned_at, closed_at=ended_at)
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


def _agenda_times(room: Room, story: Story) -> list[tuple[AgendaItem, datetime]]:
    """The items of a told agenda with the times when they begin if each takes its minutes."""
    times, at = [], story.began_at
    for item in room.agenda.order_by("position") if story.agenda else []:
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
