"""The process's one channel of the channel layer: the groups it is in, and whether it hears."""

import asyncio
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer

from core.outages import REDIS_AWAY, redis_outage

LAYER_SECONDS = 2.0
"""Longest wait for Redis: it is needed for speed only."""


class Channel:
    """Joins and leaves groups, receives what they get; Redis away is noted, never raised.

    ``membership`` makes one change at a time, so that who leaves a group and who joins it again
    cannot overtake each other.
    """

    def __init__(self) -> None:
        self.layer: Any = get_channel_layer()
        self.name = ""
        self.membership = asyncio.Lock()
        self._probe_sent = self._probe_heard = 0
        self._outages = redis_outage.count

    @property
    def is_deaf(self) -> bool:
        """Whether broadcasts may not have reached us: no probe came back since an outage."""
        return (
            redis_outage.is_on
            or redis_outage.count != self._outages
            or self._probe_heard < self._probe_sent
        )

    def open(self) -> None:
        """Begin to listen: what was asked before counts as heard."""
        self._probe_heard = self._probe_sent

    def close(self) -> None:
        """Forget the channel; the next use makes another one."""
        self.name = ""

    async def receive(self) -> dict[str, Any] | None:
        """The next message; None while Redis is away."""
        try:
            async with self.membership:
                await self._named()
            message: dict[str, Any] = await self.layer.receive(self.name)
        except REDIS_AWAY as error:
            redis_outage.note(error)
            return None
        return message

    async def send(self, group: str, message: dict[str, Any]) -> None:
        """Send a message to a group; lost while Redis is away."""
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await self.layer.group_send(group, message)
        except REDIS_AWAY as error:
            redis_outage.note(error)

    async def join(self, group: str) -> bool:
        """Join a group. Returns whether that could be done."""
        try:
            async with asyncio.timeout(LAYER_SECONDS), self.membership:
                await self.add(group)
        except REDIS_AWAY as error:
            redis_outage.note(error)
            return False
        return True

    async def leave(self, group: str, is_wanted: Callable[[], bool]) -> None:
        """Leave a group, unless somebody wants it again when the turn has come."""
        try:
            async with asyncio.timeout(LAYER_SECONDS), self.membership:
                if not is_wanted():
                    await self.discard(group)
        except REDIS_AWAY as error:
            redis_outage.note(error)

    async def add(self, group: str) -> None:
        """Join a group, while holding ``membership``; raises what Redis raises."""
        await self._named()
        await self.layer.group_add(group, self.name)

    async def discard(self, group: str) -> None:
        """Leave a group, while holding ``membership``; raises what Redis raises."""
        await self.layer.group_discard(group, self.name)

    async def probe(self) -> None:
        """Send ourselves a message: only when it comes back do broadcasts reach us."""
        self._outages = redis_outage.count
        self._probe_sent += 1
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                async with self.membership:
                    await self._named()
                await self.layer.send(self.name, {"type": "probe", "number": self._probe_sent})
        except REDIS_AWAY as error:
            redis_outage.note(error)

    def heard(self, number: int) -> None:
        """A probe has come back."""
        self._probe_heard = number
        redis_outage.over()

    async def _named(self) -> None:
        if not self.name:
            self.name = await self.layer.new_channel()
