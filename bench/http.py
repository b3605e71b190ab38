"""A connection of the load generator to an HTTP server, kept open, with little work of its own."""

import asyncio
from collections.abc import Mapping
from typing import Self


class RefusedError(RuntimeError):
    """The server answered something else than success."""


class HttpConnection:
    """One request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect to a loopback port."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> bytes:
        """The body of the answer. Raises `RefusedError` for a status from 400 on."""
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        answer = await self._read_body(head)
        if int(head.split(" ", 2)[1]) >= 400:
            raise RefusedError(head.partition("\r\n")[0] + " " + answer[:300].decode())
        return answer

    async def _read_body(self, head: str) -> bytes:
        lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if "content-length" in lines:
            return await self._reader.readexactly(int(lines["content-length"]))
        if lines.get("transfer-encoding") != "chunked":
            return b""
        body = b""
        while size := int(await self._reader.readline(), 16):
            body += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return body

    def close(self) -> None:
        """End the connection."""
        self._writer.close()
