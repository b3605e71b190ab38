"""Following streams: replay, order, healing, revocation, and what goes wrong in between."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from core.database import in_database
from core.events import StreamKey
from core.feed import PAGE, Feed, load
from core.hub import hub
from core.models import Event, Stream
from core.outlet import Outlet
from core.rendering import Frame
from rooms.actions.participants import add_participant, remove_participant
from rooms.models import Participant, Room
from tests.sockets import COMMITTED, SECONDS, OpenSocket, Socket, becomes, deaf, hearing

pytestmark = COMMITTED

Say = Callable[..., Any]


async def head(room: Room) -> int:
    """The number of the newest event in the room's conversation."""
    return (await in_database(Stream.objects.get, object_id=room.conversation_id)).head


def add_events(room: Room, actor: User, number: int) -> None:
    """Append many events at once, unpublished."""
    stream = Stream.objects.get(object_id=room.conversation_id)
    Event.objects.bulk_create(
        Event(stream=stream, seq=stream.head + index, name="Noted", actor=actor, data={})
        for index in range(1, number + 1)
    )
    Stream.objects.filter(pk=stream.pk).update(head=stream.head + number)


async def say_all(say: Say, actor: User, room: Room, *bodies: str) -> None:
    """Send messages one after the other."""
    for body in bodies:
        await in_database(say, actor, room, body)


@pytest.fixture
async def socket(client_user: User, open_socket: OpenSocket) -> Socket:
    return await open_socket(client_user)


# Following ----------------------------------------------------------------------------------


async def test_subscribes_to_live_events_only(
    socket: Socket, room: Room, say: Say, consultant: User
) -> None:
    number = await socket.follow(room.conversation.stream)
    assert number == await head(room)
    await in_database(say, consultant, room, "live")
    event = await socket.until("event")
    assert (event["seq"], event["name"], event["actor"], event["data"]["body"]) == (
        number + 1,
        "MessageSent",
        str(consultant.pk),
        "live",
    )
    assert event["stream"] == str(room.conversation.stream)
    assert "live" in event["html"]
    assert event["at"]


async def test_resumes_by_number(socket: Socket, room: Room, say: Say, consultant: User) -> None:
    known = await socket.follow(room.conversation.stream)
    await socket.say("unsubscribe", stream=str(room.conversation.stream))
    await socket.until("unsubscribed", stream=str(room.conversation.stream))
    await say_all(say, consultant, room, "missed", "missed too")
    assert await socket.settled() == []
    assert await socket.follow(room.conversation.stream, after=known) == known + 2
    assert await socket.events(2) == [known + 1, known + 2]
    await in_database(say, consultant, room, "live")
    assert await socket.events(1) == [known + 3]


async def test_after_past_the_head_gives_live_events(
    socket: Socket, room: Room, say: Say, consultant: User
) -> None:
    number = await socket.follow(room.conversation.stream, after=2**63 - 1)
    await in_database(say, consultant, room, "live")
    assert await socket.events(1) == [number + 1]


async def test_replays_thousands_while_more_arrive(
    socket: Socket, room: Room, say: Say, consultant: User
) -> None:
    await in_database(add_events, room, consultant, 2_000)
    stream = room.conversation.stream
    await socket.say("subscribe", stream=str(stream), after=0)
    bodies = [str(number) for number in range(20)]
    _, number = await asyncio.gather(
        say_all(say, consultant, room, *bodies), socket.until("subscribed")
    )
    last = await head(room)
    assert number["head"] <= last
    assert await socket.events(last) == list(range(1, last + 1))
    assert [f["type"] for f in await socket.settled() if f["type"] == "event"] == []


async def test_subscribing_again_sends_nothing_live_among_the_replayed(
    socket: Socket, room: Room, say: Say, consultant: User
) -> None:
    await in_database(add_events, room, consultant, 3 * PAGE)
    stream = room.conversation.stream
    await socket.follow(stream)
    await socket.say("subscribe", stream=str(stream), after=0)
    await say_all(say, consultant, room, *"abcdefgh")
    last = await head(room)
    live_before: list[int] = []
    while (frame := await socket.next())["type"] != "subscribed":
        live_before.extend([frame["seq"]] if frame["type"] == "event" else [])
    assert live_before == sorted(live_before)
    assert await socket.events(last) == list(range(1, last + 1))


async def test_many_sockets_of_one_stream_share_a_feed(
    open_socket: OpenSocket, client_user: User, consultant: User, room: Room, say: Say
) -> None:
    sockets = [await open_socket(person) for person in (client_user, consultant) for _ in range(3)]
    for socket in sockets:
        await socket.say("subscribe", stream=str(room.conversation.stream), after=0)
    await in_database(say, consultant, room, "to all")
    last = await head(room)
    for socket in sockets:
        assert await socket.events(last) == list(range(1, last + 1))
    assert list(hub().feeds) == [str(room.conversation.stream)]


# Order and healing --------------------------------------------------------------------------


async def broadcast_again(room: Room, numbers: list[int]) -> None:
    """Broadcast events of the log once more, in this order."""
    frames = {f.seq: f for f in await in_database(load, room.conversation.stream, 0)}
    for number in numbers:
        frame = frames[number]
        await hub().channel.layer.group_send(
            room.conversation.stream.group,
            {
                "type": "frame",
                "stream": frame.stream,
                "seq": frame.seq,
                "text": frame.text,
                "revokes": frame.revokes,
            },
        )


async def test_who_replayed_further_than_the_others_gets_nothing_twice(
    socket: Socket, room: Room, say: Say, consultant: User, open_socket: OpenSocket
) -> None:
    stream = room.conversation.stream
    known = await socket.follow(stream)
    await deaf(hub(), stream)
    await say_all(say, consultant, room, "1", "2")
    later = await open_socket(consultant)
    await later.follow(stream, after=known)
    assert await later.events(2) == [known + 1, known + 2]
    await later.settled()
    await hearing(hub(), stream)
    await broadcast_again(room, [known + 1, known + 2])
    await in_database(say, consultant, room, "3")
    assert await socket.events(3) == [known + 1, known + 2, known + 3]
    assert await later.events(1) == [known + 3]
    assert hub().feeds[str(stream)].ahead == {}


@pytest.mark.parametrize("order", [[2, 1, 3], [3, 2, 1], [1, 1, 3, 3, 2], [3], [2, 3]])
async def test_broadcasts_out_of_order_arrive_once_and_in_order(
    socket: Socket, room: Room, say: Say, consultant: User, order: list[int]
) -> None:
    """Two processes publish at once; the last case heals from the log."""
    stream = room.conversation.stream
    known = await socket.follow(stream)
    await deaf(hub(), stream)
    await say_all(say, consultant, room, "1", "2", "3")
    await hearing(hub(), stream)
    await broadcast_again(room, [known + number for number in order])
    assert await socket.events(3) == [known + 1, known + 2, known + 3]
    await in_database(say, consultant, room, "4")
    assert await socket.events(1) == [known + 4]


async def test_heartbeat_heals_lost_broadcasts_before_it_tells_the_heads(
    socket: Socket, room: Room, say: Say, consultant: User
) -> None:
    stream = room.conversation.stream
    known = await socket.follow(stream)
    await deaf(hub(), stream)
    await say_all(say, consultant, room, "lost", "lost too")
    assert [f for f in await socket.settled() if f["type"] == "event"] == []
    await hub().beat()
    assert await socket.events(2) == [known + 1, known + 2]
    assert await socket.next() == {"type": "heads", "streams": {str(stream): known + 2}}


async def test_frames_that_arrive_while_a_feed_opens_are_kept() -> None:
    """The head may have been read just before the event whose broadcast is here already."""
    taken: list[str] = []

    async def send(message: dict[str, Any]) -> None:
        taken.append(message["text"])

    feed = Feed(StreamKey("user", uuid4()), lambda feed, user_id, seq: None)
    feed.receive(Frame(feed.name, 7, "seven", None))
    feed.receive(Frame(feed.name, 8, "eight", None))
    outlet = Outlet(send, uuid4())
    feed.add(outlet, 7)
    feed.open_at(7)
    assert (taken, feed.delivered, feed.early) == (["eight"], 8, {})


async def test_gap_that_the_log_does_not_fill_is_given_up(
    socket: Socket, room: Room, say: Say, consultant: User
) -> None:
    stream = room.conversation.stream
    known = await socket.follow(stream)
    feed = hub().feeds[str(stream)]
    feed.receive(Frame(feed.name, known + 50, "no such event", None))
    assert feed.healing is not None
    await feed.healing
    await in_database(say, consultant, room, "goes on")
    assert await socket.events(1) == [known + 1]


# Revocation ---------------------------------------------------------------------------------


async def test_revocation_during_replay_sends_nothing_after_it(
    socket: Socket, room: Room, consultant: User
) -> None:
    """Access ends between the reading of a page and its sending."""
    await in_database(add_events, room, consultant, 3 * PAGE)
    stream = room.conversation.stream
    answers = iter([True, True, False])
    outlet = next(iter(hub().outlets))
    await hub().subscribe(outlet, stream, 0, lambda: next(answers))
    frames = await socket.settled()
    assert [f["type"] for f in frames] == ["subscribed", *["event"] * PAGE, "revoked"]
    assert outlet.streams == set()


async def test_revoked_before_the_head_is_told(socket: Socket, room: Room) -> None:
    outlet = next(iter(hub().outlets))
    await hub().subscribe(outlet, room.conversation.stream, 0, lambda: False)
    assert await socket.settled() == [{"type": "revoked", "stream": str(room.conversation.stream)}]
    await hub().look()
    assert hub().feeds == {}  # a feed without sockets is left at the next look


def leave_and_come_back(room: Room, host: User, person: User) -> None:
    """Somebody is removed and added again."""
    place = Participant.objects.get(room=room, user=person)
    remove_participant(actor=host, participant=place)
    add_participant(actor=host, room=room, user=person, role=place.role)


async def test_a_removal_delivered_late_does_not_cut_off_who_is_back(
    socket: Socket, room: Room, say: Say, consultant: User, client_user: User
) -> None:
    stream = room.conversation.stream
    known = await socket.follow(stream)
    await deaf(hub(), stream)
    await in_database(leave_and_come_back, room, consultant, client_user)
    assert await socket.follow(stream, known) == known + 2
    assert await socket.events(2) == [known + 1, known + 2]
    await hearing(hub(), stream)
    await hub().look()
    await becomes(lambda: hub().feeds[str(stream)].delivered == known + 2)
    await in_database(say, consultant, room, "welcome back")
    assert await socket.events(1) == [known + 3]


@pytest.mark.parametrize("is_back", [True, False])
async def test_a_removal_delivered_while_the_right_is_looked_up(
    socket: Socket, room: Room, consultant: User, client_user: User, is_back: bool
) -> None:
    """It counts if it came after the head that was read; before, the answer knows of it."""
    stream = room.conversation.stream
    known = await socket.follow(stream)
    outlet, feed = next(iter(hub().outlets)), hub().feeds[str(stream)]
    looked, told = threading.Event(), threading.Event()

    def may_follow() -> bool:
        looked.set()
        told.wait(SECONDS)
        return True

    if is_back:
        await deaf(hub(), stream)
        await in_database(leave_and_come_back, room, consultant, client_user)
    subscribing = asyncio.ensure_future(hub().subscribe(outlet, stream, known, may_follow))
    await becomes(looked.is_set)
    if is_back:
        await hub().look()
    else:
        place = await in_database(Participant.objects.get, room=room, user=client_user)
        await in_database(remove_participant, actor=consultant, participant=place)
    await becomes(lambda: feed.delivered > known)
    told.set()
    await subscribing
    types = [frame["type"] for frame in await socket.settled()]
    assert types == (["subscribed", "event", "event"] if is_back else ["revoked"])


# Coming and going ---------------------------------------------------------------------------


async def test_cancelled_subscriber_does_not_disturb_the_next(
    open_socket: OpenSocket, client_user: User, room: Room
) -> None:
    await open_socket(client_user)
    outlet = next(iter(hub().outlets))
    stream = room.conversation.stream
    tasks = [
        asyncio.ensure_future(hub().subscribe(outlet, stream, 0, lambda: True)) for _ in range(3)
    ]
    async with hub().channel.membership:  # the first one waits to join, the others for the first
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[1].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results[:2]] == [asyncio.CancelledError] * 2
    assert results[2] is None
    assert outlet in hub().feeds[str(stream)].outlets


async def test_socket_that_closes_amid_a_subscription_leaves_nothing(
    open_socket: OpenSocket, client_user: User, consultant: User, room: Room
) -> None:
    await in_database(add_events, room, consultant, 5 * PAGE)
    keeper = await open_socket(consultant)
    socket = await open_socket(client_user)
    await socket.say("subscribe", stream=str(room.conversation.stream), after=0)
    await socket.until("subscribed")
    await socket.disconnect(timeout=10)
    assert [outlet.user_id for outlet in hub().outlets] == [consultant.pk]
    assert hub().feeds == {}
    assert await keeper.settled() == []


async def test_cancelled_consumer_leaves_the_hub(
    open_socket: OpenSocket, client_user: User, consultant: User, room: Room
) -> None:
    await open_socket(consultant)
    socket = await open_socket(client_user)
    await socket.follow(room.conversation.stream)
    socket.future.cancel()
    await asyncio.wait([socket.future])
    assert [outlet.user_id for outlet in hub().outlets] == [consultant.pk]
    await hub().look()
    assert hub().feeds == {}


async def test_unsubscribing_while_another_subscribes_keeps_the_stream(
    open_socket: OpenSocket, client_user: User, consultant: User, room: Room, say: Say
) -> None:
    first, second = await open_socket(client_user), await open_socket(consultant)
    stream = str(room.conversation.stream)
    for _ in range(5):
        await first.follow(stream)
        await asyncio.gather(
            first.say("unsubscribe", stream=stream), second.say("subscribe", stream=stream)
        )
        await first.until("unsubscribed")
        number = (await second.until("subscribed"))["head"]
        await in_database(say, client_user, room, "still here")
        assert await second.events(1) == [number + 1]
        await second.say("unsubscribe", stream=stream)
        await second.until("unsubscribed")


async def test_slow_reader_is_closed_while_others_get_all(
    open_socket: OpenSocket,
    client_user: User,
    room: Room,
    say: Say,
    consultant: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.outlet.MAX_WAITING_FRAMES", 5)
    reader = await open_socket(consultant)
    known = await reader.follow(room.conversation.stream)
    closed: list[int] = []
    writable = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        await writable.wait()
        closed.append(message.get("code", 0))

    slow = Outlet(send, client_user.pk)
    await hub().connect(slow)
    await hub().subscribe(slow, room.conversation.stream, None, lambda: True)
    await say_all(say, consultant, room, *"abcdefgh")
    assert await reader.events(8) == list(range(known + 1, known + 9))
    assert slow.is_closed
    writable.set()
    await becomes(lambda: closed)
    await becomes(lambda: 1013 in closed)
    await hub().disconnect(slow)
