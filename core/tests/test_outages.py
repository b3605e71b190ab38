"""Sockets while Redis is away, when it is back, and when it was emptied."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection, transaction
from pytest_django import Settings

from accounts.models import User
from consultsuite.embedded import EmbeddedRedis
from core import outages, presence
from core.database import in_database
from core.hub import hub
from core.outages import Outage, redis_outage
from rooms.actions.participants import go_away
from rooms.models import Room
from tests.sockets import COMMITTED, SECONDS, OpenSocket, becomes

pytestmark = COMMITTED


@pytest.fixture
def own_redis(tmp_path: Path, settings: Settings) -> Iterator[EmbeddedRedis]:
    """A Redis that a test may kill."""
    server = EmbeddedRedis(tmp_path / "redis")
    settings.REDIS_URL = server.start()
    layer = settings.CHANNEL_LAYERS["default"]
    host = {**layer["CONFIG"]["hosts"][0], "address": settings.REDIS_URL}
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": [host]}}}
    yield server
    server.stop()
    redis_outage.over()


async def test_goes_on_without_redis_and_with_it_again(
    own_redis: EmbeddedRedis,
    open_socket: OpenSocket,
    client_user: User,
    consultant: User,
    room: Room,
    say: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = room.conversation.stream
    socket = await open_socket(client_user)
    known = await socket.follow(stream)
    await asyncio.to_thread(own_redis.kill)
    for body in ("1", "2"):
        await in_database(say, consultant, room, body)
    assert await socket.events(2) == [known + 1, known + 2]  # read from the log
    # A socket that comes now is served as well.
    other = await open_socket(consultant)
    await other.follow(stream)
    await in_database(say, consultant, room, "3")
    assert await socket.events(1) == [known + 3]
    assert await other.events(1) == [known + 3]
    await asyncio.to_thread(own_redis.start)
    await becomes(lambda: not hub().channel.is_deaf)
    await in_database(say, consultant, room, "4")
    assert await socket.events(1) == [known + 4]
    assert await other.events(1) == [known + 4]
    lines = [r.message for r in caplog.records if r.name == "core.outages"]
    assert [line.split(" (")[0].split(" after")[0] for line in lines] == [
        "Redis is away",
        "Redis is back",
    ]
    assert [r for r in caplog.records if r.exc_info] == []


async def test_emptied_redis_loses_no_membership(
    own_redis: EmbeddedRedis,
    open_socket: OpenSocket,
    client_user: User,
    consultant: User,
    room: Room,
    say: Callable[..., Any],
) -> None:
    socket = await open_socket(client_user)
    known = await socket.follow(room.conversation.stream)
    await asyncio.to_thread(_empty, own_redis)
    await in_database(say, consultant, room, "live")
    assert await socket.events(1) == [known + 1]
    await hub().beat()
    assert (await socket.until("heads"))["streams"] == {str(room.conversation.stream): known + 1}


def _empty(server: EmbeddedRedis) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.flushall()


async def test_whom_redis_forgot_comes_in_again(
    own_redis: EmbeddedRedis, open_socket: OpenSocket, client_user: User, room: Room
) -> None:
    """Presence was lost, and the worker took everybody for absent."""
    socket = await open_socket(client_user)
    await socket.follow(room.stream)
    await socket.settled()
    await asyncio.to_thread(_empty, own_redis)
    await in_database(go_away, actor=client_user, room=room, user=client_user)
    await socket.until("event", name="ParticipantWentAway")
    await hub().beat()
    assert (await socket.until("event", name="ParticipantEntered"))["actor"] == str(client_user.pk)
    assert (await presence.aread(client_user.pk)).streams == {str(room.stream)}
    # Known to Redis again: nothing more happens.
    await hub().beat()
    assert [f["type"] for f in await socket.settled() if f["type"] != "heads"] == []


def test_an_outage_of_which_nothing_is_heard_any_more_is_over(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage("Something", "Wait.")
    outage.note(OSError("first"))
    outage.note(OSError("first, still"))
    monkeypatch.setattr(outages, "FORGOTTEN_SECONDS", -1)
    outage.note(OSError("second"))
    assert [record.getMessage() for record in caplog.records] == [
        "Something is away (first). Wait.",
        "Something is away (second). Wait.",
    ]
    assert outage.count == 2


async def test_presence_is_kept_while_the_database_hangs(
    settings: Settings, open_socket: OpenSocket, client_user: User, room: Room
) -> None:
    """The watch over the streams waits for the database; who is there does not depend on it."""
    settings.SOCKET_HEARTBEAT_SECONDS = 0.2
    held, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE core_stream IN ACCESS EXCLUSIVE MODE")
            held.set()
            enough.wait(3 * SECONDS)

    socket = await open_socket(client_user)
    await socket.follow(room.conversation.stream)
    holding = asyncio.ensure_future(in_database(hold))
    try:
        assert await asyncio.to_thread(held.wait, SECONDS)
        await asyncio.sleep(0.5)  # the watch waits for the heads now
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.delete(presence._key(client_user.pk))
        await becomes(lambda: presence.read([client_user.pk])[client_user.pk].streams)
    finally:
        enough.set()
        await holding
