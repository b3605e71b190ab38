"""What is said on the console."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "one_line_per_outage": {"()": "core.outages.OneLinePerRedisOutage"},
        "route_for_address": {"()": "core.logs.RouteForAddress"},
    },
    "formatters": {
        "line": {
            "()": "core.logs.WithoutWords",
            "format": "{levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["route_for_address"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own handler would say every line a second time.
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.channels.server": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        # Each part of the product that notices an outage tells core.outages.
        "channels_redis": {"level": "WARNING"},
        "channels_redis.pubsub": {"filters": ["one_line_per_outage"]},
        "psycopg.pool": {"level": "ERROR"},
    },
}
