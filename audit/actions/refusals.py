"""Refused attempts are kept in the event log: never so many that they could fill the disk."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from redis.exceptions import RedisError

from audit.events import AttemptRefused
from core.addresses import neighbourhood
from core.context import current_origin
from core.events import StreamKey
from core.models import Event
from core.permissions import require
from core.publish import record
from core.refusals import Attempt

WINDOW = timedelta(hours=1)
KEPT_OF_ONE = 20
"""Attempts of one person or address that are kept in each window; after them only the 32nd, 64th,
128th and so on, each with its number."""
KEPT_OF_NOBODY = 2_000
"""The same for all attempts together where nobody was signed in: addresses are cheap."""


@transaction.atomic
def record_refusal(*, actor: Any, attempt: Attempt) -> Event | None:
    """Keep that somebody tried what they may not; ``actor`` is the system user for nobody.

    Records `AttemptRefused`, or nothing if there have been too many.
    """
    times = _times(actor)
    if not times:
        return None
    event = AttemptRefused(
        action=attempt.action[:100],
        reason=attempt.reason,
        permission=attempt.permission,
        object=attempt.subject,
        clue=attempt.clue,
        times=times,
    )
    return record(event, stream=StreamKey("attempts", actor.pk), actor=actor)


@transaction.atomic
def forget_old_refusals(*, actor: Any) -> int:
    """Delete refused attempts older than `REFUSALS_KEPT_DAYS`; returns how many.

    Only the system user does. The one kind of event that ends by time: nothing hangs on it. No
    event.
    """
    require(actor, "core.delete_event")
    oldest = Now() - timedelta(days=settings.REFUSALS_KEPT_DAYS)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL consultsuite.events_may_change = 'on'")
        number, _ = Event.objects.filter(name=AttemptRefused.__name__, at__lt=oldest).delete()
        cursor.execute("SET LOCAL consultsuite.events_may_change = 'off'")
    return number


def _times(actor: Any) -> int:
    """Which attempt of this hour it is, 0 if it is not to be kept."""
    try:
        return _counted(actor)
    except RedisError:
        return _counted_without_redis(actor)


def _counted(actor: Any) -> int:
    if not actor.is_system:
        times = _count(f"person:{actor.pk}")
        return times if _is_kept(times, KEPT_OF_ONE) else 0
    times = _count(f"address:{neighbourhood(current_origin().ip)}")
    is_kept = _is_kept(times, KEPT_OF_ONE) and _is_kept(_count("nobody"), KEPT_OF_NOBODY)
    return times if is_kept else 0


def _is_kept(times: int, limit: int) -> bool:
    return times <= limit or times.bit_count() == 1  # a power of two


def _count(who: str) -> int:
    """Count one more in this window."""
    key = f"refusals:{who}"
    if cache.add(key, 1, WINDOW.total_seconds()):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it ended between the two
        return 1


def _counted_without_redis(actor: Any) -> int:
    """The log counts itself, by its index: at most as many rows as are kept."""
    limit = KEPT_OF_NOBODY if actor.is_system else KEPT_OF_ONE
    kept = Event.objects.filter(
        actor=actor, name=AttemptRefused.__name__, at__gt=timezone.now() - WINDOW
    )
    times = len(kept.values_list("pk")[:limit]) + 1
    return times if times <= limit else 0
