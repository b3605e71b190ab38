"""One stream as this process follows it: every number once, in order, to all its sockets.

A feed is a reader of the log like any other: it keeps the number it has delivered, and fetches
what a broadcast skipped.
"""

import asyncio
import logging
from collections.abc import Callable

from core.database import DATABASE_AWAY, in_database
from core.events import StreamKey
from core.frames import on_the_wire
from core.outages import database_outage
from core.outlet import Outlet
from core.queries import events_after
from core.rendering import Frame, frames

logger = logging.getLogger(__name__)

PAGE = 200
"""Events fetched at a time."""

REORDER_SECONDS = 0.05
"""How long a gap may close by itself (two processes publish at once) before the log is read."""

RETRY_SECONDS = 1.0


def load(stream: StreamKey, after: int, limit: int = PAGE) -> list[Frame]:
    """The ready frames of the events numbered above ``after``, oldest first."""
    return frames(stream, events_after(stream, after, limit))


class Feed:
    """``delivered`` is the last number handed to ``outlets``.

    ``asking`` holds sockets whose right to follow is being looked up, with the newest removal of
    their person that was delivered meanwhile. ``behind`` holds sockets that still replay, with the
    number that the log had when it was looked up: they get ephemeral messages only. ``ahead``
    holds sockets that have replayed further than that already. ``early`` holds frames that came
    before their turn, and until the feed is open everything that comes.
    """

    def __init__(self, stream: StreamKey, revoke: Callable[["Feed", str, int], None]) -> None:
        self.stream = stream
        self.name = str(stream)
        self.delivered = 0
        self.is_joined = False
        self.is_open = False
        self.opening = asyncio.Lock()
        self.outlets: set[Outlet] = set()
        self.asking: dict[Outlet, int] = {}
        self.behind: dict[Outlet, int] = {}
        self.ahead: dict[Outlet, int] = {}
        self.early: dict[int, Frame] = {}
        self.healing: asyncio.Task[None] | None = None
        self._revoke = revoke
        self._target = 0

    def open_at(self, number: int) -> None:
        """Begin behind ``number``, the head of the log as read after joining the group."""
        self.delivered, self.is_open = number, True
        self._deliver_early()

    def add(self, outlet: Outlet, reached: int) -> None:
        """Send live events to a socket that has everything up to ``reached``."""
        self.behind.pop(outlet, None)
        self.outlets.add(outlet)
        if reached > self.delivered:
            self.ahead[outlet] = reached

    def drop(self, outlet: Outlet) -> None:
        """Send nothing more to a socket."""
        self.outlets.discard(outlet)
        self.behind.pop(outlet, None)
        self.ahead.pop(outlet, None)

    def has_outlived(self, outlet: Outlet, removal: int) -> bool:
        """Whether a removal of the socket's person is older than the socket's right to follow.

        Somebody who was added again may follow before this process has delivered the removal.
        """
        if outlet in self.asking:
            self.asking[outlet] = max(self.asking[outlet], removal)
            return True  # for the time being: who asks compares the numbers
        return removal <= max(self.behind.get(outlet, 0), self.ahead.get(outlet, 0))

    def pass_on(self, text: str, *, to: str, skip: str) -> None:
        """Hand an ephemeral message to everybody, but for ``to`` only and for ``skip`` not."""
        ready = on_the_wire(text)
        for outlet in (*self.outlets, *self.behind):
            person = str(outlet.user_id)
            if person != skip and to in ("", person):
                outlet.write(text, ready)

    def receive(self, frame: Frame) -> None:
        """Take a broadcast frame: deliver it in its turn, once."""
        if self.is_open and frame.seq <= self.delivered:
            return
        self.early[frame.seq] = frame
        if self.is_open:
            self._deliver_early()

    def heal(self, target: int) -> None:
        """Read what is missing up to ``target`` from the log, in a task."""
        self._target = max(self._target, target)
        if self.healing is None or self.healing.done():
            self.healing = asyncio.ensure_future(self._fetch_missing())

    def close(self) -> None:
        """Nobody follows the stream any more."""
        if self.healing is not None:
            self.healing.cancel()

    def _deliver_early(self) -> None:
        """Deliver what is next; a gap is healed."""
        while (frame := self.early.pop(self.delivered + 1, None)) is not None:
            self._deliver(frame)
        if self.early:
            self.early = {seq: f for seq, f in self.early.items() if seq > self.delivered}
        if self.early:
            self.heal(max(self.early))

    def _deliver(self, frame: Frame) -> None:
        self.delivered = frame.seq
        if frame.revokes:
            # Before the event itself: who is removed does not see it, nor anything after it.
            self._revoke(self, frame.revokes, frame.seq)
        text, ready = frame.text, on_the_wire(frame.text)
        if not self.ahead:
            for outlet in self.outlets:
                outlet.write(text, ready)
            return
        for outlet in self.outlets:
            if frame.seq > self.ahead.get(outlet, 0):
                outlet.write(text, ready)
        self.ahead = {o: seq for o, seq in self.ahead.items() if seq > frame.seq}

    async def _fetch_missing(self) -> None:
        await asyncio.sleep(REORDER_SECONDS)
        while self.delivered < self._target:
            target = self._target
            try:
                page = await in_database(load, self.stream, self.delivered)
            except DATABASE_AWAY as error:
                database_outage.note(error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except Exception:
                logger.exception("Reading %s failed; trying again", self.name)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            # The log has no gaps but those that retention made: it decides what comes next.
            for frame in page:
                if frame.seq > self.delivered:
                    self._deliver(frame)
            if not page:
                self._give_up(target)
            self._deliver_early()

    def _give_up(self, target: int) -> None:
        """The log holds nothing up to ``target``; what came while it was read still counts."""
        self.early = {seq: frame for seq, frame in self.early.items() if seq > target}
        if self._target == target:
            self._target = self.delivered
