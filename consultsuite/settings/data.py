"""PostgreSQL, Redis and what runs on them: channel layer, cache, sessions, background work."""

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from consultsuite.settings.environment import DATABASE_URL, REDIS_URL, env

_database = env.db_url_config(
    DATABASE_URL or "postgresql://consultsuite@127.0.0.1:1/not-configured"
)
DATABASES = {
    "default": _database
    | {
        "ENGINE": "core.postgresql",
        "CONN_MAX_AGE": 0,
        # Waiting longer than 5 s for a connection helps nobody: the visible failure does.
        "OPTIONS": {
            # A server that is there and does not answer, or a machine that is gone without a word.
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,  # milliseconds until what was sent must have arrived
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            # What follows the question mark in DATABASE_URL: sslmode, for example.
            **_database.get("OPTIONS", {}),
            # Written SQL (core.database.ask) is prepared when it is used first in a connection.
            "prepare_threshold": 0,
            "pool": {
                "min_size": 1,
                "max_size": env.int("DATABASE_POOL", default=12),
                "timeout": 5,
                # Attempts come ever more seldom until it gives up; then the next request tries
                # at once. By default five minutes: a restarted server would not be noticed.
                "reconnect_timeout": 2,
            },
        },
    }
}
CHANNEL_LAYERS = {
    "default": {
        # Pub/sub keeps no state in Redis: a restart or an emptied Redis loses no group, and
        # what was broadcast meanwhile is healed from the event log (core.hub).
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL or "redis://127.0.0.1:1/0",
                    "socket_connect_timeout": 2,
                    "socket_timeout": 5,
                    "socket_keepalive": True,
                    # Once more at once: a connection from before a restart of Redis is
                    # noticed when it is used.
                    "retry": Retry(NoBackoff(), 1),
                }
            ],
            "prefix": "consultsuite",
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL or "redis://127.0.0.1:1/0",
        "KEY_PREFIX": "consultsuite",
    }
}
SESSION_ENGINE = "core.sessions"

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Whoever hands work over does not wait long while Redis is away: what must be done is an
    # errand (core.errands), which is queued again.
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    # What a killed worker had taken is given to another one after this time: longer than any task
    # and any wait before a repetition. By default an hour.
    "visibility_timeout": 300,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
# Tasks are acknowledged when they are taken, as what must not be lost is an errand, which is tried
# again; an acknowledgement that comes after Redis went ends the whole worker (kombu 5.7).
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120
# How long an errand that a worker has begun is nobody else's: longer than any task may take.
ERRAND_LEASE_SECONDS = env.int("ERRAND_LEASE_SECONDS", default=180)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "worker-heartbeat": {"task": "core.tasks.beat_heart", "schedule": 15.0},
    "forget-old-answers": {"task": "core.tasks.forget_old_answers", "schedule": 86_400.0},
    "forget-old-refusals": {"task": "audit.tasks.forget_old_refusals", "schedule": 86_400.0},
    "forget-expired-tokens": {
        "task": "accounts.tasks.forget_expired_tokens",
        "schedule": 86_400.0,
    },
    "forget-old-devices": {"task": "accounts.tasks.forget_old_devices", "schedule": 86_400.0},
    "forget-ended-sessions": {
        "task": "accounts.tasks.forget_ended_sessions",
        "schedule": 86_400.0,
    },
    "queue-due-errands": {
        "task": "core.tasks.queue_due_errands",
        "schedule": 30.0,
        "options": {"expires": 25},  # one is enough when workers come back
    },
    "forget-old-errands": {"task": "core.tasks.forget_old_errands", "schedule": 86_400.0},
    # Whoever comes after it would do the same again.
    "send-due-messages": {
        "task": "messaging.tasks.send_due_messages",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "tell-due-reminders": {
        "task": "messaging.tasks.tell_due_reminders",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "read-waiting-documents": {
        "task": "files.tasks.read_waiting",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "forget-waiting-files": {"task": "files.tasks.forget_waiting", "schedule": 3600.0},
    "close-stale-visits": {"task": "rooms.tasks.close_stale_visits", "schedule": 60.0},
}
