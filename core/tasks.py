"""Background work of the core."""

import logging
import time

import redis
from celery import shared_task
from django.conf import settings
from django.contrib.auth import get_user_model

from core import errands
from core.actions import errands as life
from core.actions import idempotency
from core.database import DATABASE_AWAY
from core.errands import insist
from core.outages import redis_outage

logger = logging.getLogger(__name__)

HEARTBEAT_KEY = "health:worker"
HEARTBEAT_MAX_AGE_SECONDS = 60
"""Four beats of 15 s (settings.CELERY_BEAT_SCHEDULE)."""


@shared_task
def beat_heart() -> None:
    """Show `/healthz` that beat schedules and a worker works; while Redis is away, the next may."""
    try:
        with redis_client() as client:
            client.set(HEARTBEAT_KEY, time.time(), ex=HEARTBEAT_MAX_AGE_SECONDS)
    except (OSError, redis.RedisError) as error:
        redis_outage.note(error)


@shared_task
def forget_old_answers() -> None:
    """Delete answers to idempotent requests that nobody repeats any more."""
    idempotency.forget_old_answers(actor=get_user_model().objects.system())


@shared_task
def run_errand(errand_id: int, attempt: int) -> None:
    """Do an errand, unless another worker has begun this attempt."""
    system = get_user_model().objects.system()
    errand = life.claim_errand(actor=system, errand_id=errand_id, attempt=attempt)
    if errand is None:
        return
    try:
        errands.do(errand.name, errand.event)
    except Exception as error:
        failure = type(error).__name__
        logger.warning("Errand %s (%s) failed: %s", errand.pk, errand.name, failure)
        insist(lambda: life.fail_errand(actor=system, errand=errand, failure=failure))
        if not isinstance(error, (OSError, *DATABASE_AWAY)):
            raise  # a fault of ours: with its traceback
    else:
        insist(lambda: life.finish_errand(actor=system, errand=errand))


@shared_task
def queue_due_errands() -> None:
    """Hand over what was never queued, what was lost on its way, and what is to be tried again."""
    life.queue_due_errands(actor=get_user_model().objects.system())


@shared_task
def forget_old_errands() -> None:
    """Delete errands that are over for long."""
    life.forget_old_errands(actor=get_user_model().objects.system())


def stop_heart() -> None:
    """Show `/healthz` that the worker has stopped; while Redis is away, its last beat gets old."""
    try:
        with redis_client() as client:
            client.delete(HEARTBEAT_KEY)
    except (OSError, redis.RedisError) as error:
        redis_outage.note(error)


def redis_client() -> redis.Redis:
    """A connection for one question; nobody waits longer than 2 s for its answer."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
