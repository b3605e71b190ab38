"""The socket's frames about rooms: signalling, presence, and who is cut off."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from core.database import in_database
from core.hub import hub
from core.models import Event
from rooms.actions.participants import add_participant, remove_participant
from rooms.models import Participant, Role, Room, Visit
from tests.sockets import COMMITTED, OpenSocket, Socket, deaf

pytestmark = COMMITTED

Say = Callable[..., Any]


@pytest.fixture
async def socket(client_user: User, open_socket: OpenSocket) -> Socket:
    return await open_socket(client_user)


@pytest.fixture
async def host(consultant: User, open_socket: OpenSocket) -> Socket:
    return await open_socket(consultant)


async def happened(room: Room) -> list[str]:
    """The names of the room's newest events about coming and going."""
    rows = Event.objects.filter(
        stream__object_id=room.pk, name__in=("ParticipantEntered", "ParticipantWentAway")
    )
    return await in_database(lambda: list(rows.order_by("seq").values_list("name", flat=True)))


async def remove(room: Room, actor: User, user: User) -> None:
    """Take somebody out of the room."""
    participant = await in_database(
        Participant.objects.select_related("room__conversation", "user").get, room=room, user=user
    )
    await in_database(remove_participant, actor=actor, participant=participant)


# Signalling ---------------------------------------------------------------------------------


async def test_signal_reaches_one_participant_only(
    socket: Socket,
    host: Socket,
    room: Room,
    consultant: User,
    client_user: User,
    manager: User,
    open_socket: OpenSocket,
) -> None:
    await in_database(
        add_participant, actor=consultant, room=room, user=manager, role=Role.OBSERVER
    )
    third, second_tab = await open_socket(manager), await open_socket(consultant)
    for each in (socket, host, third, second_tab):
        await each.follow(room.stream)
    data = {"type": "offer", "sdp": "v=0\r\n\0\ud800", "deep": [[1.5, None]]}
    await socket.say("signal", room=str(room.pk), to=str(consultant.pk), data=data)
    expected = {
        "type": "signal",
        "room": str(room.pk),
        "from": str(client_user.pk),
        "data": data,
    }
    assert await host.until("signal") == expected
    assert await second_tab.until("signal") == expected
    for each in (socket, third):
        assert "signal" not in [frame["type"] for frame in await each.settled()]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"room": "x"}, "malformed"),
        ({"room": str(uuid4())}, "malformed"),
        ({"to": None}, "malformed"),
        ({"data": None}, "malformed"),
        ({"data": [1]}, "malformed"),
    ],
)
async def test_bad_signal_is_refused(
    socket: Socket, room: Room, consultant: User, changes: dict[str, Any], code: str
) -> None:
    await socket.follow(room.stream)
    good = {"room": str(room.pk), "to": str(consultant.pk), "data": {}}
    await socket.say("signal", **{**good, **changes})
    assert (await socket.until("error"))["code"] == code


async def test_signalling_needs_the_subscription(
    socket: Socket, room: Room, consultant: User
) -> None:
    await socket.say("signal", room=str(room.pk), to=str(consultant.pk), data={})
    answer = await socket.next()
    assert (answer["code"], answer["detail"]) == (
        "malformed",
        "Subscribe to the room before signalling in it.",
    )


# Presence -----------------------------------------------------------------------------------


async def test_presence_is_shown_to_those_who_follow(
    socket: Socket, host: Socket, room: Room, client_user: User
) -> None:
    await host.follow(room.stream)
    await socket.follow(room.stream)
    shown = {"stream": str(room.stream), "user": str(client_user.pk)}
    await host.until("presence", **shown, state="active")
    await socket.say("presence", state="away")
    await host.until("presence", **shown, state="away")
    await socket.say("presence", state="active")
    await host.until("presence", **shown, state="active")
    await socket.disconnect()
    await host.until("presence", **shown, state="offline")


async def test_second_tab_is_no_news_to_the_others(
    socket: Socket, host: Socket, room: Room, client_user: User, open_socket: OpenSocket
) -> None:
    await host.follow(room.stream)
    await socket.follow(room.stream)
    shown = {"stream": str(room.stream), "user": str(client_user.pk)}
    await host.until("presence", **shown, state="active")
    second = await open_socket(client_user)
    await second.follow(room.stream)
    await second.settled()
    assert [frame for frame in await host.settled() if frame["type"] == "presence"] == []
    for each in (socket, second):
        await each.say("presence", state="away")
    await host.until("presence", **shown, state="away")
    third = await open_socket(client_user)  # it is active, and they are away: that is news
    await third.follow(room.stream)
    await host.until("presence", **shown, state="active")


async def test_person_stays_as_long_as_one_socket_does(
    socket: Socket, host: Socket, room: Room, client_user: User, open_socket: OpenSocket
) -> None:
    second = await open_socket(client_user)
    await host.follow(room.stream)
    for each in (socket, second):
        await each.follow(room.stream)
    await second.say("presence", state="away")
    for each in (host, second, socket):
        await each.settled()
    assert await happened(room) == ["ParticipantEntered"] * 2  # the host's and the client's
    await second.disconnect()
    assert await happened(room) == ["ParticipantEntered"] * 2
    await socket.say("unsubscribe", stream=str(room.stream))
    await socket.until("unsubscribed")
    await socket.settled()
    assert (await happened(room))[-1] == "ParticipantWentAway"
    await host.until("presence", stream=str(room.stream), user=str(client_user.pk), state="offline")
    assert (
        await in_database(
            Visit.objects.filter(participant__user=client_user, ended_at__isnull=True).count
        )
        == 0
    )


async def test_unsubscribing_from_what_is_not_followed_is_answered(
    socket: Socket, room: Room
) -> None:
    await socket.say("unsubscribe", stream=str(room.stream))
    assert await socket.next() == {"type": "unsubscribed", "stream": str(room.stream)}
    assert await happened(room) == []


async def test_closing_notes_when_the_person_was_last_seen(
    socket: Socket, client_user: User
) -> None:
    await socket.follow(f"user:{client_user.pk}")
    await socket.disconnect()
    person = await in_database(User.objects.get, pk=client_user.pk)
    assert person.last_seen_at is not None


async def test_nobody_follows_another_person(socket: Socket, consultant: User) -> None:
    await socket.say("subscribe", stream=f"user:{consultant.pk}")
    assert (await socket.next())["code"] == "not_found"


# Cut off ------------------------------------------------------------------------------------


async def test_removed_participant_is_cut_off_at_once(
    socket: Socket,
    host: Socket,
    room: Room,
    consultant: User,
    client_user: User,
    say: Say,
    open_socket: OpenSocket,
) -> None:
    second = await open_socket(client_user)
    streams = (room.stream, room.conversation.stream)
    for each in (socket, second, host):
        for stream in streams:
            await each.follow(stream)
        await each.settled()
    await remove(room, consultant, client_user)
    await in_database(say, consultant, room, "not for their ears")
    for each in (socket, second):
        for stream in streams:
            await each.until("revoked", stream=str(stream))
        left = await each.settled()
        names = [str(stream) for stream in streams]
        assert [frame for frame in left if frame.get("stream") in names] == []
        await each.say("subscribe", stream=str(room.stream), after=0)
        assert (await each.until("error"))["code"] == "not_found"
    # Who stays sees the removal and everything after it.
    names = [f["name"] for f in await host.settled() if f["type"] == "event"]
    assert {"ParticipantRemoved", "AccessRevoked", "MessageSent"} <= set(names)


async def test_removal_while_deaf_cuts_off_at_the_heartbeat(
    socket: Socket, room: Room, consultant: User, client_user: User, say: Say
) -> None:
    stream = room.conversation.stream
    await socket.follow(stream)
    await deaf(hub(), stream)
    await remove(room, consultant, client_user)
    await in_database(say, consultant, room, "not for their ears")
    await hub().beat()
    frames = [f for f in await socket.settled() if f["type"] != "presence"]
    assert [f["type"] for f in frames if f.get("stream") == str(stream)] == ["revoked"]
    assert [f["streams"] for f in frames if f["type"] == "heads"] == [{}]


async def test_who_returns_follows_again(
    socket: Socket, room: Room, consultant: User, client_user: User, say: Say
) -> None:
    stream = room.conversation.stream
    known = await socket.follow(stream)
    await remove(room, consultant, client_user)
    await socket.until("revoked")
    await in_database(
        add_participant, actor=consultant, room=room, user=client_user, role=Role.CLIENT
    )
    # The replay contains their own removal; it cuts nobody off any more.
    number = await socket.follow(stream, after=known)
    assert await socket.events(number - known) == list(range(known + 1, number + 1))
    await in_database(say, consultant, room, "welcome back")
    assert await socket.events(1) == [number + 1]


async def test_a_reload_is_no_departure(
    room: Room, client_user: User, open_socket: OpenSocket, settings: Settings
) -> None:
    settings.SOCKET_LEAVE_GRACE_SECONDS = 0.5
    page = await open_socket(client_user)
    await page.follow(room.stream)
    await page.settled()
    leaving = asyncio.ensure_future(page.disconnect())
    again = await open_socket(client_user)
    await again.follow(room.stream)
    await leaving
    await again.settled()
    assert await happened(room) == ["ParticipantEntered"]
