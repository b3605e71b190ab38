"""The guard of the root conftest.py: tests reach loopback only."""

import asyncio
import socket

import pytest


def test_outside_addresses_are_refused() -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        client.connect(("192.0.2.1", 80))
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(RuntimeError):
        client.sendto(b"x", ("192.0.2.1", 53))
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)


async def test_outside_addresses_are_refused_to_asyncio() -> None:
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        await asyncio.open_connection("192.0.2.1", 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_open(host: str) -> None:
    with socket.create_server((host, 0)) as server:
        client = socket.create_connection((host, server.getsockname()[1]), timeout=5)
        with client:
            assert client.getpeername() == server.getsockname()
