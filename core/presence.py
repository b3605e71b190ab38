"""Who is here: kept in Redis with expiry, one field per open socket; never a database write.

A person is `active` when any of their sockets is, else `away` when one is open, else `offline`.
A socket whose process died is forgotten after `EXPIRY_SECONDS`.
"""

import asyncio
import json
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from redis import asyncio as async_redis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.events import StreamKey
from core.outlet import Outlet

EXPIRY_SECONDS = 2.25 * settings.SOCKET_HEARTBEAT_SECONDS
EXPIRY = timedelta(seconds=EXPIRY_SECONDS)
"""More than two heartbeats, so that one slow beat makes nobody look absent."""

RETURN_SECONDS = min(15.0, EXPIRY_SECONDS)
"""How long people still count whose process was asked to end: their browsers come back sooner."""

STATES = ("active", "away")

_making = threading.Lock()
"""Two threads would make two clients: the one not kept closes its pool, which is in use by then."""

_async_clients: dict[asyncio.AbstractEventLoop, async_redis.Redis] = {}


@dataclass(frozen=True)
class Presence:
    """One person: their state and the streams that their open sockets follow."""

    state: str = "offline"
    streams: frozenset[str] = frozenset()


OFFLINE = Presence()


def _client() -> redis.Redis:
    with _making:
        return _made(settings.REDIS_URL)


@cache
def _made(redis_url: str) -> redis.Redis:
    # Once more at once: a connection from before a restart of Redis is noticed when it is used.
    return redis.Redis.from_url(
        redis_url,
        socket_timeout=2,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 1),
    )


def _async_client() -> async_redis.Redis:
    loop = asyncio.get_running_loop()
    if loop not in _async_clients:
        for old in [old for old in _async_clients if old.is_closed()]:
            del _async_clients[old]
        _async_clients[loop] = async_redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=2,
            socket_connect_timeout=2,
            retry=AsyncRetry(NoBackoff(), 1),
        )
    return _async_clients[loop]


def _key(user_id: UUID | str) -> str:
    return f"presence:{user_id}"


def _value(outlet: Outlet, seconds: float) -> str:
    until = time.time() + seconds
    return json.dumps({"state": outlet.presence, "until": until, "streams": sorted(outlet.streams)})


async def touch(outlet: Outlet) -> tuple[Presence, Presence]:
    """Write the socket's state; it counts for `EXPIRY_SECONDS` from now. One round trip.

    Returns what the person's other sockets amount to, and what all of them together do.
    """
    key = _key(outlet.user_id)
    pipe = _async_client().pipeline(transaction=False)
    pipe.hset(key, outlet.token, _value(outlet, EXPIRY_SECONDS))
    pipe.expire(key, EXPIRY)
    _take(pipe, outlet)
    pipe.hgetall(key)
    fields = (await pipe.execute())[-1]
    others = {token: value for token, value in fields.items() if token.decode() != outlet.token}
    return _merge(others), _merge(fields)


async def refresh(outlets: Collection[Outlet]) -> list[Outlet]:
    """Write the state of many sockets in one round trip.

    Returns those of which Redis knew nothing: they are new, or it was emptied.
    """
    pipe = _async_client().pipeline(transaction=False)
    for outlet in outlets:
        pipe.hset(_key(outlet.user_id), outlet.token, _value(outlet, EXPIRY_SECONDS))
    for outlet in outlets:
        pipe.expire(_key(outlet.user_id), EXPIRY)
        _take(pipe, outlet)
    added = (await pipe.execute())[: len(outlets)]
    return [outlet for outlet, is_new in zip(outlets, added, strict=True) if is_new]


async def expect_back(outlets: Iterable[Outlet]) -> None:
    """These sockets are about to be closed by us: their people count for `RETURN_SECONDS`."""
    pipe = _async_client().pipeline(transaction=False)
    for outlet in outlets:
        pipe.hset(_key(outlet.user_id), outlet.token, _value(outlet, RETURN_SECONDS))
        pipe.expire(_key(outlet.user_id), EXPIRY)
        for place in outlet.places:
            pipe.zrem(place, outlet.token)
    await pipe.execute()


async def drop(outlet: Outlet) -> Presence:
    """Forget a closed socket. Returns what remains of the person."""
    pipe = _async_client().pipeline(transaction=False)
    for place in outlet.places:
        pipe.zrem(place, outlet.token)
    pipe.hdel(_key(outlet.user_id), outlet.token)
    pipe.hgetall(_key(outlet.user_id))
    return _merge((await pipe.execute())[-1])


def take_places(outlet: Outlet) -> bool:
    """Count a new socket among the open ones; False, and not counted, where it is one too many."""
    pipe = _client().pipeline(transaction=True)
    for place in outlet.places:
        pipe.zremrangebyscore(place, 0, time.time())  # whose process died
    _take(pipe, outlet)
    for place in outlet.places:
        pipe.zcard(place)
    counts = pipe.execute()[-len(outlet.places) :]
    if all(count <= most for count, most in zip(counts, outlet.places.values(), strict=True)):
        return True
    for place in outlet.places:
        pipe.zrem(place, outlet.token)
    pipe.execute()
    return False


def _take(pipe: Any, outlet: Outlet) -> None:
    for place in outlet.places:
        pipe.zadd(place, {outlet.token: time.time() + EXPIRY_SECONDS})
        pipe.expire(place, EXPIRY)


async def aread(user_id: UUID | str) -> Presence:
    """One person's presence, from an event loop."""
    return _merge(await _async_client().hgetall(_key(user_id)))


async def close() -> None:
    """Close this event loop's connection; it is opened again when needed."""
    client = _async_clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def read(user_ids: Iterable[UUID]) -> dict[UUID, Presence]:
    """The presence of many people in one round trip; everybody offline while Redis is away."""
    ids = list(user_ids)
    pipe = _client().pipeline(transaction=False)
    for user_id in ids:
        pipe.hgetall(_key(user_id))
    try:
        answers = pipe.execute()
    except (OSError, redis.RedisError):
        return dict.fromkeys(ids, OFFLINE)
    return {user_id: _merge(answer) for user_id, answer in zip(ids, answers, strict=True)}


def is_following(user_id: UUID, stream: StreamKey) -> bool:
    """Whether an open socket of theirs follows the stream; raises what Redis raises."""
    fields = _client().hgetall(_key(user_id))
    return str(stream) in _merge(fields).streams


def _merge(fields: Mapping[Any, str | bytes]) -> Presence:
    now = time.time()
    sockets: list[dict[str, Any]] = [json.loads(value) for value in fields.values()]
    alive = [socket for socket in sockets if socket["until"] > now]
    if not alive:
        return OFFLINE
    state = "active" if any(socket["state"] == "active" for socket in alive) else "away"
    return Presence(state, frozenset(name for socket in alive for name in socket["streams"]))
