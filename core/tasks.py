"""Background work of the core."""

import time

import redis
from celery import shared_task
from django.conf import settings
from django.contrib.auth import get_user_model

from core.actions import idempotency

HEARTBEAT_KEY = "health:worker"
HEARTBEAT_MAX_AGE_SECONDS = 60
"""Four beats of 15 s (settings.CELERY_BEAT_SCHEDULE)."""


@shared_task
def beat_heart() -> None:
    """Show `/healthz` that beat schedules and a worker works."""
    with redis_client() as client:
        client.set(HEARTBEAT_KEY, time.time(), ex=HEARTBEAT_MAX_AGE_SECONDS)


@shared_task
def forget_old_answers() -> None:
    """Delete answers to idempotent requests that nobody repeats any more."""
    idempotency.forget_old_answers(actor=get_user_model().objects.system())


def stop_heart() -> None:
    """Show `/healthz` that the worker has stopped."""
    with redis_client() as client:
        client.delete(HEARTBEAT_KEY)


def redis_client() -> redis.Redis:
    """A connection for one question; nobody waits longer than 2 s for its answer."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
