"""What is ended in one web process closes its sockets in every other, at once."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator

import pytest
from websockets import ConnectionClosed
from websockets.asyncio.client import ClientConnection, connect

from tests.processes import Suite

pytestmark = pytest.mark.processes

AT_ONCE_SECONDS = 5


@pytest.fixture
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Two web processes whose heartbeat, which would end sockets too, is far away."""
    suite = Suite(tmp_path_factory.mktemp("ended"))
    for web in suite.webs:
        web._environment["SOCKET_HEARTBEAT_SECONDS"] = "600"
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()


async def test_a_token_given_up_here_closes_its_sockets_there(suite: Suite) -> None:
    here, there = suite.webs
    token, other = suite.make_room()["tokens"][:2]
    async with _socket(there.address, token) as ending, _socket(there.address, other) as staying:
        for socket in (ending, staying):
            await _answers(socket)
        request = urllib.request.Request(
            f"http://127.0.0.1:{here.port}/api/auth/signout/",
            method="POST",
            headers={"Authorization": f"Token {token}"},
        )
        began = time.monotonic()
        assert await asyncio.to_thread(_status, request) == 204
        frame = json.loads(await asyncio.wait_for(ending.recv(), AT_ONCE_SECONDS))
        assert frame["code"] == "signed_out"
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(ending.recv(), AT_ONCE_SECONDS)
        assert ending.close_code == 4401
        assert time.monotonic() - began < AT_ONCE_SECONDS
        await _answers(staying)


def _status(request: urllib.request.Request) -> int:
    with urllib.request.urlopen(request) as answer:
        return int(answer.status)


def _socket(address: str, token: str) -> connect:
    return connect(address, subprotocols=[f"token.{token}"], proxy=None)  # type: ignore[list-item]


async def _answers(socket: ClientConnection) -> None:
    await socket.send(json.dumps({"type": "ping"}))
    assert json.loads(await socket.recv()) == {"type": "pong"}
