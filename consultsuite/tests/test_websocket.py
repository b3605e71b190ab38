"""Ready frames, on a real server with real clients."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from consultsuite.websocket import ReadyFrames
from core.frames import TAKE, on_the_wire

Take = Callable[[bytes], bool]

SECONDS = 10


class Application:
    """Accepts a socket, hands out its `take`, and holds it until it is told to close it."""

    def __init__(self) -> None:
        self.takes: asyncio.Queue[Take] = asyncio.Queue()
        self.is_to_close = asyncio.Event()
        self.has_closed = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one socket."""
        await receive()
        self.takes.put_nowait(scope["extensions"][TAKE]["take"])
        await send({"type": "websocket.accept"})
        await self.is_to_close.wait()
        await send({"type": "websocket.close", "code": 1000})
        self.has_closed.set()


@pytest.fixture
def application() -> Application:
    return Application()


@pytest_asyncio.fixture
async def address(application: Application) -> AsyncIterator[str]:
    config = uvicorn.Config(
        application, port=0, ws=ReadyFrames, lifespan="off", log_config=None, log_level="critical"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(SECONDS):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    application.is_to_close.set()
    server.should_exit = True
    await serving


async def opened(address: str, application: Application) -> tuple[ClientConnection, Take]:
    """A client and the server's `take` for its socket."""
    client = await connect(address)
    return client, await asyncio.wait_for(application.takes.get(), SECONDS)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
async def test_a_ready_frame_arrives_as_its_text(
    address: str, application: Application, length: int
) -> None:
    client, take = await opened(address, application)
    async with client:
        text = "ü" * (length // 2) + "x" * (length % 2)
        assert take(on_the_wire(text))
        assert await asyncio.wait_for(client.recv(), SECONDS) == text


async def test_a_socket_that_is_not_read_takes_nothing_until_it_is(
    address: str, application: Application
) -> None:
    client, take = await opened(address, application)
    async with client:
        client.transport.pause_reading()
        sent, frame = 0, on_the_wire("x" * 100_000)
        async with asyncio.timeout(SECONDS):
            while take(frame):
                sent += 1
                await asyncio.sleep(0)
            client.transport.resume_reading()
            for _ in range(sent):
                await client.recv()
            while not take(frame):  # noqa: ASYNC110 - the transport says nothing
                await asyncio.sleep(0.01)


async def test_a_closed_socket_takes_nothing(address: str, application: Application) -> None:
    client, take = await opened(address, application)
    application.is_to_close.set()
    await asyncio.wait_for(application.has_closed.wait(), SECONDS)
    assert not take(on_the_wire("late"))
    with contextlib.suppress(Exception):
        await client.recv()
    assert client.protocol.close_code == 1000


async def test_a_socket_that_was_lost_takes_nothing(address: str, application: Application) -> None:
    client, take = await opened(address, application)
    client.transport.abort()
    async with asyncio.timeout(SECONDS):
        while take(on_the_wire("into the air")):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
