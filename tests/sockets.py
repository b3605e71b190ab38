"""Sockets for tests: the whole ASGI application, a real database and a real Redis.

Everything that a socket does runs in threads with connections of their own, so these tests
commit what they do: mark them with `COMMITTED`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from channels.testing import WebsocketCommunicator

from accounts.models import ApiToken, User
from consultsuite.asgi import application
from core.database import in_database
from core.hub import Hub, hub
from rooms.models import Room
from tests.live_client import until

COMMITTED = pytest.mark.django_db(transaction=True)

SECONDS = 10
"""Longest wait for anything; only a failing test waits that long."""

Frame = dict[str, Any]


class Socket(WebsocketCommunicator):
    """A client of `/ws/` on the host `testserver`, inside the test's own event loop."""

    def __init__(self, *args: Any, headers: Any = (), **options: Any) -> None:
        options["headers"] = [(b"host", b"testserver"), *headers]
        super().__init__(*args, **options)

    async def say(self, frame_type: str, **content: Any) -> None:
        """Send a frame."""
        await self.send_to(json.dumps({"type": frame_type, **content}))

    async def next(self) -> Frame:
        """The next frame, or ``{"type": "closed", "code": ...}``."""
        message = await self.receive_output(SECONDS)
        if message["type"] == "websocket.close":
            return {"type": "closed", "code": message["code"]}
        answer: Frame = json.loads(message["text"])
        return answer

    async def until(self, frame_type: str, **fields: Any) -> Frame:
        """Read on to the next frame of this type with these fields."""
        while True:
            frame = await self.next()
            wanted = {"type": frame_type, **fields}
            if wanted.items() <= frame.items():
                return frame
            assert frame["type"] != "closed", f"closed while waiting for {wanted}: {frame}"

    async def follow(self, stream: Any, after: int | None = None) -> int:
        """Subscribe. Returns the head; the missed events come next."""
        position = {} if after is None else {"after": after}
        await self.say("subscribe", stream=str(stream), **position)
        head: int = (await self.until("subscribed"))["head"]
        return head

    async def events(self, number: int) -> list[int]:
        """The numbers of the next events."""
        return [(await self.until("event"))["seq"] for _ in range(number)]

    async def settled(self) -> list[Frame]:
        """Everything that comes until the server has handled all that was sent so far."""
        await self.say("ping")
        frames = []
        while (frame := await self.next())["type"] != "pong":
            frames.append(frame)
        return frames


OpenSocket = Callable[..., Awaitable[Socket]]


@pytest_asyncio.fixture
async def open_socket() -> AsyncIterator[OpenSocket]:
    """`await open_socket(person)`: signed in by a token. All are closed at the end."""
    opened: list[Socket] = []

    async def connect(person: User | None = None, **options: Any) -> Socket:
        if person is not None:
            _, token = await in_database(ApiToken.objects.create, person)
            options["subprotocols"] = [f"token.{token}"]
        socket = Socket(application, "/ws/", **options)
        is_accepted, _ = await socket.connect(SECONDS)
        assert is_accepted
        opened.append(socket)
        assert await socket.settled() == []
        return socket

    yield connect
    for socket in opened:
        if not socket.future.cancelled():
            await socket.disconnect(timeout=SECONDS)
    for leftover in (hub().outlets, hub().feeds, hub().people.heard, hub()._tasks):
        assert not leftover, "the hub keeps something after its last socket"


async def sent(socket: Socket, room: Room, body: str, **fields: Any) -> Frame:
    """Send a message over the socket and wait for the message in its acknowledgement."""
    reference = str(uuid4())
    await socket.say(
        "message.send", id=reference, conversation=str(room.conversation_id), body=body, **fields
    )
    message: Frame = (await socket.until("ack", id=reference))["message"]
    return message


async def deaf(the_hub: Hub, stream: Any) -> None:
    """Lose the broadcasts of a stream from now on, as if Redis had dropped them."""
    await the_hub.channel.layer.group_discard(stream.group, the_hub.channel.name)


async def hearing(the_hub: Hub, stream: Any) -> None:
    """Get the broadcasts of a stream again."""
    await the_hub.channel.layer.group_add(stream.group, the_hub.channel.name)


async def becomes(condition: Callable[[], Any]) -> None:
    """Wait until a condition of this process holds."""
    async with asyncio.timeout(SECONDS):
        await until(condition)
