"""Presence: kept in Redis with expiry, one field per open socket."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import redis
from pytest_django import Settings

from core import presence
from core.outlet import Outlet
from core.presence import OFFLINE, Presence


async def send(message: object) -> None:
    """A transport for outlets that are not written to."""


@pytest.fixture
async def outlets() -> list[Outlet]:
    """Two sockets of one person."""
    person = uuid4()
    return [Outlet(send, person), Outlet(send, person)]


async def refreshed(outlets: list[Outlet]) -> list[Outlet]:
    """Those of which Redis knew nothing."""
    return [outlet async for outlet in presence.refresh(outlets)]


async def test_many_sockets_are_refreshed_with_their_places() -> None:
    many = [Outlet(send, uuid4()) for _ in range(presence.REFRESHED_AT_ONCE + 2)]
    own, shared = f"place:{uuid4()}", f"place:{uuid4()}"
    for outlet in many:
        outlet.places = {shared: 1_000}
    many[0].places[own] = 5
    assert await refreshed(many) == many
    client = presence._client()
    assert client.zcard(shared) == len(many)
    assert client.zrange(own, 0, -1) == [many[0].token.encode()]
    for key in (own, shared, presence._key(many[-1].user_id)):
        assert 0 < client.ttl(key) <= presence.KEPT_SECONDS
    names = [f"{outlet.user_id}:{outlet.token}" for outlet in many]
    assert None not in client.zmscore(presence.SOCKETS, names)
    await asyncio.gather(*map(presence.drop, many))
    await presence.close()


async def test_who_left_while_others_were_refreshed_is_gone() -> None:
    first, last = [Outlet(send, uuid4()) for _ in range(2)]
    others = [Outlet(send, uuid4()) for _ in range(presence.REFRESHED_AT_ONCE)]
    await presence.touch(last)
    refreshing = presence.refresh([first, *others, last])
    assert await anext(refreshing) == first  # the round trip with `last` is still to come
    last.is_closed = True
    await presence.drop(last)
    assert last not in [outlet async for outlet in refreshing]
    assert (await presence.aread(last.user_id)).state == "offline"
    await asyncio.gather(*map(presence.drop, [first, *others]))
    await presence.close()


async def test_active_wins_over_away(outlets: list[Outlet]) -> None:
    first, second = outlets
    first.streams, second.streams = {"room:1"}, {"room:2"}
    second.presence = "away"
    assert await refreshed(outlets) == outlets
    assert await refreshed(outlets) == []
    both = Presence("active", frozenset({"room:1", "room:2"}))
    assert await presence.aread(first.user_id) == both
    first.presence = "away"
    await presence.touch(first)
    assert (await presence.aread(first.user_id)).state == "away"
    assert await presence.drop(first) == Presence("away", frozenset({"room:2"}))
    assert await presence.drop(second) == OFFLINE
    await presence.close()
    await presence.close()  # twice is no error


async def test_more_sockets_at_once_than_connections_wait_for_one() -> None:
    person = uuid4()
    many = [Outlet(send, person) for _ in range(100)]
    await asyncio.gather(*(presence.touch(outlet) for outlet in many))
    assert (await presence.aread(person)).state == "active"
    await presence.close()


async def test_touching_tells_the_other_sockets_from_all(outlets: list[Outlet]) -> None:
    first, second = outlets
    first.streams, second.streams = {"room:1"}, {"room:2"}
    second.presence = "away"
    alone = Presence("away", frozenset({"room:2"}))
    assert await presence.touch(second) == (OFFLINE, alone)
    both = Presence("active", frozenset({"room:1", "room:2"}))
    assert await presence.touch(first) == (alone, both)
    assert await presence.touch(first) == (alone, both)
    await presence.close()


async def test_socket_of_a_dead_process_is_forgotten(
    outlets: list[Outlet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "EXPIRY_SECONDS", -1)
    await presence.touch(outlets[0])
    monkeypatch.undo()
    assert await presence.aread(outlets[0].user_id) == OFFLINE
    await presence.close()


async def test_many_are_read_in_one_round_trip(outlets: list[Outlet]) -> None:
    stranger = uuid4()
    await presence.touch(outlets[0])
    assert presence.read([outlets[0].user_id, stranger]) == {
        outlets[0].user_id: Presence("active"),
        stranger: OFFLINE,
    }
    assert presence.read([]) == {}
    await presence.close()


def test_everybody_is_offline_while_redis_is_away(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    presence._made.cache_clear()
    person = uuid4()
    try:
        assert presence.read([person]) == {person: OFFLINE}
    finally:
        presence._made.cache_clear()


def test_threads_that_begin_together_share_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*args: Any, **options: Any) -> redis.Redis:
        time.sleep(0.05)  # for the other threads to come
        return make(*args, **options)

    make = redis.Redis.from_url
    presence._made.cache_clear()
    monkeypatch.setattr(redis.Redis, "from_url", slowly)
    with ThreadPoolExecutor(8) as threads:
        clients = list(threads.map(lambda _: presence._client(), range(8)))
    assert len({id(client) for client in clients}) == 1
