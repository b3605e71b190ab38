"""Times to come: what is offered for sending or being reminded later, and what is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

from core.errors import ActionError

SOONEST = timedelta(minutes=1)
LATEST = timedelta(days=366)
"""A year, also one with a 29 February in it."""

MORNING = time(9)
MONDAY = 0


class TooSoon(ActionError):
    """That moment is past, or as good as now."""

    code = "too_soon"
    detail = "Choose a time at least a minute from now."


class TooFar(ActionError):
    """Nobody plans so far ahead."""

    code = "too_far"
    detail = "Choose a time within a year from now."


@dataclass(frozen=True)
class Choice:
    """A time that one presses a button for."""

    words: str
    at: datetime


def check_time(at: datetime, *, field: str) -> None:
    """Raises `TooSoon` or `TooFar`."""
    ahead = at - timezone.now()
    if ahead < SOONEST:
        raise TooSoon(field=field)
    if ahead > LATEST:
        raise TooFar(field=field)


def choices(now: datetime) -> Iterator[Choice]:
    """In an hour, and the next mornings, in the active time zone.

    A morning is the clock's: 9:00 is 9:00 also when the clocks have changed before it.
    """
    local = timezone.localtime(now)
    yield Choice("In an hour", now + timedelta(hours=1))
    yield Choice("Tomorrow 9:00", _morning(local, 1))
    days_to_monday = (MONDAY - local.weekday()) % 7 or 7
    if days_to_monday > 1:
        yield Choice("Monday 9:00", _morning(local, days_to_monday))


def _morning(local: datetime, days: int) -> datetime:
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, MORNING, tzinfo=local.tzinfo)
