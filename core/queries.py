"""Reading the event log."""

from collections.abc import Iterable

from django.db import connection

from core.events import StreamKey
from core.models import Errand, Event, Stream

MOST_COUNTED = 1_000


def errand_counts() -> dict[str, int]:
    """Errands that nobody has begun in time, and those that were given up; at most 1,000 each."""
    late, given_up = Errand.objects.due(), Errand.objects.given_up()
    return {
        "waiting": late[:MOST_COUNTED].count(),
        "given_up": given_up[:MOST_COUNTED].count(),
    }


def events_after(stream: StreamKey, after: int, limit: int) -> list[Event]:
    """The stream's events numbered above ``after``, oldest first, at most ``limit``."""
    return list(
        Event.objects.filter(
            stream__kind=stream.kind, stream__object_id=stream.object_id, seq__gt=after
        ).order_by("seq")[:limit]
    )


def head(stream: StreamKey) -> int:
    """The number of the stream's newest event, 0 before the first."""
    row = Stream.objects.filter(kind=stream.kind, object_id=stream.object_id)
    return row.values_list("head", flat=True).first() or 0


# Plain SQL: at every heartbeat, of all streams that a process follows.
_HEADS = """
    SELECT kind, object_id, head FROM core_stream
    JOIN UNNEST(%s::text[], %s::uuid[]) wanted(kind, object_id) USING (kind, object_id)
"""


def heads(streams: Iterable[StreamKey]) -> dict[StreamKey, int]:
    """The heads of many streams in one query; a stream without events is left out."""
    wanted = list(streams)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [[s.kind for s in wanted], [s.object_id for s in wanted]])
        return {StreamKey(kind, object_id): number for kind, object_id, number in cursor.fetchall()}
