"""Counting how often somebody does something, in Redis, for all processes together.

The table is `settings.RATE_LIMITS` (consultsuite/settings/limits.py). A small limit counts by a
moving window, exactly; one over 100 by a sliding counter, whose memory does not grow with it
(both of the library `limits`). One round trip for each of person and address.
"""

import math
import time
from collections.abc import Callable, Collection
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import (
    MovingWindowRateLimiter,
    RateLimiter,
    SlidingWindowCounterRateLimiter,
)
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from core.addresses import address_of_request, neighbourhood
from core.errors import RateLimited
from core.outages import redis_outage

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

EXACT_UP_TO = 100
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
PAUSE_SECONDS = 1.0
"""How long limits that stay open are not counted after Redis did not answer: nobody's work is to
wait for a server that hangs more than once a second."""

_paused_until = 0.0


def spend(name: str, *, person: Any = None, address: str | None = None, cost: int = 1) -> None:
    """Count ``cost`` against the limit of this name; raises `RateLimited` when it is used up.

    ``person`` is an id; ``address`` comes from core.addresses. What the limit does not name, or
    is not given, is not counted. Without Redis a limit of ``RATE_LIMITS_THAT_CLOSE`` raises
    `RedisError` (503); all others let pass. Blocking.
    """
    if not settings.RATE_LIMIT_FACTOR:
        return
    rates = settings.RATE_LIMITS[name]
    counted = {"address": neighbourhood(address), "person": str(person or "")}
    for who, key in counted.items():
        if key and who in rates:
            _spend(name, who, key, parse(rates[who]), cost)


def spend_for(request: HttpRequest, name: str) -> None:
    """Count a page's request by person (signed in) and address; raises as `spend`."""
    spend(name, person=request.user.pk, address=address_of_request(request))


def limited(name: str, *, methods: Collection[str] = ("POST",)) -> Callable[[View[P]], View[P]]:
    """A view that counts its requests of these methods by person (signed in) and address."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def counted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method in methods:
                spend_for(request, name)
            return view(request, *args, **kwargs)

        return counted

    return decorate


@cache
def parse(rate: str) -> RateLimitItem:
    """`30/m`, `5/10m`: a number in a time of seconds, minutes, hours or days."""
    number, _, window = rate.partition("/")
    return RateLimitItemPerSecond(int(number), int(window[:-1] or 1) * SECONDS[window[-1]])


def _spend(name: str, who: str, key: str, item: RateLimitItem, cost: int) -> None:
    global _paused_until  # noqa: PLW0603 - one Redis for the process, one moment to ask it again
    closes = name in settings.RATE_LIMITS_THAT_CLOSE
    if not closes and time.monotonic() < _paused_until:
        return
    limiter = _limiter(item.amount > EXACT_UP_TO, settings.REDIS_URL)
    try:
        is_within = limiter.hit(item, name, who, key, cost=cost)
        redis_outage.over()
        if is_within:
            return
        freed_at = limiter.get_window_stats(item, name, who, key).reset_time
    except (OSError, RedisError) as error:
        redis_outage.note(error)
        if closes:
            raise
        _paused_until = time.monotonic() + PAUSE_SECONDS
        return
    raise RateLimited(min(max(1, math.ceil(freed_at - time.time())), item.get_expiry()))


@cache
def _limiter(counts_roughly: bool, redis_url: str) -> RateLimiter:
    storage = RedisStorage(
        redis_url,
        key_prefix="consultsuite:limits",
        socket_timeout=2,
        socket_connect_timeout=2,
        # Once more at once: a connection from before a restart of Redis is noticed when used.
        retry=Retry(NoBackoff(), 1),  # type: ignore[arg-type]  # passed on to redis-py
    )
    kind = SlidingWindowCounterRateLimiter if counts_roughly else MovingWindowRateLimiter
    return kind(storage)
