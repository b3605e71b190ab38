"""What a page tells of while its person is elsewhere: only what they want to be told of now."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from messaging.actions.contacts import open_direct
from messaging.actions.conversations import mark_read
from messaging.actions.meetings import schedule_meeting
from messaging.actions.messages import delete_message, send_message
from messaging.actions.places import clear_conversation
from messaging.actions.settings import change_place_settings, change_settings
from messaging.models import ConversationMember, Message, MessagingSettings
from messaging.queries.inbox import number_unread
from messaging.queries.notices import newest_notice
from rooms.models import Room

Say = Callable[..., Message]
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
EVERY = range(1, 1_000)


def told(user: User, room: Room, numbers: range = EVERY) -> Message | None:
    return newest_notice(user, room.conversation, numbers, NOON)


@pytest.fixture
def url(room: Room) -> str:
    return f"/conversations/{room.conversation_id}/notice/?first=1&last=999"


# What is told ------------------------------------------------------------------------------


def test_the_newest_of_these_numbers_is_told(
    room: Room, client_user: User, consultant: User, say: Say
) -> None:
    first, second = say(consultant, room, "One"), say(consultant, room, "Two")
    assert told(client_user, room) == second
    assert told(client_user, room, range(first.seq, second.seq)) == first
    assert told(client_user, room, range(second.seq + 1, second.seq + 9)) is None
    assert told(client_user, room, range(0)) is None


def test_one_s_own_and_the_system_s_words_are_no_news(
    room: Room, client_user: User, consultant: User, say: Say
) -> None:
    say(consultant, room, "One")
    assert told(consultant, room) is None  # though the system said that the room began


def test_what_was_read_deleted_or_cleared_is_not_told(
    room: Room, client_user: User, consultant: User, say: Say
) -> None:
    one, two = say(consultant, room, "One"), say(consultant, room, "Two")
    delete_message(actor=consultant, message=two)
    assert told(client_user, room) == one
    mark_read(actor=client_user, conversation=room.conversation, seq=one.seq)
    assert told(client_user, room) is None
    talk = open_direct(actor=consultant, other=client_user)
    send_message(actor=consultant, conversation=talk, body="Hello")
    assert newest_notice(client_user, talk, EVERY, NOON) is not None
    clear_conversation(actor=client_user, conversation=talk)
    assert newest_notice(client_user, talk, EVERY, NOON) is None


def test_who_wants_mentions_only_is_told_of_the_newest(
    room: Room, client_user: User, consultant: User, say: Say
) -> None:
    named = say(consultant, room, f"Can you look, @{client_user.name}?")
    say(consultant, room, "And so on")
    change_settings(actor=client_user, user=client_user, changes={"notifications": "mentions"})
    assert told(client_user, room) == named
    changes = {"notifications": "none"}
    change_place_settings(actor=client_user, conversation=room.conversation, changes=changes)
    assert told(client_user, room) is None


def test_nothing_is_told_where_it_is_muted_or_in_quiet_hours(
    room: Room, client_user: User, consultant: User, outsider: User, say: Say
) -> None:
    say(consultant, room, "One")
    assert told(outsider, room) is None
    places = ConversationMember.objects.filter(user=client_user)
    places.update(muted_until=NOON + timedelta(hours=1))
    assert told(client_user, room) is None
    places.update(muted_until=None)
    hours = {"quiet_from": time(11), "quiet_until": time(13)}
    change_settings(actor=client_user, user=client_user, changes=hours)
    with CaptureQueriesContext(connection) as asked:
        assert told(client_user, room) is None
    assert len(asked) == 1


# The page's question -----------------------------------------------------------------------


def test_a_notice_says_who_where_and_how_it_begins(
    client: Client, url: str, room: Room, client_user: User, consultant: User, say: Say
) -> None:
    client.force_login(client_user)
    assert client.get(url).status_code == 204
    said = say(consultant, room, "**Done**: see `a < b`\n\n" + "word " * 60)
    answer = client.get(url).json()
    assert answer.pop("words").startswith("Done: see a < b\nword word")
    assert answer == {
        "seq": said.seq,
        "name": consultant.name,
        "title": room.name,
        "url": f"/rooms/{room.pk}/?message={said.pk}",
    }
    talk = open_direct(actor=consultant, other=client_user)
    said = send_message(actor=consultant, conversation=talk, body="x" * 200)
    answer = client.get(f"/conversations/{talk.pk}/notice/?first={said.seq}&last={said.seq}").json()
    assert answer["title"] == ""
    assert answer["words"] == "x" * 119 + "…"
    assert answer["url"] == f"/inbox/{talk.pk}/?message={said.pk}"


def test_a_meeting_is_told_by_its_title(
    client: Client, url: str, room: Room, client_user: User, consultant: User
) -> None:
    client.force_login(client_user)
    schedule_meeting(
        actor=consultant,
        conversation=room.conversation,
        title="Rehearsal",
        starts_at=timezone.now() + timedelta(days=1),
        duration_minutes=30,
        link="https://meet.google.com/abc",
    )
    assert client.get(url).json()["words"] == "Meeting: Rehearsal"


@pytest.mark.parametrize("query", ["", "?first=x&last=-1", "?first=9&last=1", "?last=" + "9" * 18])
def test_any_numbers_are_answered(
    client: Client, room: Room, client_user: User, query: str
) -> None:
    client.force_login(client_user)
    answer = client.get(f"/conversations/{room.conversation_id}/notice/{query}")
    assert answer.status_code == 204


def test_who_is_outside_is_told_that_there_is_nothing(
    client: Client, url: str, outsider: User
) -> None:
    client.force_login(outsider)
    assert client.get(url).status_code == 404


def test_a_notice_costs_as_much_after_thirty_messages(
    client: Client, url: str, room: Room, client_user: User, consultant: User
) -> None:
    client.force_login(client_user)
    talk = room.conversation

    def cost() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        return len(asked)

    send_message(actor=consultant, conversation=talk, body="First")
    for_one = cost()
    seqs = range(2_000, 2_030)
    many = [Message(conversation=talk, author=consultant, seq=seq, body_html="x") for seq in seqs]
    Message.objects.bulk_create(many)
    assert cost() == for_one
    assert for_one <= 6  # session, person, conversation, place, message, room


def test_the_count_leaves_out_what_is_muted(
    client: Client, room: Room, client_user: User, consultant: User, say: Say
) -> None:
    client.force_login(client_user)
    say(consultant, room, "One")
    assert number_unread(client_user) == 1
    assert "1<span" in client.get("/inbox/count/").text
    until = timezone.now() + timedelta(hours=1)
    ConversationMember.objects.filter(user=client_user).update(muted_until=until)
    assert client.get("/inbox/count/").text.strip() == ""


# The settings page ---------------------------------------------------------------------------


def test_a_night_is_proposed_and_not_kept(client: Client, client_user: User) -> None:
    client.force_login(client_user)
    page = client.get("/inbox/settings/").text
    assert 'value="22:00"' in page
    assert 'value="07:00"' in page
    client.post("/inbox/settings/", {"notifications": "all", "quiet_from": "22:00"})
    assert MessagingSettings.objects.get().quiet_from is None


def test_it_is_said_that_quiet_hours_are_in_force(
    client: Client, room: Room, client_user: User
) -> None:
    client.force_login(client_user)
    pages = ("/inbox/settings/", f"/conversations/{room.conversation_id}/settings/")

    def says(start: Any) -> list[bool]:
        local = timezone.localtime(timezone=ZoneInfo(client_user.timezone)) + timedelta(hours=start)
        hours = {"quiet_from": local.time(), "quiet_until": (local + timedelta(hours=2)).time()}
        change_settings(actor=client_user, user=client_user, changes=hours)
        return ["Quiet hours now, until" in client.get(page).text for page in pages]

    assert says(-1) == [True, True]
    assert says(3) == [False, False]
