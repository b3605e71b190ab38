"""The kinds of streams: who may follow one, and who is told of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.events import StreamKey


@dataclass(frozen=True)
class StreamKind:
    """How one kind of stream is followed.

    All run in a database thread. ``may_follow(user, object_id)`` decides; ``begins_at(user,
    object_id)`` is the number up to which nothing is told to that person. ``entered(user,
    object_id)`` is told of every socket that starts to follow, and again when it was lost from
    Redis meanwhile; ``left(user_id, object_id)`` when a person's last socket stops; the person
    may have been deactivated by then. Where following ``is_attended``, it is taking part: others
    see it even of who hides their presence.
    """

    may_follow: Callable[[Any, UUID], bool]
    begins_at: Callable[[Any, UUID], int] | None = None
    entered: Callable[[Any, UUID], None] | None = None
    left: Callable[[UUID, UUID], None] | None = None
    is_attended: bool = False


_stream_kinds: dict[str, StreamKind] = {}


def stream_kind(kind: str, definition: StreamKind) -> None:
    """Register who may follow streams of this kind."""
    _stream_kinds[kind] = definition


def kind_of(stream: StreamKey) -> StreamKind | None:
    """How the stream is followed, None where nobody can."""
    return _stream_kinds.get(stream.kind)


def stream_visible(user: Any, stream: StreamKey) -> bool:
    """True if the person may follow the stream now. Runs queries."""
    kind = kind_of(stream)
    return kind is not None and kind.may_follow(user, stream.object_id)


def begins_at(user: Any, stream: StreamKey) -> int:
    """The number up to which nothing of the stream is told to the person. May run a query."""
    kind = kind_of(stream)
    return kind.begins_at(user, stream.object_id) if kind and kind.begins_at else 0


def stream_kinds() -> frozenset[str]:
    """All registered kinds of streams, for the permission table's completeness test."""
    return frozenset(_stream_kinds)
