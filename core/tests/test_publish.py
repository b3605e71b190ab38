"""Recording events and publishing them after the commit."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.layers import get_channel_layer
from django.db import DatabaseError, OperationalError, transaction
from pytest_django import Settings

from accounts.models import User
from core import rendering
from core.context import Origin, acting_from
from core.database import in_database
from core.events import DomainEvent, StreamKey
from core.models import Event
from core.outages import OneLinePerRedisOutage, database_outage, redis_outage
from core.publish import record, record_each
from core.queries import events_after, head, heads
from core.rendering import Rendered, frames, renders
from rooms.models import Room
from tests.sockets import COMMITTED

pytestmark = COMMITTED


@dataclass(frozen=True, kw_only=True)
class Tried(DomainEvent):
    """An event of this test."""

    thing_id: UUID


def note(stream: StreamKey, actor: User, number: int = 1) -> list[Event]:
    """Record events in one transaction."""
    with transaction.atomic():
        return [record(Tried(thing_id=uuid4()), stream=stream, actor=actor) for _ in range(number)]


@transaction.atomic
def _fail(stream: StreamKey, actor: User) -> None:
    record(Tried(thing_id=uuid4()), stream=stream, actor=actor)
    raise ZeroDivisionError


@pytest.fixture
def stream() -> StreamKey:
    return StreamKey("user", uuid4())


def test_one_event_on_many_streams(system: User, stream: StreamKey) -> None:
    """Numbered on each of them, in one statement; nothing without a transaction."""
    event, other = Tried(thing_id=uuid4()), StreamKey("user", uuid4())
    note(stream, system)
    with pytest.raises(transaction.TransactionManagementError):
        record_each(event, streams=[stream, other], actor=system)
    with transaction.atomic():
        rows = record_each(event, streams=[stream, other], actor=system)
    assert {key: row.seq for key, row in rows.items()} == {stream: 2, other: 1}
    (stored,) = events_after(stream, 1, 10)
    assert (stored, stored.data, stored.actor) == (rows[stream], event.as_data(), system)
    assert stored.at == rows[stream].at


def test_numbers_have_no_gaps_whatever_rolls_back(system: User, stream: StreamKey) -> None:
    note(stream, system, 2)
    with pytest.raises(ZeroDivisionError):
        _fail(stream, system)
    note(stream, system)
    assert [event.seq for event in events_after(stream, 0, 10)] == [1, 2, 3]
    assert head(stream) == 3
    other = StreamKey("user", uuid4())
    assert heads([stream, other]) == {stream: 3}
    assert (head(other), heads([])) == (0, {})


def test_records_only_in_a_transaction(system: User, stream: StreamKey) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        record(Tried(thing_id=uuid4()), stream=stream, actor=system)
    assert head(stream) == 0


def test_records_where_it_came_from(system: User, stream: StreamKey) -> None:
    with acting_from(Origin(ip="127.0.0.1", user_agent="Test", session="abc")):
        (event,) = note(stream, system)
    event.refresh_from_db()
    assert (event.ip, event.user_agent, event.session) == ("127.0.0.1", "Test", "abc")


async def test_is_published_after_the_commit(system: User, stream: StreamKey) -> None:
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(stream.group, channel)
    (event,) = await in_database(note, stream, system)
    async with asyncio.timeout(5):
        message = await layer.receive(channel)
    frame = json.loads(message.pop("text"))
    assert message == {"type": "frame", "stream": str(stream), "seq": 1, "revokes": None}
    assert (frame["type"], frame["name"], frame["data"]) == ("event", "Tried", event.data)


def test_nothing_fails_without_redis(
    system: User, stream: StreamKey, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    layer = settings.CHANNEL_LAYERS["default"]
    hosts = [{**layer["CONFIG"]["hosts"][0], "address": "redis://127.0.0.1:1/0"}]
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": hosts}}}
    note(stream, system, 3)
    assert head(stream) == 3
    assert [record.message.split(" (")[0] for record in caplog.records] == ["Redis is away"]
    redis_outage.over()


def test_only_lost_connections_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    logger = logging.getLogger("of.this.test")
    logger.addFilter(OneLinePerRedisOutage())
    for error in (ConnectionError("refused"), ConnectionError("refused"), KeyError("bug")):
        try:
            raise error
        except (ConnectionError, KeyError):
            logger.exception("failed")
    redis_outage.over()
    redis_outage.over()
    lines = [(r.name, r.message.split(" (")[0].split(" after")[0]) for r in caplog.records]
    assert lines == [
        ("core.outages", "Redis is away"),
        ("of.this.test", "failed"),
        ("core.outages", "Redis is back"),
    ]


# Rendering ----------------------------------------------------------------------------------


@pytest.fixture
def renderer() -> Iterator[Callable[..., Any]]:
    """Register a renderer of `Tried` for one test."""
    yield renders(Tried)
    rendering._renderers.pop("Tried", None)


def test_one_event_that_cannot_be_rendered_stops_no_other(
    system: User, stream: StreamKey, renderer: Callable[..., Any]
) -> None:
    rows = note(stream, system, 3)
    broken = rows[1].pk

    def render(events: Sequence[Event]) -> list[Rendered]:
        if broken in [event.pk for event in events]:
            raise KeyError("what it is about is gone")
        return [Rendered(event.data, "<p>good</p>") for event in events]

    renderer(render)
    html = [json.loads(frame.text)["html"] for frame in frames(stream, rows)]
    assert html == ["<p>good</p>", "", "<p>good</p>"]


def test_failing_database_is_told_while_rendering(
    system: User, stream: StreamKey, renderer: Callable[..., Any]
) -> None:
    def render(events: Sequence[Event]) -> list[Rendered]:
        raise DatabaseError("away")

    rows = note(stream, system)
    renderer(render)
    with pytest.raises(DatabaseError):
        frames(stream, rows)


def test_message_is_rendered_with_one_query_more_for_two_hundred(
    room: Room, say: Callable[..., Any], consultant: User, django_assert_num_queries: Any
) -> None:
    for index in range(5):
        say(consultant, room, str(index))
    stream = room.conversation.stream
    rows = events_after(stream, 0, 200)
    with django_assert_num_queries(1):
        assert len(frames(stream, rows)) == len(rows)


@dataclass(frozen=True, kw_only=True)
class Unlucky(DomainEvent):
    """An event whose rendering meets a database that has just died."""

    thing_id: UUID


@renders(Unlucky)
def _meet_a_dead_database(events: Sequence[Event]) -> list[Rendered]:
    raise OperationalError("terminating connection due to unexpected postmaster exit")


def test_database_that_dies_after_the_commit_is_one_line(
    system: User, stream: StreamKey, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction.atomic():
        record(Unlucky(thing_id=uuid4()), stream=stream, actor=system)
    database_outage.over()
    assert [event.name for event in events_after(stream, 0, 10)] == ["Unlucky"]
    away, back = caplog.messages
    assert away.startswith("PostgreSQL is away")
    assert back.startswith("PostgreSQL is back")
