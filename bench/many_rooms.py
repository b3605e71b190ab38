"""100,000 rooms in the database, made with SQL from one room that the product made itself.

Each row is a copy of that room's row with another id, so whatever columns there are are filled as
the product fills them. Needs `django.setup()`: import it inside `run()` only.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model

from accounts.models import User
from bench.scene import make_scene
from messaging.models import Conversation, ConversationMember, ConversationUserObjectPermission
from rooms.models import Participant, Room, RoomUserObjectPermission

CONSULTANT_ROOMS = 2_000
CLIENT_ROOMS = 45
PEOPLE = 5_000

# Room number n: its two other people, spread over everybody; the first rooms are the two people's
# whose pages are measured.
_ROOM = "md5('room' || n)::uuid"
_CONVERSATION = "md5('conversation' || n)::uuid"
_PERSON = "md5('person' || 1 + mod(n + {offset}, {people}))::uuid"

_LIVE = "mod(n, 100) = 3"
_AHEAD = "mod(n, 10) = 1"
_CANCELLED = "mod(n, 10) = 2"
_ENDED = f"NOT ({_LIVE} OR {_AHEAD} OR {_CANCELLED})"


@dataclass(frozen=True)
class Many:
    """The two people whose lists are looked at, and the size of it all."""

    consultant: User
    client: User
    rooms: int
    grants: int


def make_many_rooms(rooms: int) -> Many:
    """Make them. Three people take part in each, so there are three times as many grants."""
    scene = make_scene(1)
    consultant, client, room = scene.host, scene.listeners[0], scene.room
    with connection.cursor() as cursor:
        copy_row(cursor, User, client.pk, PEOPLE, {
            "id": "md5('person' || n)::uuid",
            "email": "'person-' || n || '@demo.test'",
            "name": "'Person ' || n",
        })  # fmt: skip
        copy_row(cursor, Conversation, room.conversation_id, rooms, {"id": _CONVERSATION})
        copy_row(cursor, Room, room.pk, rooms, {
            "id": _ROOM,
            "conversation_id": _CONVERSATION,
            "name": "'Consultation ' || n",
            "status": _by_turns(
                active=_LIVE, scheduled=_AHEAD, cancelled=_CANCELLED
            ),
            "created_at": _ago(3),
            "scheduled_at": "now() + (mod(n, 2000) - 1500) * interval '1 hour'",
            "started_at": f"CASE WHEN {_LIVE} OR {_ENDED} THEN {_ago(2)} END",
            "completed_at": f"CASE WHEN {_ENDED} THEN {_ago(1)} END",
            "cancelled_at": f"CASE WHEN {_CANCELLED} THEN {_ago(1)} END",
        })  # fmt: skip
        for person, role in _people(consultant, client, room):
            _take_part(cursor, room, person, role, rooms)
        cursor.execute("ANALYZE")
    return Many(consultant, client, rooms, RoomUserObjectPermission.objects.count())


def _people(consultant: User, client: User, room: Room) -> list[tuple[str, Participant]]:
    """SQL of who takes part in room n, beside whose row is copied for it."""
    host = Participant.objects.get(room=room, user=consultant)
    guest = Participant.objects.get(room=room, user=client)

    def others(offset: int) -> str:
        return _PERSON.format(offset=offset, people=PEOPLE)

    return [
        (f"CASE WHEN n <= {CONSULTANT_ROOMS} THEN '{consultant.pk}' ELSE {others(0)} END", host),
        (f"CASE WHEN n <= {CLIENT_ROOMS} THEN '{client.pk}' ELSE {others(1_000)} END", guest),
        (others(2_500), guest),
    ]


def _take_part(cursor: Any, room: Room, person: str, role: Participant, rooms: int) -> None:
    """A place in each room and its conversation, with the right to see it."""
    is_theirs = {"user_id": person}
    copy_row(cursor, Participant, role.pk, rooms, is_theirs | {"id": "", "room_id": _ROOM})
    member = ConversationMember.objects.get(conversation=room.conversation_id, user=role.user_id)
    place = is_theirs | {"id": "", "conversation_id": _CONVERSATION}
    copy_row(cursor, ConversationMember, member.pk, rooms, place)
    for grants, codename, target in (
        (RoomUserObjectPermission, "view", _ROOM),
        (ConversationUserObjectPermission, "read", _CONVERSATION),
    ):
        label = grants._meta.app_label
        permission = Permission.objects.get(codename=codename, content_type__app_label=label)
        row = grants._default_manager.filter(user=role.user_id, permission=permission).first()
        assert row is not None
        copy_row(cursor, grants, row.pk, rooms, is_theirs | {"id": "", "content_object_id": target})


def copy_row(
    cursor: Any, model: type[Model], template: object, number: int, changes: dict[str, str]
) -> None:
    """Copy a row that many times, with expressions of ``n``; an ``id`` of ``""`` is the
    database's own."""
    columns = [str(field.column) for field in model._meta.concrete_fields]
    kept = [column for column in columns if changes.get(column) != ""]
    values = [changes.get(column, f't."{column}"') for column in kept]
    table, names = model._meta.db_table, ", ".join(f'"{column}"' for column in kept)
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} "
        f"FROM {table} t, generate_series(1, %s) n WHERE t.id = %s",
        [number, template],
    )


def _ago(minutes: int) -> str:
    return f"now() - n * interval '{minutes} minutes'"


def _by_turns(**conditions: str) -> str:
    cases = " ".join(f"WHEN {test} THEN '{value}'" for value, test in conditions.items())
    return f"CASE {cases} ELSE 'completed' END"
