"""The table of frames, said by everybody over sockets of the whole application."""

from typing import Any

from django.urls import URLPattern

from consultsuite.asgi import application
from core.database import in_database
from core.events import StreamKey
from core.hub import hub
from core.kinds import stream_kinds
from core.routing import websocket_urlpatterns
from core.sockets import frame_types
from tests.permissions.cast import WHO, Cast, Status, differing, fingerprint
from tests.permissions.frames import CLOSED, FRAMES, HEARD, NOTHING
from tests.sockets import COMMITTED, SECONDS, Frame, OpenSocket, Socket

REPLIES = ("presence.states", "subscribed", "unsubscribed", "ack", "pong")


def test_every_frame_type_and_stream_kind_has_its_row() -> None:
    assert {frame_type for frame_type, _ in FRAMES} == frame_types()
    assert {about for kind, about in FRAMES if kind == "subscribe"} - {"planet"} == stream_kinds()


def test_there_is_one_socket_address() -> None:
    routes = [route for route in websocket_urlpatterns if isinstance(route, URLPattern)]
    assert [str(route.pattern) for route in routes] == ["ws/"]
    assert len(routes) == len(websocket_urlpatterns)


@COMMITTED
async def test_everybody_is_answered_as_the_table_says(
    cast: Cast, frame_things: dict[str, Any], listener: Any, open_socket: OpenSocket
) -> None:
    streams = [frame_things["room_stream"], frame_things["conversation_stream"]]
    everything = Cast(cast.people, cast.things | frame_things)
    ear = await open_socket(listener)
    for stream in streams:
        await ear.follow(stream)
    sockets = {who: await _connect(open_socket, person) for who, person in cast.people.items()}
    wrong = []
    for (frame_type, about), (content, expected) in FRAMES.items():
        found: dict[str, Status] = {}
        for who in WHO:
            socket, person = sockets[who], cast.people[who]
            if socket is None or person is None:
                found[who] = CLOSED
                continue
            for stream in streams:
                await socket.say("subscribe", stream=stream)
            await socket.settled()
            await _heard_by(ear, streams)
            before = await in_database(fingerprint)
            await socket.say(frame_type, id="row", **everything.body(content))
            answers = await _answers(socket, frame_type)
            heard = await _heard_by(ear, streams)
            found[who] = _outcome(answers) or _reached(heard, frame_type, str(person.pk))
            if "error" in [frame["type"] for frame in answers]:
                after = await in_database(fingerprint)
                wrong += [f"{who} {frame_type}: changed something"] if after != before else []
        wrong += differing(found, expected, f"{frame_type} {about}".strip())
    assert not wrong, "\n".join(["", *wrong])


async def _connect(open_socket: OpenSocket, person: Any) -> Socket | None:
    """A person's socket; nobody's is closed with 4401."""
    if person is not None:
        return await open_socket(person)
    socket = Socket(application, "/ws/", headers=[(b"origin", b"http://testserver")])
    assert (await socket.connect(SECONDS))[0]
    assert await socket.next() == {"type": "closed", "code": 4401}
    await socket.wait(SECONDS)
    return None


async def _answers(socket: Socket, frame_type: str) -> list[Frame]:
    """Everything that comes back before the pong of a ping behind the frame."""
    answers = await socket.settled()
    if frame_type != "ping":
        return answers
    return [*answers, await socket.next()]  # the frame's own pong ended it


def _outcome(answers: list[Frame]) -> str:
    for frame in answers:
        if frame["type"] == "error":
            return str(frame["code"])
        if frame["type"] in REPLIES:
            return str(frame["type"])
    return ""


async def _heard_by(ear: Socket, streams: list[str]) -> list[Frame]:
    """What has reached somebody else in the room, up to a mark sent behind it on each stream."""
    frames: list[Frame] = []
    for stream in streams:
        await hub().broadcast(StreamKey.parse(stream), {"type": "mark"})
        while (frame := await ear.next())["type"] != "mark":
            frames.append(frame)
    return frames


def _reached(heard: list[Frame], frame_type: str, user_id: str) -> str:
    is_theirs = (
        frame["type"] == frame_type and user_id in (frame.get("user"), frame.get("from"))
        for frame in heard
    )
    return HEARD if any(is_theirs) else NOTHING
