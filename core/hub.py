"""The process's hub: one channel-layer channel for all sockets of the process.

It receives each event once and hands the same ready frame to every subscribed socket, through
one `Feed` per stream. While Redis is away it reads the log every second instead.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from core import presence
from core.authentication import ended
from core.database import DATABASE_AWAY, in_database
from core.events import StreamKey
from core.feed import PAGE, Feed, load
from core.outages import REDIS_AWAY, database_outage, redis_outage
from core.outlet import Outlet
from core.queries import head, heads
from core.rendering import Frame

logger = logging.getLogger(__name__)

R = TypeVar("R")

SIGNED_OUT = 4401
SIGNED_OUT_FRAME = json.dumps({"type": "error", "code": "signed_out", "detail": "Sign in again."})
PERSON = "user"  # the kind of the stream about a person: who loses that one loses every socket

LOOK_SECONDS = 1.0
"""How often the log is read while broadcasts do not arrive."""

LAYER_SECONDS = 2.0
"""Longest wait for Redis: it is needed for speed only."""

HEAL_SECONDS = 2.0
"""Longest that telling the heads waits for events up to them to be sent first."""

MayFollow = Callable[[], bool]


class Hub:
    """All sockets of this process and the streams they follow. One per event loop."""

    def __init__(self) -> None:
        self.layer: Any = get_channel_layer()
        self.feeds: dict[str, Feed] = {}
        self.outlets: set[Outlet] = set()
        self._leaving: set[Outlet] = set()
        self._people: set[UUID] = set()
        self._channel = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._membership = asyncio.Lock()
        self._probe_sent = self._probe_heard = 0
        self._outages = redis_outage.count

    # Sockets come and go ------------------------------------------------------------------

    async def connect(self, outlet: Outlet) -> None:
        """Take a socket in, to end with its person; the first one starts the hub's two loops."""
        self.outlets.add(outlet)
        if not self._tasks:
            self._probe_heard = self._probe_sent
            self._tasks = [
                asyncio.ensure_future(self._receive()),
                asyncio.ensure_future(self._watch()),
            ]
        await self._listen_to_people()

    def forget(self, outlet: Outlet) -> None:
        """Send nothing more to a socket, at once; `disconnect` does the rest."""
        outlet.is_closed = True
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
        await self._listen_to_people()
        self._leaving.discard(outlet)
        for name in [] if self.outlets else list(self.feeds):  # left behind by revocations
            await self._close_unfollowed(name)
        if not self.outlets and not self._leaving:
            tasks, self._tasks = self._tasks, []
            self._channel = ""
            self._people.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await presence.close()

    async def subscribe(
        self, outlet: Outlet, stream: StreamKey, after: int | None, may_follow: MayFollow
    ) -> None:
        """Send ``subscribed``, everything after ``after``, then live events.

        With ``after=None`` only live events are sent. ``may_follow`` (blocking) is asked again
        after every reading of the log and before anything read is sent. A removal is either
        seen by it, or delivered by the feed, which then cuts this socket off: whichever comes
        first, nothing of after the removal is sent.
        """
        name = str(stream)
        outlet.streams.add(name)
        if (known := self.feeds.get(name)) is not None:
            known.drop(outlet)  # it subscribes again: nothing live until it has caught up
        feed = await self._open(stream)
        reached = await in_database(_permitted, may_follow, head, stream)
        if reached is None:
            self.revoke(outlet, name)
        elif name in outlet.streams:
            outlet.write(json.dumps({"type": "subscribed", "stream": name, "head": reached}))
            feed.behind.add(outlet)
            cursor = reached if after is None else min(after, reached)
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
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await self.layer.group_send(stream.group, envelope)
        except REDIS_AWAY as error:
            redis_outage.note(error)

    # Feeds --------------------------------------------------------------------------------

    async def _open(self, stream: StreamKey) -> Feed:
        """The stream's feed; the first asker joins its group and learns its head."""
        feed = self.feeds.setdefault(str(stream), Feed(stream, self._revoke_person))
        async with feed.opening:
            if not feed.is_open:
                await self._join(feed)
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

    def _revoke_person(self, feed: Feed, user_id: str) -> None:
        if feed.name == f"{PERSON}:{user_id}":
            self._end_person(user_id)
        for outlet in [o for o in self.outlets if str(o.user_id) == user_id]:
            self.revoke(outlet, feed.name)

    def _end_person(self, user_id: str) -> None:
        """Close all sockets of somebody who may not use the suite any more."""
        for outlet in [o for o in self.outlets if str(o.user_id) == user_id]:
            outlet.close(SIGNED_OUT, SIGNED_OUT_FRAME)

    async def _listen_to_people(self) -> None:
        """Be in the group of each connected person's stream; `ended` makes up for losses."""
        async with self._membership:
            wanted = {outlet.user_id for outlet in self.outlets}
            try:
                for user_id in wanted ^ self._people:
                    if redis_outage.is_on:
                        return  # the watch tries again when it is back
                    async with asyncio.timeout(LAYER_SECONDS):
                        await self._listen_to(user_id, user_id in wanted)
            except REDIS_AWAY as error:
                redis_outage.note(error)

    async def _listen_to(self, user_id: UUID, is_wanted: bool) -> None:
        stream = StreamKey(PERSON, user_id)
        if is_wanted:
            await self._ensure_channel()
            await self.layer.group_add(stream.group, self._channel)
            self._people.add(user_id)
        else:
            self._people.discard(user_id)
            if str(stream) not in self.feeds:
                await self.layer.group_discard(stream.group, self._channel)

    async def _close_unfollowed(self, name: str) -> None:
        feed = self.feeds.get(name)
        if feed is None or feed.outlets or any(name in o.streams for o in self.outlets):
            return
        del self.feeds[name]
        feed.close()
        await self._leave(feed)

    async def _join(self, feed: Feed) -> None:
        try:
            async with asyncio.timeout(LAYER_SECONDS), self._membership:
                await self._ensure_channel()
                await self.layer.group_add(feed.stream.group, self._channel)
            feed.is_joined = True
        except REDIS_AWAY as error:
            redis_outage.note(error)

    async def _leave(self, feed: Feed) -> None:
        try:
            async with asyncio.timeout(LAYER_SECONDS), self._membership:
                is_person = feed.stream.kind == PERSON and feed.stream.object_id in self._people
                if feed.name not in self.feeds and not is_person:  # nobody came back meanwhile
                    await self.layer.group_discard(feed.stream.group, self._channel)
        except REDIS_AWAY as error:
            redis_outage.note(error)

    async def _ensure_channel(self) -> None:
        if not self._channel:
            self._channel = await self.layer.new_channel()

    # Receiving ----------------------------------------------------------------------------

    async def _receive(self) -> None:
        while True:
            try:
                async with self._membership:
                    await self._ensure_channel()
                message = await self.layer.receive(self._channel)
            except REDIS_AWAY as error:
                redis_outage.note(error)
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
            self._probe_heard = message["number"]
            redis_outage.over()
            return
        if message.get("revokes") and message["stream"] == f"{PERSON}:{message['revokes']}":
            self._end_person(message["revokes"])
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

    @property
    def _is_deaf(self) -> bool:
        """Whether broadcasts may not have reached us: no probe came back since an outage."""
        return (
            redis_outage.is_on
            or redis_outage.count != self._outages
            or self._probe_heard < self._probe_sent
        )

    async def _watch(self) -> None:
        """Tell the heads at every heartbeat; in between, read the log while we are deaf."""
        clock = asyncio.get_running_loop().time
        beat_at = clock() + settings.SOCKET_HEARTBEAT_SECONDS
        was_deaf = False
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, settings.SOCKET_HEARTBEAT_SECONDS))
            is_deaf = self._is_deaf
            try:
                if clock() >= beat_at:
                    beat_at = clock() + settings.SOCKET_HEARTBEAT_SECONDS
                    await self.beat()
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
        await self._probe()
        for feed in list(self.feeds.values()):
            await self._close_unfollowed(feed.name)
        for feed in list(self.feeds.values()):
            if not feed.is_joined:
                await self._join(feed)
        await self._listen_to_people()
        numbers = await in_database(heads, [feed.stream for feed in self.feeds.values()])
        database_outage.over()
        by_name = {str(stream): number for stream, number in numbers.items()}
        for feed in self.feeds.values():
            if feed.is_open and by_name.get(feed.name, 0) > feed.delivered:
                feed.heal(by_name[feed.name])
        return by_name

    async def beat(self) -> None:
        """Keep presence alive, look, let sockets have what they miss, tell them the heads."""
        try:  # first: it does not depend on the database
            await presence.refresh([o for o in self.outlets if not o.is_closed])
        except REDIS_AWAY as error:
            redis_outage.note(error)
        by_name = await self.look()
        healing = [f.healing for f in self.feeds.values() if f.healing and not f.healing.done()]
        if healing:
            await asyncio.wait(healing, timeout=HEAL_SECONDS)
        for outlet in list(self.outlets):
            known = {name: by_name[name] for name in outlet.streams if name in by_name}
            caught_up = {name: n for name, n in known.items() if self._follows(outlet, name)}
            outlet.write(json.dumps({"type": "heads", "streams": caught_up}))
        for outlet in await in_database(ended, list(self.outlets)):
            outlet.close(SIGNED_OUT, SIGNED_OUT_FRAME)

    def _follows(self, outlet: Outlet, name: str) -> bool:
        feed = self.feeds.get(name)
        return feed is not None and outlet in feed.outlets

    async def _probe(self) -> None:
        """Send ourselves a message: only when it comes back do broadcasts reach us."""
        self._outages = redis_outage.count
        self._probe_sent += 1
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                async with self._membership:
                    await self._ensure_channel()
                probe = {"type": "probe", "number": self._probe_sent}
                await self.layer.send(self._channel, probe)
        except REDIS_AWAY as error:
            redis_outage.note(error)


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
