"""When allauth's own limits let somebody try again.

allauth counts attempts in the cache (settings.ACCOUNT_RATE_LIMITS) and says only that there were
too many; how long it takes is read from the same counts.
"""

import math
import time

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

from core.errors import RateLimited

ACCOUNT = "allauth.account"
SAID_BY_FORMS = frozenset({"too_many_login_attempts", "rate_limited"})
"""The codes with which allauth's forms say that a limit is used up."""


def refused(
    request: HttpRequest,
    action: str,
    *,
    key: str | None = None,
    app: str = ACCOUNT,
    words: str = "That was too often.",
) -> RateLimited:
    """The error to raise or show where a limit of allauth has refused, with the right time.

    ``key`` is what the limit counts beside address and person: an address of mail, an account.
    ``words`` say what there was too much of, unless it was the whole network.
    """
    now = time.time()
    freed = [(now, False)]
    for rate in ratelimit.get_rates(app=app, action=action):
        if (rate.per == "key" and key is None) or (
            rate.per == "user" and not request.user.is_authenticated
        ):
            continue
        name = ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key)
        is_within, tries = ratelimit.apply_rate(cache.get(name, []), now, rate, dry_run=True)
        if not is_within:  # newest first
            freed.append((tries[rate.amount - 1] + rate.duration, rate.per == "ip"))
    at, of_network = max(freed)
    if of_network:
        words = "Too many attempts came from your network."
    return RateLimited(max(1, math.ceil(at - now)), words)


def factor_key(user_id: object) -> str:
    """The key by which allauth counts wrong second factors, under `login_failed`."""
    return f"mfa-auth-user-{user_id}"
