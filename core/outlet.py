"""One socket's way out: a bounded queue that never makes others wait."""

import asyncio
import secrets
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any
from uuid import UUID

from core.hiding import Hidden

Send = Callable[[dict[str, Any]], Awaitable[None]]
Take = Callable[[bytes], bool]

MAX_WAITING_FRAMES = 1024
MAX_WAITING_CHARACTERS = 8 * 1024 * 1024
"""What is held for a socket that does not drain; one frame more closes it with 1013."""

TOO_SLOW = 1013


class Outlet:
    """Writes text frames to one socket, in order, without ever awaiting in the caller.

    The server's ``send`` coroutine is stepped once by hand: while the transport takes the
    frame it finishes at once, which costs a third less than a queue and a task per socket. If
    it yields, a task finishes it and then drains the queue.

    ``take`` is the server's way for frames that are ready (`core.frames.TAKE`), if it has one: for
    what goes to many sockets.
    """

    def __init__(
        self, send: Send, user_id: UUID, credentials: Any = None, take: Take | None = None
    ) -> None:
        self.user_id = user_id
        self.credentials = credentials
        self.token = secrets.token_hex(8)
        self.presence = "active"
        self.streams: set[str] = set()
        self.hidden: Hidden = frozenset()
        """What its person keeps from others (core.hiding)."""
        # Where it is counted among the open sockets, and how many there may be (core.floods).
        self.places: dict[str, int] = {}
        self.is_closed = False
        self.missed: Callable[[], Coroutine[Any, Any, None]] | None = None
        """To be called when this socket was lost from Redis while it was open."""
        self.look_again: Callable[[], Coroutine[Any, Any, None]] | None = None
        """To be called when its person may keep other things from others."""
        self.is_idle = asyncio.Event()
        """Cleared while a frame from the socket is being handled."""
        self.is_idle.set()
        self._send, self._take = send, take
        self._waiting: deque[str] = deque()
        self._waiting_characters = 0
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    def write(self, text: str, ready: bytes | None = None) -> None:
        """Send a frame now or queue it; a socket with a full queue is closed with 1013.

        ``ready`` is the same frame as it goes over the wire, where somebody has made it.
        """
        if self.is_closed:
            return
        if self._task is not None:
            self._queue(text)
            return
        if ready is not None and self._take is not None and self._take(ready):
            return
        coroutine = _as_coroutine(self._send({"type": "websocket.send", "text": text}))
        try:
            pending = coroutine.send(None)
        except StopIteration:
            return
        except Exception:  # whatever the server raises, this socket has ended
            self.is_closed = True
            return
        self._task = asyncio.ensure_future(self._drain(coroutine, pending))

    def close(self, code: int, farewell: str = "") -> None:
        """Drop what waits and close the socket, after a last frame; the client resumes."""
        if self.is_closed:
            return
        self.is_closed = True
        self._waiting.clear()
        self._closing = asyncio.ensure_future(self._close(code, farewell))

    async def drained(self) -> None:
        """Wait until everything written so far was taken by the transport."""
        while self._task is not None and not self.is_closed:
            await asyncio.wait([self._task])

    def _queue(self, text: str) -> None:
        self._waiting.append(text)
        self._waiting_characters += len(text)
        if (
            len(self._waiting) > MAX_WAITING_FRAMES
            or self._waiting_characters > MAX_WAITING_CHARACTERS
        ):
            self.close(TOO_SLOW)

    async def _drain(self, coroutine: Coroutine[Any, Any, None], pending: Any) -> None:
        try:
            await _resume(coroutine, pending)
            while self._waiting and not self.is_closed:
                text = self._waiting.popleft()
                self._waiting_characters -= len(text)
                await self._send({"type": "websocket.send", "text": text})
        except Exception:  # see write()
            self.is_closed = True
        except asyncio.CancelledError:
            self.is_closed = True  # what follows would come without what was dropped here
            raise
        finally:
            self._task = None

    async def _close(self, code: int, farewell: str) -> None:
        if self._task is not None:
            await asyncio.wait([self._task])  # the frame that the transport holds comes first
        try:
            if farewell:
                await self._send({"type": "websocket.send", "text": farewell})
            await self._send({"type": "websocket.close", "code": code})
        except Exception:  # the socket is gone already
            return


def _as_coroutine(awaitable: Awaitable[None]) -> Coroutine[Any, Any, None]:
    if asyncio.iscoroutine(awaitable):
        return awaitable

    async def wrap() -> None:
        await awaitable

    return wrap()


@types.coroutine
def _resume(coroutine: Coroutine[Any, Any, None], pending: Any) -> Generator[Any, Any, None]:
    """Finish a coroutine that was stepped by hand and yielded ``pending``."""
    while True:
        try:
            value = yield pending
        except BaseException as error:  # passed on, cancellation included
            step: Callable[[], Any] = partial(coroutine.throw, error)
        else:
            step = partial(coroutine.send, value)
        try:
            pending = step()
        except StopIteration:
            return
