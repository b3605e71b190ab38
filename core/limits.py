"""Counting how often somebody does something, in Redis, for all processes together.

The table is `settings.RATE_LIMITS` (consultsuite/settings/limits.py). A small limit counts by a
moving window, exactly; one over 100 by a sliding counter, whose memory does not grow with it
(both of the library `limits`). Counters of person and address are one round trip, windows two.
"""

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
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

# The library's rule, for some limits at once: two keys and three numbers of each.
_ACQUIRE_EACH = b"""
local function acquire(KEYS, ARGV)
%s
end
for place = 1, #KEYS / 2 do
    local keys = {KEYS[2 * place - 1], KEYS[2 * place]}
    local numbers = {ARGV[3 * place - 2], ARGV[3 * place - 1], ARGV[3 * place]}
    if not acquire(keys, numbers) then
        return place
    end
end
return 0
"""


@dataclass(frozen=True)
class Use:
    """What is counted against one limit."""

    item: RateLimitItem
    identifiers: tuple[str, str, str]
    cost: int

    @property
    def is_rough(self) -> bool:
        """Whether it is counted by a sliding counter."""
        return self.item.amount > EXACT_UP_TO


class Counters(RedisStorage):
    """The library's storage, which can count against several limits in one round trip."""

    def initialize_storage(self, uri: str) -> None:
        """Prepare the scripts; nothing is sent yet."""
        super().initialize_storage(uri)
        script = _ACQUIRE_EACH % self.SCRIPT_ACQUIRE_SLIDING_WINDOW
        self._acquire_each = self.get_connection().register_script(script)

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """As the library's, but a window that began in this millisecond has not ended already.

        It takes what is left of two windows modulo one: nothing, in the first millisecond.
        """
        previous, previous_left, current, left = super().get_sliding_window(key, expiry)
        return previous, previous_left, current, min(left, 2 * expiry - 0.001)

    def acquire_each(self, uses: Sequence[Use]) -> Use | None:
        """Count one after the other by sliding counters, until one is beyond its limit: that."""
        keys, numbers = [], []
        for use in uses:
            key = use.item.key_for(*use.identifiers)
            keys += [self._previous_window_key(key), self._current_window_key(key)]
            numbers += [use.item.amount, use.item.get_expiry(), use.cost]
        place: int = self._acquire_each(list(map(self.prefixed_key, keys)), numbers)
        return uses[place - 1] if place else None


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
    uses = [
        Use(parse(rates[who]), (name, who, key), cost)
        for who, key in counted.items()
        if key and who in rates
    ]
    if uses:
        _spend(name, uses)


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


def _spend(name: str, uses: Sequence[Use]) -> None:
    global _paused_until  # noqa: PLW0603 - one Redis for the process, one moment to ask it again
    closes = name in settings.RATE_LIMITS_THAT_CLOSE
    if not closes and time.monotonic() < _paused_until:
        return
    try:
        refused = _refused(uses)
        redis_outage.over()
        if refused is None:
            return
        limiter = _limiter(refused.is_rough, settings.REDIS_URL)
        freed_at = limiter.get_window_stats(refused.item, *refused.identifiers).reset_time
    except (OSError, RedisError) as error:
        redis_outage.note(error)
        if closes:
            raise
        _paused_until = time.monotonic() + PAUSE_SECONDS
        return
    raise RateLimited(min(max(1, math.ceil(freed_at - time.time())), refused.item.get_expiry()))


def _refused(uses: Sequence[Use]) -> Use | None:
    """Count one after the other, until one is beyond its limit: that."""
    if all(use.is_rough for use in uses):
        return _counters(settings.REDIS_URL).acquire_each(uses)
    for use in uses:
        limiter = _limiter(use.is_rough, settings.REDIS_URL)
        if not limiter.hit(use.item, *use.identifiers, cost=use.cost):
            return use
    return None


@cache
def _limiter(counts_roughly: bool, redis_url: str) -> RateLimiter:
    kind = SlidingWindowCounterRateLimiter if counts_roughly else MovingWindowRateLimiter
    return kind(_counters(redis_url))


@cache
def _counters(redis_url: str) -> Counters:
    return Counters(
        redis_url,
        key_prefix="consultsuite:limits",
        socket_timeout=2,
        socket_connect_timeout=2,
        # Once more at once: a connection from before a restart of Redis is noticed when used.
        retry=Retry(NoBackoff(), 1),  # type: ignore[arg-type]  # passed on to redis-py
    )
