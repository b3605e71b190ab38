"""Recording an event inside an action's transaction, and publishing it after the commit.

Importable from actions only (held by import-linter): whoever writes, records.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models.functions import Now
from redis.backoff import NoBackoff
from redis.retry import Retry

from core import errands
from core.context import current_origin
from core.database import DATABASE_AWAY, ask
from core.events import PERSON, DomainEvent, StreamKey, is_about_hiding
from core.models import Errand, Event, Stream
from core.outages import REDIS_AWAY, database_outage, redis_outage
from core.rendering import Frame, frames

PUBLISH_SECONDS = 1.0
"""Longest that an answer waits for Redis, twice: it is tried once more."""

FIRST_GRACE = timedelta(seconds=30)
"""Longest that an errand takes from the commit to a worker, if nothing is wrong."""

# One statement takes the row's lock and the next number (it makes the stream on first use) and
# appends. The time is taken once the lock is held, so that times follow numbers.
_APPEND = """
    WITH taken AS (
        INSERT INTO core_stream (kind, object_id, head) VALUES (%s, %s, 1)
        ON CONFLICT (kind, object_id) DO UPDATE SET head = core_stream.head + 1
        RETURNING id, head
    )
    INSERT INTO core_event (stream_id, seq, name, actor_id, data, at, ip, user_agent, session)
    SELECT id, head, %s, %s, %s::jsonb, COALESCE(%s, CLOCK_TIMESTAMP()), %s::inet, %s, %s FROM taken
    RETURNING id, stream_id, seq, at
"""


# The streams' locks are taken in one order, or two such statements could wait for each other.
_APPEND_EACH = """
    WITH taken AS (
        INSERT INTO core_stream (kind, object_id, head)
        SELECT kind, object_id, 1 FROM UNNEST(%s::text[], %s::uuid[]) wanted(kind, object_id)
        ORDER BY kind, object_id
        ON CONFLICT (kind, object_id) DO UPDATE SET head = core_stream.head + 1
        RETURNING id, kind, object_id, head
    ), appended AS (
        INSERT INTO core_event (stream_id, seq, name, actor_id, data, at, ip, user_agent, session)
        SELECT id, head, %s, %s, %s::jsonb, COALESCE(%s, CLOCK_TIMESTAMP()), %s::inet, %s, %s
        FROM taken
        RETURNING id, stream_id, seq, at
    )
    SELECT kind, object_id, appended.id, stream_id, seq, at
    FROM appended JOIN taken ON taken.id = stream_id
"""

# It makes the streams on first use, as appending does.
_LOCK_EACH = """
    INSERT INTO core_stream (kind, object_id, head)
    SELECT kind, object_id, 0 FROM UNNEST(%s::text[], %s::uuid[]) wanted(kind, object_id)
    ORDER BY kind, object_id
    ON CONFLICT (kind, object_id) DO UPDATE SET head = core_stream.head
"""


def record(event: DomainEvent, *, stream: StreamKey, actor: Any, about: Any = None) -> Event:
    """Append an event to its stream, to be published when the transaction commits.

    Takes the stream's row lock until then. Must run inside a transaction, or the number could
    be given away without the event. ``about`` is the object that the event is about, if it will
    not change any more in this transaction: its renderer then need not load it.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("record() needs the action's transaction.")
    row = _append(event, stream, actor)
    row.about = about
    row.audience = ()
    transaction.on_commit(lambda: _publish(stream, row), robust=True)
    if names := errands.following(row.name):
        _leave_errands(row, names)
    return row


def record_each(
    event: DomainEvent, *, streams: Collection[StreamKey], actor: Any
) -> dict[StreamKey, Event]:
    """Append the same event to several streams (each once), as `record` does, in one statement.

    For what each of many people is told on a stream of their own. Whoever holds the lock of one of
    these streams already must hold all (`lock_each`): locks are taken in the order of the streams.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("record_each() needs a transaction.")
    kinds, ids = [stream.kind for stream in streams], [stream.object_id for stream in streams]
    rows: dict[StreamKey, Event] = {}
    with connection.cursor() as cursor:
        cursor.execute(_APPEND_EACH, [kinds, ids, *_values(event, actor)])
        for kind, object_id, *numbers in cursor.fetchall():
            rows[StreamKey(kind, object_id)] = _stored(_unstored(event, actor), *numbers)
    for stream, row in rows.items():
        transaction.on_commit(partial(_publish, stream, row), robust=True)
        if names := errands.following(row.name):
            _leave_errands(row, names)
    return rows


def _append(event: DomainEvent, stream: StreamKey, actor: Any) -> Event:
    row, values = _unstored(event, actor), _values(event, actor)
    return _stored(row, *(ask(_APPEND, [*stream, *values]) or ()))


def _unstored(event: DomainEvent, actor: Any) -> Event:
    origin = current_origin()
    return Event(
        name=type(event).__name__,
        actor=actor,
        data=event.as_data(),
        ip=origin.ip,
        user_agent=origin.user_agent,
        session=origin.session,
    )


def _values(event: DomainEvent, actor: Any) -> tuple[Any, ...]:
    """Of the event's row, after its stream and number."""
    origin = current_origin()
    data = json.dumps(event.as_data(), cls=DjangoJSONEncoder)
    where = (origin.ip, origin.user_agent, origin.session)
    return (type(event).__name__, actor.pk, data, origin.at, *where)


def _stored(row: Event, pk: int, stream_id: int, seq: int, at: datetime) -> Event:
    row.pk, row.stream_id, row.seq, row.at = pk, stream_id, seq, at
    row._state.adding, row._state.db = False, connection.alias
    return row


def _leave_errands(row: Event, names: Sequence[str]) -> None:
    """Write them with their event, and hand them to a worker when it is there."""
    due_at = Now() + FIRST_GRACE
    left = [Errand(event=row, name=name, due_at=due_at) for name in names]
    rows = [(errand.pk, 0) for errand in Errand.objects.bulk_create(left)]
    transaction.on_commit(lambda: errands.due.send_robust(Errand, errands=rows), robust=True)


def lock(stream: StreamKey) -> None:
    """Take the lock that `record` takes, without a number: to look before recording.

    An action that also locks rows of the stream's objects takes this first, as one that records
    before it writes does; in any other order two of them could wait for each other. A stream
    without an event yet is made, as there is nothing else to hold.
    """
    held = Stream.objects.filter(kind=stream.kind, object_id=stream.object_id)
    if held.select_for_update(no_key=True).values_list("pk").first() is None:
        lock_each([stream])


def lock_each(streams: Collection[StreamKey]) -> None:
    """Take the locks of several streams (each once), in the order in which `record_each` does."""
    kinds, ids = [stream.kind for stream in streams], [stream.object_id for stream in streams]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_EACH, [kinds, ids])


def _publish(stream: StreamKey, row: Event) -> None:
    """One send per event, to the processes that hold sockets of the stream.

    A failure is no loss: every hub compares its numbers with the log at each heartbeat, and
    every second while it knows that Redis is away.
    """
    try:
        (frame,) = frames(stream, [row])
    except DATABASE_AWAY as error:  # PostgreSQL died between the commit and this look
        database_outage.note(error)
        return
    message = {
        "type": "frame",
        "stream": frame.stream,
        "seq": frame.seq,
        "text": frame.text,
        "revokes": frame.revokes,
    }
    if frame.ends:
        message["ends"] = frame.ends
    if is_about_hiding(row.name):
        message["changes_hiding"] = True
    try:
        _broadcast([(stream.group, message), *_news(frame, row)])
    except REDIS_AWAY as error:
        redis_outage.note(error)
    else:
        redis_outage.over()


def _news(frame: Frame, row: Event) -> list[tuple[str, dict[str, Any]]]:
    """Word to its audience, on each one's own stream, that the stream has something new.

    For pages that list many streams and follow none of them. Ephemeral: they look again when they
    come back.
    """
    if not row.audience:
        return []
    said = {"type": "news", "stream": frame.stream, "seq": frame.seq, "name": row.name}
    text = json.dumps({**said, "actor": str(row.actor_id)}, separators=(",", ":"))
    own = [StreamKey(PERSON, user_id) for user_id in row.audience]
    signal = {"type": "signal", "text": text, "to": "", "skip": ""}
    return [(stream.group, {**signal, "stream": str(stream)}) for stream in own]


def _broadcast(messages: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """`group_send` of the channel layer to each of the groups, blocking, in one round trip.

    An action runs in a thread. The layer's own way leads over the event loop and back, at four
    times the processor time; what goes over the wire is the same.
    """
    layer: Any = get_channel_layer()
    config: Any = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    client = _redis(config["hosts"][0]["address"])
    prefix = f"{config['prefix']}__group__"
    if len(messages) == 1:
        ((group, message),) = messages
        client.publish(prefix + group, layer.serialize(message))
        return
    pipe = client.pipeline(transaction=False)
    for group, message in messages:
        pipe.publish(prefix + group, layer.serialize(message))
    pipe.execute()


@cache
def _redis(address: str) -> redis.Redis:
    # Once more at once: a connection from before a restart of Redis is noticed when it is used.
    return redis.Redis.from_url(
        address,
        socket_timeout=PUBLISH_SECONDS,
        socket_connect_timeout=PUBLISH_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
