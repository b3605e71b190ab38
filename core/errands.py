"""Errands: background work that follows an event, and that nothing loses.

`core.publish.record` writes an `Errand` for each follower of an event in the event's own
transaction. After the commit it is handed to a worker; what was not (Redis was away, the process
died) is found by `core.tasks.queue_due_errands`. It is done at least once: again only if a worker
dies, or PostgreSQL stays away, between doing it and noting that it is done.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from django.db import connection
from django.dispatch import Signal

from core.database import DATABASE_AWAY
from core.events import DomainEvent

if TYPE_CHECKING:
    from core.models import Event

Does = Callable[["Event"], None]
R = TypeVar("R")

due = Signal()
"""Errands can be handed to a worker; ``errands`` holds the id and number of attempts of each."""

INSIST_SECONDS = 60.0
"""How long what has been done is noted again and again while PostgreSQL is away."""

_followers: dict[str, list[str]] = {}
_does: dict[str, Does] = {}


class UnknownErrand(LookupError):
    """No errand has this name: another version of the product wrote it."""


def errand(*events: type[DomainEvent]) -> Callable[[Does], Does]:
    """Let a function of an app's ``tasks.py`` be called, by a worker, once for each such event.

    What it raises makes it be tried again, with growing pauses, for about a day. It must bear
    being called again: it looks first at what is still to be done.
    """

    def register(function: Does) -> Does:
        name = f"{function.__module__}.{function.__qualname__}"
        _does[name] = function
        for event in events:
            _followers.setdefault(event.__name__, []).append(name)
        return function

    return register


def following(event_name: str) -> Sequence[str]:
    """Names of the errands that an event of this name has; none for most."""
    return _followers.get(event_name, ())


def do(name: str, event: "Event") -> None:
    """Call the errand's function; raises what it raises, and `UnknownErrand`."""
    try:
        function = _does[name]
    except KeyError:
        raise UnknownErrand(name) from None
    function(event)


def insist(note: Callable[[], R]) -> R:
    """Call `note`, again while PostgreSQL is away, for up to a minute.

    For what follows an effect that cannot be undone, such as a mail: forgotten, it would be sent
    a second time.
    """
    until, pause = time.monotonic() + INSIST_SECONDS, 0.1
    while True:
        try:
            return note()
        except DATABASE_AWAY:
            if time.monotonic() + pause > until:
                raise
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()  # nothing begins on one that broke
        time.sleep(pause)
        pause = min(2 * pause, 5.0)
