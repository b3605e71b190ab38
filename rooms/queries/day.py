"""The day as a ruler: ten hours in quarters of an hour."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from rooms.models import Room, Status

HOURS_SHOWN = 10
USUAL_BEGIN_HOUR = 8
QUARTERS_PER_HOUR = 4
MINUTES_PER_QUARTER = 15
MAX_SLOTS = 20


@dataclass(frozen=True)
class DaySlot:
    """A consultation on the ruler, from column ``start`` to column ``end`` (quarters)."""

    room: Room
    start: int
    end: int
    state: str


@dataclass(frozen=True)
class Day:
    """Ten hours of today; ``now`` is the column of this moment."""

    begins_hour: int = USUAL_BEGIN_HOUR
    now: int | None = None
    slots: list[DaySlot] = field(default_factory=list)

    @property
    def ends_hour(self) -> int:
        """The hour at the ruler's end."""
        return self.begins_hour + HOURS_SHOWN

    @property
    def hours(self) -> range:
        """The hours that are written under it."""
        return range(self.begins_hour, self.ends_hour)


def day_of(rooms: QuerySet[Room], now: datetime) -> Day:
    """Today's consultations among the rooms, in the active time zone. One query.

    The ten hours are 8:00 to 18:00, moved as far as it takes to show this moment.
    """
    local = timezone.localtime(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    begins = min(max(USUAL_BEGIN_HOUR, local.hour + 2 - HOURS_SHOWN), 24 - HOURS_SHOWN)
    begins = min(begins, local.hour)
    today = (
        rooms.filter(scheduled_at__gte=midnight, scheduled_at__lt=midnight + timedelta(days=1))
        .exclude(status=Status.CANCELLED)
        .order_by("scheduled_at")[:MAX_SLOTS]
    )
    following = next((r.pk for r in today if r.status == Status.SCHEDULED and _at(r) > now), None)
    slots = [_slot(room, begins, room.pk == following) for room in today]
    return Day(begins, _column(now, begins), [slot for slot in slots if slot is not None])


def _at(room: Room) -> datetime:
    assert room.scheduled_at is not None  # noqa: S101 - the query asked for it
    return room.scheduled_at


def _column(moment: datetime, begins_hour: int) -> int:
    local = timezone.localtime(moment)
    quarters = local.minute // MINUTES_PER_QUARTER
    return (local.hour - begins_hour) * QUARTERS_PER_HOUR + quarters


def _slot(room: Room, begins_hour: int, is_next: bool) -> DaySlot | None:
    last = HOURS_SHOWN * QUARTERS_PER_HOUR
    start = _column(_at(room), begins_hour)
    end = start + max(1, -(-room.duration_minutes // MINUTES_PER_QUARTER))
    if end <= 0 or start >= last:
        return None
    state = "next" if is_next else "past" if room.status == Status.COMPLETED else ""
    return DaySlot(room, max(0, start), min(last, end), state)
