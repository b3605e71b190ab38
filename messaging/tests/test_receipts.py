"""Who saw what and when, what got to whom, and that nothing is told of who does not show it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.errors import NotAllowed
from core.models import Event
from core.queries import events_after
from core.rendering import frames, resources
from messaging.actions.conversations import mark_read
from messaging.actions.receipts import note_delivered
from messaging.actions.settings import change_place_settings, change_settings
from messaging.models import Conversation, ConversationMember, Message, ReadMark
from messaging.queries import receipts as queries
from messaging.queries.receipts import receipts, seen_by
from messaging.queries.threads import thread
from rooms.actions.participants import add_participant
from rooms.models import Role, Room
from tests.fixtures import capture_events, names, refused

Say = Callable[..., Message]

RECEIPTS = ("MessagesSeen", "MessagesDelivered", "Withheld")


@pytest.fixture
def conversation(room: Room) -> Conversation:
    """Of consultant and client."""
    return room.conversation


def place(user: User, conversation: Conversation) -> ConversationMember:
    return ConversationMember.objects.get(user=user, conversation=conversation)


def hide(user: User) -> None:
    change_settings(actor=user, user=user, changes={"shows_receipts": False})


def read(user: User, message: Message) -> list[Event]:
    """Read up to a message. Returns the events."""
    with capture_events() as events:
        mark_read(actor=user, conversation=message.conversation, seq=message.seq)
    return events


def got(user: User, message: Message) -> list[Event]:
    """Get up to a message. Returns the events."""
    with capture_events() as events:
        note_delivered(actor=user, conversation=message.conversation, seq=message.seq)
    return events


def test_reading_others_messages_leaves_a_mark_and_tells_everybody(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    message = say(consultant, room, "Look at this")
    seen, own = read(client_user, message)
    assert (seen.name, str(seen.stream)) == ("MessagesSeen", str(room.conversation.stream))
    assert seen.data == {"user_id": str(client_user.pk), "seq": message.seq}
    assert (own.name, str(own.stream)) == ("ConversationRead", str(client_user.stream))
    mark = ReadMark.objects.get()
    assert (mark.user, mark.seq) == (client_user, message.seq)
    assert mark.at == seen.at.replace(microsecond=0)
    assert str(mark) == f"{client_user} saw {room.conversation_id} up to {message.seq}"
    assert place(client_user, room.conversation).delivered_seq == message.seq
    assert read(client_user, message) == []


def test_reading_one_s_own_messages_is_no_news_to_others(
    room: Room, client_user: User, say: Say
) -> None:
    assert names(read(client_user, say(client_user, room, "Mine"))) == ["ConversationRead"]
    assert not ReadMark.objects.exists()


def test_reading_again_and_again_adds_nothing_to_the_log(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    """The event itself makes the stream longer; to read that is no news."""
    say(consultant, room, "Hello")
    with capture_events() as events:
        for _ in range(5):
            mark_read(actor=client_user, conversation=room.conversation, seq=10**6)
    assert names(events).count("MessagesSeen") == 1


def test_a_second_has_one_mark(
    room: Room, consultant: User, client_user: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in ("One", "Two", "Three"):
        message = say(consultant, room, words)
        mark_read(actor=client_user, conversation=room.conversation, seq=message.seq)
    seconds = set(Event.objects.filter(name="MessagesSeen").values_list("at__second", flat=True))
    assert ReadMark.objects.count() == len(seconds) < 3
    assert ReadMark.objects.order_by("-at")[0].seq == message.seq


def test_marking_read_is_cheap(room: Room, consultant: User, client_user: User, say: Say) -> None:
    message = say(consultant, room, "Hello")
    with CaptureQueriesContext(connection) as asked:
        mark_read(actor=client_user, conversation=room.conversation, seq=message.seq)
    queries = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert len(queries) <= 9, queries  # with the permission, which a request knows already


def test_marking_read_takes_the_mark_of_being_unread(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    message = say(consultant, room, "Hello")
    read(client_user, message)
    ConversationMember.objects.filter(user=client_user).update(is_marked_unread=True)
    assert thread(client_user, room.conversation).told_seq == 0
    assert names(read(client_user, message)) == ["ConversationRead"]
    assert not place(client_user, room.conversation).is_marked_unread
    assert thread(client_user, room.conversation).told_seq == message.seq


def test_another_device_may_be_faster(
    room: Room, consultant: User, client_user: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = say(consultant, room, "Hello")
    before = queries.place_before(client_user, room.conversation, message.seq)
    read(client_user, message)
    monkeypatch.setattr("messaging.actions.conversations.place_before", lambda *_: before)
    monkeypatch.setattr("messaging.actions.receipts.place_before", lambda *_: before)
    assert read(client_user, message) == got(client_user, message) == []


def test_somebody_without_a_place_reads_and_gets_nothing(
    room: Room, system: User, consultant: User, say: Say
) -> None:
    message = say(consultant, room, "Hello")
    assert read(system, message) == got(system, message) == []


# Delivered ---------------------------------------------------------------------------------


def test_what_got_to_a_device_is_told_once(
    room: Room, consultant: User, client_user: User, outsider: User, say: Say
) -> None:
    message = say(consultant, room, "Hello")
    (event,) = got(client_user, message)
    assert (event.name, str(event.stream)) == (
        "MessagesDelivered", str(room.conversation.stream),
    )  # fmt: skip
    assert event.data == {"user_id": str(client_user.pk), "seq": message.seq}
    assert got(client_user, message) == []
    assert got(consultant, message) == []  # who wrote it has it
    with refused(NotAllowed):
        got(outsider, message)


def test_what_was_read_was_delivered(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    message = say(consultant, room, "Hello")
    read(client_user, message)
    assert got(client_user, message) == []
    (receipt,) = receipts(consultant, room.conversation).others
    assert receipt.delivered_seq == message.seq


# Hidden ------------------------------------------------------------------------------------


def test_nothing_is_kept_or_told_of_who_hides_receipts(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    message = say(consultant, room, "Hello")
    hide(client_user)
    assert got(client_user, message) == []
    assert names(read(client_user, message)) == ["ConversationRead"]
    assert not ReadMark.objects.exists()
    assert place(client_user, room.conversation).delivered_seq == 0
    assert receipts(consultant, room.conversation).others == []


def test_one_conversation_may_differ(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    hide(client_user)
    change_place_settings(
        actor=client_user, conversation=room.conversation, changes={"shows_receipts": True}
    )
    assert "MessagesSeen" in names(read(client_user, say(consultant, room, "Hello")))
    change_place_settings(
        actor=client_user, conversation=room.conversation, changes={"shows_receipts": False}
    )
    assert names(read(client_user, say(consultant, room, "Again"))) == ["ConversationRead"]


def test_who_hides_receipts_later_hides_those_of_before(
    room: Room, consultant: User, client_user: User, say: Say, client: Client
) -> None:
    message = say(consultant, room, "Hello")
    read(client_user, message)
    hide(client_user)
    assert receipts(consultant, room.conversation).others == []
    found = seen_by(message)
    assert (found.is_told, found.seen, [row.user for row in found.others]) == (
        True, [], [client_user],
    )  # fmt: skip
    client.force_login(consultant)
    (row,) = client.get(f"/api/messages/{message.pk}/seen-by/").json()["results"]
    assert (row["seen_at"], row["is_delivered"]) == (None, False)
    page = client.get(f"/messages/{message.pk}/seen/").text
    assert "<time" not in page
    assert "Nobody is known to have seen it yet." in page
    assert str(client_user.pk) not in _receipt_data(client.get(f"/rooms/{room.pk}/").text)


def _receipt_data(page: str) -> str:
    start = page.index("data-receipts=")
    return page[start : page.index(">", start)]


def test_what_was_read_in_hiding_stays_hidden(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    hide(client_user)
    message = say(consultant, room, "Hello")
    read(client_user, message)
    change_settings(actor=client_user, user=client_user, changes={"shows_receipts": True})
    (receipt,) = receipts(consultant, room.conversation).others
    assert (receipt.seen_seq, receipt.seen_at, receipt.delivered_seq) == (0, None, 0)


# Many people -------------------------------------------------------------------------------


def test_in_a_large_conversation_nothing_is_kept_or_told(
    room: Room,
    consultant: User,
    client_user: User,
    colleague: User,
    say: Say,
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
) -> None:
    add_participant(actor=consultant, room=room, user=colleague, role=Role.PARTICIPANT)
    message = say(consultant, room, "Hello")
    read(client_user, message)
    monkeypatch.setattr(queries, "MAX_PEOPLE", 2)
    assert got(colleague, message) == []
    assert names(read(colleague, message)) == ["ConversationRead"]
    known = receipts(colleague, room.conversation)
    assert known.others == []
    assert known.mine is not None
    assert not seen_by(message).is_told
    client.force_login(consultant)
    assert client.get(f"/api/messages/{message.pk}/seen-by/").json()["results"] == []
    assert "not kept" in client.get(f"/messages/{message.pk}/seen/").text
    monkeypatch.setattr(queries, "MAX_PEOPLE", 1)  # one's own place may be beyond
    mine = receipts(colleague, room.conversation).mine
    assert mine is not None
    assert mine.user_id == colleague.pk


# When --------------------------------------------------------------------------------------


def marked(user: User, message: Message, minutes_ago: int) -> ReadMark:
    """As if they had read it then."""
    at = timezone.now().replace(microsecond=0) - timedelta(minutes=minutes_ago)
    ConversationMember.objects.filter(user=user).update(read_seq=message.seq)
    return ReadMark.objects.create(
        conversation=message.conversation, user=user, seq=message.seq, at=at
    )


def test_a_message_was_seen_at_the_first_mark_with_its_number_or_more(
    room: Room, consultant: User, client_user: User, colleague: User, say: Say
) -> None:
    add_participant(actor=consultant, room=room, user=colleague, role=Role.PARTICIPANT)
    first, second = say(consultant, room, "One"), say(consultant, room, "Two")
    marked(client_user, first, 30)
    late = marked(client_user, second, 20)
    later = marked(client_user, say(colleague, room, "Three"), 10)
    found = seen_by(second)
    assert [(row.user, row.mark_at) for row in found.seen] == [(client_user, late.at)]
    assert [row.user for row in found.others] == [colleague]
    known = receipts(consultant, room.conversation)
    seen = {person.user_id: person for person in known.others}
    assert known.number == len(known.others) == 2
    assert (seen[client_user.pk].seen_seq, seen[client_user.pk].seen_at) == (later.seq, later.at)
    assert seen[colleague.pk].seen_at is None
    assert [str(client_user.pk), later.seq, later.seq, later.at.isoformat()] in known.as_data[
        "people"
    ]


def test_a_conversation_opens_with_few_queries(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    message = say(consultant, room, "Hello")
    read(client_user, message)
    with CaptureQueriesContext(connection) as asked:
        opened = thread(consultant, room.conversation)
    assert len(asked) == 2
    assert opened.enter_sends
    assert opened.receipts.others[0].seen_at is not None


# Pages and API -----------------------------------------------------------------------------


def test_the_list_says_who_and_when(
    room: Room, consultant: User, client_user: User, colleague: User, say: Say, client: Client
) -> None:
    add_participant(actor=consultant, room=room, user=colleague, role=Role.PARTICIPANT)
    message = say(consultant, room, "Hello")
    mark = marked(client_user, message, 5)
    got(colleague, message)
    client.force_login(consultant)
    rows = client.get(f"/api/messages/{message.pk}/seen-by/").json()["results"]
    by_name: dict[str, Any] = {row["user"]["name"]: row for row in rows}
    assert by_name[client_user.name] == {
        "user": {"id": str(client_user.pk), "name": client_user.name},
        "is_delivered": True,
        "seen_at": mark.at.isoformat().replace("+00:00", "Z"),
    }
    assert by_name[colleague.name]["is_delivered"]
    assert by_name[colleague.name]["seen_at"] is None
    page = client.get(f"/messages/{message.pk}/seen/").text
    assert page.index(client_user.name) < page.index("Not seen, or not shown")
    assert page.index("Not seen, or not shown") < page.index(colleague.name)


def test_only_one_s_own_message_offers_the_list(
    room: Room, consultant: User, client_user: User, say: Say, client: Client
) -> None:
    client.force_login(consultant)
    for author, offers in ((consultant, True), (client_user, False)):
        message = say(author, room, "Hello")
        assert ("Seen by" in client.get(f"/messages/{message.pk}/menu/").text) is offers


def test_a_program_says_what_it_has_got(
    room: Room, consultant: User, client_user: User, say: Say, client: Client
) -> None:
    message = say(consultant, room, "Hello")
    client.force_login(client_user)
    url = f"/api/conversations/{room.conversation_id}/received/"
    answer = client.post(url, {"seq": message.seq}, content_type="application/json")
    assert answer.status_code == 204
    assert place(client_user, room.conversation).delivered_seq == message.seq


def test_what_is_hidden_later_is_not_told_by_the_log(
    room: Room, client: Client, consultant: User, client_user: User, say: Say
) -> None:
    stream = room.conversation.stream
    for words in ("One", "Two"):
        message = say(consultant, room, words)
        got(client_user, message)
        read(client_user, message)
    read(consultant, say(client_user, room, "Three"))

    def log() -> list[dict[str, Any]]:
        client.force_login(consultant)
        answer = client.get(f"/api/events/?stream={stream}&limit=100").json()
        return [row for row in answer["results"] if row["name"] in RECEIPTS]

    before = log()
    assert [row["name"] for row in before].count("MessagesDelivered") == 2
    with CaptureQueriesContext(connection) as queries:
        rows = [event for event in events_after(stream, 0, 100) if event.name in RECEIPTS]
        resources(rows)
    assert len(queries) == 2
    change_place_settings(
        actor=client_user, conversation=room.conversation, changes={"shows_receipts": False}
    )
    after = log()
    assert [row["seq"] for row in after] == [row["seq"] for row in before]
    withheld = [row for row in after if row["name"] == "Withheld"]
    assert len(withheld) == len(before) - 1  # the other one's stands
    for row in withheld:
        assert (row["actor"], row["at"], row["data"]) == (None, None, {})
    texts = [frame.text for frame in frames(stream, rows)]
    assert sum(str(client_user.pk) in text for text in texts) == 0
    change_place_settings(
        actor=client_user, conversation=room.conversation, changes={"shows_receipts": None}
    )
    assert log() == before
    hide(client_user)
    assert log() == after
