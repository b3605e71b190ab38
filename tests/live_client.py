"""The documented client of `/ws/`, as a browser or a script would write it."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from websockets import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.asyncio.client import ClientConnection, connect

Frame = dict[str, Any]

ACK_SECONDS = 8.0
"""A message that is not acknowledged by then is sent again, with the same client_id."""

SECONDS_PER_FRAME = 1 / 45
"""A client stays below the 50 frames a second that the server takes for a flood."""

LOST = (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage, TimeoutError)


class LiveClient:
    """Keeps a socket open, to whichever process answers. Subclasses read the frames."""

    def __init__(self, addresses: Sequence[str], token: str, dice: random.Random) -> None:
        self.addresses = list(addresses)
        self.token = token
        self.dice = dice
        self.ping_seconds: float | None = 2  # a server that is gone is noticed soon
        self.connection: ClientConnection | None = None
        self.closings: list[int] = []

    async def run(self) -> None:
        """Connect again and again, each time elsewhere, until cancelled."""
        while True:
            with contextlib.suppress(*LOST):
                await self._converse(self.addresses[0])
            self.addresses.append(self.addresses.pop(0))
            await asyncio.sleep(self.dice.uniform(0.05, 0.4))  # not all at once

    def cut(self) -> None:
        """Lose the connection without a word."""
        if self.connection is not None:
            self.connection.transport.abort()

    async def opened(self) -> None:
        """A new connection is there."""

    async def take(self, frame: Frame) -> None:
        """A frame came."""
        raise NotImplementedError

    async def say(self, **content: Any) -> None:
        """Send a frame, if there is a connection: whoever needs an answer tries again."""
        if self.connection is not None:
            with contextlib.suppress(*LOST):
                await self.connection.send(json.dumps(content))

    async def _converse(self, address: str) -> None:
        async with connect(
            address,
            subprotocols=[f"token.{self.token}"],  # type: ignore[list-item] # a NewType of str
            open_timeout=5,
            ping_interval=self.ping_seconds,
            ping_timeout=4,
            close_timeout=1,
            proxy=None,
            compression=None,
        ) as connection:
            self.connection = connection
            try:
                await self.opened()
                async for text in connection:
                    await self.take(json.loads(text))
            finally:
                self.connection = None
                self.closings.append(int(connection.close_code or 0))


class Follower:
    """One stream as a client of the socket keeps it: each event once, by number."""

    def __init__(self, client: LiveClient, stream: str) -> None:
        self.client = client
        self.stream = stream
        self.number = 0
        self.events: list[Frame] = []
        self.heard: list[tuple[float, int]] = []
        """When each event came and its number, repeats included."""
        self.subscriptions = 0
        self.is_on = False
        self.surprises: list[str] = []
        self.refusals: list[Frame] = []
        self._asked: dict[str, int] = {}  # after which numbers, of what is not answered yet
        self._connection: ClientConnection | None = None
        self._last: int | None = None
        self._retry: asyncio.Task[None] | None = None

    async def subscribe(self) -> None:
        """Ask for everything after the last known number."""
        self.subscriptions += 1
        if self.client.connection is not self._connection:
            self._connection = self.client.connection
            self._asked.clear()
        reference = str(self.subscriptions)
        self._asked[reference] = self.number
        self._last = None
        await self.client.say(type="subscribe", id=reference, stream=self.stream, after=self.number)

    async def take(self, frame: Frame) -> None:
        """Keep each event once; ask again where something is missing."""
        kind, is_ours = frame["type"], frame.get("stream") == self.stream
        if kind == "heads" and frame["streams"].get(self.stream, 0) > self.number:
            await self.subscribe()
        elif kind == "subscribed" and is_ours:
            self._last, self.is_on = self._asked.pop(next(iter(self._asked))), True
        elif kind == "event" and is_ours:
            await self._take_event(frame)
        elif kind == "error" and is_ours:
            # What was answered already can fail all the same, while the log is read for it.
            self._asked.pop(frame["id"], None)
            if frame["code"] == "unavailable":
                self._retry = asyncio.ensure_future(self._subscribe_later())
            else:
                self._refused(frame)
        elif kind == "revoked" and is_ours:
            self._refused(frame)

    def _refused(self, frame: Frame) -> None:
        self.is_on = False
        self.refusals.append(frame)

    async def _take_event(self, frame: Frame) -> None:
        seq = frame["seq"]
        self.heard.append((time.monotonic(), seq))
        if self._last is not None and seq != self._last + 1:
            # The server promises every number once and in order within a subscription.
            self.surprises.append(f"{self.stream}: {seq} after {self._last}")
        if self._last is not None:
            self._last = seq
        if seq == self.number + 1:
            self.number = seq
            self.events.append(frame)
        elif seq > self.number + 1:
            await self.subscribe()

    async def _subscribe_later(self) -> None:
        await asyncio.sleep(self.client.dice.uniform(0.1, 0.5))
        await self.subscribe()


class Receiver(LiveClient):
    """Follows one stream by number."""

    def __init__(self, stream: str, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.follower = Follower(self, stream)

    @property
    def number(self) -> int:
        """The number of the newest event."""
        return self.follower.number

    @property
    def events(self) -> list[Frame]:
        """Every event so far."""
        return self.follower.events

    @property
    def subscriptions(self) -> int:
        """How often it had to ask."""
        return self.follower.subscriptions

    @property
    def surprises(self) -> list[str]:
        """What the server should not have sent."""
        return [*self.follower.surprises, *map(str, self.follower.refusals)]

    async def opened(self) -> None:
        """Ask for everything after the last known number."""
        await self.follower.subscribe()

    async def take(self, frame: Frame) -> None:
        """Follow."""
        await self.follower.take(frame)


class Sender(LiveClient):
    """Sends messages one after the other, each until it is acknowledged."""

    def __init__(self, conversation: str, name: str, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.conversation = conversation
        self.name = name
        self.padding = ""
        self.acknowledged: list[Frame] = []
        self.attempts = 0
        self.refusals: list[str] = []
        self._answer: asyncio.Future[Frame] | None = None
        self._open = asyncio.Event()

    async def opened(self) -> None:
        """Whatever waits is sent again."""
        self._open.set()
        self._settle({"type": "again"})

    async def take(self, frame: Frame) -> None:
        """An acknowledgement, or a reason to try again."""
        if frame["type"] in ("ack", "error"):
            self._settle(frame)

    async def send_all(self, number: int) -> None:
        """Send ``number`` numbered messages, the next one only when one is acknowledged."""
        clock = asyncio.get_running_loop().time
        for index in range(number):
            earliest = clock() + SECONDS_PER_FRAME
            self.acknowledged.append(await self._send(f"{self.name} {index}{self.padding}"))
            await asyncio.sleep(earliest - clock())

    async def _send(self, body: str) -> Frame:
        client_id = str(uuid4())
        while True:
            await self._open.wait()
            self.attempts += 1
            self._answer = asyncio.get_running_loop().create_future()
            await self.say(
                type="message.send",
                id=client_id,
                conversation=self.conversation,
                body=body,
                client_id=client_id,
            )
            with contextlib.suppress(TimeoutError):
                answer = await asyncio.wait_for(self._answer, ACK_SECONDS)
                if answer.get("id") == client_id and answer["type"] == "ack":
                    message: Frame = answer["message"]
                    return message
                if answer["type"] == "error":
                    self.refusals.append(answer["code"])
                    await asyncio.sleep(self.dice.uniform(0.1, 0.5))

    def _settle(self, answer: Frame) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)


async def until(condition: Callable[[], Any]) -> None:
    """Wait until a condition of this process holds; the caller bounds the time."""
    while not condition():  # noqa: ASYNC110 - conditions of many kinds, none with an event
        await asyncio.sleep(0.01)
