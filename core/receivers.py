"""What the core does when something happens elsewhere."""

from typing import Any

from celery.signals import worker_ready, worker_shutting_down

from core.tasks import beat_heart, stop_heart


@worker_ready.connect
def show_worker(**_: Any) -> None:
    """A worker that has connected counts from now on, not from the next beat."""
    beat_heart()


@worker_shutting_down.connect
def forget_worker(**_: Any) -> None:
    """A stopped worker does not count as up until its last beat is old."""
    stop_heart()
