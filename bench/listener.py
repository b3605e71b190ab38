"""A socket of the load generator: reads frames with as little work as it can.

It speaks WebSocket by hand, on uvloop's bare protocol: a client library would spend more on a
frame than the servers do, and would measure itself.
"""

import asyncio
import base64
import os
import socket
import struct
import time
from collections.abc import Callable
from typing import Protocol, cast

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
MARK = b"~bench-"
"""What a message's body begins with, followed by its number of six digits."""


class Dialect(Protocol):
    """How a server is spoken to over WebSocket."""

    @property
    def path(self) -> str:
        """Where the socket is."""
        ...

    @property
    def subprotocol(self) -> str:
        """What is offered, if anything."""
        ...

    def answer(self, text: str) -> tuple[list[str], bool]:
        """What to send back for a frame before it listens (``""``: the socket is open), and
        whether it listens now."""
        ...

    def message(self, body: str) -> str:
        """The frame that sends a message."""
        ...

    def heartbeat(self, text: bytes) -> str | None:
        """The answer to a heartbeat of the dialect's own."""
        ...


def marked(number: int) -> str:
    """The body of a message of that number, 120 characters long."""
    return f"{MARK.decode()}{number:06d} " + "as long as what people write in a chat " * 3


def number_of(frame: bytes) -> int | None:
    """The number of the message in a frame; None for what is no message of ours."""
    place = frame.find(MARK)
    return int(frame[place + len(MARK) : place + len(MARK) + 6]) if place >= 0 else None


class Listener(asyncio.Protocol):
    """One socket. ``arrivals`` gets (number, nanoseconds) for each message."""

    def __init__(
        self, dialect: Dialect, port: int, on_frame: Callable[[bytes], None] | None = None
    ) -> None:
        self.dialect = dialect
        self.port = port
        self.arrivals: list[tuple[int, int]] = []
        self.frame_bytes = 0
        self.refusals: list[str] = []
        self.on_frame = on_frame
        self.closed_with: int | None = None
        loop = asyncio.get_running_loop()
        self.listens: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._buffer = b""
        self._is_open = False
        self._transport: asyncio.Transport

    # What the bench does with it -----------------------------------------------------------

    def say(self, text: str) -> None:
        """Send a text frame."""
        self._write(TEXT, text.encode())

    def send(self, body: str) -> None:
        """Send a message."""
        self.say(self.dialect.message(body))

    def stop_reading(self) -> None:
        """Take nothing more from the network, as a phone without reception does."""
        self._transport.pause_reading()

    def read_on(self) -> None:
        """Read again, if the connection is still there."""
        self._transport.resume_reading()

    def close(self) -> None:
        """End the connection without a word."""
        self._transport.abort()

    # What the event loop does with it ------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        offer = self.dialect.subprotocol
        lines = [
            f"GET {self.dialect.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *([f"Sec-WebSocket-Protocol: {offer}"] if offer else []),
        ]
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def data_received(self, data: bytes) -> None:
        """Take frames as they come whole."""
        buffer = self._buffer + data if self._buffer else data
        if not self._is_open:
            head, end, buffer = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self._fail(ConnectionError(head.decode(errors="replace")[:200]))
                return
            self._is_open = True
            self._converse("")
        place, size = 0, len(buffer)
        while size - place >= 2:
            length, start = buffer[place + 1], place + 2
            if length == 126:
                length, start = int.from_bytes(buffer[place + 2 : place + 4], "big"), place + 4
            elif length == 127:
                length, start = int.from_bytes(buffer[place + 2 : place + 10], "big"), place + 10
            if size < start + length:
                break
            self._take(buffer[place] & 0xF, buffer[start : start + length])
            place = start + length
        self._buffer = buffer[place:] if place else buffer

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever wanted it."""
        self._fail(exc or ConnectionError("The server closed the connection."))
        if not self.ended.done():
            self.ended.set_result(None)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            if self.on_frame is not None:
                self.on_frame(payload)
            if not self.listens.done():
                self._converse(payload.decode())
                return
            number = number_of(payload)
            if number is not None:
                self.arrivals.append((number, time.perf_counter_ns()))
                self.frame_bytes = len(payload)
            elif payload.startswith(b'{"type":"error"'):
                self.refusals.append(payload.decode())
            elif (reply := self.dialect.heartbeat(payload)) is not None:
                self.say(reply)
        elif opcode == PING:
            self._write(PONG, payload)
        elif opcode == CLOSE:
            self.closed_with = int.from_bytes(payload[:2], "big") if payload else 1005
            self._write(CLOSE, payload[:2])

    def _converse(self, text: str) -> None:
        replies, is_listening = self.dialect.answer(text)
        for reply in replies:
            self.say(reply)
        if is_listening and not self.listens.done():
            self.listens.set_result(None)

    def _write(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            head = bytes((0x80 | opcode, 0x80 | length))
        elif length < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0xFE, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0xFF, length)
        # A client has to mask; a mask of zeros leaves the bytes as they are.
        self._transport.write(head + b"\0\0\0\0" + payload)

    def _fail(self, error: Exception) -> None:
        if not self.listens.done():
            self.listens.set_exception(error)


async def listen(
    dialect: Dialect,
    port: int,
    on_frame: Callable[[bytes], None] | None = None,
    *,
    receive_buffer: int = 0,
) -> Listener:
    """A socket that listens; ``on_frame`` sees every frame. Raises what connecting raises.

    ``receive_buffer`` bounds the bytes that the kernel holds unread, as on a small device.
    """
    loop = asyncio.get_running_loop()
    end = socket.socket()
    end.setblocking(False)
    if receive_buffer:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await loop.sock_connect(end, ("127.0.0.1", port))
    _, listener = await loop.create_connection(lambda: Listener(dialect, port, on_frame), sock=end)
    await asyncio.wait_for(listener.listens, 60)
    return listener
