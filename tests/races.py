"""Actions that wait for each other's locks, each in a thread with its own connection."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

SECONDS = 10
"""Longest wait for anything; only a failing test waits that long."""


class Racer:
    """Run something in a thread; made once it waits for a lock that somebody holds.

    ``behind`` is another one that waits already.
    """

    def __init__(self, act: Callable[[], Any], *, behind: "Racer | None" = None) -> None:
        self._act = act
        self._result: Any = None
        self._error: BaseException | None = None
        self._place: int = behind._place + 1 if behind else 1
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        deadline = time.monotonic() + SECONDS
        while _waiting() < self._place:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                return  # it does not wait for anybody: its result says what it did
            time.sleep(0.01)

    @property
    def waits(self) -> bool:
        """Whether it has not come to its end."""
        return self._thread.is_alive()

    def result(self) -> Any:
        """What it returned; raises what it raised."""
        self._thread.join(SECONDS)
        assert not self._thread.is_alive(), "it still waits for a lock"
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._act()
        except BaseException as error:  # raised again by result()
            self._error = error
        finally:
            connections.close_all()


def _waiting() -> int:
    """How many connections to this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        (number,) = cursor.fetchone()
    return int(number)
