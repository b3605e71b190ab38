"""One socket's way out, with transports that take, block and break."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from core.outlet import MAX_WAITING_CHARACTERS, MAX_WAITING_FRAMES, Outlet


class Transport:
    """A server's `send`: blocks while `writable` is not set, as uvicorn's does."""

    def __init__(self) -> None:
        self.writable = asyncio.Event()
        self.writable.set()
        self.taken: list[Any] = []
        self.error: Exception | None = None

    async def send(self, message: dict[str, Any]) -> None:
        """Take a message when the buffer has room."""
        await self.writable.wait()
        if self.error is not None:
            raise self.error
        self.taken.append(message.get("text", message.get("code")))


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def outlet(transport: Transport) -> Outlet:
    return Outlet(transport.send, uuid4())


async def test_writes_at_once_while_the_transport_takes(
    outlet: Outlet, transport: Transport
) -> None:
    outlet.write("a")
    outlet.write("b")
    assert transport.taken == ["a", "b"]  # nothing was awaited


async def test_keeps_the_order_while_the_transport_blocks(
    outlet: Outlet, transport: Transport
) -> None:
    outlet.write("a")
    transport.writable.clear()
    for text in "bcd":
        outlet.write(text)
    assert transport.taken == ["a"]
    transport.writable.set()
    outlet.write("e")
    await outlet.drained()
    outlet.write("f")
    assert transport.taken == list("abcdef")


async def test_a_blocked_transport_makes_nobody_wait(transport: Transport) -> None:
    blocked, free = Outlet(transport.send, uuid4()), Transport()
    other = Outlet(free.send, uuid4())
    transport.writable.clear()
    for number in range(MAX_WAITING_FRAMES):
        blocked.write(str(number))
        other.write(str(number))
    assert len(free.taken) == MAX_WAITING_FRAMES
    assert not blocked.is_closed


async def test_too_many_waiting_frames_close_with_1013(
    outlet: Outlet, transport: Transport
) -> None:
    transport.writable.clear()
    for number in range(MAX_WAITING_FRAMES + 2):  # one is with the transport already
        outlet.write(str(number))
    assert outlet.is_closed
    transport.writable.set()
    await outlet._closing  # type: ignore[misc]
    outlet.write("late")
    assert transport.taken == ["0", 1013]


async def test_too_many_waiting_characters_close_with_1013(
    outlet: Outlet, transport: Transport
) -> None:
    transport.writable.clear()
    for _ in range(3):
        outlet.write("x" * (MAX_WAITING_CHARACTERS // 2 + 1))
    assert outlet.is_closed


async def test_drained_frames_count_no_more(outlet: Outlet, transport: Transport) -> None:
    for _ in range(8):
        transport.writable.clear()
        outlet.write("x" * (MAX_WAITING_CHARACTERS // 2))
        outlet.write("x" * (MAX_WAITING_CHARACTERS // 2))
        transport.writable.set()
        await outlet.drained()
    assert not outlet.is_closed


@pytest.mark.parametrize("is_blocked", [False, True])
async def test_a_broken_transport_ends_the_outlet(
    outlet: Outlet, transport: Transport, is_blocked: bool
) -> None:
    transport.error = RuntimeError("gone")
    if is_blocked:
        transport.writable.clear()
    outlet.write("a")
    outlet.write("b")
    transport.writable.set()
    await asyncio.sleep(0)
    await outlet.drained()
    assert outlet.is_closed
    assert transport.taken == []


async def test_closes_once_after_a_farewell(outlet: Outlet, transport: Transport) -> None:
    transport.writable.clear()
    outlet.write("with the transport")
    outlet.write("waiting")
    outlet.close(4401, "farewell")
    outlet.close(1008)
    transport.writable.set()
    await outlet._closing  # type: ignore[misc]
    assert transport.taken == ["with the transport", "farewell", 4401]


async def test_closing_a_broken_transport_is_no_error(outlet: Outlet, transport: Transport) -> None:
    transport.error = OSError("gone")
    outlet.close(1008)
    await outlet._closing  # type: ignore[misc]


async def test_cancelled_drain_ends_the_outlet(outlet: Outlet, transport: Transport) -> None:
    transport.writable.clear()
    outlet.write("a")
    outlet.write("b")
    await asyncio.sleep(0)
    assert outlet._task is not None
    outlet._task.cancel()
    await outlet.drained()
    await asyncio.sleep(0)
    assert outlet.is_closed


async def test_takes_any_awaitable() -> None:
    taken = []

    def send(message: dict[str, Any]) -> asyncio.Future[None]:
        taken.append(message["text"])
        return asyncio.ensure_future(asyncio.sleep(0))

    outlet = Outlet(send, uuid4())
    outlet.write("a")
    outlet.write("b")
    await outlet.drained()
    assert taken == ["a", "b"]


@pytest.fixture
def ready(transport: Transport) -> Callable[[bytes], bool]:
    """A server's way for ready frames: takes them while `send` would not wait."""

    def take(frame: bytes) -> bool:
        if transport.writable.is_set():
            transport.taken.append(frame)
        return transport.writable.is_set()

    return take


async def test_ready_frames_go_as_they_are_and_keep_their_place(
    transport: Transport, ready: Callable[[bytes], bool]
) -> None:
    outlet = Outlet(transport.send, uuid4(), take=ready)
    outlet.write("a", b"A")
    outlet.write("b")
    transport.writable.clear()
    outlet.write("c", b"C")
    transport.writable.set()
    outlet.write("d", b"D")  # behind what waits, though the server would take it now
    await outlet.drained()
    outlet.write("e", b"E")
    assert transport.taken == [b"A", "b", "c", "d", b"E"]


async def test_without_a_way_for_them_ready_frames_go_as_text(
    outlet: Outlet, transport: Transport
) -> None:
    outlet.write("a", b"A")
    assert transport.taken == ["a"]


async def test_a_closed_outlet_writes_no_ready_frames(
    transport: Transport, ready: Callable[[bytes], bool]
) -> None:
    outlet = Outlet(transport.send, uuid4(), take=ready)
    outlet.close(1008)
    outlet.write("a", b"A")
    await outlet._closing  # type: ignore[misc]
    assert transport.taken == [1008]
