"""The process's hub: one channel-layer channel for all sockets of the process.

It receives each event once and hands the same ready frame to every subscribed socket, through
one `Feed` per stream. While Redis is away it reads the log every second instead.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from core import presence
from core.channel import Channel
from core.database import DATABASE_AWAY, in_database
from core.events import StreamKey
from core.feed import PAGE, Feed, load
from core.frames import on_the_wire
from core.outages import REDIS_AWAY, database_outage, redis_outage
from core.outlet import Outlet
from core.people import ConnectedPeople, come_back
from core.queries import head, heads
from core.rendering import Frame
from core.watching import Watchers

logger = logging.getLogger(__name__)

R = TypeVar("R")

LOOK_SECONDS = 1.0
"""How often the log is read while broadcasts do not arrive."""

TOLD_AT_ONCE = 50
"""Sockets that are told the heads before others have their turn: a process may hold thousands."""

HEAL_SECONDS = 2.0
"""Longest that telling the heads waits for events up to them to be sent first."""

DRAIN_SECONDS = 3.0
"""Longest that an ending process lets a socket finish what is under way."""

RESTARTING = 1012

MayFollow = Callable[[], bool]


class Hub:
    """All sockets of this process and the streams they follow. One per event loop."""

    def __init__(self) -> None:
        self.channel = Channel()
        self.feeds: dict[str, Feed] = {}
        self.outlets: set[Outlet] = set()
        self.people = ConnectedPeople(self.channel, self.outlets)
        self.watchers = Watchers(self.channel, self.outlets)
        self.seek_absent: Callable[[], Coroutine[Any, Any, None]] | None = None
        self.is_draining = False
        self._returning: asyncio.Task[None] | None = None
        self._leaving: set[Outlet] = set()
        self._tasks: list[asyncio.Task[None]] = []

    # Sockets come and go ------------------------------------------------------------------

    async def connect(self, outlet: Outlet) -> None:
        """Take a socket in, to end with its person; the first one starts the hub's three loops."""
        self.outlets.add(outlet)
        if not self._tasks:
            self.channel.open()
            self._tasks = [
                asyncio.ensure_future(self._receive()),
                asyncio.ensure_future(self._watch()),
                asyncio.ensure_future(self._attend()),
            ]
        await self.people.listen(self.feeds.keys())

    def forget(self, outlet: Outlet) -> None:
        """Send nothing more to a socket, at once; `disconnect` does the rest."""
        outlet.is_closed = True
        self.watchers.forget(outlet)
        if outlet in self.outlets:
            self.outlets.discard(outlet)
            self._leaving.add(outlet)
        for name in outlet.streams:
            if (feed := self.feeds.get(name)) is not None:
                feed.drop(outlet)

    def abandon(self, outlet: Outlet) -> None:
        """Forget a socket whose task has ended: nobody will call `disconnect`."""
        self.forget(outlet)
        self._leaving.discard(outlet)

    async def disconnect(self, outlet: Outlet) -> None:
        """Let a socket go; with the last one the hub stops."""
        self.forget(outlet)
        names, outlet.streams = outlet.streams, set()
        for name in names:
            await self._close_unfollowed(name)
        await self.people.listen(self.feeds.keys())
        await self.watchers.settle()
        self._leaving.discard(outlet)
        for name in [] if self.outlets else list(self.feeds):  # left behind by revocations
            await self._close_unfollowed(name)
        if not self.outlets and not self._leaving:
            tasks, self._tasks = self._tasks, []
            self.channel.close()
            self.people.heard.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await presence.close()

    async def drain(self) -> None:
        """The process is about to end: close every socket with 1012, what is under way first.

        Their people come back at once, so nobody is told that they left; who does not is missed
        when what is known of them expires.
        """
        self.is_draining = True
        outlets = list(self.outlets)
        await asyncio.gather(
            self._expect_back(outlets), *(self._let_finish(outlet) for outlet in outlets)
        )

    async def _expect_back(self, outlets: list[Outlet]) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await presence.expect_back(outlets)
        except REDIS_AWAY as error:
            redis_outage.note(error)

    async def _let_finish(self, outlet: Outlet) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await outlet.is_idle.wait()
                await outlet.drained()
        outlet.close(RESTARTING)

    async def subscribe(
        self, outlet: Outlet, stream: StreamKey, after: int | None, may_follow: MayFollow,
        begins: int = 0,
    ) -> None:  # fmt: skip
        """Send ``subscribed``, everything after ``after``, then live events.

        With ``after=None`` only live events are sent; nothing up to ``begins`` is, as the answer
        says. ``may_follow`` (blocking) is asked again after every reading of the log and before
        anything read is sent. A removal is either seen by it, or delivered by the feed, which then
        cuts this socket off: whichever comes first, nothing of after the removal is sent.
        """
        name = str(stream)
        outlet.streams.add(name)
        if (known := self.feeds.get(name)) is not None:
            known.drop(outlet)  # it subscribes again: nothing live until it has caught up
        feed = await self._open(stream)
        feed.asking[outlet] = 0
        try:
            reached = await in_database(_permitted, may_follow, head, stream)
        finally:
            removed_at = feed.asking.pop(outlet, 0)
        if reached is None or removed_at > reached:
            self.revoke(outlet, name)
        elif name in outlet.streams:
            more = {"begins": begins} if begins else {}
            outlet.write(json.dumps({"type": "subscribed", "stream": name, "head": reached} | more))
            feed.behind[outlet] = reached
            cursor = reached if after is None else min(max(after, begins), reached)
            await self._replay(outlet, feed, cursor, reached, may_follow)

    async def unsubscribe(self, outlet: Outlet, name: str) -> None:
        """Stop sending the stream to the socket; a stream nobody follows is left."""
        outlet.streams.discard(name)
        if (feed := self.feeds.get(name)) is not None:
            feed.drop(outlet)
            await self._close_unfollowed(name)

    def revoke(self, outlet: Outlet, name: str) -> None:
        """Cut a socket off a stream and tell it. The watch closes a feed left without any."""
        if name not in outlet.streams:
            return
        outlet.streams.discard(name)
        if (feed := self.feeds.get(name)) is not None:
            feed.drop(outlet)
        outlet.write(json.dumps({"type": "revoked", "stream": name}))

    async def broadcast(
        self, stream: StreamKey, message: dict[str, Any], *, to: str = "", skip: str = ""
    ) -> None:
        """Publish something ephemeral to the stream's sockets in all processes.

        ``to`` restricts it to one person, ``skip`` leaves one person out (their ids). Lost
        when Redis is away: it is ephemeral.
        """
        text = json.dumps(message, separators=(",", ":"), cls=DjangoJSONEncoder)
        envelope = {"type": "signal", "stream": str(stream), "text": text, "to": to, "skip": skip}
        await self.channel.send(stream.group, envelope)

    # Feeds --------------------------------------------------------------------------------

    async def _open(self, stream: StreamKey) -> Feed:
        """The stream's feed; the first asker joins its group and learns its head."""
        feed = self.feeds.setdefault(str(stream), Feed(stream, self._revoke_person))
        async with feed.opening:
            if not feed.is_open:
                feed.is_joined = await self.channel.join(feed.stream.group)
                # After joining: an event between the two is broadcast or in this number.
                feed.open_at(await in_database(head, stream))
        return feed

    async def _replay(
        self, outlet: Outlet, feed: Feed, cursor: int, reached: int, may_follow: MayFollow
    ) -> None:
        while feed.name in outlet.streams and not outlet.is_closed:
            if cursor >= max(feed.delivered, reached):
                # No await between this check and joining: nothing can slip in between.
                feed.add(outlet, cursor)
                return
            page = await in_database(_permitted, may_follow, load, feed.stream, cursor, PAGE)
            if page is None:
                self.revoke(outlet, feed.name)
                return
            for frame in page:
                if feed.name not in outlet.streams:
                    return  # cut off while this waited for the socket
                outlet.write(frame.text)
                await outlet.drained()
            cursor = page[-1].seq if page else max(feed.delivered, reached)

    def _revoke_person(self, feed: Feed, user_id: str, removal: int) -> None:
        self.people.revoked(feed.name, user_id)
        for outlet in self.people.sockets_of(user_id):
            if not feed.has_outlived(outlet, removal):
                self.revoke(outlet, feed.name)

    async def _close_unfollowed(self, name: str) -> None:
        feed = self.feeds.get(name)
        if feed is None or feed.outlets or any(name in o.streams for o in self.outlets):
            return
        del self.feeds[name]
        feed.close()
        await self.channel.leave(
            feed.stream.group,
            lambda: name in self.feeds or self.people.hears(feed.stream),
        )

    # Receiving ----------------------------------------------------------------------------

    async def _receive(self) -> None:
        while True:
            message = await self.channel.receive()
            if message is None:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            try:
                self._take(message)
            except Exception:
                logger.exception("A broadcast could not be delivered")
            # A full queue is received without ever yielding: sockets must get to drain too.
            await asyncio.sleep(0)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "probe":
            self.channel.heard(message["number"])
            return
        if message["type"] == "presence":
            self.watchers.take(message)
            return
        self.people.take(message)
        feed = self.feeds.get(message["stream"])
        if feed is None:
            return
        if message["type"] == "frame":
            feed.receive(
                Frame(message["stream"], message["seq"], message["text"], message["revokes"])
            )
        else:
            feed.pass_on(message["text"], to=message["to"], skip=message["skip"])

    # Watching -----------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Tell the heads at every heartbeat; in between, read the log while we are deaf."""
        clock = asyncio.get_running_loop().time
        beat_at = clock() + settings.SOCKET_HEARTBEAT_SECONDS
        was_deaf = False
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, settings.SOCKET_HEARTBEAT_SECONDS))
            is_deaf = self.channel.is_deaf
            try:
                if clock() >= beat_at:
                    beat_at = clock() + settings.SOCKET_HEARTBEAT_SECONDS
                    await self.tell_heads()
                elif is_deaf or was_deaf:  # once more after: something was missed until then
                    await self.look()
            except DATABASE_AWAY as error:
                database_outage.note(error)
            except Exception:
                logger.exception("The watch over the streams failed")
            was_deaf = is_deaf

    async def look(self) -> dict[str, int]:
        """Compare every stream's number with the log and fetch what is missing.

        Returns the head of each stream.
        """
        await self.channel.probe()
        for feed in list(self.feeds.values()):
            await self._close_unfollowed(feed.name)
        for feed in list(self.feeds.values()):
            if not feed.is_joined:
                feed.is_joined = await self.channel.join(feed.stream.group)
        await self.people.listen(self.feeds.keys())
        numbers = await in_database(heads, [feed.stream for feed in self.feeds.values()])
        database_outage.over()
        by_name = {str(stream): number for stream, number in numbers.items()}
        for feed in self.feeds.values():
            if feed.is_open and by_name.get(feed.name, 0) > feed.delivered:
                feed.heal(by_name[feed.name])
        return by_name

    async def beat(self) -> None:
        """All that happens at a heartbeat."""
        await self._keep_presence()
        await self.tell_heads()

    async def tell_heads(self) -> None:
        """Look, let sockets have what they miss, tell them the heads."""
        by_name = await self.look()
        healing = [f.healing for f in self.feeds.values() if f.healing and not f.healing.done()]
        if healing:
            await asyncio.wait(healing, timeout=HEAL_SECONDS)
        ready: dict[str, bytes] = {}  # most sockets of a room follow the same streams
        for number, outlet in enumerate(list(self.outlets)):
            if number % TOLD_AT_ONCE == 0:
                await asyncio.sleep(0)
            known = {name: by_name[name] for name in sorted(outlet.streams) if name in by_name}
            caught_up = {name: n for name, n in known.items() if self._follows(outlet, name)}
            text = json.dumps({"type": "heads", "streams": caught_up})
            outlet.write(text, ready.get(text) or ready.setdefault(text, on_the_wire(text)))
        await self.people.end_others()
        await self.people.look_at_hiding()

    async def _attend(self) -> None:
        """Keep presence alive at every beat of it: also while the database hangs, and the watch
        with it, those whose sockets are open are there. Twice a beat, seek who is absent."""
        is_beat, seeking = False, asyncio.ensure_future(asyncio.sleep(0))
        while True:
            await asyncio.sleep(presence.SWEEP_SECONDS)
            is_beat = not is_beat
            try:
                if not is_beat:
                    await self._keep_presence()
                    await self.watchers.look()
                if seeking.done() and self.seek_absent is not None:
                    seeking = asyncio.ensure_future(self.seek_absent())
            except Exception:
                logger.exception("Presence could not be kept")

    async def _keep_presence(self) -> None:
        lost = []
        try:
            async for outlet in presence.refresh([o for o in self.outlets if not o.is_closed]):
                lost.append(outlet)  # noqa: PERF401 - those known when Redis goes are kept
        except REDIS_AWAY as error:
            redis_outage.note(error)
        if lost:
            self._returning = asyncio.ensure_future(come_back(lost))

    def _follows(self, outlet: Outlet, name: str) -> bool:
        feed = self.feeds.get(name)
        return feed is not None and outlet in feed.outlets


def _permitted(may_follow: MayFollow, read: Callable[..., R], *args: Any) -> R | None:
    """What ``read`` answers, or None when the person may not follow (any more)."""
    answer = read(*args)
    return answer if may_follow() else None


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        for old in [old for old in _hubs if old.is_closed()]:
            del _hubs[old]
        _hubs[loop] = Hub()
    return _hubs[loop]
