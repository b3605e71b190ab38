"""Who has sockets in this process: their sockets close at once when they may not go on.

The process is in the group of the stream about each connected person. The look at every
heartbeat makes up for what was not heard.
"""

import asyncio
import json
from collections.abc import Set
from typing import Any
from uuid import UUID

from core.authentication import ended
from core.channel import LAYER_SECONDS, Channel
from core.database import in_database
from core.events import PERSON, StreamKey
from core.hiding import hidden_of
from core.outages import REDIS_AWAY, redis_outage
from core.outlet import Outlet

SIGNED_OUT = 4401
SIGNED_OUT_FRAME = json.dumps({"type": "error", "code": "signed_out", "detail": "Sign in again."})


class ConnectedPeople:
    """The people behind the hub's sockets, ``outlets``."""

    def __init__(self, channel: Channel, outlets: Set[Outlet]) -> None:
        self.channel = channel
        self.outlets = outlets
        self.heard: set[UUID] = set()

    def sockets_of(self, user_id: str) -> list[Outlet]:
        """All sockets of a person in this process."""
        return [outlet for outlet in self.outlets if str(outlet.user_id) == user_id]

    def hears(self, stream: StreamKey) -> bool:
        """Whether the stream is about somebody who is listened to."""
        return stream.kind == PERSON and stream.object_id in self.heard

    def take(self, message: dict[str, Any]) -> None:
        """End somebody's sockets if that is what a broadcast tells."""
        if message.get("revokes"):
            self.revoked(message["stream"], message["revokes"])
        if message.get("ends"):
            self._end_session(message["stream"], message["ends"])
        if message.get("changes_hiding"):
            _look_again(self.sockets_of(message["stream"].removeprefix(f"{PERSON}:")))

    def revoked(self, stream: str, user_id: str) -> None:
        """Somebody has lost a stream: if it is the one about them, they have lost everything."""
        if stream == f"{PERSON}:{user_id}":
            _end(self.sockets_of(user_id))

    def _end_session(self, stream: str, digest: str) -> None:
        """A session or token of the stream's person has ended: so do the sockets it opened."""
        person = self.sockets_of(stream.removeprefix(f"{PERSON}:"))
        _end([o for o in person if o.credentials is not None and o.credentials.digest == digest])

    async def end_others(self) -> None:
        """Close the sockets that may not go on, by a look at the database."""
        _end(await in_database(ended, list(self.outlets)))

    async def look_at_hiding(self) -> None:
        """Make up for not having heard that people keep other things from others now."""
        hidden = await in_database(hidden_of, {outlet.user_id for outlet in self.outlets})
        _look_again([o for o in self.outlets if hidden.get(o.user_id, o.hidden) != o.hidden])

    async def listen(self, followed: Set[str]) -> None:
        """Be in the group of each connected person's stream, and of nobody else's.

        Groups of streams that are ``followed`` are kept for those who follow them.
        """
        async with self.channel.membership:
            wanted = {outlet.user_id for outlet in self.outlets}
            try:
                for user_id in wanted ^ self.heard:
                    if redis_outage.is_on:
                        return  # the watch tries again when it is back
                    async with asyncio.timeout(LAYER_SECONDS):
                        await self._listen_to(user_id, user_id in wanted, followed)
            except REDIS_AWAY as error:
                redis_outage.note(error)

    async def _listen_to(self, user_id: UUID, is_wanted: bool, followed: Set[str]) -> None:
        stream = StreamKey(PERSON, user_id)
        if is_wanted:
            await self.channel.add(stream.group)
            self.heard.add(user_id)
        else:
            self.heard.discard(user_id)
            if str(stream) not in followed:
                await self.channel.discard(stream.group)


async def come_back(outlets: list[Outlet]) -> None:
    """Sockets that Redis had forgotten show themselves again, eight at a time: a process may hold
    thousands, and the database has other work."""
    turn = asyncio.Semaphore(8)

    async def show(outlet: Outlet) -> None:
        async with turn:
            if outlet.missed is not None:
                await outlet.missed()

    await asyncio.gather(*map(show, outlets))


_looking: set[asyncio.Task[None]] = set()


def _look_again(outlets: list[Outlet]) -> None:
    for outlet in outlets:
        if outlet.look_again is not None:
            task = asyncio.ensure_future(outlet.look_again())
            _looking.add(task)
            task.add_done_callback(_looking.discard)


def _end(outlets: list[Outlet]) -> None:
    for outlet in outlets:
        outlet.close(SIGNED_OUT, SIGNED_OUT_FRAME)
