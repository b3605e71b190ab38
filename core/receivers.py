"""What the core does when something happens elsewhere."""

from collections.abc import Sequence
from typing import Any

from celery.signals import worker_ready, worker_shutting_down
from django.dispatch import receiver

from core.errands import due
from core.outages import QUEUE_AWAY, redis_outage
from core.tasks import beat_heart, run_errand, stop_heart


@receiver(due)
def queue_errands(errands: Sequence[tuple[int, int]], **_: Any) -> None:
    """Hand each to a worker. Without Redis none is: `queue_due_errands` finds them later."""
    try:
        for errand_id, attempt in errands:
            run_errand.delay(errand_id, attempt)
    except QUEUE_AWAY as error:
        redis_outage.note(error)


@worker_ready.connect
def show_worker(**_: Any) -> None:
    """A worker that has connected counts from now on, not from the next beat."""
    beat_heart()


@worker_shutting_down.connect
def forget_worker(**_: Any) -> None:
    """A stopped worker does not count as up until its last beat is old."""
    stop_heart()
