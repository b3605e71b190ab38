"""Who is here: kept in Redis with expiry, one field per open socket; never a database write.

A person is `active` when any of their sockets is, else `away` when one is open, else `offline`.
A socket whose process died is forgotten after `EXPIRY_SECONDS`; whichever process finds it first
tells the others (`claim_absent`).
"""

import asyncio
import json
import math
import threading
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
from core.hiding import PRESENCE
from core.outlet import Outlet

BEAT_SECONDS = min(10.0, settings.SOCKET_HEARTBEAT_SECONDS)
"""How often a process says which sockets it has."""

EXPIRY_SECONDS = 2.25 * BEAT_SECONDS
EXPIRY = timedelta(seconds=EXPIRY_SECONDS)
"""More than two beats, so that one slow beat makes nobody look absent; little enough that others
know within 35 s that somebody's browser or server died."""

SWEEP_SECONDS = BEAT_SECONDS / 2
"""How often a process looks for sockets that nobody speaks for any more."""

KEPT_SECONDS = 600
"""How long what is known of somebody's sockets waits to be claimed."""

SEEN_SECONDS = 30 * 24 * 3600
"""How long Redis knows to the second when somebody was seen; the database knows the minute."""

SOCKETS = "presence:sockets"
"""Every open socket, as ``<user>:<token>``, by the time until which it counts."""

RETURN_SECONDS = min(15.0, EXPIRY_SECONDS)
"""How long people still count whose process was asked to end: their browsers come back sooner."""

STATES = ("active", "away")

CONNECTIONS, WAIT_SECONDS = 32, 5
"""To Redis, of one process's event loop, and how long a socket waits for a free one."""

_making = threading.Lock()
"""Two threads would make two clients: the one not kept closes its pool, which is in use by then."""

_async_clients: dict[asyncio.AbstractEventLoop, async_redis.Redis] = {}


@dataclass(frozen=True)
class Presence:
    """One person: their state and the streams that their open sockets follow.

    ``is_hidden``: they keep it from others. ``seen_at`` is when they were last known to be here.
    """

    state: str = "offline"
    streams: frozenset[str] = frozenset()
    is_hidden: bool = False
    seen_at: datetime | None = field(default=None, compare=False)


OFFLINE = Presence()


@dataclass(frozen=True)
class Absence:
    """A socket that nobody speaks for any more, and what remains of its person."""

    user_id: UUID
    streams: frozenset[str]
    is_hidden: bool
    remaining: Presence


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
        # Who finds every connection in use waits for one: thousands of sockets that come at once
        # are no outage of Redis, which more than the pool's connections would look like.
        pool = async_redis.BlockingConnectionPool.from_url(
            settings.REDIS_URL,
            max_connections=CONNECTIONS,
            timeout=WAIT_SECONDS,
            socket_timeout=2,
            socket_connect_timeout=2,
            retry=AsyncRetry(NoBackoff(), 1),
        )
        _async_clients[loop] = async_redis.Redis.from_pool(pool)
    return _async_clients[loop]


def _key(user_id: UUID | str) -> str:
    return f"presence:{user_id}"


def _value(outlet: Outlet, seconds: float) -> str:
    now = time.time()
    value = {"state": outlet.presence, "until": now + seconds, "at": now}
    if PRESENCE in outlet.hidden:
        value["hidden"] = True
    return json.dumps({**value, "streams": sorted(outlet.streams)})


def _write(pipe: Any, outlet: Outlet, seconds: float) -> None:
    pipe.hset(_key(outlet.user_id), outlet.token, _value(outlet, seconds))


def _keep(pipe: Any, outlet: Outlet, seconds: float) -> None:
    pipe.expire(_key(outlet.user_id), KEPT_SECONDS)
    pipe.zadd(SOCKETS, {f"{outlet.user_id}:{outlet.token}": time.time() + seconds})


def _forget(pipe: Any, user_id: UUID | str, token: str) -> None:
    """The socket is gone; its person was here until now."""
    pipe.zrem(SOCKETS, f"{user_id}:{token}")
    pipe.hdel(_key(user_id), token)


def _seen_key(user_id: UUID | str) -> str:
    return f"seen:{user_id}"


async def touch(outlet: Outlet) -> tuple[Presence, Presence]:
    """Write the socket's state; it counts for `EXPIRY_SECONDS` from now. One round trip.

    Returns what the person's other sockets amount to, and what all of them together do.
    """
    key = _key(outlet.user_id)
    pipe = _async_client().pipeline(transaction=False)
    _write(pipe, outlet, EXPIRY_SECONDS)
    _keep(pipe, outlet, EXPIRY_SECONDS)
    _take(pipe, outlet)
    pipe.hgetall(key)
    fields = (await pipe.execute())[-1]
    others = {token: value for token, value in fields.items() if token.decode() != outlet.token}
    return _merge(others), _merge(fields)


# What `touch` writes, for many sockets: each is its key, its token, its name among all sockets,
# what is kept of it, and the places where it is counted, after their number.
_REFRESH = """
    local kept, counts_until, expiry = ARGV[1], ARGV[2], ARGV[3]
    local new, at = {}, 4
    while at <= #ARGV do
        local key, token, name, value, places = unpack(ARGV, at, at + 4)
        table.insert(new, redis.call('HSET', key, token, value))
        redis.call('EXPIRE', key, kept)
        redis.call('ZADD', KEYS[1], counts_until, name)
        for place = at + 5, at + 4 + places do
            redis.call('ZADD', ARGV[place], counts_until, token)
            redis.call('EXPIRE', ARGV[place], expiry)
        end
        at = at + 5 + places
    end
    return new
"""

REFRESHED_AT_ONCE = 100
"""Sockets whose state is written in one round trip. In between, others have their turn: a process
may hold thousands."""


async def refresh(outlets: Sequence[Outlet]) -> AsyncIterator[Outlet]:
    """Write the state of many sockets, some in each round trip.

    Gives those of which Redis knew nothing: they are new, or it was emptied.
    """
    script = _async_client().register_script(_REFRESH)
    for start in range(0, len(outlets), REFRESHED_AT_ONCE):
        # Who left while the others were written is not to be there again.
        part = [o for o in outlets[start : start + REFRESHED_AT_ONCE] if not o.is_closed]
        if not part:
            continue
        until = time.time() + EXPIRY_SECONDS
        arguments = [KEPT_SECONDS, until, math.ceil(EXPIRY_SECONDS)]
        for outlet in part:
            arguments += _as_arguments(outlet)
        added = await script(keys=[SOCKETS], args=arguments)
        for outlet, is_new in zip(part, added, strict=True):
            if is_new:
                yield outlet


def _as_arguments(outlet: Outlet) -> list[Any]:
    name = f"{outlet.user_id}:{outlet.token}"
    value = _value(outlet, EXPIRY_SECONDS)
    return [_key(outlet.user_id), outlet.token, name, value, len(outlet.places), *outlet.places]


async def expect_back(outlets: Iterable[Outlet]) -> None:
    """These sockets are about to be closed by us: their people count for `RETURN_SECONDS`."""
    pipe = _async_client().pipeline(transaction=False)
    for outlet in outlets:
        _write(pipe, outlet, RETURN_SECONDS)
        _keep(pipe, outlet, RETURN_SECONDS)
        for place in outlet.places:
            pipe.zrem(place, outlet.token)
    await pipe.execute()


async def drop(outlet: Outlet) -> Presence:
    """Forget a closed socket, until which its person was here. Returns what remains of them."""
    pipe = _async_client().pipeline(transaction=False)
    for place in outlet.places:
        pipe.zrem(place, outlet.token)
    _forget(pipe, outlet.user_id, outlet.token)
    now = time.time()
    pipe.set(_seen_key(outlet.user_id), now, ex=SEEN_SECONDS)
    pipe.hgetall(_key(outlet.user_id))
    return _merge((await pipe.execute())[-1], now)


# In one step, so that each socket is claimed once, and none that has just been spoken for.
_CLAIM = """
    local over = redis.call('ZRANGEBYSCORE', KEYS[1], 0, ARGV[1], 'LIMIT', 0, ARGV[2])
    if #over > 0 then redis.call('ZREM', KEYS[1], unpack(over)) end
    return over
"""

CLAIMED_AT_ONCE = 200


async def claim_absent() -> list[Absence]:
    """Take up to `CLAIMED_AT_ONCE` sockets out that nobody speaks for any more: their processes
    died. No other process gets the same ones."""
    client = _async_client()
    names: list[bytes] = await client.eval(
        _CLAIM, 1, SOCKETS, str(time.time()), str(CLAIMED_AT_ONCE)
    )
    claimed = [tuple(name.decode().split(":")) for name in names]
    pipe = client.pipeline(transaction=False)
    for user_id, token in claimed:
        pipe.hget(_key(user_id), token)
        _forget(pipe, user_id, token)
        pipe.hgetall(_key(user_id))
    answers = await pipe.execute() if claimed else []
    found = []
    for number, (user_id, _) in enumerate(claimed):
        value, *_, fields = answers[4 * number : 4 * number + 4]
        if value is not None:
            found.append(_absence(UUID(user_id), json.loads(value), fields))
    pipe = client.pipeline(transaction=False)
    for absence in found:
        if absence.remaining.seen_at is not None:
            seen = absence.remaining.seen_at.timestamp()
            pipe.set(_seen_key(absence.user_id), seen, ex=SEEN_SECONDS)
    await pipe.execute()
    return found


def _absence(user_id: UUID, socket: dict[str, Any], fields: Mapping[Any, Any]) -> Absence:
    return Absence(
        user_id,
        frozenset(socket["streams"]),
        bool(socket.get("hidden")),
        _merge(fields, socket.get("at", 0)),
    )


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
    return (await aread_many([str(user_id)]))[str(user_id)]


async def aread_many(user_ids: Iterable[str]) -> dict[str, Presence]:
    """The presence of many people, from an event loop, a hundred in a round trip."""
    ids = list(user_ids)
    found: dict[str, Presence] = {}
    for start in range(0, len(ids), 100):
        part = ids[start : start + 100]
        pipe = _async_client().pipeline(transaction=False)
        for user_id in part:
            _ask(pipe, user_id)
        found |= zip(part, _answers(await pipe.execute()), strict=True)
    return found


def _ask(pipe: Any, user_id: UUID | str) -> None:
    pipe.hgetall(_key(user_id))
    pipe.get(_seen_key(user_id))


def _answers(answers: list[Any]) -> list[Presence]:
    pairs = zip(answers[::2], answers[1::2], strict=True)
    return [_merge(fields, float(seen or 0)) for fields, seen in pairs]


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
        _ask(pipe, user_id)
    try:
        answers = pipe.execute()
    except (OSError, redis.RedisError):
        return dict.fromkeys(ids, OFFLINE)
    return dict(zip(ids, _answers(answers), strict=True))


def is_following(user_id: UUID, stream: StreamKey) -> bool:
    """Whether an open socket of theirs follows the stream; raises what Redis raises."""
    fields = _client().hgetall(_key(user_id))
    return str(stream) in _merge(fields).streams


def _merge(fields: Mapping[Any, str | bytes], seen: float = 0) -> Presence:
    """What somebody's sockets amount to; ``seen`` is when they were here, as far as is known."""
    now = time.time()
    sockets: list[dict[str, Any]] = [json.loads(value) for value in fields.values()]
    alive = [socket for socket in sockets if socket["until"] > now]
    seen = max([seen, *(socket.get("at", 0) for socket in sockets)])
    seen_at = datetime.fromtimestamp(seen, UTC) if seen else None
    if not alive:
        return Presence(seen_at=seen_at)
    state = "active" if any(socket["state"] == "active" for socket in alive) else "away"
    streams = frozenset(name for socket in alive for name in socket["streams"])
    is_hidden = any(socket.get("hidden") for socket in alive)
    return Presence(state, streams, is_hidden, seen_at)
