"""The socket's frames about conversations, over the whole application."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from core.database import in_database
from messaging.actions.contacts import open_direct
from messaging.actions.messages import delete_message, send_message
from messaging.actions.places import clear_conversation
from messaging.models import Message
from rooms.actions.lifecycle import complete_room
from rooms.models import Room
from tests.sockets import COMMITTED, OpenSocket, Socket, sent

pytestmark = COMMITTED

Say = Callable[..., Any]


@pytest.fixture
async def socket(client_user: User, open_socket: OpenSocket) -> Socket:
    return await open_socket(client_user)


async def refused(socket: Socket, **content: Any) -> str:
    """Send a message that is refused. Returns the error's code."""
    await socket.say("message.send", id="m1", **content)
    answer = await socket.next()
    assert (answer["type"], answer["id"]) == ("error", "m1")
    assert answer["detail"]
    code: str = answer["code"]
    return code


# Sending ------------------------------------------------------------------------------------


async def test_message_is_acknowledged_with_what_is_stored(
    socket: Socket, room: Room, client_user: User
) -> None:
    client_id = uuid4()
    message = await sent(socket, room, "Hello **there**", client_id=str(client_id))
    stored = await in_database(Message.objects.get, client_id=client_id)
    assert (message["id"], message["seq"]) == (str(stored.pk), stored.seq)
    assert (message["body"], message["client_id"]) == ("Hello **there**", str(client_id))
    assert message["sender"] == {"id": str(client_user.pk), "name": str(client_user)}
    assert "<strong>there</strong>" in message["html"]
    assert await socket.settled() == []  # not followed: no event


async def test_everybody_who_follows_gets_the_message_once(
    socket: Socket, room: Room, consultant: User, open_socket: OpenSocket
) -> None:
    reader = await open_socket(consultant)
    for each in (socket, reader):
        await each.follow(room.conversation.stream)
    await socket.say("message.send", id="m1", conversation=str(room.conversation_id), body="Hello")
    mine: dict[str, dict[str, Any]] = {}
    while mine.keys() != {"ack", "event"}:  # in either order
        frame = await socket.next()
        assert frame["type"] in {"ack", "event", "presence"} - mine.keys()
        if frame["type"] != "presence":
            mine[frame["type"]] = frame
    theirs = await reader.until("event")
    assert theirs["data"] == mine["event"]["data"] == mine["ack"]["message"]
    assert await socket.settled() == await reader.settled() == []


async def test_repeated_client_id_gives_the_same_message(
    socket: Socket, room: Room, open_socket: OpenSocket, client_user: User
) -> None:
    client_id = str(uuid4())
    first = await sent(socket, room, "once", client_id=client_id)
    other_device = await open_socket(client_user)
    assert await sent(other_device, room, "once", client_id=client_id) == first
    assert await in_database(Message.objects.filter(client_id=client_id).count) == 1


async def test_reply_names_the_message(
    socket: Socket, room: Room, consultant: User, say: Say
) -> None:
    question = await in_database(say, consultant, room, "Question")
    answer = await sent(socket, room, "Answer", reply_to=str(question.pk))
    assert answer["reply_to"] == str(question.pk)


async def test_nul_and_lone_surrogates_are_left_out(socket: Socket, room: Room) -> None:
    await socket.follow(room.conversation.stream)
    # json.dumps writes both as escapes, as JSON.stringify does.
    await socket.say(
        "message.send",
        id="m\0\ud800",
        conversation=str(room.conversation_id),
        body="a\0b\ud800c",
    )
    acknowledgement = await socket.until("ack")
    assert acknowledgement["id"] == "m\0\ud800"
    assert acknowledgement["message"]["body"] == "abc"
    await socket.say(
        "message.send", id="m2", conversation=str(room.conversation_id), body="\0\ud800"
    )
    assert (await socket.until("error"))["code"] == "empty"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"body": ""}, "empty"),
        ({"body": " \n\t"}, "empty"),
        ({"body": "x" * 20_000}, "too_long"),
        ({"body": None}, "malformed"),
        ({"body": 7}, "malformed"),
        ({"body": ["x"]}, "malformed"),
        ({}, "malformed"),
        ({"body": "x", "client_id": "7"}, "malformed"),
        ({"body": "x", "client_id": {"a": 1}}, "malformed"),
        ({"body": "x", "reply_to": "nobody"}, "malformed"),
        ({"body": "x", "reply_to": str(uuid4())}, "not_found"),
        ({"body": "x", "conversation": None}, "malformed"),
        ({"body": "x", "conversation": "\0"}, "malformed"),
        ({"body": "x", "conversation": str(uuid4())}, "not_found"),
    ],
)
async def test_bad_message_is_refused(
    socket: Socket, room: Room, fields: dict[str, Any], code: str
) -> None:
    content = {"conversation": str(room.conversation_id), **fields}
    assert await refused(socket, **content) == code
    assert await socket.settled() == []


async def test_message_of_64_kib_is_refused_and_the_socket_stays(
    socket: Socket, room: Room
) -> None:
    text = json.dumps(
        {
            "type": "message.send",
            "id": "m1",
            "conversation": str(room.conversation_id),
            "body": "x" * 64 * 1024,
        }
    )
    await socket.send_to(text)
    assert (await socket.next())["code"] == "malformed"
    assert await socket.settled() == []


async def test_outsider_can_neither_write_nor_follow(
    open_socket: OpenSocket, outsider: User, colleague: User, room: Room
) -> None:
    for stranger in (outsider, colleague):
        socket = await open_socket(stranger)
        code = await refused(socket, conversation=str(room.conversation_id), body="x")
        assert code == "not_found"
        for stream in (room.conversation.stream, room.stream):
            await socket.say("subscribe", stream=str(stream), after=0)
            assert (await socket.next())["code"] == "not_found"
        assert await socket.settled() == []


async def test_message_to_a_completed_room_is_refused(
    socket: Socket, room: Room, consultant: User
) -> None:
    await in_database(complete_room, actor=consultant, room=room)
    code = await refused(socket, conversation=str(room.conversation_id), body="too late")
    assert code == "closed"


async def test_replay_shows_what_messages_say_now(
    socket: Socket, room: Room, consultant: User, say: Say
) -> None:
    known = await socket.follow(room.conversation.stream)
    message = await in_database(say, consultant, room, "a secret")
    await in_database(delete_message, actor=consultant, message=message)
    assert await socket.events(2) == [known + 1, known + 2]
    await socket.follow(room.conversation.stream, after=known)
    for _ in range(2):
        event = await socket.until("event")
        assert event["data"]["is_deleted"] is True
        assert "a secret" not in json.dumps(event)


# Typing -------------------------------------------------------------------------------------


async def test_replay_begins_behind_what_one_deleted_for_oneself(
    socket: Socket, room: Room, consultant: User, client_user: User, open_socket: OpenSocket
) -> None:
    talk = await in_database(open_direct, actor=client_user, other=consultant)

    async def say(body: str) -> Message:
        return await in_database(send_message, actor=consultant, conversation=talk, body=body)

    old = await say("Old")
    await in_database(clear_conversation, actor=client_user, conversation=talk)
    new = await say("New")
    await socket.say("subscribe", stream=str(talk.stream), after=0)
    assert (await socket.until("subscribed"))["begins"] == new.seq - 1
    assert (await socket.next())["seq"] == new.seq
    live = await say("Live")
    assert (await socket.until("event", stream=str(talk.stream)))["seq"] == live.seq
    other = await open_socket(consultant)
    await other.say("subscribe", stream=str(talk.stream), after=0)
    assert (await other.until("event"))["seq"] == old.seq


async def test_typing_is_shown_to_the_others_only(
    socket: Socket, room: Room, client_user: User, consultant: User, open_socket: OpenSocket
) -> None:
    second, reader = await open_socket(client_user), await open_socket(consultant)
    stream = room.conversation.stream
    for each in (socket, second, reader):
        await each.follow(stream)
    await socket.say("typing", conversation=str(room.conversation_id))
    assert await reader.until("typing") == {
        "type": "typing",
        "stream": str(stream),
        "user": str(client_user.pk),
    }
    for each in (socket, second):
        assert "typing" not in [frame["type"] for frame in await each.settled()]


async def test_typing_without_following_says_nothing(
    socket: Socket, room: Room, consultant: User, open_socket: OpenSocket
) -> None:
    reader = await open_socket(consultant)
    await reader.follow(room.conversation.stream)
    await socket.say("typing", conversation=str(room.conversation_id))
    assert await socket.settled() == []
    await socket.say("typing", conversation="nowhere")
    assert (await socket.next())["code"] == "malformed"
    assert "typing" not in [frame["type"] for frame in await reader.settled()]
