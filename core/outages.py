"""One line in the log when PostgreSQL or Redis goes away and one when it is back.

Many parts notice an outage many times a second; each tells it here.
"""

import logging
import time

from kombu.exceptions import OperationalError as BrokerAway
from redis.exceptions import RedisError

from core.database import DATABASE_AWAY

logger = logging.getLogger(__name__)

REDIS_AWAY = (OSError, RedisError, RuntimeError)
"""What redis-py and the channel layer raise: a timeout is an OSError, and uvloop answers a write
to a connection that has just closed with a RuntimeError."""

QUEUE_AWAY = (OSError, RedisError, BrokerAway)
"""What Celery raises when work cannot be queued."""

CROWDED = "consultsuite.crowded"
"""In the scope of a request that is not let in: how many wait already."""


class Crowded(Exception):
    """So many requests wait in this process that one more would wait for too long."""


UNAVAILABLE = (*DATABASE_AWAY, RedisError, Crowded)
"""What a request meets that is answered by 503: trying again helps."""

RETRY_AFTER_SECONDS = "5"
"""For the header of that answer."""

FORGOTTEN_SECONDS = 60.0
"""An outage of which nothing was noted for so long is over: what comes then is another one. A
process without sockets hears of the end of an outage only so."""


class Outage:
    """Whether one service is away, as this process last saw it; ``count`` outages so far."""

    def __init__(self, title: str, meanwhile: str) -> None:
        self.title = title
        self.meanwhile = meanwhile
        self.count = 0
        self._since: float | None = None
        self._noted = 0.0

    @property
    def is_on(self) -> bool:
        """Whether the service was away when it was last tried."""
        return self._since is not None

    def note(self, error: BaseException) -> None:
        """The service did not answer."""
        now, before = time.monotonic(), self._noted
        self._noted = now
        if self._since is None or now - before > FORGOTTEN_SECONDS:
            self._since = now
            self.count += 1
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            logger.warning("%s is away (%s). %s", self.title, reason, self.meanwhile)

    def over(self) -> None:
        """The service answered."""
        if self._since is not None:
            seconds, self._since = time.monotonic() - self._since, None
            logger.warning("%s is back after %.1f s.", self.title, seconds)


database_outage = Outage("PostgreSQL", "Whoever writes is told to try again.")
redis_outage = Outage("Redis", "Events are read from the log every second until it is back.")
crowding = Outage("Room for requests", "Who comes now is told to try again.")


def note_away(error: BaseException) -> None:
    """Note the outage that this error tells of; any of an unknown kind is Redis's."""
    if isinstance(error, Crowded):
        crowding.note(error)
    elif isinstance(error, DATABASE_AWAY):
        database_outage.note(error)
    else:
        redis_outage.note(error)


class OneLinePerRedisOutage(logging.Filter):
    """Swallows the traceback that the channel layer logs every second while Redis is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass but lost connections, which are noted as an outage."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, REDIS_AWAY):
            redis_outage.note(error)
            return False
        return True
