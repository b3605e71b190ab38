"""Recording, numbering and reading events; the log only grows."""

from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from core import queries
from core.context import Origin, acting_from, current_origin, session_digest
from core.events import DomainEvent, StreamKey, UnknownStream, revoked_person
from core.models import Event, IdempotentAnswer, Stream
from core.publish import record
from messaging.events import AccessRevoked, MessageSent

STREAM = StreamKey("conversation", UUID("0b7c0000-0000-4000-8000-000000000001"))


def say_something(actor: User, stream: StreamKey = STREAM) -> Event:
    with transaction.atomic():
        event = MessageSent(message_id=uuid4(), client_id=uuid4())
        return record(event, stream=stream, actor=actor)


def test_a_streams_name_is_kind_and_id() -> None:
    text = "conversation:0b7c0000-0000-4000-8000-000000000001"
    assert StreamKey.parse(text) == STREAM
    assert str(STREAM) == text
    assert STREAM.group == "stream.conversation.0b7c0000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "text",
    ["", "room", "room:", "room:7", ":", "a b:0b7c0000-0000-4000-8000-000000000001", None, 7],
)
def test_other_names_are_refused(text: object) -> None:
    with pytest.raises(UnknownStream, match="is not a stream's name"):
        StreamKey.parse(text)


def test_events_know_whom_they_cut_off() -> None:
    assert revoked_person("AccessRevoked", {"user_id": "x"}) == "x"
    assert revoked_person("MessageSent", {"user_id": "x"}) is None
    assert revoked_person("Unheard", {"user_id": "x"}) is None
    assert AccessRevoked(user_id=STREAM.object_id).as_data() == {"user_id": str(STREAM.object_id)}
    revoking = {name for name, kind in DomainEvent.classes.items() if kind.revokes}
    assert revoking == {"AccessRevoked", "ParticipantRemoved", "PersonDeactivated"}


def test_numbers_begin_at_1_and_count_per_stream(system: User) -> None:
    other = StreamKey("conversation", uuid4())
    assert [say_something(system).seq for _ in range(3)] == [1, 2, 3]
    assert say_something(system, other).seq == 1
    assert queries.head(STREAM) == 3
    assert queries.head(StreamKey("room", uuid4())) == 0
    assert queries.heads([STREAM, other, StreamKey("room", uuid4())]) == {STREAM: 3, other: 1}
    assert queries.heads([]) == {}


def test_an_action_that_fails_takes_no_number(system: User) -> None:
    say_something(system)

    @transaction.atomic
    def fail() -> None:
        event = MessageSent(message_id=uuid4(), client_id=uuid4())
        assert record(event, stream=STREAM, actor=system).seq == 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert say_something(system).seq == 2


def test_events_after_a_number(system: User) -> None:
    events = [say_something(system) for _ in range(4)]
    assert queries.events_after(STREAM, 0, 2) == events[:2]
    assert queries.events_after(STREAM, 2, 10) == events[2:]
    assert queries.events_after(STREAM, 4, 10) == []
    assert str(events[0]) == f"{STREAM} 1 MessageSent"


@pytest.mark.django_db(transaction=True)
def test_recording_needs_a_transaction(system: User) -> None:
    event = MessageSent(message_id=uuid4(), client_id=uuid4())
    with pytest.raises(transaction.TransactionManagementError, match="needs the action's"):
        record(event, stream=STREAM, actor=system)
    assert not Stream.objects.exists()


def test_where_it_came_from_is_kept_and_forgotten(system: User) -> None:
    origin = Origin(ip="2001:db8::7", user_agent="Browser", session=session_digest("key"))
    with acting_from(origin):
        event = say_something(system)
    event.refresh_from_db()
    assert (event.ip, event.user_agent) == ("2001:db8::7", "Browser")
    assert event.session == "2c70e12b7a0646f9"
    assert session_digest(None) == ""
    assert current_origin() == Origin()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_event SET data = '{}'",
        "UPDATE core_event SET seq = 9",
        "DELETE FROM core_event",
        "TRUNCATE core_event CASCADE",
        "TRUNCATE core_stream CASCADE",
    ],
)
def test_the_log_only_grows(statement: str, system: User) -> None:
    event = say_something(system)
    connection.check_constraints()  # what waits to be checked would refuse TRUNCATE too
    with (
        pytest.raises(DatabaseError, match="events are append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert list(Event.objects.filter(stream=event.stream)) == [event]


def test_retention_may_lift_the_trigger_for_one_transaction(system: User) -> None:
    event = say_something(system)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL consultsuite.events_may_change = 'on'")
        cursor.execute("DELETE FROM core_event WHERE id = %s", [event.pk])
        cursor.execute("SET LOCAL consultsuite.events_may_change = 'off'")
    assert not Event.objects.filter(pk=event.pk).exists()


def test_an_idempotent_answer_is_named_by_its_key() -> None:
    assert str(IdempotentAnswer(key="abc")) == "abc"
