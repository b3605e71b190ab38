"""The ruler under a room's header: the agenda as a line of minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from rooms.models import AgendaItem, Room

GAP_MINUTES = 0.2
"""Space between two segments, drawn by making each a little shorter."""


@dataclass(frozen=True)
class Segment:
    """An agenda item on the ruler. ``start``, ``minutes`` and ``filled`` are in minutes.

    ``state`` is past, now or track.
    """

    title: str
    item: AgendaItem | None
    start: float
    minutes: float
    filled: float
    state: str
    since: datetime | None = None

    @property
    def width(self) -> float:
        """Drawn width."""
        return max(0.0, self.minutes - GAP_MINUTES)

    @property
    def words(self) -> str:
        """How far it is: "9 of 20 min"."""
        return f"{int(self.filled)} of {int(self.minutes)} min"

    @property
    def filled_width(self) -> float:
        """Drawn width of what has passed of it."""
        return min(self.width, self.filled)


@dataclass(frozen=True)
class Ruler:
    """All segments, with words that say the same."""

    segments: list[Segment]
    total_minutes: int
    elapsed_minutes: int

    @property
    def current(self) -> Segment | None:
        """The segment that is on now."""
        return next((segment for segment in self.segments if segment.state == "now"), None)

    @property
    def following(self) -> AgendaItem | None:
        """The first item that has not been on yet, after the current one if there is one."""
        start = self.segments.index(self.current) + 1 if self.current else 0
        later = (segment.item for segment in self.segments[start:] if segment.state == "track")
        return next(later, None)

    @property
    def words(self) -> str:
        """The ruler in one sentence, for who cannot see it."""
        line = f"{self.elapsed_minutes} of {self.total_minutes} minutes"
        if self.current is not None and self.current.item is not None:
            number = self.segments.index(self.current) + 1
            line += f"; item {number} of {len(self.segments)}: {self.current.title}"
        return line


def ruler(room: Room, items: list[AgendaItem]) -> Ruler:
    """Segments of the room's agenda; without an agenda one segment of the planned minutes."""
    elapsed = room.elapsed_seconds / 60 if room.has_clock else 0.0
    if not items:
        state = "track" if room.started_at is None else "past" if room.is_over else "now"
        whole = Segment(
            room.name, None, 0, room.duration_minutes, elapsed, state, since=room.started_at
        )
        return Ruler([whole], room.duration_minutes, int(elapsed))
    segments, start = [], 0
    for item in items:
        segments.append(_segment(room, item, start, elapsed))
        start += item.minutes
    return Ruler(segments, start, int(elapsed))


def current_item(room: Room, items: list[AgendaItem]) -> AgendaItem | None:
    """The item that is on: as marked by hand, or by the clock if the agenda follows it."""
    segment = ruler(room, items).current
    return segment.item if segment else None


def _segment(room: Room, item: AgendaItem, start: int, elapsed: float) -> Segment:
    if not room.has_clock:
        return Segment(item.title, item, start, item.minutes, 0, "track")
    if room.agenda_follows_clock:
        return _by_clock(room, item, start, elapsed)
    if item.pk == room.current_item_id and item.started_at is not None and room.is_active:
        passed = (timezone.now() - item.started_at).total_seconds() / 60
        return Segment(item.title, item, start, item.minutes, passed, "now", item.started_at)
    if item.finished_at is not None:
        return Segment(item.title, item, start, item.minutes, item.minutes, "past")
    return Segment(item.title, item, start, item.minutes, 0, "track")


def _by_clock(room: Room, item: AgendaItem, start: int, elapsed: float) -> Segment:
    passed = elapsed - start
    if passed <= 0:
        return Segment(item.title, item, start, item.minutes, 0, "track")
    since = room.started_at + timedelta(minutes=start) if room.started_at else None
    if passed < item.minutes and room.is_active:
        return Segment(item.title, item, start, item.minutes, passed, "now", since)
    return Segment(item.title, item, start, item.minutes, min(passed, item.minutes), "past")
