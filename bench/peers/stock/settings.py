"""The smallest Django and Channels project, as Channels' own tutorial builds it."""

import os

import environ

SECRET_KEY = "a-bench-that-holds-no-secret"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["daphne", "channels", "bench.peers.stock"]
ASGI_APPLICATION = "bench.peers.stock.asgi.application"
ROOT_URLCONF = "bench.peers.stock.asgi"
MIDDLEWARE: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
# The pool is ours: without one, the floor of sending would open a connection for each request.
DATABASES = {
    "default": environ.Env().db_url("DATABASE_URL")
    | {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": 1, "max_size": 12}}}
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]], "prefix": "bench-stock"},
    }
}
