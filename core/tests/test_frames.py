"""Frames that are none are answered by an error, and the socket stays."""

import json
from uuid import uuid4

import pytest

from accounts.models import User
from core.floods import FRAMES_IN_A_BURST
from core.sockets import frame_types
from tests.sockets import COMMITTED, OpenSocket

pytestmark = COMMITTED

NAME = f"user:{uuid4()}"

BAD_FRAMES = {
    "not JSON": "{",
    "a list": "[]",
    "a number": "7",
    "null": "null",
    "no type": "{}",
    "type is no string": '{"type": 7}',
    "unknown type": '{"type": "dance"}',
    "unknown type with a lone surrogate": '{"type": "\\ud800"}',
    "NaN": '{"type": "ping", "x": NaN}',
    "too deep": '{"type": "ping", "x": ' + "[" * 30_000 + "]" * 30_000 + "}",
    "a number of many digits": '{"type": "ping", "x": ' + "9" * 5_000 + "}",
    "too long": json.dumps({"type": "ping", "x": "x" * 64 * 1024}),
    "too long in bytes": json.dumps({"type": "ping", "x": "ø" * 40_000}, ensure_ascii=False),
    "after is text": json.dumps({"type": "subscribe", "stream": NAME, "after": "1"}),
    "after is true": json.dumps({"type": "subscribe", "stream": NAME, "after": True}),
    "after is negative": json.dumps({"type": "subscribe", "stream": NAME, "after": -1}),
    "after is a fraction": json.dumps({"type": "subscribe", "stream": NAME, "after": 1.5}),
    "after is past all numbers": json.dumps({"type": "subscribe", "stream": NAME, "after": 2**63}),
    "state is unknown": '{"type": "presence", "state": "asleep"}',
    "state is missing": '{"type": "presence"}',
}


@pytest.mark.parametrize("text", BAD_FRAMES.values(), ids=BAD_FRAMES.keys())
async def test_bad_frame_is_answered_and_the_socket_stays(
    client_user: User, open_socket: OpenSocket, text: str
) -> None:
    socket = await open_socket(client_user)
    await socket.send_to(text)
    answer = await socket.next()
    assert (answer["type"], answer["code"]) == ("error", "malformed")
    assert answer["detail"]
    assert await socket.settled() == []


async def test_binary_frame_is_answered(client_user: User, open_socket: OpenSocket) -> None:
    socket = await open_socket(client_user)
    await socket.send_to(bytes_data=b"\x00\x01")
    assert (await socket.next())["code"] == "malformed"
    assert await socket.settled() == []


@pytest.mark.parametrize(
    "stream",
    [
        "",
        "user",
        "user:",
        "user:7",
        "a b:9a6b1f0e-6c1b-4a53-8f9e-2f6d1c1a7a11",
        None,
        7,
        ["x"],
        "\ud800:1",
    ],
)
async def test_what_is_no_stream_is_not_found(
    client_user: User, open_socket: OpenSocket, stream: object
) -> None:
    socket = await open_socket(client_user)
    for frame_type in ("subscribe", "unsubscribe"):
        await socket.say(frame_type, stream=stream)
        assert (await socket.next())["code"] == "not_found"
    assert await socket.settled() == []


async def test_error_names_the_frame_it_is_about(
    client_user: User, open_socket: OpenSocket
) -> None:
    socket = await open_socket(client_user)
    await socket.say("subscribe", id="s1", stream=f"planet:{client_user.pk}", after=0)
    assert await socket.next() == {
        "type": "error",
        "id": "s1",
        "stream": f"planet:{client_user.pk}",
        "code": "not_found",
        "detail": "There is nothing here that you may see.",
    }


async def test_flood_is_closed_with_1008(client_user: User, open_socket: OpenSocket) -> None:
    socket = await open_socket(client_user)
    for _ in range(FRAMES_IN_A_BURST * 2):
        await socket.say("ping")
    frames = []
    while (frame := await socket.next())["type"] == "pong":
        frames.append(frame)
    assert frame == {"type": "closed", "code": 1008}
    assert FRAMES_IN_A_BURST - 1 <= len(frames) < FRAMES_IN_A_BURST * 2
    assert await socket.receive_nothing()


def test_frame_types_are_those_of_the_contract() -> None:
    assert frame_types() == {
        "message.send",
        "ping",
        "presence",
        "signal",
        "subscribe",
        "typing",
        "unsubscribe",
        # Beyond it: what has reached a device, and lists that watch who is here.
        "presence.watch",
        "received",
    }
