"""Background work of the core."""

import time

import redis
from celery import shared_task
from django.conf import settings

HEARTBEAT_KEY = "health:worker"
HEARTBEAT_MAX_AGE_SECONDS = 60
"""Four beats of 15 s (settings.CELERY_BEAT_SCHEDULE)."""


@shared_task
def beat_heart() -> None:
    """Show `/healthz` that beat schedules and a worker works."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
        client.set(HEARTBEAT_KEY, time.time(), ex=10 * HEARTBEAT_MAX_AGE_SECONDS)
