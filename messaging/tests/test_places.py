"""Where somebody keeps a conversation: theirs alone, and a new message brings it back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.errors import NotAllowed
from messaging.actions import places
from messaging.actions.contacts import open_direct
from messaging.actions.conversations import remove_member
from messaging.actions.meetings import schedule_meeting
from messaging.actions.messages import send_message
from messaging.actions.places import (
    FOR_EVER,
    Mute,
    StaysInRecord,
    TooManyPinned,
    WrongChoice,
    clear_conversation,
    keep_conversation,
    triage_conversation,
)
from messaging.actions.reminders import set_reminder
from messaging.fragments import reminder_resource
from messaging.models import Category, Conversation, ConversationMember, Priority
from messaging.queries.conversations import visible_conversation
from messaging.queries.inbox import Filters, Order, Show, listed, number_unread, rows_of
from messaging.queries.meetings import meetings_of
from messaging.queries.reminders import open_reminders
from messaging.queries.threads import page_after, page_before
from rooms.models import Room
from tests.fixtures import capture_events, names, refused


@pytest.fixture
def talk(room: Room, consultant: User, client_user: User) -> Conversation:
    """Tomas wrote to Mara."""
    talk = open_direct(actor=client_user, other=consultant)
    send_message(actor=client_user, conversation=talk, body="Hello")
    return talk


def shown(user: User, show: Show = Show.ALL, **more: object) -> list[str]:
    rows = rows_of(user, listed(user, Filters(show=show, **more)))  # type: ignore[arg-type]
    return [row.title for row in rows]


def answer(talk: Conversation, author: User, body: str = "And?") -> None:
    send_message(actor=author, conversation=talk, body=body)


def test_archived_until_somebody_writes(
    talk: Conversation, consultant: User, client_user: User
) -> None:
    with capture_events() as events:
        keep_conversation(actor=consultant, conversation=talk, archived=True)
    assert names(events) == ["ConversationKept"]
    assert str(events[0].stream) == f"user:{consultant.pk}"
    assert shown(consultant, Show.ARCHIVED) == ["Tomas Okafor"]
    assert "Tomas Okafor" not in shown(consultant)
    assert "Mara Lindqvist" in shown(client_user)
    answer(talk, client_user)
    assert shown(consultant, Show.ARCHIVED) == []
    assert "Tomas Okafor" in shown(consultant)


def test_taken_back_from_the_archive(talk: Conversation, consultant: User) -> None:
    keep_conversation(actor=consultant, conversation=talk, archived=True)
    keep_conversation(actor=consultant, conversation=talk, archived=False)
    assert "Tomas Okafor" in shown(consultant)


def test_a_search_finds_what_is_archived(talk: Conversation, room: Room, consultant: User) -> None:
    keep_conversation(actor=consultant, conversation=talk, archived=True)
    assert shown(consultant, text="okaf") == ["Tomas Okafor", room.name]


def test_pinned_stays_on_top(
    talk: Conversation, room: Room, consultant: User, client_user: User
) -> None:
    keep_conversation(actor=consultant, conversation=talk, pinned=True)
    send_message(actor=client_user, conversation=room.conversation, body="Later")
    assert shown(consultant) == ["Tomas Okafor", room.name]
    assert shown(consultant, Show.PINNED) == ["Tomas Okafor"]
    keep_conversation(actor=consultant, conversation=talk, archived=True)
    place = keep_conversation(actor=consultant, conversation=talk, archived=False)
    assert place.pinned_at is None
    assert shown(consultant) == [room.name, "Tomas Okafor"]


def test_not_everything_is_pinned(
    talk: Conversation, room: Room, consultant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MAX_PINNED", 1)
    keep_conversation(actor=consultant, conversation=talk, pinned=True)
    with capture_events() as events:
        keep_conversation(actor=consultant, conversation=talk, pinned=True)
    assert events == []
    with refused(TooManyPinned):
        keep_conversation(actor=consultant, conversation=room.conversation, pinned=True)
    keep_conversation(actor=consultant, conversation=talk, pinned=False)
    keep_conversation(actor=consultant, conversation=room.conversation, pinned=True)


@pytest.mark.parametrize(
    ("mute", "hours"), [(Mute.HOUR, 1), (Mute.WORKDAY, 8), (Mute.WEEK, 7 * 24)]
)
def test_muted_for_a_time(talk: Conversation, consultant: User, mute: Mute, hours: int) -> None:
    place = keep_conversation(actor=consultant, conversation=talk, mute=mute)
    assert place.muted_until is not None
    apart = place.muted_until - timezone.now() - timedelta(hours=hours)
    assert abs(apart) < timedelta(minutes=1)
    assert shown(consultant, Show.MUTED) == ["Tomas Okafor"]
    assert number_unread(consultant) == 0


def test_muted_for_ever_and_no_more(talk: Conversation, consultant: User) -> None:
    place = keep_conversation(actor=consultant, conversation=talk, mute=Mute.FOR_EVER)
    assert place.muted_until == FOR_EVER
    place = keep_conversation(actor=consultant, conversation=talk, mute=Mute.OFF)
    assert place.muted_until is None
    assert number_unread(consultant) == 1


def test_marked_as_unread(talk: Conversation, consultant: User, client_user: User) -> None:
    assert number_unread(client_user) == 0
    keep_conversation(actor=client_user, conversation=talk, marked_unread=True)
    assert number_unread(client_user) == 1
    assert shown(client_user, Show.UNREAD) == ["Mara Lindqvist"]


def test_deleted_for_oneself_alone(talk: Conversation, consultant: User, client_user: User) -> None:
    with capture_events() as events:
        clear_conversation(actor=consultant, conversation=talk)
    assert names(events) == ["ConversationCleared"]
    assert "Tomas Okafor" not in shown(consultant)
    assert page_before(visible_conversation(consultant, talk.pk), None).messages == []
    assert len(page_before(visible_conversation(client_user, talk.pk), None).messages) == 1
    assert "Mara Lindqvist" in shown(client_user)
    answer(talk, client_user)
    assert "Tomas Okafor" in shown(consultant)
    mine = visible_conversation(consultant, talk.pk)
    assert [message.body for message in page_before(mine, None).messages] == ["And?"]
    assert [message.body for message in page_after(mine, 0).messages] == ["And?"]


def test_what_was_said_in_a_consultation_stays(room: Room, consultant: User) -> None:
    with refused(StaysInRecord):
        clear_conversation(actor=consultant, conversation=room.conversation)


def test_keeping_is_for_who_is_there(
    room: Room, talk: Conversation, consultant: User, outsider: User, system: User
) -> None:
    with refused(NotAllowed):
        keep_conversation(actor=outsider, conversation=talk, pinned=True)
    with refused(NotAllowed):
        clear_conversation(actor=outsider, conversation=talk)
    with refused(NotAllowed, "do not take part"):
        keep_conversation(actor=system, conversation=talk, pinned=True)
    remove_member(actor=consultant, conversation=talk, user=consultant)
    with refused(NotAllowed):
        keep_conversation(actor=consultant, conversation=talk, pinned=True)


def test_consultants_say_what_it_is_about(
    talk: Conversation, consultant: User, client_user: User
) -> None:
    with capture_events() as events:
        triaged = triage_conversation(
            actor=consultant, conversation=talk, category=Category.BILLING, priority=Priority.HIGH
        )
    assert names(events) == ["ConversationTriaged"]
    assert str(events[0].stream) == f"conversation:{talk.pk}"
    assert (triaged.category, triaged.priority) == (Category.BILLING, Priority.HIGH)
    with capture_events() as events:
        triage_conversation(actor=consultant, conversation=talk, category=Category.BILLING)
    assert events == []
    assert shown(consultant, category="billing") == ["Tomas Okafor"]
    assert shown(consultant, category="support") == []
    assert shown(consultant, priority=30) == ["Tomas Okafor"]
    assert shown(consultant, order=Order.PRIORITY)[0] == "Tomas Okafor"
    with refused(NotAllowed, "by the consultant"):
        triage_conversation(actor=client_user, conversation=talk, category=Category.SUPPORT)


def test_there_are_no_other_categories(talk: Conversation, consultant: User) -> None:
    with refused(WrongChoice):
        triage_conversation(actor=consultant, conversation=talk, category="gossip")
    with refused(WrongChoice):
        triage_conversation(actor=consultant, conversation=talk, priority=7)


def test_nothing_chosen_changes_nothing(talk: Conversation, consultant: User) -> None:
    before = ConversationMember.objects.get(conversation=talk, user=consultant)
    with capture_events() as events:
        keep_conversation(actor=consultant, conversation=talk)
    assert events == []
    after = ConversationMember.objects.get(conversation=talk, user=consultant)
    assert after.pinned_at == before.pinned_at


def test_a_single_message_is_gone_with_it(
    talk: Conversation, consultant: User, client_user: User, client: Client
) -> None:
    old = talk.messages.get()
    clear_conversation(actor=consultant, conversation=talk)
    new = send_message(actor=client_user, conversation=talk, body="Again")
    addresses = ["/api/messages/{}/", "/api/messages/{}/revisions/", "/messages/{}/menu/",
                 "/messages/{}/forward/", "/messages/{}/"]  # fmt: skip
    client.force_login(consultant)
    for address in addresses:
        assert client.get(address.format(old.pk)).status_code == 404, address
    assert client.get(addresses[0].format(new.pk)).status_code == 200
    reply = {"body": "Yes", "reply_to": str(old.pk)}
    url = f"/api/conversations/{talk.pk}/messages/"
    assert client.post(url, reply, content_type="application/json").status_code == 400
    answer = client.get(f"/api/events/?stream={talk.stream}").json()
    assert [row["seq"] for row in answer["results"]] == [new.seq]
    assert client.get(f"/api/events/?stream={talk.stream}&after={new.seq}").json()["results"] == []
    client.force_login(client_user)
    assert client.get(addresses[0].format(old.pk)).status_code == 200
    assert len(client.get(f"/api/events/?stream={talk.stream}").json()["results"]) > 1


def test_reminders_and_meetings_go_with_it(
    talk: Conversation, consultant: User, client_user: User
) -> None:
    at = timezone.now() + timedelta(hours=1)
    set_reminder(actor=consultant, message=talk.messages.get(), remind_at=at)
    schedule_meeting(
        actor=client_user, conversation=talk, title="Kick-off", starts_at=at, duration_minutes=30,
        link="https://meet.google.com/abc-defg-hij",
    )  # fmt: skip
    assert reminder_resource(open_reminders(consultant).get())["excerpt"] == "Hello"
    assert meetings_of(consultant).exists()
    clear_conversation(actor=consultant, conversation=talk)
    assert reminder_resource(open_reminders(consultant).get())["excerpt"] == ""
    assert not meetings_of(consultant).exists()
    assert meetings_of(client_user).exists()
