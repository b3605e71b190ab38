"""Who is here, for whom it concerns: over sockets and the API, and hidden from everybody."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from core import presence, watching
from core.database import in_database
from core.hub import hub
from core.outlet import Outlet
from core.stay import seek_absent
from messaging.actions.settings import change_place_settings, change_settings
from messaging.queries.presence import MAX_ASKED, presence_of
from rooms.actions.participants import remove_participant
from rooms.models import Participant, Room
from rooms.queries.people import people_in
from tests.sockets import COMMITTED, OpenSocket, Socket, becomes, deaf

pytestmark = COMMITTED

Change = Callable[..., Any]


@pytest.fixture
def watching_of() -> Callable[..., Any]:
    """`await watching_of(socket, person)`: what the socket is told, and told of from now on."""

    async def watch(socket: Socket, *people: User) -> dict[str, Any]:
        await socket.say("presence.watch", users=[str(person.pk) for person in people])
        answer = await socket.until("presence.states")
        return {row["user"]: (row["state"], row["last_seen_at"]) for row in answer["people"]}

    return watch


@pytest.fixture
async def watcher(room: Room, consultant: User, open_socket: OpenSocket) -> Socket:
    return await open_socket(consultant)


async def change(user: User, **changes: Any) -> None:
    await in_database(change_settings, actor=user, user=user, changes=changes)


async def told(socket: Socket, user: User) -> dict[str, Any]:
    """The next word about somebody to who watches them."""
    while "stream" in (frame := await socket.until("presence", user=str(user.pk))):
        pass
    return frame


# Watching ----------------------------------------------------------------------------------


async def test_who_watches_is_told_of_changes(
    watcher: Socket, client_user: User, open_socket: OpenSocket, watching_of: Any
) -> None:
    assert await watching_of(watcher, client_user) == {str(client_user.pk): ("offline", None)}
    socket = await open_socket(client_user)
    await socket.follow(client_user.stream)
    assert (await told(watcher, client_user))["state"] == "active"
    second = await open_socket(client_user)  # another tab is no news
    await second.follow(client_user.stream)
    for each, state in ((socket, "away"), (second, "away"), (second, "active")):
        await each.say("presence", state=state)
    assert (await told(watcher, client_user))["state"] == "away"
    assert (await told(watcher, client_user))["state"] == "active"
    before = datetime.now(UTC)
    for each in (socket, second):
        await each.disconnect()
    last = await told(watcher, client_user)
    assert last["state"] == "offline"
    assert datetime.fromisoformat(last["last_seen_at"]) >= before - timedelta(seconds=1)


async def test_one_watches_whom_one_shares_a_conversation_with(
    watcher: Socket,
    room: Room,
    consultant: User,
    client_user: User,
    outsider: User,
    open_socket: OpenSocket,
    watching_of: Any,
) -> None:
    stranger = await open_socket(outsider)
    await stranger.follow(outsider.stream)
    assert await watching_of(stranger, client_user, consultant) == {}
    assert list(await watching_of(watcher, outsider, client_user)) == [str(client_user.pk)]
    await watching_of(watcher)  # nobody any more
    socket = await open_socket(client_user)
    await socket.follow(client_user.stream)
    assert "presence" not in [frame["type"] for frame in await watcher.settled()]
    participant = await in_database(
        Participant.objects.select_related("room__conversation", "user").get,
        room=room,
        user=client_user,
    )
    await in_database(remove_participant, actor=consultant, participant=participant)
    assert await watching_of(watcher, client_user) == {}


@pytest.mark.parametrize("users", [None, "x", ["x"], [7], [str(uuid4())] * 101])
async def test_bad_watch_is_refused(watcher: Socket, users: Any) -> None:
    await watcher.say("presence.watch", users=users)
    assert (await watcher.next())["code"] == "malformed"


async def test_what_got_lost_is_told_at_the_next_look(
    watcher: Socket, client_user: User, open_socket: OpenSocket, watching_of: Any
) -> None:
    await watching_of(watcher, client_user)
    await hub().channel.layer.group_discard(watching.GROUP, hub().channel.name)
    socket = await open_socket(client_user)
    await socket.follow(client_user.stream)
    await socket.settled()
    assert "presence" not in [frame["type"] for frame in await watcher.settled()]
    await hub().watchers.look()
    assert (await told(watcher, client_user))["state"] == "active"
    # One who begins to watch learns it, and then so do the others.
    await socket.say("presence", state="away")
    await socket.settled()
    other = await open_socket(watcher_of(hub().outlets, watcher, client_user))
    assert await watching_of(other, client_user) == {str(client_user.pk): ("away", None)}
    assert (await told(watcher, client_user))["state"] == "away"


def watcher_of(outlets: Any, socket: Socket, other: User) -> User:
    (user_id,) = {outlet.user_id for outlet in outlets} - {other.pk}
    return User(pk=user_id)


async def test_a_watch_ends(
    watcher: Socket, client_user: User, watching_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "WATCH_SECONDS", -1)
    await watching_of(watcher, client_user)
    assert hub().watchers.watched
    await hub().watchers.look()
    assert not hub().watchers.watched


async def test_nobody_is_said_to_be_gone_while_redis_is_away(
    watcher: Socket,
    client_user: User,
    open_socket: OpenSocket,
    watching_of: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    socket = await open_socket(client_user)
    await socket.follow(client_user.stream)
    await socket.settled()
    assert (await watching_of(watcher, client_user))[str(client_user.pk)][0] == "active"

    async def away(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(presence, "aread_many", away)
    monkeypatch.setattr(presence, "claim_absent", away)
    await hub().watchers.look()
    await seek_absent(hub())
    assert "presence" not in [frame["type"] for frame in await watcher.settled()]


# Processes that died -----------------------------------------------------------------------


async def silent(person: User, *streams: Any, hidden: bool = False) -> Outlet:
    """A socket of a process that died a moment ago."""

    async def send(message: object) -> None:
        """Nobody reads it."""

    outlet = Outlet(send, person.pk)
    outlet.streams = set(map(str, streams))
    outlet.hidden = frozenset({"presence"} if hidden else ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presence, "EXPIRY_SECONDS", -0.001)
        await presence.touch(outlet)
    return outlet


async def test_who_was_on_a_process_that_died_is_told_of_once(
    watcher: Socket, room: Room, consultant: User, client_user: User, watching_of: Any
) -> None:
    for stream in (room.stream, room.conversation.stream):
        await watcher.follow(stream)
    await watching_of(watcher, client_user)
    hub().watchers.told[str(client_user.pk)] = "active"
    await watcher.settled()
    await silent(client_user, room.stream, client_user.stream)
    await seek_absent(hub())
    await seek_absent(hub())
    frames: list[dict[str, Any]] = []
    while len(frames) < 2:
        frames.append(await watcher.until("presence", user=str(client_user.pk)))
    assert {frame.get("stream") for frame in frames} == {None, str(room.stream)}
    assert {frame["state"] for frame in frames} == {"offline"}
    assert not [f for f in await watcher.settled() if f["type"] == "presence"]
    known = await in_database(presence_of, consultant, [client_user.pk])
    assert known[client_user.pk][1] is not None
    person = await in_database(User.objects.get, pk=client_user.pk)
    assert person.last_seen_at is not None  # as by any other leaving


async def test_another_tab_on_a_living_process_keeps_somebody_here(
    watcher: Socket, room: Room, client_user: User, open_socket: OpenSocket, watching_of: Any
) -> None:
    await watcher.follow(room.conversation.stream)
    socket = await open_socket(client_user)
    await socket.follow(room.conversation.stream)
    await socket.say("presence", state="away")
    await socket.settled()
    await watching_of(watcher, client_user)
    await watcher.settled()
    await silent(client_user, room.conversation.stream)
    await seek_absent(hub())
    assert not [f for f in await watcher.settled() if f["type"] == "presence"]


def test_others_know_within_35_seconds() -> None:
    """In the worst case, with the product's own timing."""
    beat = min(10.0, 20.0)
    expiry, sweep = 2.25 * beat, beat / 2
    assert (presence.EXPIRY_SECONDS, presence.SWEEP_SECONDS) == (
        2.25 * presence.BEAT_SECONDS, presence.BEAT_SECONDS / 2,
    )  # fmt: skip
    assert expiry + sweep + beat <= 35 + beat / 4  # a look, should the word be lost, too
    assert expiry + sweep < 30


# Hiding ------------------------------------------------------------------------------------


async def test_who_hides_looks_offline_to_everybody(
    watcher: Socket, room: Room, consultant: User, client_user: User, open_socket: OpenSocket,
    watching_of: Any, client: Client,
) -> None:  # fmt: skip
    await change(client_user, shows_presence=False)
    await watching_of(watcher, client_user)
    await watcher.follow(room.conversation.stream)
    socket = await open_socket(client_user)
    for stream in (client_user.stream, room.conversation.stream):
        await socket.follow(stream)
    await socket.say("presence", state="away")
    await socket.settled()
    await hub().watchers.look()
    await silent(client_user, room.conversation.stream, hidden=True)
    await seek_absent(hub())
    await socket.disconnect()
    frames = await watcher.settled()
    assert not [f for f in frames if f["type"] == "presence" and f["user"] == str(client_user.pk)]
    known = await in_database(presence_of, consultant, [client_user.pk])
    assert known == {client_user.pk: ("offline", None)}
    own = await in_database(presence_of, client_user, [client_user.pk])
    assert own[client_user.pk][1] is not None  # of oneself one knows
    people = await in_database(people_in, room)
    (person,) = [row for row in people.rows if row.user == client_user]
    assert person.last_seen_at is None


async def test_who_hides_and_looks_at_themselves_tells_nobody(
    watcher: Socket, client_user: User, open_socket: OpenSocket, watching_of: Any
) -> None:
    await change(client_user, shows_presence=False)
    socket = await open_socket(client_user)
    await socket.follow(client_user.stream)
    await watching_of(watcher, client_user)
    assert (await watching_of(socket, client_user))[str(client_user.pk)][0] == "active"
    await hub().watchers.look()
    assert not [f for f in await watcher.settled() if f["type"] == "presence"]
    assert not [f for f in await socket.settled() if f["type"] == "presence"]


async def test_in_a_consultation_one_is_seen(
    watcher: Socket, room: Room, client_user: User, open_socket: OpenSocket
) -> None:
    await change(client_user, shows_presence=False)
    await watcher.follow(room.stream)
    socket = await open_socket(client_user)
    await socket.follow(room.stream)
    frame = await watcher.until("presence", user=str(client_user.pk))
    assert (frame["stream"], frame["state"]) == (str(room.stream), "active")


async def test_hiding_and_showing_oneself_take_effect_at_once(
    watcher: Socket, room: Room, client_user: User, open_socket: OpenSocket, watching_of: Any
) -> None:
    await watcher.follow(room.conversation.stream)
    await watcher.follow(room.stream)
    socket = await open_socket(client_user)
    for stream in (room.stream, room.conversation.stream):
        await socket.follow(stream)
        await watcher.until("presence", user=str(client_user.pk), stream=str(stream))
    await watching_of(watcher, client_user)
    await change(client_user, shows_presence=False)
    frames = [await watcher.until("presence", user=str(client_user.pk)) for _ in range(2)]
    assert [frame.get("stream") for frame in frames] == [str(room.conversation.stream), None]
    assert {frame["state"] for frame in frames} == {"offline"}
    assert frames[1]["last_seen_at"] is None
    await change(client_user, shows_presence=True)
    assert (await told(watcher, client_user))["state"] == "active"
    await change(client_user, enter_sends=False)  # nothing else is news
    assert not [f for f in await watcher.settled() if f["type"] == "presence" and f.get("user")
                == str(client_user.pk) and f["state"] == "offline"]  # fmt: skip


async def test_typing_is_not_passed_on_of_who_hides_it(
    watcher: Socket, room: Room, client_user: User, open_socket: OpenSocket
) -> None:
    socket = await open_socket(client_user)
    for each in (watcher, socket):
        await each.follow(room.conversation.stream)
    await watcher.until("presence", user=str(client_user.pk))

    async def is_heard() -> bool:
        """Whether it comes before what is sent after it."""
        await socket.say("typing", conversation=str(room.conversation_id))
        await socket.say("presence", state="away")
        heard: list[str] = []
        while heard[-1:] != ["presence"]:
            frame = await watcher.next()
            heard += [frame["type"]] if frame.get("user") == str(client_user.pk) else []
        return "typing" in heard

    async def hidden_becomes(*words: str) -> None:
        await becomes(lambda: set(words) == _outlet(client_user).hidden)

    assert await is_heard()
    await change(client_user, shows_typing=False)
    await hidden_becomes("typing")
    assert not await is_heard()
    here: dict[str, Any] = {"actor": client_user, "conversation": room.conversation}
    await in_database(change_place_settings, **here, changes={"shows_typing": True})
    await hidden_becomes("typing", f"-typing:{room.conversation_id}")
    assert await is_heard()


def _outlet(person: User) -> Outlet:
    (outlet,) = [outlet for outlet in hub().outlets if outlet.user_id == person.pk]
    return outlet


async def test_a_lost_word_of_hiding_is_made_up_for_at_the_heartbeat(
    watcher: Socket, room: Room, client_user: User, open_socket: OpenSocket
) -> None:
    socket = await open_socket(client_user)
    await socket.settled()
    await deaf(hub(), client_user.stream)
    await change(client_user, shows_typing=False)
    await socket.settled()
    assert not _outlet(client_user).hidden
    await hub().tell_heads()
    await becomes(lambda: _outlet(client_user).hidden)


# Over the API ------------------------------------------------------------------------------


@pytest.mark.parametrize("users", ["", "x", ",".join([str(uuid4())] * (MAX_ASKED + 1))])
def test_bad_questions_are_refused(client: Client, client_user: User, users: str) -> None:
    client.force_login(client_user)
    assert client.get("/api/presence/", {"users": users}).status_code == 400


def test_the_api_tells_of_whom_one_talks_with(
    client: Client, room: Room, consultant: User, client_user: User, outsider: User
) -> None:
    client.force_login(consultant)
    seen_at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    User.objects.filter(pk=client_user.pk).update(last_seen_at=seen_at)
    url = f"/api/presence/?users={client_user.pk},{outsider.pk},{uuid4()}"
    expected = {
        "user": str(client_user.pk), "state": "offline", "last_seen_at": "2026-11-20T09:00:00Z",
    }  # fmt: skip
    assert client.get(url).json() == {"people": [expected]}
    change_settings(actor=client_user, user=client_user, changes={"shows_presence": False})
    assert client.get(url).json()["people"][0]["last_seen_at"] is None


# Receipts over the socket ------------------------------------------------------------------


async def test_a_page_says_what_it_has_got(
    watcher: Socket, room: Room, consultant: User, client_user: User, open_socket: OpenSocket,
    say: Callable[..., Any],
) -> None:  # fmt: skip
    message = await in_database(say, consultant, room, "Hello")
    await watcher.follow(room.conversation.stream)
    socket = await open_socket(client_user)
    await socket.say("received", conversation=str(room.conversation_id), seq=message.seq)
    event = await watcher.until("event", name="MessagesDelivered")
    assert event["data"] == {"user_id": str(client_user.pk), "seq": message.seq}
    for seq in (None, "7", -1, True, 2**63):
        await socket.say("received", conversation=str(room.conversation_id), seq=seq)
        assert (await socket.next())["code"] == "malformed"
