"""Who may open one more socket, and how many frames one may carry."""

import time
from typing import Any

from django.conf import settings

from core import presence
from core.addresses import neighbourhood
from core.authentication import Credentials
from core.errors import RateLimited
from core.limits import spend
from core.outages import REDIS_AWAY, redis_outage
from core.outlet import Outlet

FRAMES_PER_SECOND = 50
FRAMES_IN_A_BURST = 200
"""More than an outbox that waits for each acknowledgement sends after an outage."""

SETTLED_AT_ONCE = 50
"""Frames of one socket that are counted for its person in one round trip to Redis."""

FLOOD = 1008
FULL_RETRY_SECONDS = 15


class Frames:
    """The frames of one socket: a bucket of its own, and its person's limit over all sockets."""

    def __init__(self, user_id: Any, address: str | None) -> None:
        self.user_id, self.address = user_id, address
        self.unsettled = 0
        self._allowance, self._at = float(FRAMES_IN_A_BURST), time.monotonic()

    def one_more(self) -> bool:
        """Whether the socket may send this one: 50 a second, 200 at once."""
        now = time.monotonic()
        earned = (now - self._at) * FRAMES_PER_SECOND
        self._allowance = min(FRAMES_IN_A_BURST, self._allowance + earned) - 1
        self._at = now
        self.unsettled += 1
        return self._allowance >= 0

    @property
    def are_due(self) -> bool:
        """Whether it is time to `settle`."""
        return self.unsettled >= SETTLED_AT_ONCE

    def settle(self) -> None:
        """Count them for the person and the address; raises `RateLimited`. Blocking."""
        cost, self.unsettled = self.unsettled, 0
        spend("frame", person=self.user_id, address=self.address, cost=cost)


def admitted(credentials: Credentials, address: str | None) -> Any:
    """The person of a new socket, or None; raises `RateLimited`. Blocking: two queries.

    The address is counted first, so that whoever guesses credentials cannot go on for ever.
    """
    spend("socket", address=address)
    holder = credentials.holder()
    if holder is None:
        return None
    spend("socket", person=holder.person.pk)
    return holder.person


def take_place(outlet: Outlet, address: str | None) -> None:
    """Count an open socket until it is dropped (core.presence); raises `RateLimited`. Blocking."""
    outlet.places = {
        f"sockets:person:{outlet.user_id}": settings.SOCKETS_AT_ONCE["person"],
        f"sockets:address:{neighbourhood(address)}": settings.SOCKETS_AT_ONCE["address"],
    }
    try:
        fits = presence.take_places(outlet)
    except REDIS_AWAY as error:
        redis_outage.note(error)
        return
    if not fits and settings.RATE_LIMIT_FACTOR:
        raise RateLimited(FULL_RETRY_SECONDS)
