"""The process's hub: one channel-layer channel for all sockets of the process.

It receives each event once and hands the same ready frame to every subscribed socket. It is a
reader of the log like any other: it keeps the number it has delivered per stream, and fetches
what a broadcast skipped, so that sockets see every number once and in order.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from channels.db import DatabaseSyncToAsync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from core import presence
from core.events import StreamKey
from core.outlet import Outlet
from core.queries import events_after, head, heads
from core.rendering import Frame, frames

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

REPLAY_PAGE = 200
"""Events fetched and sent at a time while a socket catches up."""

REORDER_SECONDS = 0.05
"""How long a gap may close by itself (two processes publish at once) before the log is read."""

LAYER_ERRORS = (OSError, RedisError)

_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="sockets-database")


async def in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run blocking database code in one of eight threads, its connection given back after."""
    call: Callable[P, Awaitable[R]] = DatabaseSyncToAsync(
        function, thread_sensitive=False, executor=_threads
    )
    return await call(*args, **kwargs)


def _load(stream: StreamKey, after: int, limit: int) -> list[Frame]:
    return frames(stream, events_after(stream, after, limit))


@dataclass(eq=False)
class Feed:
    """One stream as this process follows it.

    ``delivered`` is the last number handed to ``outlets``. ``ahead`` holds sockets that have
    already replayed further than that. ``early`` holds frames that came before their turn.
    """

    stream: StreamKey
    delivered: int = 0
    is_joined: bool = False
    outlets: set[Outlet] = field(default_factory=set)
    ahead: dict[Outlet, int] = field(default_factory=dict)
    early: dict[int, Frame] = field(default_factory=dict)
    healing: asyncio.Task[None] | None = None
    ready: asyncio.Future[None] | None = None


class Hub:
    """All sockets of this process and the streams they follow. One per event loop."""

    def __init__(self) -> None:
        self.layer = get_channel_layer()
        self.feeds: dict[str, Feed] = {}
        self.outlets: set[Outlet] = set()
        self._channel = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._membership = asyncio.Lock()

    # Sockets come and go ------------------------------------------------------------------

    def connect(self, outlet: Outlet) -> None:
        """Take a socket in; the first one starts the hub's two loops."""
        self.outlets.add(outlet)
        if not self._tasks:
            self._tasks = [
                asyncio.ensure_future(self._receive()),
                asyncio.ensure_future(self._beat()),
            ]

    async def disconnect(self, outlet: Outlet) -> None:
        """Let a socket go; with the last one the hub stops."""
        outlet.is_closed = True
        self.outlets.discard(outlet)
        for name in list(outlet.streams):
            await self.unsubscribe(outlet, name)
        if not self.outlets:
            tasks, self._tasks = self._tasks, []
            self._channel = ""
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def subscribe(self, outlet: Outlet, stream: StreamKey, after: int | None) -> int:
        """Send ``subscribed``, everything after ``after``, then live events. Returns the head.

        With ``after=None`` only live events are sent.
        """
        name = str(stream)
        outlet.streams.add(name)
        feed = await self._feed(stream)
        cursor = reached = await in_database(head, stream)
        outlet.write(json.dumps({"type": "subscribed", "stream": name, "head": reached}))
        if after is not None and after < cursor:
            cursor = after
        while name in outlet.streams:
            if cursor >= max(feed.delivered, reached):
                # No await between this check and joining: nothing can slip in between.
                feed.outlets.add(outlet)
                if cursor > feed.delivered:
                    feed.ahead[outlet] = cursor
                return reached
            page = await in_database(_load, stream, cursor, REPLAY_PAGE)
            for frame in page:
                outlet.write(frame.text)
            cursor = page[-1].seq
            await outlet.drained()
        return reached

    async def unsubscribe(self, outlet: Outlet, name: str) -> None:
        """Stop sending the stream to the socket; a stream nobody follows is left."""
        outlet.streams.discard(name)
        feed = self.feeds.get(name)
        if feed is None:
            return
        feed.outlets.discard(outlet)
        feed.ahead.pop(outlet, None)
        if feed.outlets or any(name in other.streams for other in self.outlets):
            return
        del self.feeds[name]
        if feed.healing is not None:
            feed.healing.cancel()
        await self._leave(feed)

    async def broadcast(
        self, stream: StreamKey, message: dict[str, Any], *, to: str = "", skip: str = ""
    ) -> None:
        """Publish something ephemeral to the stream's sockets in all processes.

        ``to`` restricts it to one person, ``skip`` leaves one person out (their ids). Lost
        when Redis is away: it is ephemeral.
        """
        text = json.dumps(message, separators=(",", ":"), ensure_ascii=False, default=str)
        try:
            await self.layer.group_send(
                stream.group,
                {"type": "signal", "stream": str(stream), "text": text, "to": to, "skip": skip},
            )
        except LAYER_ERRORS as error:
            logger.warning("A signal on %s was lost: %r", stream, error)

    # Delivery -----------------------------------------------------------------------------

    def receive_frame(self, frame: Frame) -> None:
        """Take a broadcast frame: deliver it in its turn, once."""
        feed = self.feeds.get(frame.stream)
        if feed is None or feed.ready is not None or frame.seq <= feed.delivered:
            return
        if frame.seq == feed.delivered + 1:
            self._deliver(feed, frame)
            while (following := feed.early.pop(feed.delivered + 1, None)) is not None:
                self._deliver(feed, following)
        else:
            feed.early[frame.seq] = frame
            self._heal(feed, frame.seq)

    def _deliver(self, feed: Feed, frame: Frame) -> None:
        feed.delivered = frame.seq
        if frame.revokes:
            self._revoke(feed, frame.revokes)
        text = frame.text
        if feed.ahead:
            for outlet in feed.outlets:
                if frame.seq > feed.ahead.get(outlet, 0):
                    outlet.write(text)
            feed.ahead = {o: seq for o, seq in feed.ahead.items() if seq > frame.seq}
            return
        for outlet in feed.outlets:
            outlet.write(text)

    def _revoke(self, feed: Feed, user_id: str) -> None:
        name = str(feed.stream)
        for outlet in [o for o in self.outlets if str(o.user_id) == user_id]:
            if name in outlet.streams:
                self.revoke(outlet, name)

    def revoke(self, outlet: Outlet, name: str) -> None:
        """Cut a socket off a stream and tell it."""
        outlet.streams.discard(name)
        if (feed := self.feeds.get(name)) is not None:
            feed.outlets.discard(outlet)
            feed.ahead.pop(outlet, None)
        outlet.write(json.dumps({"type": "revoked", "stream": name}))

    def _heal(self, feed: Feed, target: int) -> None:
        if feed.healing is None or feed.healing.done():
            feed.healing = asyncio.ensure_future(self._fetch_missing(feed, target))

    async def _fetch_missing(self, feed: Feed, target: int) -> None:
        """Read from the log what was not broadcast to us, until ``target`` is delivered."""
        await asyncio.sleep(REORDER_SECONDS)
        while feed.delivered < max(target, *feed.early, 0):
            try:
                page = await in_database(_load, feed.stream, feed.delivered, REPLAY_PAGE)
            except DatabaseError as error:
                logger.warning("Reading %s again in 1 s: %s", feed.stream, type(error).__name__)
                await asyncio.sleep(1)
                continue
            if not page:
                return
            for frame in page:
                if frame.seq == feed.delivered + 1:
                    self._deliver(feed, frame)
            feed.early = {seq: f for seq, f in feed.early.items() if seq > feed.delivered}

    async def _feed(self, stream: StreamKey) -> Feed:
        """The stream's feed; the first asker joins its group and learns its head."""
        name = str(stream)
        feed = self.feeds.get(name)
        if feed is None:
            feed = self.feeds[name] = Feed(stream)
            feed.ready = asyncio.get_running_loop().create_future()
            try:
                await self._join(feed)
                # After joining: an event between the two is broadcast or in this number.
                feed.delivered = await in_database(head, stream)
            except BaseException:
                self.feeds.pop(name, None)
                raise
            finally:
                ready, feed.ready = feed.ready, None
                ready.set_result(None)
        elif feed.ready is not None:
            await feed.ready
            return await self._feed(stream)
        return feed

    async def _join(self, feed: Feed) -> None:
        try:
            async with self._membership:
                if not self._channel:
                    self._channel = await self.layer.new_channel()
                await self.layer.group_add(feed.stream.group, self._channel)
            feed.is_joined = True
        except LAYER_ERRORS as error:
            logger.warning("Following %s by heartbeat until Redis is back: %r", feed.stream, error)

    async def _leave(self, feed: Feed) -> None:
        try:
            async with self._membership:
                if str(feed.stream) not in self.feeds:  # else somebody came back meanwhile
                    await self.layer.group_discard(feed.stream.group, self._channel)
        except LAYER_ERRORS as error:
            logger.warning("Leaving %s: %r", feed.stream, error)

    # Loops --------------------------------------------------------------------------------

    async def _receive(self) -> None:
        while True:
            try:
                async with self._membership:
                    if not self._channel:
                        self._channel = await self.layer.new_channel()
                message = await self.layer.receive(self._channel)
            except LAYER_ERRORS as error:
                logger.warning("Channel layer: %r", error)
                await asyncio.sleep(1)
                continue
            if message["type"] == "frame":
                self.receive_frame(
                    Frame(message["stream"], message["seq"], message["text"], message["revokes"])
                )
            else:
                self._pass_on(message)

    def _pass_on(self, message: dict[str, Any]) -> None:
        feed = self.feeds.get(message["stream"])
        for outlet in feed.outlets if feed else ():
            person = str(outlet.user_id)
            if person != message["skip"] and message["to"] in ("", person):
                outlet.write(message["text"])

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(settings.SOCKET_HEARTBEAT_SECONDS)
            try:
                await self.beat()
            except DatabaseError as error:
                logger.warning("Heartbeat: database unavailable (%s)", type(error).__name__)
            except Exception:
                logger.exception("Heartbeat failed")

    async def beat(self) -> None:
        """Compare every stream's number with the log, tell the heads, keep presence alive."""
        for feed in list(self.feeds.values()):
            if not feed.is_joined:
                await self._join(feed)
        numbers = await in_database(heads, [feed.stream for feed in self.feeds.values()])
        by_name = {str(stream): number for stream, number in numbers.items()}
        for name, feed in self.feeds.items():
            if by_name.get(name, 0) > feed.delivered:
                self._heal(feed, by_name[name])
        for outlet in list(self.outlets):
            known = {name: by_name.get(name, 0) for name in outlet.streams}
            outlet.write(json.dumps({"type": "heads", "streams": known}))
        try:
            await presence.refresh(self.outlets)
        except LAYER_ERRORS as error:
            logger.warning("Presence not refreshed: %r", error)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        for old in [old for old in _hubs if old.is_closed()]:
            del _hubs[old]
        _hubs[loop] = Hub()
    return _hubs[loop]
