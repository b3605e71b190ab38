"""What is to happen later, over HTTP: the API, and the pages that people see."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from messaging import tasks
from messaging.actions.conversations import open_conversation, set_member
from messaging.actions.drafts import save_draft
from messaging.actions.reminders import set_reminder
from messaging.actions.scheduled import schedule_message
from messaging.models import (
    Conversation,
    ConversationKind,
    Draft,
    MemberRole,
    Message,
    Reminder,
    ScheduledMessage,
)
from rooms.actions.lifecycle import complete_room
from rooms.actions.participants import remove_participant
from rooms.models import Room
from tests.api import signed_in

Say = Callable[..., Message]
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


def ahead(**time: float) -> datetime:
    return timezone.now() + timedelta(**time)


@pytest.fixture
def message(room: Room, consultant: User, say: Say) -> Message:
    return say(consultant, room, "Send me the August sheet")


@pytest.fixture
def direct(system: User, consultant: User, client_user: User) -> Conversation:
    """The two of them alone; she is in Copenhagen and he in New York."""
    for user, zone in ((consultant, "Europe/Copenhagen"), (client_user, "America/New_York")):
        User.objects.filter(pk=user.pk).update(timezone=zone)
    conversation = open_conversation(actor=system, kind=ConversationKind.DIRECT, title="")
    for user in (consultant, client_user):
        set_member(actor=system, conversation=conversation, user=user, role=MemberRole.MEMBER)
    return conversation


class TestDraftsInTheApi:
    def test_two_devices(self, room: Room, client_user: User, message: Message) -> None:
        client = signed_in(client_user)
        address = f"/api/conversations/{room.conversation_id}/draft/"
        nothing = client.get(address).json()
        assert nothing == {
            "conversation": str(room.conversation_id), "body": "", "reply_to": None,
            "version": 0, "updated_at": None,
        }  # fmt: skip
        fields = {"body": "On the phone ", "reply_to": str(message.pk), "version": 0}
        saved = client.put(address, fields)
        assert saved.status_code == 200
        assert saved.json() == client.get(address).json()
        assert (saved.json()["body"], saved.json()["reply_to"]) == (
            "On the phone ", str(message.pk),
        )  # fmt: skip
        refused = client.put(address, {"body": "On the laptop", "version": 0})
        assert refused.status_code == 409
        assert "on another device" in refused.json()["detail"]
        assert client.put(address, {"body": "On the laptop"}).status_code == 200
        assert client.delete(address).status_code == 204
        assert client.get(address).json()["body"] == ""
        assert Draft.objects.get().body == ""

    def test_a_reply_to_nothing(self, room: Room, client_user: User) -> None:
        fields = {"body": "x", "reply_to": str(uuid4())}
        answer = signed_in(client_user).put(
            f"/api/conversations/{room.conversation_id}/draft/", fields
        )
        assert answer.status_code == 400
        assert "reply_to" in answer.json()["errors"]


class TestScheduledInTheApi:
    def test_from_scheduling_to_sending(
        self, room: Room, client_user: User, message: Message
    ) -> None:
        client = signed_in(client_user)
        address = f"/api/conversations/{room.conversation_id}/scheduled/"
        fields = {
            "body": "Good morning", "send_at": ahead(hours=2).isoformat(),
            "client_id": str(uuid4()), "reply_to": str(message.pk),
        }  # fmt: skip
        made = client.post(address, fields)
        assert (made.status_code, client.post(address, fields).status_code) == (201, 200)
        row = made.json()
        assert (row["state"], row["failure"], row["message"]) == ("waiting", "", None)
        assert client.get(address).json()["results"] == [row]
        assert client.get("/api/scheduled/?state=waiting").json()["results"] == [row]
        assert client.get("/api/scheduled/?state=sent").json()["results"] == []
        assert client.get("/api/scheduled/?state=nonsense").status_code == 400
        one = f"/api/scheduled/{row['id']}/"
        assert client.get(one).json() == row
        changed = client.patch(one, {"body": "Good evening"}).json()
        assert (changed["body"], changed["send_at"]) == ("Good evening", row["send_at"])
        assert client.patch(one, {"send_at": ahead(days=-1).isoformat()}).status_code == 400
        sent = client.post(f"{one}send/")
        assert (sent.status_code, sent.json()["body"]) == (200, "Good evening")
        assert client.post(f"{one}send/").json() == sent.json()
        assert client.get(one).json()["message"] == sent.json()["id"]
        assert client.delete(one).status_code == 409

    def test_one_key_is_one_message(self, room: Room, client_user: User) -> None:
        client = signed_in(client_user)
        address = f"/api/conversations/{room.conversation_id}/scheduled/"
        fields = {"body": "Once", "send_at": ahead(hours=2).isoformat()}
        key: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "1"}
        first, again = (client.post(address, fields, **key) for _ in range(2))
        assert first.json() == again.json()
        assert client.delete(f"/api/scheduled/{first.json()['id']}/").status_code == 204
        assert ScheduledMessage.objects.get().state == "cancelled"


class TestRemindersInTheApi:
    def test_from_setting_to_done(self, client_user: User, message: Message) -> None:
        client = signed_in(client_user)
        fields = {
            "message": str(message.pk), "remind_at": ahead(hours=1).isoformat(), "note": "Anna",
        }  # fmt: skip
        made = client.post("/api/reminders/", fields)
        row = made.json()
        assert (made.status_code, client.post("/api/reminders/", fields).json()) == (201, row)
        assert (row["note"], row["state"], row["author"]) == ("Anna", "waiting", "Mara Lindqvist")
        moved = client.post("/api/reminders/", fields | {"note": ""})
        assert (moved.status_code, moved.json()["id"]) == (200, row["id"])
        one = f"/api/reminders/{row['id']}/"
        assert client.patch(one, {"note": "Bo"}).json()["note"] == "Bo"
        assert client.get(one).json()["note"] == "Bo"
        Reminder.objects.update(remind_at=ahead(seconds=-1))
        tasks.tell_due_reminders()
        assert [r["id"] for r in client.get("/api/reminders/?state=due").json()["results"]] == [
            row["id"]
        ]
        assert client.post(f"{one}done/").json()["state"] == "done"
        assert client.delete(one).status_code == 409
        assert len(client.get("/api/reminders/").json()["results"]) == 1

    def test_cancelled_and_unknown(
        self, client_user: User, outsider: User, message: Message
    ) -> None:
        fields = {"message": str(message.pk), "remind_at": ahead(hours=1).isoformat()}
        refused = signed_in(outsider).post("/api/reminders/", fields)
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["message"])
        client = signed_in(client_user)
        key: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "1"}
        first, again = (client.post("/api/reminders/", fields, **key) for _ in range(2))
        assert first.json() == again.json()
        assert client.delete(f"/api/reminders/{first.json()['id']}/").status_code == 204


class TestSendingLater:
    def test_the_menu_says_both_zones_where_two_people_have_two(
        self, client: Client, direct: Conversation, room: Room, consultant: User
    ) -> None:
        client.force_login(User.objects.get(pk=consultant.pk))
        text = client.get(f"/conversations/{direct.pk}/later/").content.decode()
        assert "Tomorrow 9:00" in text
        assert "3:00 (New York) for <bdi>Tomas</bdi>" in text
        alone = client.get(f"/conversations/{room.conversation_id}/later/").content.decode()
        assert "New York" not in alone
        words = client.get(
            f"/conversations/{direct.pk}/later/", {"send_at": "2027-03-01T15:00"}
        ).content.decode()
        assert "Mon 1 Mar 2027 15:00" in words
        assert "Mon 1 Mar 2027 9:00 (New York)" in words
        address = f"/conversations/{direct.pk}/later/"
        assert client.get(address, {"send_at": "x"}).content.strip() == b""

    def test_it_is_scheduled_and_shown_above_the_composer(
        self, client: Client, direct: Conversation, consultant: User
    ) -> None:
        client.force_login(User.objects.get(pk=consultant.pk))
        address = f"/conversations/{direct.pk}/scheduled/"
        assert client.get(address).content.strip() == b""
        values = {"body": "Good <b>morning</b>", "send_at": "2027-03-01T15:00"}
        values |= {"client_id": str(uuid4())}
        for _ in range(2):
            assert client.post(address, values, **HTMX).status_code == 204
        row = ScheduledMessage.objects.get()
        assert row.send_at == datetime(2027, 3, 1, 14, tzinfo=UTC)
        text = client.get(address).content.decode()
        assert "1 message will be sent" in text
        assert "Good &lt;b&gt;morning&lt;/b&gt;" in text
        assert "9:00 (New York) for <bdi>Tomas</bdi>" in text
        assert "Tomas Okafor" in client.get("/inbox/scheduled/").content.decode()
        values |= {"client_id": str(uuid4()), "send_at": ahead(hours=2).isoformat()}
        client.post(address, values, **HTMX)
        assert "2 messages will be sent, the next" in client.get(address).content.decode()

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"send_at": ""}, "Choose a day and a time."),
            ({"send_at": "2026-13-45T99:99+00:00"}, "Enter a valid date/time."),
            ({"send_at": "2020-01-01T10:00"}, "at least a minute from now"),
            ({"body": " "}, "Write something before sending."),
        ],
    )
    def test_what_is_refused_is_said(
        self, client: Client, room: Room, client_user: User, values: dict[str, str], words: str
    ) -> None:
        client.force_login(client_user)
        all_values = {"body": "x", "send_at": ahead(hours=1).isoformat()} | values
        answer = client.post(
            f"/conversations/{room.conversation_id}/scheduled/", all_values, **HTMX
        )
        assert answer.status_code == 400
        assert words in answer.json()["detail"]

    def test_the_page_of_all_and_changing_one(
        self, client: Client, room: Room, client_user: User
    ) -> None:
        row = schedule_message(
            actor=client_user, conversation=room.conversation, body="Soon", send_at=ahead(days=1)
        )
        client.force_login(client_user)
        page = client.get("/inbox/scheduled/").content.decode()
        assert "Soon" in page
        assert room.name in page
        address = f"/inbox/scheduled/{row.pk}/"
        assert "Soon" in client.get(address).content.decode()
        refused = client.post(address, {"body": " ", "send_at": "2027-03-01T15:00"})
        assert (refused.status_code, "Write something" in refused.content.decode()) == (422, True)
        assert client.post(address, {"body": "Sooner", "send_at": ""}).status_code == 422
        done = client.post(address, {"body": "Sooner", "send_at": "2027-03-01T15:00"})
        assert (done.status_code, done["Location"]) == (302, "/inbox/scheduled/")
        row.refresh_from_db()
        assert (row.body, row.send_at) == ("Sooner", datetime(2027, 3, 1, 15, tzinfo=UTC))
        cancelled = client.post(f"{address}cancel/", follow=True).content.decode()
        assert "That message is not sent." in cancelled
        assert "will wait here" in cancelled

    def test_sent_now_and_too_late(self, client: Client, room: Room, client_user: User) -> None:
        row = schedule_message(
            actor=client_user, conversation=room.conversation, body="Soon", send_at=ahead(days=1)
        )
        client.force_login(client_user)
        assert client.post(f"/inbox/scheduled/{row.pk}/send/", **HTMX).status_code == 204
        assert Message.objects.filter(body="Soon").exists()
        late = client.post(f"/inbox/scheduled/{row.pk}/cancel/", **HTMX)
        assert (late.status_code, "not waiting any more" in late.json()["detail"]) == (409, True)

    def test_more_than_a_page(self, client: Client, room: Room, client_user: User) -> None:
        rows = [
            ScheduledMessage(
                author=client_user, conversation=room.conversation, body=f"Number {number:02}",
                send_at=ahead(days=1, minutes=number),
            )
            for number in range(30)
        ]  # fmt: skip
        ScheduledMessage.objects.bulk_create(rows)
        client.force_login(client_user)
        strip = client.get(f"/conversations/{room.conversation_id}/scheduled/").content.decode()
        assert "20 and more messages will be sent" in strip
        assert "Number 20" not in strip
        first = client.get("/inbox/scheduled/").content.decode()
        assert ("Number 24" in first, "Number 25" in first) == (True, False)
        second = client.get("/inbox/scheduled/?page=2").content.decode()
        assert ("Number 24" in second, "Number 25" in second) == (False, True)

    def test_what_was_not_sent_says_why(
        self, client: Client, room: Room, client_user: User
    ) -> None:
        schedule_message(
            actor=client_user, conversation=room.conversation, body="Soon", send_at=ahead(days=1)
        )
        ScheduledMessage.objects.update(send_at=ahead(seconds=-1))
        remove_participant(actor=client_user, participant=room.participants.get(user=client_user))
        tasks.send_due_messages()
        client.force_login(client_user)
        page = client.get("/inbox/scheduled/").content.decode()
        assert "Soon" in page
        assert "You may not write in this conversation any more" in page
        assert room.name not in page

    def test_over_in_the_strip(
        self, client: Client, room: Room, client_user: User, consultant: User
    ) -> None:
        schedule_message(
            actor=client_user, conversation=room.conversation, body="Soon", send_at=ahead(days=1)
        )
        ScheduledMessage.objects.update(send_at=ahead(seconds=-1))
        complete_room(actor=consultant, room=room)
        tasks.send_due_messages()
        client.force_login(client_user)
        strip = client.get(f"/conversations/{room.conversation_id}/scheduled/").content.decode()
        assert "1 message was not sent" in strip


class TestReminders:
    def test_the_dialog(self, client: Client, client_user: User, message: Message) -> None:
        client.force_login(client_user)
        address = f"/messages/{message.pk}/remind/"
        assert (
            "Remind me about this" in client.get(f"/messages/{message.pk}/menu/").content.decode()
        )
        assert "Do not remind me" not in client.get(address).content.decode()
        refused = client.post(address, {"remind_at": "2020-01-01T10:00"}, **HTMX)
        assert refused.status_code == 422
        assert "at least a minute from now" in refused.content.decode()
        assert client.post(address, {"remind_at": ""}, **HTMX).status_code == 422
        values = {"remind_at": "2027-03-01T15:00", "note": "Ask Anna"}
        assert client.post(address, values, **HTMX).status_code == 204
        assert Reminder.objects.get().remind_at == datetime(2027, 3, 1, 15, tzinfo=UTC)
        again = client.get(address).content.decode()
        assert "Do not remind me" in again
        assert "Ask Anna" in again

    def test_the_page_and_its_answers(
        self, client: Client, client_user: User, message: Message
    ) -> None:
        reminder = set_reminder(
            actor=client_user, message=message, remind_at=ahead(hours=1), note="Anna"
        )
        Reminder.objects.update(remind_at=ahead(seconds=-1))
        tasks.tell_due_reminders()
        client.force_login(client_user)
        page = client.get("/inbox/reminders/").content.decode()
        assert "Due" in page
        assert "Send me the August sheet" in page
        assert f"/messages/{message.pk}/" in page
        address = f"/inbox/reminders/{reminder.pk}/"
        later = client.post(f"{address}later/", follow=True).content.decode()
        assert "You will be reminded in an hour." in later
        reminder.refresh_from_db()
        assert reminder.remind_at > ahead(minutes=59)
        done = client.post(f"{address}done/", follow=True).content.decode()
        assert "Reminders will be listed here" in done
        over = client.post(f"{address}cancel/", **HTMX)
        assert (over.status_code, "is over" in over.json()["detail"]) == (409, True)

    def test_of_what_is_not_there_any_more_nothing_is_shown(
        self, client: Client, client_user: User, room: Room, message: Message
    ) -> None:
        reminder = set_reminder(actor=client_user, message=message, remind_at=ahead(hours=1))
        remove_participant(actor=client_user, participant=room.participants.get(user=client_user))
        client.force_login(client_user)
        page = client.get("/inbox/reminders/").content.decode()
        assert "no longer available" in page
        assert "August" not in page
        assert client.get(f"/messages/{message.pk}/").status_code == 404
        cancelled = client.post(f"/inbox/reminders/{reminder.pk}/cancel/", **HTMX)
        assert cancelled.status_code == 204

    def test_a_link_leads_to_where_it_was_said(
        self, client: Client, client_user: User, room: Room, message: Message
    ) -> None:
        client.force_login(client_user)
        answer = client.get(f"/messages/{message.pk}/")
        assert answer["Location"] == f"/rooms/{room.pk}/?message={message.pk}"


def test_a_draft_is_nobody_elses(room: Room, client_user: User, consultant: User) -> None:
    save_draft(actor=client_user, conversation=room.conversation, body="Half a thought")
    address = f"/api/conversations/{room.conversation_id}/draft/"
    assert signed_in(consultant).get(address).json()["body"] == ""
